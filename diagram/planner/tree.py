"""An order of merging as a tree: which two groups of nodes each group is made of."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

Path = tuple[tuple[int, ...], ...]
"""Pairs of positions, as opt_einsum writes them: a pair leaves the list, its result joins the
end."""

Tree = dict[int, tuple[int, int]]
"""The two sides of each group that is merged; groups of nodes are bits."""


def tree_of(path: Sequence[Sequence[int]], count: int) -> Tree:
    """The tree of a path, in the order of its merges.

    >>> tree_of([(1, 2), (0, 1)], 3)
    {6: (2, 4), 7: (1, 6)}
    """
    terms = [1 << place for place in range(count)]
    tree: Tree = {}
    for pair in path:
        first, second = sorted(pair)
        right, left = terms.pop(second), terms.pop(first)
        terms.append(left | right)
        tree[left | right] = (left, right)
    return tree


def path_of(tree: Tree, groups: Iterable[int], leaves: Sequence[int]) -> Path:
    """The merges of these groups, in this order, as pairs of positions.

    >>> path_of({6: (2, 4), 7: (1, 6)}, [6, 7], [1, 2, 4])
    ((1, 2), (0, 1))
    """
    terms = list(leaves)
    path: list[tuple[int, ...]] = []
    for group in groups:
        places = sorted(terms.index(side) for side in tree[group])
        for place in reversed(places):
            del terms[place]
        terms.append(group)
        path.append(tuple(places))
    return tuple(path)


class _Run(NamedTuple):
    """Merges in a row: the most that is alive meanwhile, and what stands after them."""

    hill: int
    valley: int
    merges: tuple[int, ...]


def sequence(tree: Tree, volume: Callable[[int], int]) -> list[int]:
    """The groups in the order of merging in which the fewest elements are alive.

    Sides need not be made one after the other: where one grows at its end, the other's large
    values come before (Liu, An application of generalized tree pebbling to sparse matrix
    factorization, 1987). Of equally good orders the one that makes earlier nodes' side first.
    """
    plain = _in_turn(tree)
    if peak(tree, plain, volume) == _floor(tree, volume):
        return plain
    runs: dict[int, list[_Run]] = {}
    for group in plain:
        one, other = _sides(tree, group)
        found = _joined(runs.pop(one, []), runs.pop(other, []))
        before = found[-1].valley if found else 0
        out = volume(group)
        runs[group] = _apart([*found, _Run(before + out, out, (group,))])
    best = [group for run in runs[plain[-1]] for group in run.merges]
    return min(plain, best, key=lambda merges: peak(tree, merges, volume))


def peak(tree: Tree, merges: Iterable[int], volume: Callable[[int], int]) -> int:
    """The most elements alive while these merges run; sources take none.

    >>> peak({3: (1, 2), 12: (4, 8), 15: (3, 12)}, [3, 12, 15], {3: 5, 12: 7, 15: 1}.__getitem__)
    13
    """
    alive = most = 0
    for group in merges:
        alive += volume(group)
        most = max(most, alive)
        alive -= sum(volume(side) for side in tree[group] if side in tree)
    return most


def _floor(tree: Tree, volume: Callable[[int], int]) -> int:
    """The most that one merge needs by itself: no order has a lower peak."""
    return max(
        (
            volume(group) + sum(volume(s) for s in sides if s in tree)
            for group, sides in tree.items()
        ),
        default=0,
    )


def _sides(tree: Tree, group: int) -> tuple[int, int]:
    """The side of the earlier nodes first."""
    one, other = tree[group]
    return (one, other) if one & -one < other & -other else (other, one)


def _in_turn(tree: Tree) -> list[int]:
    """One side after the other, that of the earlier nodes first."""
    found: list[int] = []
    waiting = [max(tree)] if tree else []
    while waiting:
        group = waiting.pop()
        found.append(group)
        waiting += [side for side in _sides(tree, group) if side in tree]
    return found[::-1]


def _joined(one: Sequence[_Run], other: Sequence[_Run]) -> list[_Run]:
    """The runs of both sides in the best order: those first that free the most."""
    found: list[_Run] = []
    standing = [0, 0]
    ranked = heapq.merge(
        ((run, 0) for run in one),
        ((run, 1) for run in other),
        key=lambda r: r[0].valley - r[0].hill,
    )
    for run, side in ranked:
        beside = standing[1 - side]
        found.append(_Run(beside + run.hill, beside + run.valley, run.merges))
        standing[side] = run.valley
    return found


def _apart(runs: Iterable[_Run]) -> list[_Run]:
    """Runs put together until hills fall and valleys rise: only there may others come between."""
    found: list[_Run] = []
    for run in runs:
        hill, valley, merges = run
        while found and (found[-1].hill <= hill or found[-1].valley >= valley):
            before = found.pop()
            hill, merges = max(before.hill, hill), before.merges + merges
        found.append(_Run(hill, valley, merges))
    return found
