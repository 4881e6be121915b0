"""The shapes of the text: what the grammar reads, before names are looked up."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from diagram.errors import Span
from diagram.language.core import Option
from diagram.language.size import Size


@dataclass(frozen=True, slots=True)
class Word:
    """A name as written."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class SizeText:
    """A size as written."""

    size: Size
    span: Span


@dataclass(frozen=True, slots=True)
class DimText:
    """`f=512` in a dims line."""

    name: Word
    size: SizeText | None


@dataclass(frozen=True, slots=True)
class LegText:
    """`s:r` in a declaration."""

    name: Word
    size: SizeText | None


@dataclass(frozen=True, slots=True)
class TensorText:
    """`WQ[f h d]=normal(0.02)` in a line of sources."""

    kind: str
    name: Word
    legs: tuple[LegText, ...]
    of: SizeText | None
    init: tuple[Word, tuple[Fraction, ...]] | None


@dataclass(frozen=True, slots=True)
class AxisText:
    """One axis of a use: an edge, or a bundle of them in brackets."""

    words: tuple[Word, ...]
    span: Span

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(word.text for word in self.words)


@dataclass(frozen=True, slots=True)
class Use:
    """A value's name, with or without legs."""

    name: Word
    axes: tuple[AxisText, ...] | None


@dataclass(frozen=True, slots=True)
class OpCall:
    """`op[legs](values, option=...)[axes]`, or the call of a def, `times` over."""

    op: Word
    legs: tuple[Word, ...]
    args: tuple[Expression, ...]
    options: tuple[tuple[Word, Option], ...]
    axes: tuple[Word, ...] | None
    times: int | None = None


@dataclass(frozen=True, slots=True)
class Bracket:
    """`(sum)[axes]`: a scope of its own."""

    inside: Expression
    axes: tuple[Word, ...] | None
    span: Span


Factor = Use | OpCall | Bracket


@dataclass(frozen=True, slots=True)
class ScalarText:
    """`/ sqrt(d)` in a product."""

    size: Size
    root: bool
    inverse: bool
    span: Span


ConvOption = Size | str | tuple[Size, Size]


@dataclass(frozen=True, slots=True)
class ConvText:
    """`corr x y (stride=2, pad=1)` at the end of a product."""

    kind: Word
    edges: tuple[Word, ...]
    options: tuple[tuple[Word, ConvOption], ...]


@dataclass(frozen=True, slots=True)
class Term:
    """A product; `negative` is its sign in the sum."""

    negative: bool
    factors: tuple[Factor, ...]
    scale: tuple[ScalarText, ...]
    span: Span
    convs: tuple[ConvText, ...] = ()


@dataclass(frozen=True, slots=True)
class Expression:
    """A sum of products."""

    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class LetText:
    """`NAME[legs] = right side`."""

    name: Word
    axes: tuple[AxisText, ...] | None
    right: Expression


@dataclass(frozen=True, slots=True)
class ReturnText:
    """`return NAME, NAME`."""

    names: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class DefText:
    """`def NAME(X[b n f], ...)`, begun at a column; its lines follow, up to its `return`."""

    name: Word
    parameters: tuple[TensorText, ...]
    column: int


Sentence = tuple[DimText, ...] | tuple[TensorText, ...] | LetText | ReturnText | DefText


def factor_span(factor: Factor) -> Span:
    """Where a factor's name (or opening bracket) stands."""
    match factor:
        case Use(name, _):
            return name.span
        case OpCall(op):
            return op.span
        case Bracket(_, _, span):
            return span
