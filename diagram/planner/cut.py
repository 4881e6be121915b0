"""Where to cut a product in two so that both sides, and what joins them, are cheap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from diagram.language.core import Leg, Node, axes
from diagram.language.size import Size
from diagram.planner import search
from diagram.planner.policy import Policy
from diagram.planner.rates import Seconds

MOST_FREE = 7
"""Free nodes up to this many are placed by trying every cut."""

MOVE = 40
"""FLOPs that take about as long as writing one element to memory and reading it back."""

NEVER = 1 << 200


@dataclass(frozen=True, slots=True)
class Facts:
    """The sizes of all values' legs, the numbers that dims have, and what costs are judged by."""

    legs: Mapping[str, Sequence[Leg]]
    numbers: Mapping[str, int]
    policy: Policy

    def edge_sizes(self, nodes: Sequence[Node]) -> dict[str, Size]:
        return {
            edge: leg.size
            for node in nodes
            if node.value in self.legs
            for edge, leg in zip(node.edges, self.legs[node.value], strict=True)
        }

    def lengths(self, nodes: Sequence[Node], apart: Node | None = None) -> dict[str, int]:
        sizes = self.edge_sizes([*nodes, *([apart] if apart else [])])
        return {edge: max(1, int(size.ratio(self.numbers))) for edge, size in sizes.items()}


def edges_of(nodes: Sequence[Node]) -> tuple[str, ...]:
    """Every edge of these nodes, once."""
    return tuple(dict.fromkeys(edge for node in nodes for edge in node.edges))


Cut = tuple[list[Node], list[Node], int]
"""The nodes that go with m, the others, and what this costs."""


def cut_scores(
    nodes: Sequence[Node], m: str, kept: frozenset[str], facts: Facts, rows: frozenset[str]
) -> Cut:
    """Scores in two sides that meet over m: keys, queries, and the cost of both and of the map.

    The m side is kept free of some of `rows`, the edges that can be rows of one attention.
    """
    sizes = facts.lengths(nodes)

    def cost(near: list[Node], far: list[Node]) -> int:
        near_edges, far_edges = frozenset(edges_of(near)), frozenset(edges_of(far))
        near_out, far_out = near_edges & (kept | far_edges), far_edges & (kept | near_edges)
        joined = 2 * search.volume(near_out | far_out, sizes)
        sides = ((near, near_out), (far, far_out))
        return joined + sum(product_cost(side, out, sizes, facts.policy) for side, out in sides)

    ways = [(near, far) for near, far in _ways(nodes, m) if far]
    free_of_rows = [(near, far) for near, far in ways if rows - frozenset(edges_of(near))]
    found = [(near, far, cost(near, far)) for near, far in free_of_rows or ways]
    return min(found, key=lambda way: way[2]) if found else (list(nodes), [], NEVER)


def cut_reader(
    nodes: Sequence[Node], m: str, output: frozenset[str], facts: Facts, softmax: Node
) -> Cut:
    """What reads a softmax in two: values, which meet it over m, and what the result meets."""
    sizes = facts.lengths(nodes, softmax)
    kept = output | frozenset(softmax.edges)

    def cost(near: list[Node], far: list[Node]) -> int:
        near_edges, far_edges = frozenset(edges_of(near)), frozenset(edges_of(far))
        near_out = near_edges & (kept | far_edges)
        joined = near_out | frozenset(softmax.edges)
        middle = Node("", axes(sorted(e for e in joined if e != m and e in far_edges | output)))
        values = product_cost(near, near_out, sizes, facts.policy)
        after = product_cost([middle, *far], output, sizes, facts.policy)
        return values + 2 * search.volume(joined, sizes) + after

    found = [(near, far, cost(near, far)) for near, far in _ways(nodes, m)]
    return min(found, key=lambda way: way[2])


def _ways(nodes: Sequence[Node], m: str) -> list[tuple[list[Node], list[Node]]]:
    """Every way to part the nodes, those on m always on the first side."""
    free = [place for place, node in enumerate(nodes) if m not in node.edges]
    counts = range(len(free) + 1) if len(free) <= MOST_FREE else range(1)
    return [
        (
            [n for i, n in enumerate(nodes) if i not in free or i in chosen],
            [n for i, n in enumerate(nodes) if i in free and i not in chosen],
        )
        for count in counts
        for chosen in combinations(free, count)
    ]


def product_cost(
    nodes: Sequence[Node], output: frozenset[str], sizes: Mapping[str, int], policy: Policy
) -> int:
    """What a product's best order costs, as FLOPs that take as long."""
    inputs = [frozenset(node.edges) for node in nodes]
    path = search.best(inputs, output, sizes, policy.price)
    found = search.score(path, inputs, output, sizes, policy.price)
    if isinstance(policy.price, Seconds):
        return round(found.cost * policy.rates.matmul)
    return found.flops + MOVE * found.written
