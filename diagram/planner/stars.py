"""Convolved edges while orders are compared: their lengths in groups of nodes, costs of pairs.

Groups are sets of bits, one for each node of the diagram.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import NamedTuple

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


class Star(NamedTuple):
    """A convolved edge in numbers; nodes are bits."""

    nodes: int
    stays: bool
    signal: int
    alone: int
    """The signal's length."""
    kernels: tuple[tuple[int, int], ...]
    """Each kernel's node and length."""
    results: tuple[tuple[int, int], ...]
    """The result's length for each length of kernels merged into one."""

    def is_at(self, group: int) -> bool:
        """Whether what a group makes has the edge."""
        return bool(self.nodes & group and (self.stays or self.nodes & ~group))

    def length(self, group: int) -> int:
        """The edge's length in what a group makes."""
        inside = [length for node, length in self.kernels if node & group]
        kernel = 1 + sum(inside) - len(inside)
        if not self.signal & group:
            return kernel
        return next(made for k, made in self.results if k == kernel) if inside else self.alone


class Lengths:
    """Numbers for the edges of a product; convolved ones are as long as their groups say."""

    def __init__(
        self,
        lengths: Mapping[str, int],
        stars: Sequence[Starred] = (),
        numbers: Mapping[str, int] | None = None,
    ) -> None:
        self.plain = lengths
        self.stars = {star.edge: star for star in stars}
        self.numbers = numbers or {}

    def star(self, edge: str, stays: bool) -> Star:
        """A convolved edge in numbers."""
        found = self.stars[edge]
        signal, *nodes = (1 << use for use in found.uses)
        alone, *kernels = (self._number(size) for size in found.lengths)
        merged: set[int] = set()
        for kernel in kernels:
            merged |= {kernel, *(other + kernel - 1 for other in merged)}
        results = (
            (kernel, self._number(length(found.conv, found.lengths[0], [Size.of(kernel)])))
            for kernel in sorted(merged)
        )
        pairs = tuple(zip(nodes, kernels, strict=True))
        return Star(signal + sum(nodes), stays, signal, alone, pairs, tuple(results))

    def _number(self, size: Size) -> int:
        return max(1, int(size.ratio(self.numbers)))


def is_kernel_first(
    stars: Sequence[Starred], groups: Sequence[int], numbers: Mapping[str, int]
) -> bool:
    """Whether the first of two groups slides along the other: that without the signal.

    Of two kernels it is the smaller one.
    """
    if any(star.has_signal(group) for star in stars for group in groups):
        return any(star.has_signal(groups[1]) for star in stars)
    first, second = (prod(star.size(group).ratio(numbers) for star in stars) for group in groups)
    return first < second


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
