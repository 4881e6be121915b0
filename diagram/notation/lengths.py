"""Lengths in Python code: numbers where they are known, else read off the shapes of values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from diagram.errors import SizeError
from diagram.language.check import derive
from diagram.language.core import Let, Program, nodes
from diagram.language.count import bound
from diagram.language.size import Size

_NAME = re.compile(r"\|[^|]+\||[^\W\d]\w*'*")


@dataclass(frozen=True)
class Lengths:
    """What tells the lengths in a let: those of its edges, and the shapes of its values."""

    edges: Mapping[str, Size]
    told: Mapping[Size, str]
    """An expression for each length that a shape tells."""

    def text(self, size: Size) -> str:
        """An expression for a size; SizeError where nothing tells a dim of it."""
        if size.number is not None:
            return str(size.number)
        if size in self.told:
            return self.told[size]
        written = _NAME.sub(lambda found: self._name(found[0]), str(size))
        return f"round({written})" if "/" in written.replace("//", "") else f"({written})"

    def _name(self, name: str) -> str:
        if name.startswith("|"):
            return self.text(self.edges[name.strip("|")])
        if Size.of(name) in self.told:
            return self.told[Size.of(name)]
        raise SizeError(f"`{name}` has no number, and no shape here tells it; give one: {name}=8")


def lengths_of(
    program: Program, let: Let, edges: Mapping[str, Size], names: Mapping[str, str]
) -> Lengths:
    """What tells the lengths in a let: its own values, then the program's sources.

    `names` are the values' names in the code.
    """
    legs = derive(program).legs
    told: dict[Size, str] = {}
    for value in (*(node.value for node in nodes(let.maker)), *program.source):
        for place, leg in enumerate(legs[value]):
            told.setdefault(leg.size, f"{names[value]}.shape[{place}]")
    return Lengths(edges, told)


def known(program: Program, sizes: Mapping[str, int]) -> dict[str, int]:
    """The numbers that equations are written with: all that follow from those given.

    Without any, only those of dims that no leg of a source tells: the rest stays general.
    """
    numbers = bound(program, dict(sizes))
    if sizes:
        return numbers
    alone = {str(leg.size) for source in program.sources for leg in source.legs}
    return {name: number for name, number in numbers.items() if name not in alone}
