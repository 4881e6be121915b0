"""First trees for many values: grown greedily from below, or cut in two from above."""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Iterable, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from diagram.planner.network import Groups
from diagram.planner.tree import Tree

MOST_NEAR = 50
"""Values on one edge that are tried with each other."""

BALANCE = 0.25
"""The part of the values that each half has at least."""


def greedy(groups: Groups, leaves: Sequence[int], heat: float = 0.0, seed: int = 0) -> Tree:
    """Merges, again and again, the two values on an edge that leave the fewest elements more.

    With heat chance has a say, and each seed gives another tree.

    >>> from diagram.planner.network import Network
    >>> chain = [frozenset("ij"), frozenset("jk"), frozenset("kl")]
    >>> network = Network.of(chain, frozenset("il"), {"i": 9, "j": 9, "k": 9, "l": 9})
    >>> greedy(Groups(network), [1, 2, 4])
    {3: (1, 2), 7: (4, 3)}
    """
    chance = random.Random(seed)
    tree: Tree = {}
    alive = set(leaves)
    at: dict[int, set[int]] = {}
    for leaf in leaves:
        for edge in groups.edges(leaf):
            at.setdefault(edge, set()).add(leaf)

    def ranked(one: int, other: int) -> tuple[float, int, int]:
        cold = _growth(*(math.log2(groups.volume(side)) for side in (one, other, one | other)))
        return cold - heat * math.log(-math.log(chance.random())), one, other

    pairs = {pair for found in at.values() for pair in combinations(_some(found), 2)}
    waiting = [ranked(*pair) for pair in sorted(pairs)]
    heapq.heapify(waiting)
    while waiting:
        _, one, other = heapq.heappop(waiting)
        if not {one, other} <= alive:
            continue
        group = one | other
        tree[group] = (one, other)
        alive = alive - {one, other} | {group}
        near: set[int] = set()
        for edge in groups.edges(one) | groups.edges(other):
            at[edge] -= {one, other}
            near.update(_some(at[edge]))
        for edge in groups.edges(group):
            at[edge].add(group)
        for value in sorted(near):
            heapq.heappush(waiting, ranked(value, group))
    return tree | _outer(groups, alive)


def _some(values: Iterable[int]) -> list[int]:
    """The values on an edge, in order; not all of very many."""
    return sorted(values)[:MOST_NEAR]


def _growth(left: float, right: float, out: float) -> float:
    """How many elements more there are after a merge, on a scale of logarithms with a sign."""
    top = max(left, right, out)
    more = 2.0 ** (out - top) - 2.0 ** (left - top) - 2.0 ** (right - top)
    return math.copysign(max(0.0, top + math.log2(abs(more))), more) if more else 0.0


def _outer(groups: Groups, values: Iterable[int]) -> Tree:
    """Values that share nothing, the smallest two first."""
    tree: Tree = {}
    waiting = [(groups.volume(value), value) for value in values]
    heapq.heapify(waiting)
    while len(waiting) > 1:
        one, other = heapq.heappop(waiting)[1], heapq.heappop(waiting)[1]
        tree[one | other] = (one, other)
        heapq.heappush(waiting, (groups.volume(one | other), one | other))
    return tree


def halved(groups: Groups, leaves: Sequence[int]) -> Tree:
    """Values cut in two where the least passes between the halves, and these again.

    The cut is one along the second eigenvector of the Laplacian (Fiedler, 1973).

    >>> from diagram.planner.network import Network
    >>> ring = [frozenset(pair) for pair in ("ab", "bc", "cd", "da")]
    >>> network = Network.of(ring, frozenset(), {"a": 9, "b": 2, "c": 9, "d": 3})
    >>> sorted(halved(Groups(network), [1, 2, 4, 8]))
    [6, 9, 15]
    """
    edges = sorted(frozenset().union(*(groups.edges(leaf) for leaf in leaves)))
    at = np.zeros((len(edges), len(leaves)))
    for column, leaf in enumerate(leaves):
        at[[place for place, edge in enumerate(edges) if edge in groups.edges(leaf)], column] = 1
    weights = np.array([math.log2(groups.network.edges[edge].length) for edge in edges])
    weights += 1e-3 * (np.arange(len(edges)) * 0.618 % 1)  # no two cuts are quite the same
    tree: Tree = {}
    waiting = [np.arange(len(leaves))]
    while waiting:
        values = waiting.pop()
        if len(values) > 1:
            halves = _halves(at[:, values], weights)
            one, other = (values[half] for half in halves)
            sides = sum(leaves[i] for i in one), sum(leaves[i] for i in other)
            tree[sum(sides)] = sides
            waiting += [one, other]
    return tree


def _halves(at: NDArray[np.float64], weights: NDArray[np.float64]) -> list[NDArray[np.intp]]:
    """Two halves of the columns; rows are edges."""
    count = at.shape[1]
    many = at.sum(1) > 1
    at, weights = at[many], weights[many]
    ends = at.sum(1)
    near = (at * (weights / (ends - 1))[:, None]).T @ at
    np.fill_diagonal(near, 0)
    _, vectors = np.linalg.eigh(np.diag(near.sum(1)) - near)
    along = vectors[:, 1] * np.sign(vectors[np.abs(vectors[:, 1]).argmax(), 1])
    order = np.argsort(np.round(along, 9), kind="stable")
    before = np.cumsum(at[:, order], 1)[:, :-1]
    passing = weights @ ((before > 0) & (before < ends[:, None]))
    least = max(1, int(count * BALANCE))
    place = least + int(passing[least - 1 : count - least].argmin())
    return [order[:place], order[place:]]
