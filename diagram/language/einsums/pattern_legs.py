"""A pattern's words to edges: numbers and `...` get names, shapes and sizes meet the brackets."""

from __future__ import annotations

import math
import operator
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from diagram.errors import Fault, Span, suggest
from diagram.language.core import Axis, Dim, Leg
from diagram.language.einsums.broadcast import Shape
from diagram.language.einsums.pattern import Pattern, Side, Word, words
from diagram.language.einsums.symbols import fresh_letters, numbered
from diagram.language.size import Size, product


@dataclass(frozen=True, slots=True)
class Move:
    """Axes before and after, the numbers of edges that are told, where axes are written."""

    before: tuple[Axis, ...]
    after: tuple[Axis, ...]
    numbers: Mapping[str, int]
    spans: tuple[Span, ...]
    """Of the axes before."""

    @property
    def names(self) -> frozenset[str]:
        """Every edge."""
        return frozenset(name for axis in (*self.before, *self.after) for name in axis)


def resolve(
    pattern: Pattern, shape: Shape | None, sizes: Mapping[str, object], faults: list[Fault]
) -> Move:
    """Names for all edges, and the numbers that sizes and the pattern tell."""
    (before,) = pattern.operands
    every = [*words(before), *words(pattern.result)]
    numbers = _told(sizes, [w.name for w in every if isinstance(w.name, str)], faults)
    free = fresh_letters({str(word.name) for word in every})
    named: dict[Word, Axis] = {w: (w.name,) for w in every if isinstance(w.name, str)}
    for word in every:
        if isinstance(word.name, int):
            named[word] = (next(free),)
            numbers[named[word][0]] = word.name
    dots = tuple(next(free) for _ in range(_rank_of_dots(before, shape, faults)))
    named |= {word: dots for word in every if word.name is Ellipsis}
    found, after = _axes(before, named), _axes(pattern.result, named)
    axes = tuple(axis for axis, _ in found)
    return Move(axes, tuple(axis for axis, _ in after), numbers, tuple(span for _, span in found))


def _axes(side: Side, named: Mapping[Word, Axis]) -> list[tuple[Axis, Span]]:
    """One axis for each group; `...` alone is an axis for each of its edges."""
    found: list[tuple[Axis, Span]] = []
    for group in side:
        edges = tuple(edge for word in group.words for edge in named[word])
        is_open = len(group.words) == 1 and group.words[0].span == group.span
        found += [((e,), group.span) for e in edges] if is_open else [(edges, group.span)]
    return found


def _rank_of_dots(side: Side, shape: Shape | None, faults: list[Fault]) -> int:
    """How many legs `...` stands for; faults where the shape has other ones than the pattern."""
    dots = [word for word in words(side) if word.name is Ellipsis]
    if dots and shape is None:
        message = "only a shape tells what `...` stands for: give one behind the pattern"
        faults.append(Fault(message, spans=(dots[0].span,)))
    if shape is None:
        return 0
    extra = len(shape) - len(side) + bool(dots)
    if extra < 0 or (extra and not dots):
        count = f"{len(side)} {'axis' if len(side) == 1 else 'axes'}"
        message = f"{count} for the {len(shape)} leg{'s' * (len(shape) != 1)} of a shape {shape}"
        faults.append(Fault(message, spans=tuple(group.span for group in side)))
        return 0
    return extra


def _told(
    sizes: Mapping[str, object], names: Collection[str], faults: list[Fault]
) -> dict[str, int]:
    """The sizes that are whole numbers of legs that the pattern has."""
    numbers: dict[str, int] = {}
    for name, value in sizes.items():
        try:
            number = 0 if isinstance(value, bool) else operator.index(value)  # type: ignore[arg-type]
        except TypeError:
            number = 0
        if name not in names:
            faults.append(Fault(f"`{name}` is no leg of the pattern{suggest(name, names)}"))
        elif number < 1:
            faults.append(Fault(f"`{name}` is {value!r}; a length is a whole number, 1 or more"))
        else:
            numbers[name] = number
    return numbers


def declared(
    move: Move, shape: Shape | None, faults: list[Fault]
) -> tuple[tuple[Leg, ...], tuple[Dim, ...]]:
    """The legs of the input, and the dims that have numbers.

    A bundle in which one edge alone has no number is as long as the input is; that edge follows.
    """
    taken = set(move.names)
    legs: list[Leg] = []
    numbers = dict(move.numbers)
    for place, axis in enumerate(move.before):
        unknown = [edge for edge in axis if edge not in move.numbers]
        name = axis[0] if len(axis) == 1 else _fresh("_".join(axis) or "one", taken)
        taken.add(name)
        own = len(axis) == 1 or len(unknown) == 1
        legs.append(Leg(name, Size.of(name) if own else product(map(Size.of, axis))))
        if shape is not None and len(shape) == len(move.before):
            known = math.prod(move.numbers.get(edge, 1) for edge in axis)
            message = _misfit(axis, unknown, known, shape[place])
            faults += [Fault(message, spans=(move.spans[place],))] if message else []
            numbers |= {name: shape[place]} if own else {}
    return tuple(legs), tuple(Dim(name, Size.of(number)) for name, number in numbers.items())


def _fresh(name: str, taken: Collection[str]) -> str:
    return name if name not in taken else numbered(name, taken, 1)


def _misfit(axis: Axis, unknown: Sequence[str], known: int, length: int) -> str | None:
    """Why edges of these numbers do not make this length."""
    written = f"({' '.join(axis)})" if len(axis) != 1 else axis[0]
    if len(unknown) > 1:
        names = ", ".join(f"{name}=2" for name in unknown[:-1])
        return f"`{written}` has length {length}; say how it is split, as in {names}"
    if unknown and length % known:
        return f"`{written}` has length {length}, which {known} does not divide"
    if not unknown and known != length:
        return f"`{written}` makes {known}, but the shape says {length}"
    return None
