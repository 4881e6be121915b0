"""Expressions as Python over numpy arrays, entry for entry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never

from diagram.language.size import Size
from diagram.notation.formula import (
    Cases,
    Compare,
    Entry,
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
from diagram.notation.index import Index
from diagram.notation.lengths import Lengths

SUM, PRODUCT, ATOM = 0, 1, 2
SIGNS = {"=": "==", "≠": "!=", "≤": "<=", ">": ">", "<": "<"}
FUNCTIONS = {
    **{name: f"np.{name}" for name in ("exp", "log", "tanh", "cos", "sin")},
    "erf": "math.erf",
    "max": "max",
}


@dataclass(frozen=True)
class Python:
    """Writes expressions; names are those of values and of edges in the code."""

    values: Mapping[str, str]
    edges: Mapping[str, str]
    lengths: Lengths

    def of(self, found: Expression, level: int = SUM) -> str:
        own, written = self._written(found)
        return written if own >= level else f"({written})"

    def _written(self, found: Expression) -> tuple[int, str]:
        match found:
            case Entry(value, indices):
                axes = ", ".join(self.index(index) for index in indices) or "()"
                return ATOM, f"{self.values[value]}[{axes}]"
            case Index():
                return (ATOM if found.is_name else SUM), self.index(found)
            case Number(size):
                return _level(size), self.size(size)
            case Small(value):
                return ATOM, repr(value)
            case Hidden():
                return ATOM, "-np.inf"
            case Times(factors):
                return PRODUCT, " * ".join(self.of(factor, ATOM) for factor in factors)
            case Plus(terms):
                return SUM, self._plus(terms)
            case Over():
                return PRODUCT, self._over(found)
            case Root(of):
                return ATOM, f"np.sqrt({self.of(of)})"
            case Square(of):
                return PRODUCT, f"{self.of(of, ATOM)} ** 2"
            case Function(name, args):
                inside = ", ".join(self.of(arg) for arg in args)
                return ATOM, f"{FUNCTIONS[name]}({inside})"
            case Total(over, of):
                return ATOM, f"sum({self._each(of, over)})"
            case Extreme(word, over, of):
                return ATOM, f"{word}({self._each(of, over)})"
            case Ranked(over, of, at, descending):
                order = ", reverse=True" if descending else ""
                row = self._each(of, (over,))
                row = f"({row})" if order else row
                return ATOM, f"sorted({row}{order})[{self.index(at)}]"
            case Iverson(where):
                return ATOM, f"float({self._compare(where)})"
            case Cases(rows, otherwise):
                written = "".join(
                    f"{self.of(row, PRODUCT)} if {self._all(conditions)} else "
                    for row, conditions in rows
                )
                return SUM, f"{written}{self.of(otherwise, PRODUCT)}"
            case _:
                assert_never(found)

    def _plus(self, terms: tuple[tuple[int, Expression], ...]) -> str:
        (sign, first), *rest = terms
        written = f"-{self.of(first, PRODUCT)}" if sign < 0 else self.of(first, PRODUCT)
        for sign, term in rest:
            written += f" {'+' if sign > 0 else '-'} {self.of(term, PRODUCT)}"
        return written

    def _over(self, found: Over) -> str:
        above, below = self.of(found.above, PRODUCT), self.of(found.below, ATOM)
        if found.hides:
            return f"({above} / total if (total := {below}) else 0.0)"
        return f"{above} / {below}"

    def _each(self, of: Expression, over: tuple[Range, ...]) -> str:
        """The expression for all values of names; entries that are none are passed over."""
        loops = " ".join(f"for {self.edges[one.name]} in {self.range(one)}" for one in over)
        seen = self.guards(of)
        return f"{self.of(of)} {loops}" + (f" if {' and '.join(seen)}" if seen else "")

    def range(self, found: Range) -> str:
        """`range(5)`."""
        if found.last:
            return f"range({self.edges[found.last]} + 1)"
        return f"range({self.size(found.length)})"

    def _all(self, conditions: tuple[Compare, ...]) -> str:
        return " and ".join(self._compare(condition) for condition in conditions)

    def _compare(self, found: Compare) -> str:
        return f"{self.of(found.left)} {SIGNS[found.sign]} {self.of(found.right)}"

    # -- indices ------------------------------------------------------------------------------

    def index(self, found: Index) -> str:
        """`2*x + k - 1`, as an index of an array."""
        written = self._sum(found)
        if found.over.number != 1:
            written = f"{_grouped(written)} // {self.size(found.over)}"
        if found.modulo is not None:
            written = f"{_grouped(written)} % {self.size(found.modulo)}"
        return written

    def _sum(self, found: Index) -> str:
        pieces = [(factor, self.edges[edge]) for edge, factor in found.terms]
        if found.offset.terms or not pieces:
            pieces.append((found.offset, ""))
        written = ""
        for factor, name in pieces:
            negative = bool(factor.terms) and all(part < 0 for _, part in factor.terms)
            size = -factor if negative else factor
            shown = name if name and size.number == 1 else self.size(size)
            shown = f"{shown}*{name}" if name and size.number != 1 else shown
            sign = "-" if negative else "+"
            written += f" {sign} {shown}" if written else f"{sign.strip('+')}{shown}"
        return written

    def guards(self, found: Expression) -> list[str]:
        """The conditions on which the entries in a product are entries at all."""
        match found:
            case Entry(_, indices):
                return [text for index in indices for text in self._guard(index)]
            case Times(factors):
                return [text for factor in factors for text in self.guards(factor)]
            case Plus(((_, only),)):
                return self.guards(only)
            case _:
                return []

    def _guard(self, index: Index) -> list[str]:
        found = []
        if index.over.number != 1:
            found.append(f"{_grouped(self._sum(index))} % {self.size(index.over)} == 0")
        if index.inside is not None:
            found.append(f"0 <= {self.index(index)} < {self.size(index.inside)}")
        return found

    def size(self, size: Size) -> str:
        """A length in the code."""
        return self.lengths.text(size)


def _level(size: Size) -> int:
    if size.number is None:
        return ATOM
    return ATOM if size.number >= 0 and size.number.denominator == 1 else SUM


def _grouped(written: str) -> str:
    return f"({written})" if " " in written else written
