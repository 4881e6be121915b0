"""`check`: all faults of a program at once; `types`: the sizes of all its values."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from diagram.errors import DiagramError, suggest
from diagram.language.check_calls import CallChecks
from diagram.language.check_edges import output_sizes
from diagram.language.core import Apply, Call, Diagram, Leg, Let, Program, flat, legs_of, nodes
from diagram.language.findings import Condition, Types
from diagram.language.size import Size

MOST_LEGS = 50
"""Legs of a value, bundles opened; torch and numpy have tensors of up to 64 axes."""


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
    return dict(derive(program).legs)


def conditions(program: Program) -> tuple[Condition, ...]:
    """What only numbers can decide."""
    return derive(program).conditions


def derive(program: Program, unknown: frozenset[str] = frozenset()) -> Types:
    """Sizes, conditions and findings; statements that use `unknown` names are passed over."""
    if isinstance(program, str):
        raise DiagramError("check wants a Program; parse(text) makes one")
    if not isinstance(program, Program):
        raise DiagramError(f"check wants a Program, not {type(program).__name__}")
    try:
        return _derived(program, unknown)
    except TypeError:
        if (guilty := _unhashable(program)) is None:
            raise
        raise DiagramError(f"a Program is made of tuples; its {guilty} are not") from None


def _unhashable(program: Program) -> str | None:
    """The part of a program made by hand that holds lists or dicts."""
    for name in ("dims", "sources", "lets", "outputs"):
        try:
            hash(getattr(program, name))
        except TypeError:
            return name
    return None


@lru_cache(maxsize=256)
def _derived(program: Program, unknown: frozenset[str]) -> Types:
    state = _Walk(program, unknown)
    state.dims()
    state.definitions(_derived)
    for source in program.sources:
        state.source(source)
    for let in program.lets:
        state.statement(let)
    state.outputs()
    return Types(
        state.legs,
        tuple(state.conditions),
        tuple(state.findings),
        state.edges,
        tuple(dict.fromkeys(state.free)),
        state.equations,
        frozenset(state.known_dims),
        state.index_values,
    )


class _Walk(CallChecks):
    """One walk over a program, statement by statement."""

    def statement(self, let: Let) -> None:
        self.new_name(let.name, ("let", let.name))
        self._part_is_used_once(let)
        before = len(self.findings)
        self._plain_axes(let)
        self._width(let)
        known = [self._known(let, place, node) for place, node in enumerate(nodes(let.maker))]
        usable = all(known) and let.name not in self.unknown and len(self.findings) == before
        before = len(self.findings)
        if isinstance(let.maker, Apply):
            usable = self._op(let, let.maker) and usable
        if isinstance(let.maker, Call) and let.name not in self.unknown:
            usable = self._definition(let, let.maker) and usable
        sizes = self._maker(let) if usable else {}
        if len(self.findings) == before and (usable or isinstance(let.maker, Diagram)):
            self._no_doubled_legs(let)
        if usable and len(self.findings) == before and let.name not in self.unknown:
            output = let.maker.output
            names, lengths = legs_of(output), output_sizes(output, sizes)
            self.legs[let.name] = tuple(map(Leg, names, lengths))
        else:
            self.legs[let.name] = ()
            self.unknown = {*self.unknown, let.name}

    def _width(self, let: Let) -> None:
        """Tensors have so many axes and no more, wherever they are run."""
        uses = [(("node", i), node.axes) for i, node in enumerate(nodes(let.maker))]
        for place, found in [*uses, (("out",), let.maker.output)]:
            count = sum(map(len, found))
            if count > MOST_LEGS:
                message = f"{count} legs at one value; a value has at most {MOST_LEGS}"
                self.fault(message, let.name, ("let", let.name, *place))

    def _plain_axes(self, let: Let) -> None:
        """A program made by hand may have bundles where the text cannot."""
        if isinstance(let.maker, Diagram):
            return
        uses = [(("node", i), node.axes) for i, node in enumerate(let.maker.args)]
        for place, found in [*uses, (("out",), let.maker.output)]:
            if any(len(axis) != 1 for axis in found):
                message = "bundles stand in products; open this one in a line of its own"
                self.fault(message, let.name, ("let", let.name, *place))

    def _no_doubled_legs(self, let: Let) -> None:
        outputs = legs_of(let.maker.output)
        for place, axis in enumerate(let.maker.output):
            leg = outputs[place]
            before = [edge for other in let.maker.output[:place] for edge in other]
            doubled = [edge for edge in axis if edge in before or axis.count(edge) > 1]
            if doubled or leg in outputs[:place]:
                leg = doubled[0] if doubled else leg
                message = f"leg `{leg}` stands twice on the left; use a const eye for a diagonal"
                self.fault(message, let.name, ("let", let.name, "out", place))

    def _part_is_used_once(self, let: Let) -> None:
        if let.is_part:
            readers = self.program.readers.get(let.name, ())
            base = let.name.partition("~")[0]
            if len(readers) != 1 or readers[0].partition("~")[0] != base:
                message = f"`{let.name}` is a part of {base} and must be used once, there"
                self.fault(message, let.name, ("let", let.name))
                return
            reader = self.program.let[readers[0]]
            (use,) = (node for node in nodes(reader.maker) if node.value == let.name)
            if use.edges != flat(let.maker.output):
                kept = " ".join(flat(let.maker.output))
                message = f"`{let.name}` is a part and is used with the legs that leave it"
                self.fault(f"{message}: {kept or 'none'}", let.name, ("let", reader.name))

    def _maker(self, let: Let) -> Mapping[str, Size]:
        match let.maker:
            case Diagram():
                return self._diagram(let, let.maker)
            case Apply():
                return self._apply(let, let.maker)
            case Call():
                return self._call(let, let.maker)

    def outputs(self) -> None:
        if not self.program.outputs:
            self.fault("nothing is returned; end with `return NAME`", "", ("return",))
        for place, name in enumerate(self.program.outputs):
            if name not in self.legs and name not in self.unknown:
                message = f"`{name}` is not defined{suggest(name, self.legs)}"
                self.fault(message, "return", ("return", place))
            if name in self.program.outputs[:place]:
                self.fault(f"`{name}` is returned twice", "return", ("return", place))
