"""An op at its place, as its equation sees it: legs, lengths, options, and names to sum over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from diagram.language.core import Apply, Node, Option, legs_of
from diagram.language.size import Size
from diagram.notation.formula import (
    Entry,
    Equation,
    Expression,
    Range,
    Small,
)
from diagram.notation.index import name

Lengths = Mapping[str, Size]
EPS = {"layer_norm": 1e-5, "rms_norm": 1e-6, "unit": 1e-12, "batch_norm": 1e-5}


@dataclass(frozen=True)
class OpAt:
    """An op at its place: what it makes, of what, and the lengths of its legs."""

    result: str
    apply: Apply
    lengths: Lengths
    train: bool

    @property
    def options(self) -> dict[str, Option]:
        return dict(self.apply.options)

    @property
    def legs(self) -> tuple[str, ...]:
        return self.apply.legs

    @property
    def output(self) -> tuple[str, ...]:
        return legs_of(self.apply.output)

    @property
    def rest(self) -> tuple[str, ...]:
        """The legs of the first value that the op does not name."""
        return tuple(edge for edge in self.apply.args[0].edges if edge not in self.legs)

    def size(self, option: str, default: Size) -> Size:
        found = self.options.get(option, default)
        assert isinstance(found, Size)
        return found

    @property
    def eps(self) -> Expression:
        found = self.options.get("eps")
        value = found.number if isinstance(found, Size) and found.number is not None else None
        return Small(EPS[self.apply.op] if value is None else float(value))

    @property
    def primes(self) -> dict[str, str]:
        """For each named leg a name that no leg has, to run over in a sum."""
        taken = {*self.apply.args[0].edges, *self.output}
        found: dict[str, str] = {}
        for leg in self.legs:
            fresh = f"{leg}'"
            while fresh in taken:
                fresh += "'"
            taken.add(fresh)
            found[leg] = fresh
        return found

    def over(self, names: Mapping[str, str] | None = None) -> tuple[Range, ...]:
        named = names or {}
        return tuple(Range(named.get(leg, leg), self.lengths[leg]) for leg in self.legs)

    def entry(self, place: int = 0, names: Mapping[str, str] | None = None) -> Entry:
        return entry_of(self.apply.args[place], names or {})

    def equation(self, right: Expression) -> Equation:
        return equation_of(self.result, self.output, right, self.lengths)


def entry_of(node: Node, names: Mapping[str, str]) -> Entry:
    """The entry of a use at its own edges, some under other names."""
    return Entry(node.value, tuple(name(names.get(edge, edge)) for edge in node.edges))


def equation_of(value: str, edges: Sequence[str], right: Expression, lengths: Lengths) -> Equation:
    """The equation of a value with these edges."""
    free = tuple(Range(edge, lengths[edge]) for edge in edges)
    return Equation(Entry(value, tuple(name(edge) for edge in edges)), free, right)
