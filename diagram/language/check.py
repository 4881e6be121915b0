"""All faults of a program at once, the sizes of all its values, and what is legal but likely wrong."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from diagram.errors import DiagramError, Fault, SizeError, suggest
from diagram.language.core import (
    Apply,
    Diagram,
    Kind,
    Leg,
    Let,
    Node,
    Program,
    Source,
    legs_of,
    nodes,
)
from diagram.language.ops import OPS, OneHot, Op, Resized, Sum, Want
from diagram.language.size import Size

Place = tuple[str | int, ...]

INITS: Mapping[str, tuple[int, int]] = {
    "zeros": (0, 0),
    "ones": (0, 0),
    "eye": (0, 0),
    "range": (0, 0),
    "normal": (1, 1),
    "uniform": (2, 2),
    "orthogonal": (0, 0),
    "given": (0, 0),
    "numbers": (0, 1_000_000),
}
"""Initial rules and how many numbers each takes."""


@dataclass(frozen=True, slots=True)
class Condition:
    """Two sizes that must agree once numbers are bound; floors cannot be decided before."""

    left: Size
    right: Size
    where: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault with its places in the program, before it is placed in a text."""

    message: str
    where: str
    places: tuple[Place, ...]


@dataclass(frozen=True)
class Types:
    """What `check` derives: every value's legs with sizes, conditions, and all findings."""

    legs: Mapping[str, tuple[Leg, ...]]
    conditions: tuple[Condition, ...]
    findings: tuple[Finding, ...]


def check(program: Program) -> Program:
    """The program itself, or one DiagramError with every fault in it.

    >>> from diagram import parse
    >>> check(parse("input X[n f]\\nreturn X")).outputs
    ('X',)
    """
    found = derive(program)
    if found.findings:
        from diagram.language.text import placed

        raise placed(program, found.findings)
    return program


def types(program: Program) -> Mapping[str, tuple[Leg, ...]]:
    """Every value's legs and their sizes, dims with equations put in.

    >>> from diagram import parse
    >>> [str(leg.size) for leg in types(parse("dims r = h*d\\ninput X[n r]\\nreturn X"))["X"]]
    ['n', 'd*h']
    """
    return derive(program).legs


def conditions(program: Program) -> tuple[Condition, ...]:
    """What only numbers can decide."""
    return derive(program).conditions


@lru_cache(maxsize=256)
def derive(program: Program, unknown: frozenset[str] = frozenset()) -> Types:
    """Sizes, conditions and findings; statements that use `unknown` names are passed over."""
    state = _State(program, unknown)
    state.dims()
    for source in program.sources:
        state.source(source)
    for let in program.lets:
        state.statement(let)
    state.outputs()
    return Types(state.legs, tuple(state.conditions), tuple(state.findings))


