"""Equations in LaTeX, as a person would set them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
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
from diagram.notation.names import latex_name, latex_value
from diagram.notation.text import FLOOR

SUM, PRODUCT, ATOM = 0, 1, 2
SIGNS = {"=": "=", "≠": r"\neq", "≤": r"\leq", ">": ">", "<": "<"}
KNOWN = frozenset({"exp", "log", "max", "min", "tanh", "cos", "sin"})


def latex(equations: Sequence[Equation], names: Mapping[str, str] | None = None) -> str:
    """The first equation, and those of what stands in it below; without dollar signs.

    >>> from diagram.language.core import Node, axes
    >>> from diagram.notation.products import product
    >>> nodes = [Node("A", axes("ij")), Node("B", axes("jk"))]
    >>> lengths = dict.fromkeys("ijk", Size.of(3))
    >>> latex([product(("C", axes("ik")), nodes, [], [], lengths)])
    'C_{i,k} = \\\\sum_{j=0}^{2} A_{i,j} B_{j,k}'
    """
    writer = _Latex(names or {})
    lines = [(writer.of(each.left), writer.of(each.right)) for each in equations]
    if len(lines) == 1:
        return " = ".join(lines[0])
    rows = " \\\\\n".join(f"{left} &= {right}" for left, right in lines)
    return f"\\begin{{aligned}}\n{rows}\n\\end{{aligned}}"


@dataclass(frozen=True)
class _Latex:
    names: Mapping[str, str] = field(default_factory=dict)

    def of(self, found: Expression, level: int = SUM) -> str:
        own, written = self._written(found)
        return written if own >= level else rf"\left({written}\right)"

    def _written(self, found: Expression) -> tuple[int, str]:
        match found:
            case Entry():
                return ATOM, self._entry(found)
            case Index():
                return (ATOM if found.is_name else SUM), self.index(found)
            case Number(size):
                return _level(size), self._size(size)
            case Small(value):
                return ATOM, _small(value)
            case Hidden():
                return ATOM, r"-\infty"
            case Times(factors):
                return PRODUCT, r" ".join(self.of(factor, PRODUCT) for factor in factors)
            case Plus(terms):
                return SUM, self._plus(terms)
            case Over(above, below):
                return ATOM, rf"\frac{{{self.of(above)}}}{{{self.of(below)}}}"
            case Root(of):
                return ATOM, rf"\sqrt{{{self.of(of)}}}"
            case Square(of):
                return ATOM, rf"\left({self.of(of)}\right)^{{2}}"
            case Function(name, args):
                word = rf"\{name}" if name in KNOWN else rf"\operatorname{{{name}}}"
                inside = ", ".join(self.of(arg) for arg in args)
                return ATOM, rf"{word}\left({inside}\right)"
            case Total(over, of):
                sums = " ".join(self._sum(one) for one in over)
                return PRODUCT, f"{sums} {self.of(of, PRODUCT)}"
            case Extreme(word, over, of):
                names = ",".join(latex_name(one.name, self.names) for one in over)
                return PRODUCT, rf"\{word}_{{{names}}} {self.of(of, PRODUCT)}"
            case Ranked():
                return ATOM, self._ranked(found)
            case Iverson(where):
                return ATOM, rf"\left[{self._compare(where)}\right]"
            case Cases():
                return SUM, self._cases(found)
            case _:
                assert_never(found)

    def _entry(self, entry: Entry) -> str:
        value = latex_value(entry.value)
        if not entry.indices:
            return value
        axes = ",".join(self.index(index) for index in entry.indices)
        # A name with a subscript of its own keeps it apart from the indices.
        return f"{{{value}}}_{{{axes}}}" if "_" in value else f"{value}_{{{axes}}}"

    def _plus(self, terms: tuple[tuple[int, Expression], ...]) -> str:
        (sign, first), *rest = terms
        written = f"-{self.of(first, PRODUCT)}" if sign < 0 else self.of(first, PRODUCT)
        for sign, term in rest:
            written += f" {'+' if sign > 0 else '-'} {self.of(term, PRODUCT)}"
        return written

    def _sum(self, found: Range) -> str:
        name = latex_name(found.name, self.names)
        if found.last:
            return rf"\sum_{{{name}=0}}^{{{latex_name(found.last, self.names)}}}"
        if found.length.number is None:
            return rf"\sum_{{{name}}}"
        return rf"\sum_{{{name}=0}}^{{{found.length.number - 1}}}"

    def _ranked(self, found: Ranked) -> str:
        name = latex_name(found.over.name, self.names)
        order = r"^{\downarrow}" if found.descending else r"^{\uparrow}"
        inside = rf"\operatorname{{sort}}{order}_{{{name}}}\left({self.of(found.of)}\right)"
        return rf"\left({inside}\right)_{{{self.index(found.at)}}}"

    def _cases(self, found: Cases) -> str:
        rows = [
            rf"{self.of(row)} & \text{{if }} "
            + r" \text{ and } ".join(self._compare(condition) for condition in conditions)
            for row, conditions in found.rows
        ]
        rows.append(rf"{self.of(found.otherwise)} & \text{{otherwise}}")
        inside = r" \\ ".join(rows)
        return rf"\begin{{cases}} {inside} \end{{cases}}"

    def _compare(self, found: Compare) -> str:
        return f"{self.of(found.left)} {SIGNS[found.sign]} {self.of(found.right)}"

    def index(self, found: Index) -> str:
        """`2 x + k - 1`."""
        pieces = [(factor, latex_name(name, self.names)) for name, factor in found.terms]
        if found.offset.terms or not pieces:
            pieces.append((found.offset, ""))
        written = ""
        for factor, name in pieces:
            negative = bool(factor.terms) and all(part < 0 for _, part in factor.terms)
            size = -factor if negative else factor
            shown = self._size(marked(size))
            shown = shown if not name else name if size.number == 1 else f"{_grouped(shown)} {name}"
            sign = "-" if negative else "+"
            written += f" {sign} {shown}" if written else f"{sign.strip('+')}{shown}"
        if found.over.number != 1:
            written = f"{_grouped(written)}/{_grouped(self._size(marked(found.over)))}"
        if found.modulo is not None:
            written = rf"{_grouped(written)} \bmod {_grouped(self._size(marked(found.modulo)))}"
        return written

    def _size(self, size: Size) -> str:
        """A length; dims are letters, and `|s2|` is the length of s2."""
        written = size.formula(times=r" \cdot ")
        written = FLOOR.sub(r"\\lfloor \1 / \2 \\rfloor ", written)
        return re.sub(r"(?<!\\)\b[^\W\d]\w*'*", lambda m: latex_name(m[0], {}), written)


def _small(value: float) -> str:
    digits, _, power = f"{value:g}".partition("e")
    if not power:
        return digits
    factor = "" if digits == "1" else rf"{digits} \cdot "
    return rf"{factor}10^{{{int(power)}}}"


def _level(size: Size) -> int:
    if size.number is not None:
        return ATOM if size.number >= 0 else SUM
    return ATOM if len(size.dims) == 1 and str(size) in size.dims else SUM


def _grouped(written: str) -> str:
    return rf"({written})" if " " in written else written
