"""Equations in index notation, as one line of text: `S[n,m] = (1/√64) Σ_d Q[n,d] K[m,d]`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import assert_never

from diagram.language.size import Size
from diagram.notation.formula import (
    Cases,
    Compare,
    Entry,
    Equation,
    Expression,
    Extreme,
    Function,
    Hidden,
    Iverson,
    Number,
    Over,
    Plus,
    Range,
    Ranked,
    Root,
    Small,
    Square,
    Times,
    Total,
)
from diagram.notation.index import Index, marked
from diagram.notation.names import text_name

SUM, PRODUCT, ATOM = 0, 1, 2
"""How tightly an expression must hold together where it stands."""

FLOOR = re.compile(r"\(\(?([^()]+)\)?//([^()]+)\)")
"""A quotient rounded down, as sizes print it."""


def text(equation: Equation, names: Mapping[str, str] | None = None) -> str:
    """The equation in one line; `names` are those of edges that print otherwise.

    >>> from diagram.language.core import Node, axes
    >>> from diagram.notation.products import product
    >>> nodes = [Node("A", axes("ij")), Node("B", axes("jk"))]
    >>> lengths = dict.fromkeys("ijk", Size.of(3))
    >>> text(product(("C", axes("ik")), nodes, [], [], lengths))
    'C[i,k] = Σ_j A[i,j] B[j,k]'
    """
    writer = _Text(names or {})
    return f"{writer.of(equation.left)} = {writer.of(equation.right)}"


@dataclass(frozen=True)
class _Text:
    names: Mapping[str, str] = field(default_factory=dict)

    def of(self, found: Expression, level: int = SUM) -> str:
        own, written = self._written(found)
        return written if own >= level else f"({written})"

    def _written(self, found: Expression) -> tuple[int, str]:
        match found:
            case Entry(value, indices):
                comma = "," if all(index.is_name for index in indices) else ", "
                axes = comma.join(self.index(index) for index in indices)
                return ATOM, f"{value}[{axes}]" if indices else value
            case Index():
                return (ATOM if found.is_name else SUM), self.index(found)
            case Number(size):
                return _level(size), _size(size)
            case Small(value):
                return ATOM, f"{value:g}"
            case Hidden():
                return ATOM, "−∞"
            case Times(factors):
                return PRODUCT, " ".join(self._factor(factor) for factor in factors)
            case Plus(terms):
                return self._plus(terms)
            case Over(above, below):
                return PRODUCT, self._over(above, below)
            case Root(of):
                return ATOM, f"√{self.of(of, ATOM)}"
            case Square(of):
                return ATOM, f"{self.of(of, ATOM)}²"
            case Function(name, args):
                return ATOM, f"{name}({', '.join(self.of(arg) for arg in args)})"
            case Total(over, of):
                return PRODUCT, f"{self._over_all('Σ', over)} {self.of(of, PRODUCT)}"
            case Extreme(word, over, of):
                return PRODUCT, f"{self._over_all(word, over)} {self.of(of, PRODUCT)}"
            case Ranked(over, of, at, descending):
                order = ", largest first" if descending else ""
                inside = f"{self._over_all('sort', (over,))}({self.of(of)}{order})"
                return ATOM, f"{inside}[{self.index(at)}]"
            case Iverson(where):
                return ATOM, f"[{self._compare(where)}]"
            case Cases(rows, otherwise):
                shown = [f"{self.of(row)} if {self._all(conditions)}" for row, conditions in rows]
                return SUM, f"{', '.join(shown)}, else {self.of(otherwise)}"
            case _:
                assert_never(found)

    def _factor(self, factor: Expression) -> str:
        """A quotient stands in parentheses, and so does a sum that is no last factor."""
        return self.of(factor, ATOM if isinstance(factor, Over) else PRODUCT)

    def _plus(self, terms: tuple[tuple[int, Expression], ...]) -> tuple[int, str]:
        (sign, first), *rest = terms
        written = f"−{self.of(first, PRODUCT)}" if sign < 0 else self.of(first, PRODUCT)
        for sign, term in rest:
            written += f" {'+' if sign > 0 else '−'} {self.of(term, PRODUCT)}"
        return SUM, written

    def _over(self, above: Expression, below: Expression) -> str:
        plain = isinstance(above, Number | Small) and isinstance(below, Number | Root)
        middle = "/" if plain else " / "
        last = PRODUCT if isinstance(below, Total) else ATOM
        return f"{self.of(above, PRODUCT)}{middle}{self.of(below, last)}"

    def _over_all(self, sign: str, over: tuple[Range, ...]) -> str:
        if sign == "Σ":
            return " ".join(f"Σ_{self._range(one)}" for one in over)
        names = ",".join(self._range(one) for one in over)
        return f"{sign}_{names if len(over) == 1 else f'{{{names}}}'}"

    def _range(self, found: Range) -> str:
        name = text_name(found.name, self.names)
        return f"{{{name}≤{text_name(found.last, self.names)}}}" if found.last else name

    def _all(self, conditions: tuple[Compare, ...]) -> str:
        return " and ".join(self._compare(condition) for condition in conditions)

    def _compare(self, found: Compare) -> str:
        return f"{self.of(found.left)} {found.sign} {self.of(found.right)}"

    def index(self, found: Index) -> str:
        """`2·x + k − 1`."""
        written = ""
        for name, factor in found.terms:
            sign, size = (" − ", -factor) if _negative(factor) else (" + ", factor)
            shown = text_name(name, self.names)
            shown = shown if size.number == 1 else f"{_grouped(self._lengths(size))}·{shown}"
            written += f"{sign}{shown}" if written else f"{sign.strip(' +')}{shown}"
        offset = found.offset
        if offset.terms or not written:
            sign, size = (" − ", -offset) if _negative(offset) else (" + ", offset)
            shown = self._lengths(size)
            written += f"{sign}{shown}" if written else f"{sign.strip(' +')}{shown}"
        if found.over.number != 1:
            written = f"{_grouped(written)}/{_grouped(self._lengths(found.over))}"
        if found.modulo is not None:
            written = f"{_grouped(written)} mod {_grouped(self._lengths(found.modulo))}"
        return written

    def _lengths(self, size: Size) -> str:
        return _size(marked(size))


def _negative(size: Size) -> bool:
    return bool(size.terms) and all(factor < 0 for _, factor in size.terms)


def _size(size: Size) -> str:
    written = size.formula(times="·").replace("-", "−")
    return FLOOR.sub(r"⌊\1/\2⌋", written)


def _level(size: Size) -> int:
    if size.number is not None:
        return ATOM if size.number >= 0 and size.number.denominator == 1 else PRODUCT
    return ATOM if len(size.dims) == 1 and str(size) in size.dims else SUM


def _grouped(written: str) -> str:
    return f"({written})" if " " in written else written
