"""A pattern of one operand: the input X, the ones it is multiplied with, its axes in the result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from diagram.errors import DiagramError, Fault
from diagram.language.core import ONE, Axis, Dim, Init, Kind, Leg, Node, Source, axes, flat
from diagram.language.einsums.broadcast import read_shapes
from diagram.language.einsums.pattern import Pattern, Word, read_pattern, words
from diagram.language.einsums.pattern_legs import Move, declared, resolve
from diagram.language.einsums.symbols import numbered
from diagram.language.size import Size

INPUT = "X"
OF = "in the pattern"


@dataclass(frozen=True, slots=True)
class Moved:
    """A pattern with its sources: the input, and the ones."""

    move: Move
    dims: tuple[Dim, ...]
    sources: tuple[Source, ...]

    @property
    def gone(self) -> tuple[str, ...]:
        """The edges that the result lacks."""
        kept = flat(self.move.after)
        return tuple(edge for edge in flat(self.move.before) if edge not in kept)

    def nodes(self, before: tuple[Axis, ...]) -> tuple[Node, ...]:
        """A use of the input under these axes, and of the ones."""
        ones = (Node(s.name, axes([leg.name for leg in s.legs])) for s in self.sources[1:])
        return (Node(INPUT, before), *ones)


def read_moved(
    pattern: object,
    shape: object,
    sizes: Mapping[str, object],
    new: bool = False,
    gone: bool = False,
    faults: Sequence[Fault] = (),
) -> Moved:
    """A pattern of one operand, whose result may have `new` legs, or lack some."""
    text, found = read_text(pattern), list(faults)
    (known,) = [None] if shape is None else read_shapes([shape], found)
    read = read_pattern(text, found)
    found += _one_sided(read, new, gone)
    if len(read.operands) != 1:
        found += [Fault("a pattern has one operand; from_named_einsum has several")] * bool(
            read.operands
        )
        raise DiagramError(found, text, OF)
    move = resolve(read, known, sizes, found)
    legs, dims = declared(move, known, found)
    if found:
        raise DiagramError(found, text, OF)
    move, ones = _with_ones(move)
    sources = [Source(Kind.INPUT, INPUT, legs)]
    sources += [Source(Kind.CONST, "R", ones, Init("ones"))] * bool(ones)
    return Moved(move, dims, tuple(sources))


def read_text(pattern: object) -> str:
    """The pattern, if it is a string."""
    if not isinstance(pattern, str):
        kind = type(pattern).__name__
        raise DiagramError(f'a pattern is a string, as in "b (h d) -> b h d", not {kind}')
    return pattern


def _one_sided(read: Pattern, new: bool, gone: bool) -> Iterator[Fault]:
    """Legs of one side only, where the pattern may not have them."""
    before = [word for side in read.operands for word in words(side)]
    after = list(words(read.result))
    shared = {w.name for w in before} & {w.name for w in after} - {1}
    for word in before if not gone else ():
        if word.name not in shared or isinstance(word.name, int):
            yield Fault(f"`{_said(word)}` vanishes; from_reduce removes legs", spans=(word.span,))
    for word in after:
        if (word.name not in shared or isinstance(word.name, int)) and not (
            new and word.name is not Ellipsis
        ):
            hint = "" if word.name is Ellipsis else "; from_repeat adds legs"
            yield Fault(f"`{_said(word)}` is new{hint}", spans=(word.span,))


def _said(word: Word) -> str:
    return "..." if word.name is Ellipsis else str(word.name)


def _with_ones(move: Move) -> tuple[Move, tuple[Leg, ...]]:
    """Legs that the input lacks: new ones, and those of length 1 where there are several."""
    before = flat(move.before)
    legs = [Leg(edge, Size.of(edge)) for edge in flat(move.after) if edge not in before]
    after = list(move.after)
    for place, axis in enumerate(move.after):
        if axis == () and move.after.count(()) > 1:
            taken = {*move.names, *(leg.name for leg in legs)}
            legs.append(Leg(numbered("one", taken, 1), ONE))
            after[place] = (legs[-1].name,)
    return replace(move, after=tuple(after)), tuple(legs)
