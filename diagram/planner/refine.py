"""Trees made better part by part: a few values at a time are merged in their cheapest order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from diagram.planner.exact import Problem, peak_of
from diagram.planner.network import Groups
from diagram.planner.price import Price, number, paid, rounded
from diagram.planner.subsets import SAME, fast
from diagram.planner.tree import Tree

BETTER = 1e-9
"""A part is changed for a price or peak that is less by more than this part of it."""

Choose = Callable[[Sequence[int]], int]
"""Of groups that a part ends at, the one that it takes in."""


class Refiner:
    """Refines trees over one network; prices and parts that were seen are known."""

    def __init__(self, groups: Groups, price: Price, tries: int, part: int) -> None:
        self.groups = groups
        self.price = price
        self.tries = tries
        """Parts that are still to be searched through."""
        self.part = part
        """Values of a part."""
        self._paid: dict[tuple[int, int], float] = {}
        self._searched: set[frozenset[int]] = set()

    def cost(self, tree: Tree, merges: Iterable[int]) -> float:
        """The price of these merges of a tree."""
        return sum(self._cost(tree[group]) for group in merges)

    def _cost(self, sides: tuple[int, int]) -> float:
        if sides not in self._paid:
            amount = number(paid(self.price, self.groups.tally(*sides)))
            self._paid[sides] = rounded(amount) if isinstance(amount, int) else amount
        return self._paid[sides]

    def refined(self, tree: Tree) -> Tree:
        """The tree with every part in its best order, as far as tries last."""
        tree, changed = dict(tree), True
        while changed and self.tries > 0:
            changed = False
            peaks: dict[int, int] = {}
            for group in sorted(tree, key=lambda group: (group.bit_count(), group)):
                if group not in tree:  # what stood here was made anew
                    continue
                leaves, merges = part_of(tree, group, self.part, first)
                found = self._anew(
                    leaves, self.cost(tree, merges), self._peak(tree[group], peaks), peaks
                )
                if found is not None:
                    tree, merges, changed = exchanged(tree, merges, found), list(found), True
                for merge in sorted(merges, key=int.bit_count):
                    peaks[merge] = self._peak(tree[merge], peaks)
        return tree

    def _anew(
        self, leaves: Sequence[int], cost: float, peak: int, peaks: Mapping[int, int]
    ) -> Tree | None:
        """The best order of a part if it is better than this cost and peak."""
        seen = frozenset(leaves)
        if len(leaves) < 3 or self.tries <= 0 or seen in self._searched:
            return None
        self._searched.add(seen)
        self.tries -= 1
        found = fast(Problem.of(self.groups, leaves, peaks), self.price)
        cheaper = found.cost < cost * (1 - BETTER)
        lower = found.cost <= cost * (1 + SAME) and found.peak < rounded(peak) * (1 - BETTER)
        return found.tree if cheaper or lower else None

    def _peak(self, sides: tuple[int, int], peaks: Mapping[int, int]) -> int:
        """The peak of a merge and of what makes its sides, one after the other."""
        one, other = (
            (self.groups.volume(side), peaks[side]) if side in peaks else (0, 0) for side in sides
        )
        return peak_of(one, other, self.groups.volume(sum(sides)))


def part_of(tree: Tree, group: int, size: int, choose: Choose) -> tuple[list[int], list[int]]:
    """The values that a group is made of, so many at most, and the merges between."""
    leaves, merges = list(tree[group]), [group]
    while len(leaves) < size:
        inner = [leaf for leaf in leaves if leaf in tree]
        if not inner:
            break
        opened = choose(inner)
        leaves.remove(opened)
        leaves += tree[opened]
        merges.append(opened)
    return leaves, merges


def first(groups: Sequence[int]) -> int:
    """The one that is nearest to the top of the part."""
    return groups[0]


def exchanged(tree: Tree, merges: Iterable[int], part: Tree) -> Tree:
    """The tree with other merges in place of some."""
    gone = set(merges)
    return {group: sides for group, sides in tree.items() if group not in gone} | part
