"""Convolved edges while orders are compared: their lengths in groups of nodes, costs of pairs.

Groups are sets of bits, one for each node of the diagram.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from diagram.language.convolve import Indicator, kernels_of, length
from diagram.language.core import Conv, Diagram
from diagram.language.size import Size

MOST_AT_ONCE = 3
"""Edges that one call of torch convolves."""


@dataclass(frozen=True)
class Starred:
    """A convolved edge: the nodes on it, signal first, and its lengths there."""

    conv: Conv
    uses: tuple[int, ...]
    lengths: tuple[Size, ...]

    @property
    def edge(self) -> str:
        return self.conv.edge

    def has_signal(self, group: int) -> bool:
        """Whether the signal is in the group."""
        return bool(group >> self.uses[0] & 1)

    def size(self, group: int) -> Size:
        """The edge's length in what a group makes: kernels alone compose to one kernel."""
        inside = [place for place, use in enumerate(self.uses) if group >> use & 1]
        found = [self.lengths[place] for place in inside]
        if len(found) == 1:
            return found[0]
        if inside[0] == 0:
            return length(self.conv, found[0], found[1:])
        return kernels_of(found)

    def joined(self, signal: int, kernel: int) -> Indicator:
        """What joins two groups, the first of which has the signal if one has."""
        result = self.size(signal | kernel)
        sizes = (result, self.size(signal), self.size(kernel))
        conv = self.conv if self.has_signal(signal) else Conv(self.conv.kind, self.edge, pad="full")
        return Indicator((self.edge,) * 3, sizes, conv)


class Lengths:
    """Numbers for the edges of a diagram's groups."""

    def __init__(
        self,
        lengths: Mapping[str, int],
        stars: Sequence[Starred] = (),
        numbers: Mapping[str, int] | None = None,
    ) -> None:
        self.plain = lengths
        self.stars = {star.edge: star for star in stars}
        self.numbers = numbers or {}
        self._known: dict[tuple[str, int], int] = {}

    def of(self, edge: str, group: int) -> int:
        """The length of an edge in what a group makes."""
        star = self.stars.get(edge)
        if star is None:
            return self.plain[edge]
        key = (edge, sum(1 << use for use in star.uses if group >> use & 1))
        if key not in self._known:
            self._known[key] = max(1, int(star.size(group).ratio(self.numbers)))
        return self._known[key]

    def volume(self, edges: frozenset[str], group: int) -> int:
        """Elements of what a group makes."""
        result = 1
        for edge in edges:
            result *= self.of(edge, group)
        return result

    def work(self, one: tuple[frozenset[str], int], other: tuple[frozenset[str], int]) -> int:
        """Multiply-adds of a merge: along a convolved edge, result times kernel."""
        both = one[1] | other[1]
        result = self.volume(one[0] | other[0], both)
        for edge in one[0] & other[0] & self.stars.keys():
            kernel = other if self.stars[edge].has_signal(one[1]) else one
            result *= self.of(edge, kernel[1])
        return result

    def convolves(self, one: frozenset[str], other: frozenset[str]) -> bool:
        """Whether a merge convolves."""
        return bool(one & other & self.stars.keys())


def starred(
    diagram: Diagram, convs: Sequence[Conv], lengths: Sequence[Mapping[str, Size]]
) -> list[Starred]:
    """The convolved edges that are run as convolutions: those of one signal, at most three.

    `convs` have equations put in. Others are run through their dense indicators.
    """
    found: list[Starred] = []
    for conv in convs:
        uses = diagram.uses(conv.edge)
        same = not found or found[0].uses[0] == uses[0]
        if same and len(found) < MOST_AT_ONCE:
            found.append(Starred(conv, uses, tuple(lengths[use][conv.edge] for use in uses)))
    return found
