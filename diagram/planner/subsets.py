"""The search of `exact` in numpy: all sets of one size at once."""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from diagram.planner.exact import Problem, exact
from diagram.planner.price import Price, Tally, is_whole, paid, rounded
from diagram.planner.tree import Tree

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

MOST_SURE = 2.0**43
"""Whole numbers up to this are exact, rounded after some hundred multiplications."""

SAME = 1e-12
"""Prices that differ by less than this part of them are the same but for rounding."""

CLOSE = 1e-9
"""More than all roundings of a search together."""

Near = dict[int, list[int]]
"""For each set some of its cuts: their first parts."""


class _Cuts(NamedTuple):
    """All sets of one size, one in each row, and in the rows their cuts in two."""

    whole: Places
    one: Places
    other: Places


class Found(NamedTuple):
    """The best tree, its price and peak, and whether no rounding can have changed it."""

    tree: Tree
    cost: float
    peak: float
    sure: bool


@np.errstate(over="ignore", invalid="ignore")
def fast(problem: Problem, price: Price, near: Near | None = None) -> Found:
    """The tree that `exact` finds, as far as floats can tell.

    In `near`, where it is given, go the cuts of each set that rounding may hide the best one among.

    >>> from diagram.planner.network import Groups, Network
    >>> from diagram.planner.price import FLOPS
    >>> chain = [frozenset("ij"), frozenset("jk"), frozenset("kl")]
    >>> network = Network.of(chain, frozenset("il"), {"i": 9, "j": 9, "k": 9, "l": 1})
    >>> fast(Problem.of(Groups(network), [1, 2, 4], {}), FLOPS)
    Found(tree={7: (1, 6), 6: (2, 4)}, cost=324.0, peak=18.0, sure=True)
    """
    facts = _Facts(problem)
    same = CLOSE if near is not None else 0.0 if is_whole(price) else SAME
    cost, peak, written = (np.zeros(len(problem.groups)) for _ in range(3))
    singles = 1 << np.arange(problem.count)
    standing = facts.volumes.copy()
    standing[singles] = [rounded(count) for count in problem.standing]
    peak[singles] = [rounded(count) for count in problem.peaks]
    chosen = np.zeros(len(problem.groups), np.intp)
    for whole, one, other in _cuts(problem.count):
        total = cost[one] + cost[other] + paid(price, facts.tally(whole, one, other))
        tied = ~(total > total.min(1)[:, None] * (1 + same))
        if near is not None:
            pairs = zip(whole.tolist(), one, tied, strict=True)
            near |= {values: cuts[row].tolist() for values, cuts, row in pairs}
        rows, columns = np.nonzero(tied)
        sets, left, right = whole[rows], one[rows, columns], other[rows, columns]
        in_turn = np.maximum(peak[left], standing[left] + peak[right])
        turned = np.maximum(peak[right], standing[right] + peak[left])
        now = standing[left] + standing[right] + facts.volumes[sets]
        most = np.maximum(now, np.minimum(in_turn, turned))
        wrote = written[left] + written[right] + facts.volumes[sets]
        ranked = np.lexsort((wrote, most, rows))
        best = ranked[np.diff(rows[ranked], prepend=-1) > 0]  # the first of each row
        cost[whole], peak[whole], written[whole] = total[tied][best], most[best], wrote[best]
        chosen[whole] = left[best]
    sure = bool(cost[-1] < MOST_SURE and np.isfinite(facts.touched).all())
    return Found(problem.tree(chosen.tolist()), float(cost[-1]), float(peak[-1]), sure)


def sure(problem: Problem, price: Price) -> Tree:
    """The tree that `exact` finds."""
    found = fast(problem, price)
    if found.sure or not is_whole(price):
        return found.tree
    near: Near = {}
    is_finite = np.isfinite(fast(problem, price, near).cost)
    return exact(problem, price, near if is_finite else None)


class _Facts:
    """What `exact` knows of each set, in arrays."""

    def __init__(self, problem: Problem) -> None:
        sets = np.arange(len(problem.groups))[:, None]
        edges = np.array([edge.nodes for edge in problem.edges], np.intp)
        lengths = np.array([rounded(edge.length) for edge in problem.edges], np.float64)
        inside = np.array([not edge.stays for edge in problem.edges], np.bool_)
        at = sets & edges
        ends = inside & (at == edges) & (sets & (sets - 1) != 0)
        self.touched = np.where(at != 0, lengths, 1.0).prod(1)
        self.inner = np.where(ends, lengths, 1.0).prod(1)
        self.ended = ends.sum(1)
        self.volumes = np.rint(self.touched / self.inner)
        self.stars = [
            (
                np.array([star.is_at(nodes) for nodes in problem.groups]),
                np.array([rounded(star.length(nodes)) for nodes in problem.groups]),
            )
            for star in problem.stars
        ]
        for at, length in self.stars:
            self.volumes[at] *= length[at]
        signal = problem.stars[0].signal if problem.stars else 0
        self.signal = np.array([bool(nodes & signal) for nodes in problem.groups])

    def tally(self, whole: Places, one: Places, other: Places) -> Tally[Floats]:
        """The counts of these merges."""
        work = np.rint(self.touched[whole][:, None] / (self.inner[one] * self.inner[other]))
        sums = self.ended[whole][:, None] > self.ended[one] + self.ended[other]
        left, right = self.volumes[one], self.volumes[other]
        kernel = np.ones(())
        if self.stars:
            kernels = [np.ones(one.shape), np.ones(one.shape)]
            for at, length in self.stars:
                sides = at[one], at[other]
                some, both = sides[0] | sides[1], sides[0] & sides[1]
                work *= np.where(some, length[whole][:, None], 1.0)
                sums |= both | (some & ~at[whole][:, None])
                kernels[0] *= np.where(both, length[one], 1.0)
                kernels[1] *= np.where(both, length[other], 1.0)
            smaller = ~self.signal[one] & (kernels[0] < kernels[1])
            turned = self.signal[other] | smaller
            kernel = np.where(turned, *kernels)
            work *= kernel
            left, right = np.where(turned, right, left), np.where(turned, left, right)
        return Tally(left, right, self.volumes[whole][:, None], work, kernel, sums)


@lru_cache(maxsize=16)
def _cuts(count: int) -> list[_Cuts]:
    """The sets of two values and more, by size; the last value is in the second part."""
    return [_cuts_of(count, size) for size in range(2, count + 1)]


def _cuts_of(count: int, size: int) -> _Cuts:
    values = 1 << np.array(list(combinations(range(count), size)))
    numbers = np.arange((1 << size - 1) - 1)
    chosen = numbers[:, None] >> np.arange(size - 1) & 1
    whole = values.sum(1)
    other = values[:, -1:] + values[:, :-1] @ chosen.T
    return _Cuts(whole, whole[:, None] - other, other)
