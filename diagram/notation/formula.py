"""Equations of entries as values: one tree for index notation, LaTeX and loops.

Names in it are edges as plans call them (`x:0` is the signal's own end of the convolved edge x);
how a name is printed is the renderers' matter.
"""

from __future__ import annotations

from dataclasses import dataclass

from diagram.language.size import Size
from diagram.notation.index import Index


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a value."""

    value: str
    indices: tuple[Index, ...]


@dataclass(frozen=True, slots=True)
class Number:
    """A number, or a length that has none yet."""

    size: Size


@dataclass(frozen=True, slots=True)
class Small:
    """A number of the kind of 1e-05, as floats print."""

    value: float


@dataclass(frozen=True, slots=True)
class Hidden:
    """Minus infinity, which softmax makes 0 of."""


@dataclass(frozen=True, slots=True)
class Times:
    """A product."""

    factors: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Plus:
    """A sum of terms, each with its sign."""

    terms: tuple[tuple[int, Expression], ...]


@dataclass(frozen=True, slots=True)
class Over:
    """A quotient; where `hides`, 0 over 0 is 0."""

    above: Expression
    below: Expression
    hides: bool = False


@dataclass(frozen=True, slots=True)
class Root:
    """A square root."""

    of: Expression


@dataclass(frozen=True, slots=True)
class Square:
    """A square."""

    of: Expression


@dataclass(frozen=True, slots=True)
class Function:
    """A named function of numbers: exp, log, erf, max."""

    name: str
    args: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """A name that runs from 0 to below a length, or only to `last` where it is told."""

    name: str
    length: Size
    last: str = ""


@dataclass(frozen=True, slots=True)
class Total:
    """A sum over names."""

    over: tuple[Range, ...]
    of: Expression


@dataclass(frozen=True, slots=True)
class Extreme:
    """The largest (`max`) or smallest (`min`) over names."""

    word: str
    over: tuple[Range, ...]
    of: Expression


@dataclass(frozen=True, slots=True)
class Ranked:
    """The entry at a place once a row is sorted."""

    over: Range
    of: Expression
    at: Index
    descending: bool


@dataclass(frozen=True, slots=True)
class Compare:
    """A condition on two numbers; the sign is one of = ≠ ≤ > <."""

    left: Expression
    sign: str
    right: Expression


@dataclass(frozen=True, slots=True)
class Iverson:
    """1 where the condition holds, else 0."""

    where: Compare


@dataclass(frozen=True, slots=True)
class Cases:
    """The first row all of whose conditions hold, else `otherwise`."""

    rows: tuple[tuple[Expression, tuple[Compare, ...]], ...]
    otherwise: Expression


Expression = (
    Entry
    | Index
    | Number
    | Small
    | Hidden
    | Times
    | Plus
    | Over
    | Root
    | Square
    | Function
    | Total
    | Extreme
    | Ranked
    | Iverson
    | Cases
)


@dataclass(frozen=True, slots=True)
class Equation:
    """Every entry of a value, told by entries of others; each name on the left runs freely."""

    left: Entry
    free: tuple[Range, ...]
    right: Expression


def number(value: int) -> Number:
    """A whole number in an equation."""
    return Number(Size.of(value))
