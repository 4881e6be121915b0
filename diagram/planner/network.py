"""A product in numbers: which nodes an edge joins, whether it stays, and how long it is.

Sets of nodes ("groups") are the bits of a number. What a group makes has the edges that something
outside the group still needs. Products that differ in letters alone are equal here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from diagram.planner.price import Tally
from diagram.planner.stars import Lengths, Star

Edges = frozenset[str]


class Edge(NamedTuple):
    """An edge, or all that join the same nodes."""

    nodes: int
    stays: bool
    length: int


@dataclass(frozen=True, slots=True)
class Network:
    """Nodes to be merged into one value; `stars` are the edges that convolve."""

    count: int
    edges: tuple[Edge, ...]
    stars: tuple[Star, ...] = ()

    @staticmethod
    def of(inputs: Sequence[Edges], output: Edges, lengths: Mapping[str, int] | Lengths) -> Network:
        """The network of nodes that are sets of letters.

        >>> Network.of([frozenset("ab"), frozenset("bc")], frozenset("ac"), dict(a=2, b=3, c=4))
        Network(count=2, edges=(Edge(nodes=1, stays=True, length=2),
            Edge(nodes=2, stays=True, length=4), Edge(nodes=3, stays=False, length=3)), stars=())
        """
        if not isinstance(lengths, Lengths):
            lengths = Lengths(lengths)
        nodes: dict[str, int] = {}
        for place, edges in enumerate(inputs):
            for edge in edges:
                nodes[edge] = nodes.get(edge, 0) | 1 << place
        joined: dict[tuple[int, bool], int] = {}
        for edge, where in nodes.items():
            if edge not in lengths.stars:
                key = (where, edge in output)
                joined[key] = joined.get(key, 1) * lengths.plain[edge]
        stars = [lengths.star(edge, edge in output) for edge in lengths.stars if edge in nodes]
        found = sorted(Edge(*key, length) for key, length in joined.items())
        return Network(len(inputs), tuple(found), tuple(sorted(stars)))


def bits(group: int) -> Iterator[int]:
    """The places of a group's nodes, in order.

    >>> list(bits(0b1011))
    [0, 1, 3]
    """
    while group:
        low = group & -group
        yield low.bit_length() - 1
        group ^= low


class Groups:
    """What groups of a network's nodes make; what was asked is known."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self._edges: dict[int, frozenset[int]] = {}
        self._volumes: dict[int, int] = {}
        touching: list[list[int]] = [[] for _ in range(network.count)]
        for place, edge in enumerate(network.edges):
            for node in bits(edge.nodes):
                touching[node].append(place)
        for node, edges in enumerate(touching):
            self._edges[1 << node] = frozenset(edges)

    def edges(self, group: int) -> frozenset[int]:
        """Plain edges of what a group makes, as positions."""
        found = self._edges.get(group)
        if found is None:
            found = self._still(
                frozenset().union(*(self._edges[1 << i] for i in bits(group))), group
            )
            self._edges[group] = found
        return found

    def _still(self, edges: frozenset[int], group: int) -> frozenset[int]:
        """Those that stay or go on to nodes outside."""
        known = self.network.edges
        return frozenset(e for e in edges if known[e].stays or known[e].nodes & ~group)

    def volume(self, group: int) -> int:
        """Elements of what a group makes."""
        found = self._volumes.get(group)
        if found is None:
            found = math.prod(self.network.edges[e].length for e in self.edges(group))
            for star in self.network.stars:
                if star.is_at(group):
                    found *= star.length(group)
            self._volumes[group] = found
        return found

    def tally(self, one: int, other: int) -> Tally[int]:
        """The counts of the merge of two groups."""
        both = self.edges(one) | self.edges(other)
        group = one | other
        if group not in self._edges:
            self._edges[group] = self._still(both, group)
        work = math.prod(self.network.edges[e].length for e in both)
        sums = len(self._edges[group]) < len(both)
        left, right = self.volume(one), self.volume(other)
        kernel = 1
        if self.network.stars:
            found = convolved(self.network.stars, one, other)
            kernel = found.kernel
            work, sums = work * found.along * kernel, sums or found.sums
            left, right = (right, left) if found.turned else (left, right)
        return Tally(left, right, self.volume(group), work, kernel, sums)


class Convolved(NamedTuple):
    """What convolved edges add to a merge."""

    along: int
    """Lengths in the result."""
    kernel: int
    sums: bool
    """Whether anything is convolved, or summed."""
    turned: bool
    """Whether the first value is the kernel."""


def convolved(stars: Sequence[Star], one: int, other: int) -> Convolved:
    """The convolved edges in the merge of two groups; of two kernels the smaller one slides."""
    along, kernels, sums = 1, [1, 1], False
    for star in stars:
        sides = star.is_at(one), star.is_at(other)
        if any(sides):
            along *= star.length(one | other)
            sums = sums or all(sides) or not star.is_at(one | other)
        if all(sides):
            kernels = [kernels[0] * star.length(one), kernels[1] * star.length(other)]
    signal = stars[0].signal
    turned = bool(signal & other) or (not signal & one and kernels[0] < kernels[1])
    return Convolved(along, kernels[not turned], sums, turned)
