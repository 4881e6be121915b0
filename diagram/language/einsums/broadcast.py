"""Shapes against letters: what each leg of an operand stands for, and which lengths disagree."""

from __future__ import annotations

import operator
from collections.abc import Collection, Hashable, Iterator, Sequence
from dataclasses import dataclass

from diagram.errors import Fault
from diagram.language.einsums.subscripts import Equation, Mark, Term

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Dots:
    """A leg that `...` stands for, counted from the last."""

    place: int


@dataclass(frozen=True, slots=True)
class Place:
    """One leg of an operand (from 1): its letter as written, its length where a shape tells."""

    letter: Hashable
    mark: Mark
    operand: int
    length: int | None = None


def read_shape(value: object) -> Shape | None:
    """The shape that is given, or that a tensor has; None where it is neither."""
    found = getattr(value, "shape", value)
    if isinstance(found, str | bytes):
        return None
    try:
        lengths = tuple(operator.index(length) for length in found)  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        return None
    return lengths if all(length >= 0 for length in lengths) else None


def read_shapes(given: Sequence[object], faults: list[Fault]) -> list[Shape | None]:
    """All shapes; a fault for each that is none."""
    shapes = [read_shape(value) for value in given]
    for place, (shape, value) in enumerate(zip(shapes, given, strict=True), 1):
        if shape is None:
            written = " ".join(repr(value).split())[:40]
            faults.append(Fault(f"{written} is no shape, as (2, 3) is", f"operand {place}"))
    return shapes


def expand(
    equation: Equation, shapes: Sequence[Shape | None] | None, faults: list[Fault]
) -> list[tuple[Place, ...]]:
    """The legs of each operand, `...` opened; faults where a shape has other ones."""
    operands = equation.operands
    if shapes is None:
        faults += (_unknown_dots(term.dots) for term in operands if term.dots)
        known: Sequence[Shape | None] = [None] * len(operands)
    else:
        faults += _other_count(equation, len(shapes))
        known = [*shapes, *[None] * len(operands)][: len(operands)]
    pairs = zip(operands, known, strict=True)
    return [_opened(place, term, shape, faults) for place, (term, shape) in enumerate(pairs, 1)]


def _unknown_dots(mark: Mark) -> Fault:
    message = "only shapes tell what `...` stands for: from_einsum(equation, (2, 3), ...)"
    return Fault(message, spans=(mark.span,))


def _other_count(equation: Equation, count: int) -> Iterator[Fault]:
    operands = equation.operands
    if len(operands) != count:
        has = f"{len(operands)} operand{'s' * (len(operands) != 1)}"
        were = f"{count} shape was" if count == 1 else f"{count} shapes were"
        spans = tuple(term.span for term in operands[count:] or operands[-1:])
        yield Fault(f"the equation has {has}, but {were} given", spans=spans)


def _opened(
    operand: int, term: Term, shape: Shape | None, faults: list[Fault]
) -> tuple[Place, ...]:
    named = tuple(Place(m.letter, m, operand) for m in term.marks if m.letter is not Ellipsis)
    spoiled = len(named) < len(term.marks) - 1 or any(leg.letter is None for leg in named)
    if shape is None or spoiled:
        return named
    extra = len(shape) - len(named)
    if extra < 0 or (extra and term.dots is None):
        message = _other_rank(len(named), term, shape)
        faults.append(Fault(message, f"operand {operand}", (term.span,)))
        return named
    letters: list[tuple[Hashable, Mark]] = []
    for mark in term.marks:
        opened = [Dots(place) for place in range(extra, 0, -1)]
        letters += [(each, mark) for each in (opened if mark is term.dots else [mark.letter])]
    pairs = zip(letters, shape, strict=True)
    return tuple(Place(letter, mark, operand, length) for (letter, mark), length in pairs)


def _other_rank(named: int, term: Term, shape: Shape) -> str:
    letters = f"{named} letter{'s' * (named != 1)}"
    stand = f"{letters} and `...`" if term.dots else letters
    return f"{stand} for the {len(shape)} leg{'s' * (len(shape) != 1)} of a shape {shape}"


def lengths(
    operands: Sequence[Sequence[Place]], free: Collection[Hashable], faults: list[Fault]
) -> dict[Hashable, int]:
    """The length of each letter; one of 1 broadcasts. Letters in `free` may have several."""
    found: dict[Hashable, list[Place]] = {}
    for legs in operands:
        faults += _uneven_diagonals(legs)
        for leg in legs:
            found.setdefault(leg.letter, []).append(leg)
    result: dict[Hashable, int] = {}
    for letter, legs in found.items():
        known = [leg.length for leg in legs if leg.length is not None]
        if known:
            result[letter] = next((n for n in known if n != 1), 1)
        if letter not in free and letter is not None:
            faults += _disagreement(legs, result.get(letter, 1))
    return result


def _disagreement(legs: Sequence[Place], length: int) -> Iterator[Fault]:
    other = next((leg for leg in legs if leg.length not in (None, 1, length)), None)
    if other is not None:
        first = next(leg for leg in legs if leg.length == length)
        one, two = f"operand {first.operand}", f"operand {other.operand}"
        name = first.mark.written
        message = f"`{name}` has length {length} in {one}, but {other.length} in {two}"
        yield Fault(message, spans=(first.mark.span, other.mark.span))


def _uneven_diagonals(legs: Sequence[Place]) -> Iterator[Fault]:
    """A letter twice on one operand is its diagonal, and broadcasts nothing."""
    first: dict[Hashable, Place] = {}
    for leg in legs:
        one = first.setdefault(leg.letter, leg)
        if leg.letter is not None and leg.length != one.length and 1 in (leg.length, one.length):
            message = f"a diagonal of legs of the lengths {one.length} and {leg.length}"
            yield Fault(message, spans=(one.mark.span, leg.mark.span))
