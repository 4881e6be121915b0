"""Where to cut a product in two so that both sides, and what joins them, are cheap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from diagram.language.core import Leg, Node, axes
from diagram.language.size import Size
from diagram.planner import search

MOST_FREE = 7
"""Free nodes up to this many are placed by trying every cut."""

MOVE = 40
"""FLOPs that take about as long as writing one element to memory and reading it back."""

NEVER = 1 << 200


@dataclass(frozen=True, slots=True)
class Facts:
    """The sizes of all values' legs, and the numbers that dims have."""

    legs: Mapping[str, Sequence[Leg]]
    numbers: Mapping[str, int]

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


def cut(
    nodes: Sequence[Node],
    m: str,
    kept: frozenset[str],
    facts: Facts,
    apart: Node | None = None,
    output: frozenset[str] = frozenset(),
    rows: frozenset[str] = frozenset(),
) -> tuple[list[Node], list[Node], int]:
    """Nodes that go with m, the others, and the cost of both products and of what joins them.

    Without `apart` the two sides meet over m (scores), and the m side is kept free of some of
    `rows`, the edges that can be rows of one attention. With it the m side meets that value first,
    and the result meets the others for `output`.
    """
    free = [place for place, node in enumerate(nodes) if m not in node.edges]
    sizes = facts.lengths(nodes, apart)

    def sides(near_free: frozenset[int]) -> tuple[list[Node], list[Node]]:
        near = [n for i, n in enumerate(nodes) if i not in free or i in near_free]
        return near, [n for i, n in enumerate(nodes) if i in free and i not in near_free]

    def cost(near_free: frozenset[int]) -> int:
        near, far = sides(near_free)
        near_edges, far_edges = frozenset(edges_of(near)), frozenset(edges_of(far))
        near_out = near_edges & (kept | far_edges)
        if apart is None:
            far_out = far_edges & (kept | near_edges)
            joined = 2 * search.volume(near_out | far_out, sizes)
            return product_cost(near, near_out, sizes) + product_cost(far, far_out, sizes) + joined
        all_edges = near_out | frozenset(apart.edges)
        middle = Node("", axes(sorted(e for e in all_edges if e != m and e in far_edges | output)))
        after = product_cost([middle, *far], output, sizes)
        return product_cost(near, near_out, sizes) + 2 * search.volume(all_edges, sizes) + after

    choices = [
        frozenset(chosen) for count in range(len(free) + 1) for chosen in combinations(free, count)
    ]
    if len(free) > MOST_FREE:
        choices = [frozenset()]
    if apart is None:
        choices = [c for c in choices if len(c) < len(free)]
        apart_rows = [c for c in choices if rows - frozenset(edges_of(sides(c)[0]))]
        choices = apart_rows or choices
    costs = [cost(choice) for choice in choices]
    if not costs:
        return list(nodes), [], NEVER
    return *sides(choices[costs.index(min(costs))]), min(costs)


def product_cost(nodes: Sequence[Node], output: frozenset[str], sizes: Mapping[str, int]) -> int:
    """FLOPs and elements written of a product's best order, as one number."""
    inputs = [frozenset(node.edges) for node in nodes]
    path = search.best(inputs, output, sizes)
    found = search.score(path, inputs, output, sizes)
    return found.flops + MOVE * found.written
