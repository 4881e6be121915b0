"""A program to its canonical text, which parses back to an equal program.

Order: dims, sources, lets, return. Left sides and uses in products carry their legs; a bare name
stands in ops and sums where the legs are the declared ones. Parts (`Y~1`) print at their use.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from diagram.language.core import (
    Apply,
    Axis,
    Call,
    Definition,
    Diagram,
    Maker,
    Node,
    Program,
    Scalar,
    Source,
    legs_of,
)
from diagram.language.ops import OPS
from diagram.language.pieces import (
    axes_text,
    clause,
    dim_text,
    option_text,
    packed,
    scalar_text,
    source_text,
)
from diagram.language.size import Size


def write(program: Program) -> str:
    """The canonical text, without a newline at its end."""
    return "\n".join(_Writer(program).lines())


class _Writer:
    """Knows every value's legs while the lets are printed."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.sources = program.sources
        self.legs = {s.name: tuple(leg.name for leg in s.legs) for s in program.sources}
        self.legs |= {let.name: legs_of(let.maker.output) for let in program.lets}
        self.indent = self.width()

    def width(self) -> int:
        """The columns that the words before dims and sources take."""
        kinds = ["dims"] * bool(self.program.dims) + [str(s.kind) for s in self.sources]
        return max((len(kind) for kind in kinds), default=0) + 1

    def lines(self) -> Iterable[str]:
        program = self.program
        if program.dims:
            entries = [dim_text(d.name, d.size) for d in program.dims]
            yield from self._noted(["dims"], packed("dims".ljust(self.indent), entries))
        for definition in program.definitions:
            yield from self._definition(definition)
        yield from self.body()

    def body(self) -> Iterable[str]:
        """Sources, lets and return."""
        program = self.program
        for kind, group in groupby(self.sources, key=lambda s: s.kind):
            for chunk in self._chunks(list(group)):
                entries = [source_text(s) for s in chunk]
                names = [s.name for s in chunk]
                yield from self._noted(names, packed(str(kind).ljust(self.indent), entries))
        for let in program.lets:
            if not let.is_part:
                left = f"{let.name}{axes_text(let.maker.output)}"
                text = f"{left} = {self._right(let.maker)}"
                yield from self._noted([let.name], [text])
        yield from self._noted(["return"], [f"return {', '.join(program.outputs)}"])

    def _definition(self, definition: Definition) -> Iterable[str]:
        """A def: its header, and its lines, deeper."""
        parameters = ", ".join(source_text(source) for source in definition.parameters)
        header = f"def {definition.name}({parameters})"
        yield from self._noted([f"def {definition.name}"], [header])
        inner = _Writer(definition.program)
        inner.sources = tuple(s for s in inner.sources if s not in definition.parameters)
        inner.indent = inner.width()
        yield from (f"  {line}" for line in inner.lines())

    def _chunks(self, group: Sequence[Source]) -> Iterable[list[Source]]:
        """Sources of one line: a note at a source begins a line."""
        noted = {note.at for note in self.program.notes}
        chunk: list[Source] = []
        for source in group:
            if chunk and (source.name in noted or chunk[-1].name in noted):
                yield chunk
                chunk = []
            chunk.append(source)
        yield chunk

    def _noted(self, names: Sequence[str], lines: Sequence[str]) -> Iterable[str]:
        notes = [note for note in self.program.notes if note.at in names]
        beside = " ".join(note.text for note in notes if not note.above)
        yield from (f"# {note.text}".rstrip() for note in notes if note.above)
        yield from lines[:-1]
        yield f"{lines[-1]}  # {beside}" if beside else lines[-1]

    # -- right sides --------------------------------------------------------------------------

    def _right(self, maker: Maker) -> str:
        match maker:
            case Diagram():
                return self._product(maker)
            case Apply("+", _, args, _, _):
                return self._sum(args, legs_of(maker.output))
            case Apply():
                return self._call(maker)
            case Call():
                return self._called(maker)

    def _product(self, diagram: Diagram) -> str:
        scale = list(diagram.scale)
        negative = bool(scale) and scale[0] == _MINUS
        if negative:
            scale = scale[1:]
        pieces = [self._factor(node) for node in diagram.nodes]
        if not pieces:
            pieces = [scalar_text(scale.pop(0)) if scale else "1"]
        text = " ".join(pieces)
        for scalar in scale:
            text += f" {'/' if scalar.inverse else '*'} {scalar_text(scalar)}"
        for (kind, options), convs in groupby(diagram.convs, key=clause):
            text += f" {kind} {' '.join(conv.edge for conv in convs)}"
            text += f" ({options})" if options else ""
        return f"-{text}" if negative else text

    def _factor(self, node: Node) -> str:
        if "~" not in node.value:
            return f"{node.value}{axes_text(node.axes)}"
        maker = self.program.let[node.value].maker
        return self._bracketed(maker, node.axes)

    def _bracketed(self, maker: Maker, axes: Sequence[Axis]) -> str:
        """A part with the legs that leave it."""
        if isinstance(maker, Apply) and maker.op != "+":
            return f"{self._call(maker)}{axes_text(axes)}"
        return f"({self._right(maker)}){axes_text(axes)}"

    def _sum(self, args: Sequence[Node], wanted: tuple[str, ...]) -> str:
        text = ""
        for place, arg in enumerate(args):
            piece = self._argument(arg, wanted, first=place == 0, term=True)
            if place == 0:
                text = piece
            else:
                text += f" - {piece[1:]}" if piece.startswith("-") else f" + {piece}"
        return text

    def _call(self, apply: Apply) -> str:
        op = OPS.get(apply.op)
        wanted = legs_of(apply.output)
        if op is not None:
            wanted = op.wanted(apply.legs, wanted)
        pieces = [
            self._argument(arg, wanted if i == 0 else None, first=i == 0, term=False)
            for i, arg in enumerate(apply.args)
        ]
        pieces += [f"{name}={option_text(value)}" for name, value in apply.options]
        legs = f"[{' '.join(apply.legs)}]" if apply.legs else ""
        return f"{apply.op}{legs}({', '.join(pieces)})"

    def _called(self, call: Call) -> str:
        pieces = [self._argument(arg, None, first=False, term=False) for arg in call.args]
        pieces += [f"{name}={option_text(value)}" for name, value in call.dims]
        pieces += ["tied=1"] * call.tied
        times = f"^{call.times}" if call.times != 1 else ""
        return f"{call.definition}{times}({', '.join(pieces)})"

    def _argument(self, node: Node, wanted: tuple[str, ...] | None, first: bool, term: bool) -> str:
        if "~" not in node.value:
            return self._bare(node, wanted if first else None)
        maker = self.program.let[node.value].maker
        handed = wanted is not None and (first or term)
        is_sum = isinstance(maker, Apply) and maker.op == "+"
        if _is_use(maker):
            return self._bracketed(maker, node.axes)
        if handed and not (term and is_sum) and self._follows(maker, wanted or (), term):
            return self._right(maker)
        return self._bracketed(maker, node.axes)

    def _follows(self, maker: Maker, wanted: tuple[str, ...], term: bool) -> bool:
        """Whether the part's output goes without saying."""
        kept = legs_of(maker.output)
        if isinstance(maker, Diagram) and term:
            return kept == tuple(leg for leg in wanted if leg in maker.edges)
        if isinstance(maker, Apply) and term:
            return kept == self._natural(maker, wanted)
        return kept == wanted

    def _natural(self, apply: Apply, wanted: tuple[str, ...]) -> tuple[str, ...] | None:
        """The legs that an op in a sum has if none are written; None where that is not clear."""
        first = apply.args[0]
        if "~" not in first.value:
            natural = OPS[apply.op].result(apply.legs, first.edges)
            return natural if set(natural) <= set(wanted) else wanted
        maker = self.program.let[first.value].maker
        return wanted if isinstance(maker, Diagram) and len(maker.nodes) > 1 else None

    def _bare(self, node: Node, wanted: tuple[str, ...] | None) -> str:
        own = self.legs.get(node.value, ())
        renamed = wanted is not None and not set(own) <= set(wanted) and len(own) == len(wanted)
        plain = node.edges == own and all(len(axis) == 1 for axis in node.axes)
        return node.value if plain and not renamed else f"{node.value}{axes_text(node.axes)}"


def _is_use(maker: Maker) -> bool:
    """Whether a part is a lone use in brackets: without them it would be no part."""
    if not isinstance(maker, Diagram) or len(maker.nodes) != 1 or maker.scale or maker.convs:
        return False
    return maker.nodes[0].is_plain and "~" not in maker.nodes[0].value


_MINUS = Scalar(Size.of(-1))
