"""The cheapest order of a few values, found by trying all of them.

The edges of a merged group depend on the group alone, so its least price is that of its best cut
in two (Bellman's principle): 3^n / 2 cuts are tried. The same holds for the least peak among the
orders of least price, where one side is made whole and stands while the other is made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from diagram.planner.network import Edge, Groups, convolved
from diagram.planner.price import Price, Tally, number, paid
from diagram.planner.stars import Star
from diagram.planner.tree import Tree


@dataclass(frozen=True, slots=True)
class Problem:
    """Values to be merged into one; each may be made of several nodes. Sets of them are bits."""

    count: int
    groups: tuple[int, ...]
    """The nodes in each set."""
    edges: tuple[Edge, ...]
    """Which values an edge joins, whether the result has it, and its length."""
    stars: tuple[Star, ...]
    standing: tuple[int, ...]
    """Elements that each value takes while others are made: sources take none."""
    peaks: tuple[int, ...]
    """The peak of making each value."""

    @staticmethod
    def of(groups: Groups, leaves: Sequence[int], peaks: Mapping[int, int]) -> Problem:
        """The merging of these groups; `peaks` are those of the ones that are no sources."""
        sets = [0]
        for leaf in leaves:
            sets += [nodes | leaf for nodes in sets]
        at: dict[int, int] = {}
        for place, leaf in enumerate(leaves):
            for edge in groups.edges(leaf):
                at[edge] = at.get(edge, 0) | 1 << place
        joined: dict[tuple[int, bool], int] = {}
        for name, values in at.items():
            known = groups.network.edges[name]
            key = (values, known.stays or bool(known.nodes & ~sets[-1]))
            joined[key] = joined.get(key, 1) * known.length
        return Problem(
            len(leaves),
            tuple(sets),
            tuple(Edge(*key, length) for key, length in joined.items()),
            groups.network.stars,
            tuple(groups.volume(leaf) if leaf in peaks else 0 for leaf in leaves),
            tuple(peaks.get(leaf, 0) for leaf in leaves),
        )

    def tree(self, cuts: Sequence[int]) -> Tree:
        """The tree of the best cuts: one side for each set of values."""
        tree: Tree = {}
        waiting = [len(cuts) - 1]
        while waiting:
            values = waiting.pop()
            if values & (values - 1):
                one, other = cuts[values], values ^ cuts[values]
                tree[self.groups[values]] = (self.groups[one], self.groups[other])
                waiting += [one, other]
        return tree


def exact(problem: Problem, price: Price, near: Mapping[int, Sequence[int]] | None = None) -> Tree:
    """The tree of least price, then of least peak, then of fewest elements written.

    Only cuts in `near` are tried where it is given: of each set some first parts.

    >>> from diagram.planner.network import Network
    >>> from diagram.planner.price import FLOPS
    >>> chain = [frozenset("ij"), frozenset("jk"), frozenset("kl")]
    >>> network = Network.of(chain, frozenset("il"), {"i": 9, "j": 9, "k": 9, "l": 1})
    >>> exact(Problem.of(Groups(network), [1, 2, 4], {}), FLOPS)
    {7: (1, 6), 6: (2, 4)}
    """
    facts = _Facts(problem)
    stands, least = list(facts.volumes), [_Least(0, 0, 0)] * len(facts.volumes)
    for place, (elements, peak) in enumerate(zip(problem.standing, problem.peaks, strict=True)):
        stands[1 << place], least[1 << place] = elements, _Least(0, peak, 0)
    cuts = [0] * len(least)
    for values in range(3, len(least)):
        best: _Least | None = None
        for one in _cuts(values) if near is None else near.get(values, ()):
            left, right = least[one], least[values ^ one]
            cost = left.cost + right.cost + number(paid(price, facts.tally(one, values ^ one)))
            if best is not None and cost > best.cost:
                continue
            out = facts.volumes[values]
            sides = (stands[one], left.peak), (stands[values ^ one], right.peak)
            found = _Least(cost, peak_of(*sides, out), left.written + right.written + out)
            if best is None or found < best:
                best, cuts[values] = found, one
        least[values] = best or least[values]
    return problem.tree(cuts)


def peak_of(one: tuple[int, int], other: tuple[int, int], out: int) -> int:
    """The peak of a merge with the making of both sides, in the better order.

    Of each side the elements that it takes while it stands, and the peak of its making.

    >>> peak_of((1, 9), (5, 5), 2)
    9
    """
    in_turn = max(one[1], one[0] + other[1])
    turned = max(other[1], other[0] + one[1])
    return max(min(in_turn, turned), one[0] + other[0] + out)


class _Least(NamedTuple):
    """The best order of a set."""

    cost: float
    peak: int
    written: int


class _Facts:
    """What the sets of a problem make, and what their merges take."""

    def __init__(self, problem: Problem) -> None:
        """For each set: lengths of plain edges at it, of those that end in it, and their number.

        What a merge multiplies is at the whole and does not end in a part: that is a quotient.
        """
        self.problem = problem
        count = len(problem.groups)
        self.touched, self.inner, self.ended = [1] * count, [1] * count, [0] * count
        for values, stays, length in problem.edges:
            for found in range(1, count):
                if found & values:
                    self.touched[found] *= length
                    # An edge that only one value has is summed when this is merged, not before.
                    if not stays and not values & ~found and found & (found - 1):
                        self.inner[found] *= length
                        self.ended[found] += 1
        pairs = zip(self.touched, self.inner, strict=True)
        self.volumes = [touched // inner for touched, inner in pairs]
        for star in problem.stars:
            for place, nodes in enumerate(problem.groups):
                if star.is_at(nodes):
                    self.volumes[place] *= star.length(nodes)

    def tally(self, one: int, other: int) -> Tally[int]:
        """The counts of a merge of two sets."""
        values = one | other
        work = self.touched[values] // (self.inner[one] * self.inner[other])
        sums = self.ended[values] > self.ended[one] + self.ended[other]
        left, right, kernel = self.volumes[one], self.volumes[other], 1
        if self.problem.stars:
            groups = self.problem.groups
            met = convolved(self.problem.stars, groups[one], groups[other])
            work, sums, kernel = work * met.along * met.kernel, sums or met.sums, met.kernel
            left, right = (right, left) if met.turned else (left, right)
        return Tally(left, right, self.volumes[values], work, kernel, sums)


def _cuts(values: int) -> Iterator[int]:
    """Every way to cut a set in two: the part without the last value."""
    rest = part = values ^ 1 << values.bit_length() - 1
    while part:
        yield part
        part = (part - 1) & rest