@dataclass
class _State:
    """One walk over a program."""

    program: Program
    unknown: Collection[str]
    legs: dict[str, tuple[Leg, ...]] = field(default_factory=dict)
    conditions: list[Condition] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    equations: dict[str, Size] = field(default_factory=dict)
    known_dims: set[str] = field(default_factory=set)
    index_values: dict[str, str] = field(default_factory=dict)

    def fault(self, message: str, where: str, *places: Place) -> None:
        self.findings.append(Finding(message, where.partition("~")[0], places))

    # -- dims and sources ---------------------------------------------------------------------

    def dims(self) -> None:
        seen: set[str] = set()
        for dim in self.program.dims:
            if dim.name in seen:
                self.fault(f"dim `{dim.name}` is set twice", "dims", ("dim", dim.name))
            seen.add(dim.name)
            number = dim.size.number if dim.size is not None else None
            if number is not None and (number.denominator != 1 or number < 0):
                message = f"dim `{dim.name}` is {number}; a dim is a whole number, 0 or more"
                self.fault(message, "dims", ("dim", dim.name))
        self._solve_equations(self.program.equations)
        self.known_dims = seen | {
            name for s in self.program.sources for leg in s.legs for name in leg.size.dims
        }
        self.known_dims |= {name for size in self.equations.values() for name in size.dims}

    def _solve_equations(self, equations: Mapping[str, Size]) -> None:
        waiting = dict(equations)
        while waiting:
            ready = [name for name, size in waiting.items() if not size.dims & waiting.keys()]
            if not ready:
                names = ", ".join(f"`{name}`" for name in waiting)
                self.fault(f"the equations of {names} run in a circle", "dims", ("dim", *waiting))
                return
            for name in ready:
                self.equations[name] = waiting.pop(name).replace(self.equations)

    def resolved(self, size: Size, where: str, place: Place) -> Size:
        try:
            return size.replace(self.equations)
        except SizeError as error:
            self.fault(str(error), where, place)
            return size

    def source(self, source: Source) -> None:
        name = source.name
        self._new_name(name, ("source", name))
        seen: set[str] = set()
        legs = []
        for place, leg in enumerate(source.legs):
            if leg.name in seen:
                hint = f"a square one is {name}[{leg.name} {leg.name}']"
                message = f"{name} has two legs named `{leg.name}`; {hint}"
                self.fault(message, name, ("source", name, place))
            seen.add(leg.name)
            size = self.resolved(leg.size, name, ("source", name, place))
            legs.append(Leg(leg.name, size))
        self._init(source)
        self.legs[name] = tuple(legs)
        if source.kind is Kind.INDEX:
            if source.of is None:
                message = f"say what bounds the whole numbers: index {name}[...] of v"
                self.fault(message, name, ("source", name))
            else:
                self.index_values[name] = source.of
                self.known_dims.add(source.of)
        elif source.of is not None:
            self.fault("only an index is bounded by `of`", name, ("source", name, "of"))

    def _init(self, source: Source) -> None:
        init, name = source.init, source.name
        place: Place = ("source", name, "init")
        if init is None:
            return
        if source.kind in (Kind.INPUT, Kind.INDEX):
            self.fault(f"an {source.kind} has no initial numbers; it is given", name, place)
        elif init.name not in INITS:
            known = ", ".join(rule for rule in INITS if rule != "numbers")
            message = f"no initial rule `{init.name}`{suggest(init.name, INITS)} (rules: {known})"
            self.fault(message, name, place)
        else:
            least, most = INITS[init.name]
            count = len(init.numbers)
            if not least <= count <= most:
                wants = "no numbers" if most == 0 else f"{least} number{'s' * (least > 1)}"
                self.fault(f"`{init.name}` takes {wants}, not {count}", name, place)
            self._init_shape(source, init.name, count)

    def _init_shape(self, source: Source, rule: str, count: int) -> None:
        place: Place = ("source", source.name, "init")
        if rule in ("eye", "orthogonal") and len(source.legs) < 2:
            self.fault(f"`{rule}` needs at least two legs", source.name, place)
        if rule == "eye" and len(source.legs) > 2:
            self.fault("`eye` has two legs", source.name, place)
        if rule == "range" and len(source.legs) != 1:
            self.fault("`range` has one leg", source.name, place)
        if rule == "numbers":
            lengths = [leg.size.number for leg in source.legs]
            if None not in lengths:
                size = 1
                for length in lengths:
                    size *= int(length or 0)
                if size != count:
                    message = f"{source.name} has {size} entries, but {count} numbers are written"
                    self.fault(message, source.name, place)

    def _new_name(self, name: str, place: Place) -> None:
        if name in self.legs:
            self.fault(f"`{name}` is defined twice", name, place)

    # -- lets ---------------------------------------------------------------------------------

    def statement(self, let: Let) -> None:
        self._new_name(let.name, ("let", let.name))
        self._part_is_used_once(let)
        known = [self._known(let, place, node) for place, node in enumerate(nodes(let.maker))]
        usable = all(known) and let.name not in self.unknown
        outputs = legs_of(let.maker.output)
        for place, leg in enumerate(outputs):
            if leg in outputs[:place]:
                message = f"leg `{leg}` stands twice on the left; use a const eye for a diagonal"
                self.fault(message, let.name, ("let", let.name, "out", place))
                usable = False
        before = len(self.findings)
        sizes: Mapping[str, Size] = {}
        if usable:
            sizes = self._maker(let)
        if usable and len(self.findings) == before:
            self.legs[let.name] = tuple(
                Leg("_".join(axis), sizes[axis[0]]) for axis in let.maker.output
            )
        else:
            self.legs[let.name] = ()
            self.unknown = {*self.unknown, let.name}

    def _part_is_used_once(self, let: Let) -> None:
        if let.is_part:
            readers = self.program.readers.get(let.name, ())
            base = let.name.partition("~")[0]
            if len(readers) != 1 or readers[0].partition("~")[0] != base:
                message = f"`{let.name}` is a part of {base} and must be used once, there"
                self.fault(message, let.name, ("let", let.name))

    def _known(self, let: Let, place: int, node: Node) -> bool:
        """Whether a use is of a value with as many legs; faults if not."""
        name, where = node.value, ("let", let.name, "node", place)
        if name in self.unknown:
            return False
        if name not in self.legs:
            self.fault(self._undefined(name), let.name, where)
            return False
        declared = self.legs[name]
        if len(declared) == len(node.axes):
            return True
        legs = " ".join(leg.name for leg in declared)
        letters = "".join(edge for edge in node.edges)
        glued = len(node.axes) == 1 and letters == legs.replace(" ", "")
        hint = "; legs are set apart by spaces" if glued else ""
        count = f"{len(declared)} leg{'s' * (len(declared) != 1)}"
        self.fault(f"{name} has {count}: {name}[{legs}]{hint}", let.name, where)
        return False

    def _undefined(self, name: str) -> str:
        if name in self.program.let or name in self.program.source:
            return f"`{name}` is defined on a later line; lines run from top to bottom"
        if name in OPS:
            return f"`{name}` is an op and is written {name}(...)"
        return f"`{name}` is not defined{suggest(name, self.legs)}"

    def _maker(self, let: Let) -> Mapping[str, Size]:
        match let.maker:
            case Diagram():
                return self._diagram(let, let.maker)
            case Apply():
                return self._apply(let, let.maker)

    def _diagram(self, let: Let, diagram: Diagram) -> Mapping[str, Size]:
        for place, node in enumerate(diagram.nodes):
            self._no_index(let, place, node)
        sizes = self._edges(let, diagram.nodes)
        for place, leg in enumerate(legs_of(diagram.output)):
            if leg not in sizes:
                message = f"leg `{leg}` on the left stands at no node{suggest(leg, sizes)}"
                self.fault(message, let.name, ("let", let.name, "out", place))
        for place, scalar in enumerate(diagram.scale):
            for name in sorted(scalar.size.dims - sizes.keys() - self.known_dims):
                self._unknown_scalar(let, name, place, sizes)
        return sizes

    def _unknown_scalar(self, let: Let, name: str, place: int, sizes: Iterable[str]) -> None:
        if name in self.legs:
            message = (
                f"`{name}` is a value; `*` and `/` take scalars only: put it beside the others, "
                f"or divide with recip({name})"
            )
        else:
            known = [*sizes, *self.known_dims]
            message = f"`{name}` is no edge of this product and no dim{suggest(name, known)}"
        self.fault(message, let.name, ("let", let.name, "scale", place))

    def _no_index(self, let: Let, place: int, node: Node) -> None:
        if node.value in self.index_values:
            of = self.index_values[node.value]
            message = f"{node.value} holds whole numbers; use one_hot[{of}]({node.value})"
            self.fault(message, let.name, ("let", let.name, "node", place))

    def _edges(
        self, let: Let, uses: Sequence[Node], free: Collection[str] = ()
    ) -> dict[str, Size]:
        """The size of each edge; legs of one edge must agree, but for `free` edges."""
        sizes: dict[str, Size] = {}
        first: dict[str, tuple[int, int]] = {}
        for place, node in enumerate(uses):
            for axis, (edge, leg) in enumerate(
                zip(node.edges, self.legs[node.value], strict=True)
            ):
                if edge not in sizes:
                    sizes[edge], first[edge] = leg.size, (place, axis)
                elif sizes[edge] != leg.size and edge not in free:
                    self._differ(let, uses, edge, first[edge], (place, axis), sizes[edge])
        return sizes

    def _differ(
        self,
        let: Let,
        uses: Sequence[Node],
        edge: str,
        one: tuple[int, int],
        two: tuple[int, int],
        size: Size,
    ) -> None:
        a, b = (uses[place].value for place, _ in (one, two))
        leg_a, leg_b = self.legs[a][one[1]], self.legs[b][two[1]]
        if size.has_floor or leg_b.size.has_floor:
            self.conditions.append(Condition(size, leg_b.size, f"edge `{edge}` of {let.name}"))
            return
        message = (
            f"edge `{edge}` joins legs of two lengths: leg `{leg_a.name}` of {_shown(a)} has "
            f"length {size}, but leg `{leg_b.name}` of {_shown(b)} has length {leg_b.size}"
        )
        at: list[Place] = [("let", let.name, "node", *position) for position in (one, two)]
        self.fault(message, let.name, *at)

    # -- ops ----------------------------------------------------------------------------------

    def _apply(self, let: Let, apply: Apply) -> Mapping[str, Size]:
        op = OPS.get(apply.op)
        where = ("let", let.name, "op")
        if op is None:
            message = f"no op `{apply.op}`{suggest(apply.op, OPS)}"
            self.fault(message, let.name, where)
            return {}
        problems = [op.leg_fault(apply.legs), op.value_fault(len(apply.args))]
        for problem in problems:
            if problem:
                self.fault(problem, let.name, where)
        self._options(let, apply, op)
        if any(problems):
            return {}
        self._distinct(let, apply)
        free = apply.legs if apply.op == "concat" else ()
        sizes = self._edges(let, apply.args, free)
        self._apply_legs(let, apply, op)
        return self._apply_sizes(let, apply, op, sizes)

    def _distinct(self, let: Let, apply: Apply) -> None:
        for place, node in enumerate(apply.args):
            doubled = [edge for edge in node.edges if node.edges.count(edge) > 1]
            if doubled:
                message = (
                    f"{_shown(node.value)} meets itself on `{doubled[0]}`; take the diagonal in a "
                    "line of its own"
                )
                self.fault(message, let.name, ("let", let.name, "node", place))
            if apply.op != "one_hot":
                self._no_index(let, place, node)

    def _options(self, let: Let, apply: Apply, op: Op) -> None:
        given = dict(apply.options)
        for name, value in apply.options:
            problem = op.option_fault(name) or _option_fault(name, value, op.options[name])
            if problem:
                self.fault(problem, let.name, ("let", let.name, "option", name))
            elif isinstance(value, Size):
                for dim in sorted(value.dims - self.known_dims):
                    message = f"`{dim}` is no dim{suggest(dim, self.known_dims)}"
                    self.fault(message, let.name, ("let", let.name, "option", name))
        for name in op.required:
            if name not in given:
                message = f"{op.name} needs {name}: {op.name}(..., {name}=0.1)"
                self.fault(message, let.name, ("let", let.name, "op"))

    def _apply_legs(self, let: Let, apply: Apply, op: Op) -> None:
        """The legs named, those of further values, and those of the result."""
        if isinstance(op, Sum):
            self._sum_legs(let, apply)
            return
        first = apply.args[0].edges
        if not isinstance(op, OneHot):
            for place, leg in enumerate(apply.legs):
                at = ("let", let.name, "leg", place)
                if leg not in first:
                    message = f"{op.name} names leg `{leg}`, which its value lacks"
                    self.fault(f"{message} (legs: {' '.join(first)})", let.name, at)
                if leg in apply.legs[:place]:
                    self.fault(f"{op.name} names leg `{leg}` twice", let.name, at)
        elif apply.legs[0] in first:
            message = f"one_hot adds leg `{apply.legs[0]}`, which its value has already"
            self.fault(message, let.name, ("let", let.name, "leg", 0))
        for place, node in enumerate(apply.args[1:], 1):
            for axis, edge in enumerate(node.edges):
                if edge not in first:
                    message = f"leg `{edge}` of {_shown(node.value)} is not a leg of the first value"
                    self.fault(message, let.name, ("let", let.name, "node", place, axis))
            if isinstance(op, Resized) and set(node.edges) != set(first):
                message = f"the values of {op.name} must have the same legs"
                self.fault(message, let.name, ("let", let.name, "node", place))
        self._result_legs(let, apply, op.result(apply.legs, first))

    def _result_legs(self, let: Let, apply: Apply, result: Sequence[str]) -> None:
        outputs = legs_of(apply.output)
        for place, leg in enumerate(outputs):
            if leg not in result:
                message = f"leg `{leg}` is not among the legs of {apply.op}'s result"
                message += f": {' '.join(result)}" if result else ", which has none"
                self.fault(message, let.name, ("let", let.name, "out", place))
        lost = [leg for leg in result if leg not in outputs]
        if lost:
            message = (
                f"a value alone inside an op keeps all its legs, but `{lost[0]}` is lost; "
                "sum it in a line of its own"
            )
            self.fault(message, let.name, ("let", let.name, "node", 0))

    def _sum_legs(self, let: Let, apply: Apply) -> None:
        outputs = legs_of(apply.output)
        for place, node in enumerate(apply.args):
            for axis, edge in enumerate(node.edges):
                if edge not in outputs:
                    message = (
                        f"a value alone in a sum keeps all its legs, but `{edge}` of "
                        f"{_shown(node.value)} is not on the left; sum it in a line of its own"
                    )
                    self.fault(message, let.name, ("let", let.name, "node", place, axis))
        present = {edge for node in apply.args for edge in node.edges}
        for place, leg in enumerate(outputs):
            if leg not in present:
                message = f"leg `{leg}` on the left stands in no term"
                self.fault(message, let.name, ("let", let.name, "out", place))

    def _apply_sizes(
        self, let: Let, apply: Apply, op: Op, sizes: dict[str, Size]
    ) -> Mapping[str, Size]:
        if isinstance(op, OneHot):
            value = apply.args[0].value
            if value not in self.index_values:
                message = f"one_hot takes an index, and {_shown(value)} is none"
                self.fault(message, let.name, ("let", let.name, "node", 0))
                return {**sizes, apply.legs[0]: Size()}
            of = Size.of(self.index_values[value])
            return {**sizes, apply.legs[0]: of.replace(self.equations)}
        if apply.op == "concat" and apply.legs[0] in sizes:
            leg = apply.legs[0]
            sizes[leg] = Size()
            for node in apply.args:
                if leg in node.edges:
                    sizes[leg] += self.legs[node.value][node.edges.index(leg)].size
        if apply.op == "slice" and apply.legs[0] in sizes:
            given = dict(apply.options)
            start, stop = given.get("start", Size()), given.get("stop", sizes[apply.legs[0]])
            if isinstance(start, Size) and isinstance(stop, Size):
                length = stop - start
                sizes[apply.legs[0]] = self.resolved(length, let.name, ("let", let.name, "op"))
        return sizes

    # -- the whole ----------------------------------------------------------------------------

    def outputs(self) -> None:
        if not self.program.outputs:
            self.fault("nothing is returned; end with `return NAME`", "", ("return",))
        for place, name in enumerate(self.program.outputs):
            if name not in self.legs and name not in self.unknown:
                message = f"`{name}` is not defined{suggest(name, self.legs)}"
                self.fault(message, "return", ("return", place))
            if name in self.program.outputs[:place]:
                self.fault(f"`{name}` is returned twice", "return", ("return", place))


