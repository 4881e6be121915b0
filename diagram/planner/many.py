"""The order of merging many values: several first trees, each made better, and the best shaken."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import suppress

from diagram.errors import DiagramError
from diagram.planner.network import Groups
from diagram.planner.optimizers import steps_of
from diagram.planner.price import Price
from diagram.planner.refine import BETTER, Refiner, exchanged, part_of
from diagram.planner.starts import greedy, halved
from diagram.planner.tree import Tree, tree_of

TRIES, MOST_TRIES = 3, 10
"""Parts that are searched through for each value, and one more for every `EASY` values: time."""

EASY = 20
"""Values up to which larger parts are searched through."""

LARGE_PART, PART = 10, 8
"""Values of a part."""

SHAKEN = 40
"""Values of a part that is made anew by chance."""

MOST_HALVED = 1000
"""Values that are halved: the time grows with their cube."""


def many(groups: Groups, leaves: Sequence[int], price: Price) -> Tree:
    """A good tree over these groups; the same in every run.

    Half of the tries go to first trees, the rest to shaking the best of them: a large part is
    merged anew with chance, made better in turn, and kept if it is cheaper. At last larger parts
    are looked at once.
    """
    count = len(leaves)
    tries = count * min(MOST_TRIES, TRIES + count // EASY)
    refiner = Refiner(groups, price, tries, LARGE_PART if count <= EASY else PART)
    best: Tree = {}
    least = float("inf")
    for start in _starts(groups, leaves):
        tree = refiner.refined(start)
        cost = refiner.cost(tree, tree)
        if not best or cost < least * (1 - BETTER):
            best, least = tree, cost
        if refiner.tries < tries / 2:
            break
    best = _shaken(refiner, best, count)
    return Refiner(groups, price, count, LARGE_PART).refined(best)


def _starts(groups: Groups, leaves: Sequence[int]) -> Iterator[Tree]:
    yield greedy(groups, leaves)
    if len(leaves) <= MOST_HALVED:
        yield halved(groups, leaves)
    if len(leaves) == groups.network.count:
        with suppress(DiagramError):  # counts that no float holds
            yield tree_of(steps_of("greedy", groups.network), len(leaves))
    for seed in range(len(leaves)):
        yield greedy(groups, leaves, heat=1.0, seed=seed)


def _shaken(refiner: Refiner, tree: Tree, count: int) -> Tree:
    chance = random.Random(count)
    for seed in range(count):
        if refiner.tries <= 0:
            break
        group = chance.choice(sorted(tree))
        leaves, merges = part_of(tree, group, SHAKEN, chance.choice)
        if len(leaves) > refiner.part:
            found = refiner.refined(greedy(refiner.groups, leaves, heat=1.0, seed=seed))
            if refiner.cost(found, found) < refiner.cost(tree, merges) * (1 - BETTER):
                tree = exchanged(tree, merges, found)
    return tree
