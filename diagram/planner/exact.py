"""The cheapest order of a few values, found by trying all of them.

The edges of a merged group depend on the group alone, so its least price is that of its best cut
in two (Bellman's principle): 3^n / 2 cuts are tried. The same holds for the least peak among the
orders of least price, where one side is made whole and stands while the other is made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

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
    touched, inner, ended = _tables(problem)
    volumes = _volumes(problem, touched, inner)
    standing = list(volumes)
    least: list[tuple[float, int, int]] = [(0, 0, 0)] * len(volumes)
    for place in range(problem.count):
        standing[1 << place] = problem.standing[place]
        least[1 << place] = (0, problem.peaks[place], 0)
    cuts = [0] * len(volumes)
    for values in range(3, len(volumes)):
        best: tuple[float, int, int] | None = None
        for one in _cuts(values) if near is None else near.get(values, ()):
            other = values ^ one
            work = touched[values] // (inner[one] * inner[other])
            sums, kernel = ended[values] > ended[one] + ended[other], 1
            sides = volumes[one], volumes[other]
            if problem.stars:
                met = convolved(problem.stars, problem.groups[one], problem.groups[other])
                kernel = met.kernel
                work, sums = work * met.along * kernel, sums or met.sums
                sides = sides[::-1] if met.turned else sides
            tally = Tally(*sides, volumes[values], work, kernel, sums)
            (cost, first, wrote), (more_cost, second, more_wrote) = least[one], least[other]
            cost += more_cost + number(paid(price, tally))
            if best is not None and cost > best[0]:
                continue
            in_turn = max(first, standing[one] + second)
            turned = max(second, standing[other] + first)
            now = standing[one] + standing[other] + volumes[values]
            found = cost, max(now, min(in_turn, turned)), wrote + more_wrote + volumes[values]
            if best is None or found < best:
                best, cuts[values] = found, one
        if best is not None:
            least[values] = best
    return problem.tree(cuts)


def _cuts(values: int) -> Iterator[int]:
    """Every way to cut a set in two: the part without the last value."""
    rest = part = values ^ 1 << values.bit_length() - 1
    while part:
        yield part
        part = (part - 1) & rest


def _tables(problem: Problem) -> tuple[list[int], list[int], list[int]]:
    """For each set: the lengths of plain edges at it, of those that end in it, and their number.

    What a merge multiplies is at the whole and does not end in a part: this makes it a quotient.
    """
    count = len(problem.groups)
    touched, inner, ended = [1] * count, [1] * count, [0] * count
    for values, stays, length in problem.edges:
        for found in range(1, count):
            if found & values:
                touched[found] *= length
                # An edge that only one value has is summed when this is merged, not before.
                if not stays and not values & ~found and found & (found - 1):
                    inner[found] *= length
                    ended[found] += 1
    return touched, inner, ended


def _volumes(problem: Problem, touched: Sequence[int], inner: Sequence[int]) -> list[int]:
    """Elements of what each set makes."""
    found = [one // other for one, other in zip(touched, inner, strict=True)]
    for star in problem.stars:
        for place, nodes in enumerate(problem.groups):
            if star.is_at(nodes):
                found[place] *= star.length(nodes)
    return found