def _shown(name: str) -> str:
    return name if "~" not in name else "the bracket"


def _option_fault(name: str, value: object, want: Want) -> str | None:
    number = value.number if isinstance(value, Size) else None
    match want:
        case Want.FLAG:
            fits = isinstance(value, bool) or number in (0, 1)
        case Want.COUNT:
            fits = number is not None and number.denominator == 1
        case Want.NUMBER:
            fits = number is not None
        case Want.SIZE:
            fits = isinstance(value, Size)
    if fits and name == "p" and number is not None and not 0 <= number < 1:
        return f"`p` is {number}; a probability from 0 to less than 1 is wanted"
    if fits and name == "window" and number is not None and number < 1:
        return "`window` is 1 or more"
    return None if fits else f"option `{name}` wants {want.value}"


def warnings(program: Program) -> list[str]:
    """What is legal and likely wrong: a typo in a letter, an unused value, a value joined to itself.

    >>> from diagram import parse
    >>> warnings(parse("input X[n f]\\nweight W[g d]\\nY[n d] = X[n f] W[g d]\\nreturn Y"))[0]
    'Y: leg `f` of X stands at no other node and is summed out'
    """
    return [fault.message for fault in find_warnings(program)]


def find_warnings(program: Program) -> list[Fault]:
    """The same with their statements apart."""
    found = [w for let in program.lets for w in _diagram_warnings(let)]
    for name in [*program.source, *(let.name for let in program.lets if not let.is_part)]:
        if name not in program.readers:
            found.append(Fault(f"`{name}` is never used", name))
    return found


def _diagram_warnings(let: Let) -> Iterator[Fault]:
    diagram = let.maker
    where = let.name.partition("~")[0]
    if not isinstance(diagram, Diagram) or len(diagram.nodes) < 2:
        return
    for edge in diagram.summed:
        users = diagram.uses(edge)
        if len(users) == 1 and diagram.nodes[users[0]].edges.count(edge) == 1:
            name = _shown(diagram.nodes[users[0]].value)
            message = f"{where}: leg `{edge}` of {name} stands at no other node and is summed out"
            yield Fault(message, where)
    for place, node in enumerate(diagram.nodes):
        if node.edges and node in diagram.nodes[:place]:
            message = f"{where}: {_shown(node.value)} stands twice on the same edges"
            yield Fault(f"{message}; two uses joined on all legs multiply elementwise", where)


def fail(message: str) -> DiagramError:
    """An error of one fault without a place."""
    return DiagramError([Fault(message)])
