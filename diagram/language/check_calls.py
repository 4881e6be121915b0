"""Faults of defs and their calls: a def is checked at each call, with the sizes given there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from diagram.errors import suggest
from diagram.language.calls import result_legs
from diagram.language.check_ops import OpChecks
from diagram.language.core import Call, Definition, Let, Program, flat
from diagram.language.findings import Condition, Finding, Types, shown
from diagram.language.instance import bind, dims_of, given_for, instance, own, within
from diagram.language.ops import OPS
from diagram.language.size import Size

Derive = Callable[[Program, frozenset[str]], Types]

MOST_LETS = 100_000
"""Lets of a program with all defs written out."""
DEEPEST = 40
"""How deep defs may call each other."""


class CallChecks(OpChecks):
    """The part of the walk that reads defs and their calls."""

    def definitions(self, derive: Derive) -> None:
        """Checks what can be said of defs before they are called, and those that never are."""
        self.derive = derive
        self.lines: dict[str, int] = {}
        self.depth: dict[str, int] = {}
        self.seen: set[tuple[object, ...]] = set()
        self.paths = {
            name[:i]
            for name in [*self.program.source, *self.program.let, *self.known_dims]
            for i, letter in enumerate(name)
            if letter == "."
        }
        called = set(_called(self.program))
        for place, definition in enumerate(self.program.definitions):
            name = definition.name
            earlier = self.program.definitions[:place]
            if name in OPS:
                self.fault(f"`{name}` is an op; give the def another name", "", ("def", name))
            if name in {other.name for other in earlier}:
                self.fault(f"def `{name}` is defined twice", "", ("def", name))
            if len(definition.program.outputs) != 1:
                message = f"def `{name}` returns {len(definition.program.outputs)} values, not one"
                self.fault(message, "", ("def", name, "return"))
                continue
            self._header(definition)
            self.lines[name] = lines(definition.program, self.lines)
            self.depth[name] = depth(definition.program, self.depth)
            if self.depth[name] > DEEPEST:
                self.fault(f"defs call each other deeper than {DEEPEST}", "", ("def", name))
                break
            self.known_dims |= self._open_dims(definition)
            if name not in called and not definition.scope:
                sizes = {**dict(definition.scope), **own(definition.program, {})}
                self._inside(definition, instance(definition, sizes))
        if lines(self.program, self.lines) > MOST_LETS:
            message = f"the program has more than {MOST_LETS:,} lines with its defs written out"
            self.fault(message, "", ("return",))

    def _header(self, definition: Definition) -> None:
        """Faults of what a def says of its dims, and of what it returns."""
        program = definition.program
        circle = program.equations.keys() - own(program, {}).keys()
        if circle:
            names = ", ".join(f"`{dim.name}`" for dim in program.dims if dim.name in circle)
            at = [("def", definition.name, "dim", name) for name in circle]
            self.fault(f"the equations of {names} run in a circle", "dims", *sorted(at))
        if any(p.name == program.outputs[0] and p.of is not None for p in definition.parameters):
            message = f"def `{definition.name}` returns an index; a def returns numbers to compute"
            self.fault(message, "", ("def", definition.name, "return"))

    def _open_dims(self, definition: Definition) -> frozenset[str]:
        """Dims of a def that are the program's, unless a call sets them."""
        set_here = {dim.name for dim in definition.program.dims} | dict(definition.scope).keys()
        set_here |= {d for p in definition.parameters for leg in p.legs for d in leg.size.dims}
        set_here |= {name for call in calls(self.program) for name, _ in call.dims}
        held = {d for s in definition.program.sources for leg in s.legs for d in leg.size.dims}
        return frozenset(held - set_here)

    def _definition(self, let: Let, call: Call) -> bool:
        """Whether the def is known and is given as many values as it takes."""
        where = ("let", let.name, "op")
        definition = self.program.definition.get(call.definition)
        if definition is None:
            known = suggest(call.definition, self.program.definition)
            self.fault(f"no def `{call.definition}`{known}", let.name, where)
            return False
        if let.is_part:
            message = f"`{call.definition}` is a def and is called in a line of its own"
            self.fault(message, let.name, where)
        if call.definition not in self.lines:
            return False
        wanted = definition.parameters
        if len(wanted) != len(call.args):
            names = ", ".join(f"{p.name}[{' '.join(g.name for g in p.legs)}]" for p in wanted)
            takes = f"{len(wanted)} value{'s' * (len(wanted) != 1)}: {names}"
            message = f"{definition.name} takes {takes}; {len(call.args)} are given"
            self.fault(message if wanted else f"{definition.name} takes no values", let.name, where)
            return False
        if not 1 <= call.times <= MOST_LETS or (call.times > 1 and not wanted):
            self.fault(
                f"{definition.name}^{call.times} needs a value to go on with", let.name, where
            )
            return False
        if call.times > 1 and wanted[0].of is not None:
            message = f"{definition.name}^{call.times} goes on with what it returns, no index"
            self.fault(message, let.name, where)
            return False
        return True

    def _call(self, let: Let, call: Call) -> Mapping[str, Size]:
        definition = self.program.definition[call.definition]
        before = len(self.findings)
        named = self._named(let, call, definition)
        self._arguments(let, call, definition)
        if len(self.findings) > before:
            return {}
        bound = bind(definition, given_for(call, self.legs, self.index_values), named)
        for found in bound.unequal:
            self._unequal_argument(
                let, call, definition, found.argument, found.axis, found.wanted, found.given
            )
        if let.name in self.paths:
            message = (
                f"`{let.name}.` begins the names of what stands in its def; rename the value "
                "whose name begins so"
            )
            self.fault(message, let.name, ("let", let.name))
        if len(self.findings) > before:
            return {}
        inner = self._inside(definition, instance(definition, bound.sizes))
        legs = inner.legs.get(definition.program.outputs[0], ()) if inner else ()
        if inner is None or not self._result_fits(let, call, definition):
            self.unknown = {*self.unknown, let.name}
            return {}
        sizes = dict(zip(flat(call.output), (leg.size for leg in legs), strict=True))
        self._repeats(let, call, definition, list(sizes.values()))
        return sizes

    def _named(self, let: Let, call: Call, definition: Definition) -> dict[str, Size]:
        """The dims that are given by name."""
        named: dict[str, Size] = {}
        known = dims_of(definition)
        by_legs = {str(leg.size) for p in definition.parameters for leg in p.legs}
        for name, size in call.dims:
            at = ("let", let.name, "option", name)
            if name in named:
                self.fault(f"dim `{name}` is given twice", let.name, at)
            elif name in by_legs:
                message = f"dim `{name}` of {definition.name} is set by the value that is given"
                self.fault(message, let.name, at)
            elif name not in known:
                message = f"{definition.name} has no dim `{name}`{suggest(name, known)}"
                self.fault(message, let.name, at)
            for dim in sorted(size.dims - self.known_dims):
                self.fault(f"`{dim}` is no dim{suggest(dim, self.known_dims)}", let.name, at)
            named[name] = self.resolved(size, let.name, at)
        return named

    def _arguments(self, let: Let, call: Call, definition: Definition) -> None:
        for place, (node, parameter) in enumerate(
            zip(call.args, definition.parameters, strict=True)
        ):
            at = ("let", let.name, "node", place)
            if len(node.axes) != len(parameter.legs):
                legs = " ".join(leg.name for leg in parameter.legs)
                message = (
                    f"{definition.name} takes {parameter.name}[{legs}], but {shown(node.value)} "
                    f"has {len(node.axes)} leg{'s' * (len(node.axes) != 1)}"
                )
                self.fault(message, let.name, at)
            if len(set(node.edges)) < len(node.edges):
                message = (
                    f"{shown(node.value)} meets itself; take the diagonal in a line of its own"
                )
                self.fault(message, let.name, at)
            if parameter.of is None:
                self._no_index(let, place, node)
            elif node.value not in self.index_values:
                message = f"{parameter.name} of {definition.name} is an index; {node.value} is none"
                self.fault(message, let.name, at)

    def _unequal_argument(
        self,
        let: Let,
        call: Call,
        definition: Definition,
        argument: int,
        axis: int,
        wanted: Size,
        given: Size,
    ) -> None:
        parameter, node = definition.parameters[argument], call.args[argument]
        whose = f"{definition.name}'s {parameter.name}"
        if axis < len(parameter.legs):
            what = f"the length of leg `{parameter.legs[axis].name}` of {whose}"
        else:
            what = f"the bound of {whose}"
        if wanted.has_floor or given.has_floor:
            self.conditions.append(Condition(wanted, given, f"{what} in {let.name}"))
            return
        message = f"{what} is {wanted}, but {shown(node.value)} gives {given}"
        self.fault(message, let.name, ("let", let.name, "node", argument, axis))

    def _result_fits(self, let: Let, call: Call, definition: Definition) -> bool:
        legs = result_legs(definition)
        if len(legs) == len(call.output):
            return True
        message = f"{definition.name} returns {len(legs)} leg{'s' * (len(legs) != 1)}"
        message += f": {' '.join(legs)}; {len(call.output)} stand on the left"
        self.fault(message, let.name, ("let", let.name, "out"))
        return False

    def _repeats(
        self, let: Let, call: Call, definition: Definition, result: Sequence[Size]
    ) -> None:
        """A def that is called over and over takes what it returns."""
        first = [leg.size for leg in self.legs[call.args[0].value]] if call.args else []
        if call.times > 1 and list(result) != first:
            message = (
                f"{definition.name}^{call.times} takes what it returns, but it is given "
                f"({', '.join(map(str, first))}) and returns ({', '.join(map(str, result))})"
            )
            self.fault(message, let.name, ("let", let.name, "op"))

    def _inside(self, definition: Definition, found: Program) -> Types | None:
        """What is derived of a def at a call; its faults are told once."""
        whole = within(self.program, definition, found, self.known_dims)
        path = f"{definition.name}:"
        unknown = (name.removeprefix(path) for name in self.unknown if name.startswith(path))
        inner = self.derive(whole, frozenset(unknown))
        for finding in inner.findings:
            key = (definition.name, *finding.places)
            if key not in self.seen:
                self.seen.add(key)
                places = tuple(self._path(definition, p) for p in finding.places)
                self.findings.append(Finding(finding.message, finding.where, places))
        self.conditions += inner.conditions
        self.free += inner.free
        self.known_dims |= set(inner.free)
        return inner if not inner.findings else None

    @staticmethod
    def _path(definition: Definition, place: tuple[str | int, ...]) -> tuple[str | int, ...]:
        return place if place[0] == "def" else ("def", definition.name, *place)


def lines(program: Program, known: Mapping[str, int]) -> int:
    """The lets of a program with all defs written out."""
    known = dict(known)
    for definition in program.definitions:
        known[definition.name] = lines(definition.program, known)
    made = [let.maker for let in program.lets]
    calls = [call for call in made if isinstance(call, Call)]
    return len(made) + sum(call.times * known.get(call.definition, 1) for call in calls)


def depth(program: Program, known: Mapping[str, int]) -> int:
    """How deep defs call each other in a program."""
    known = dict(known)
    for definition in program.definitions:
        known[definition.name] = depth(definition.program, known)
    makers = (let.maker for let in program.lets)
    return 1 + max((known.get(m.definition, 0) for m in makers if isinstance(m, Call)), default=0)


def calls(program: Program) -> list[Call]:
    """The calls of defs in a program and in its defs."""
    found = [let.maker for let in program.lets if isinstance(let.maker, Call)]
    for definition in program.definitions:
        found += calls(definition.program)
    return found


def _called(program: Program) -> list[str]:
    return [call.definition for call in calls(program)]
