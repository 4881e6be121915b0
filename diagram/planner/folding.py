"""Orders in which weights meet weights first where that pays: such merges are made only once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from diagram.planner import search
from diagram.planner.optimizers import Optimizer
from diagram.planner.price import Price
from diagram.planner.search import Edges, Path
from diagram.planner.stars import Lengths

MOST_TRIED = 5
"""Up to this many weights every way to merge them is tried; of more, pair after pair."""

Blocks = tuple[tuple[int, ...], ...]
"""Weights in groups, each of which becomes one value."""


def folded(
    terms: Sequence[Edges],
    output: Edges,
    lengths: Mapping[str, int] | Lengths,
    weights: Sequence[int],
    price: Price,
    optimizer: Optimizer | None = None,
) -> Path:
    """The order that costs least where merges of these terms alone cost nothing.

    >>> from diagram.planner.price import FLOPS
    >>> chain = [frozenset("nf"), frozenset("fk"), frozenset("kg")]
    >>> sizes = {"n": 2, "f": 9, "k": 9, "g": 9}
    >>> folded(chain, frozenset("ng"), sizes, [1, 2], FLOPS)
    ((1, 2), (0, 1))
    """

    def found(blocks: Blocks) -> tuple[float, int, Path]:
        start = _start(blocks, len(terms))
        path = search.best(terms, output, lengths, price, optimizer, start)
        whole = search.score(path, terms, output, lengths, price)
        once = search.score(start, terms, output, lengths, price)
        return (whole.cost - once.cost, once.written, path)

    alone: Blocks = tuple((place,) for place in weights)
    if len(weights) <= MOST_TRIED:
        return min(found(blocks) for blocks in _partitions(list(weights), terms))[2]
    best = found(alone)
    while True:
        tried = [(found(blocks), blocks) for blocks in _pairs(alone, terms)]
        if not tried or min(tried)[0] >= best:
            return best[2]
        best, alone = min(tried)


def _partitions(weights: list[int], terms: Sequence[Edges]) -> Iterator[Blocks]:
    """Every way to group weights that share edges; the way of none first."""
    if not weights:
        yield ()
        return
    first, *rest = weights
    for blocks in _partitions(rest, terms):
        yield ((first,), *blocks)
        for place, block in enumerate(blocks):
            if _meet((first,), block, terms):
                yield (*blocks[:place], (first, *block), *blocks[place + 1 :])


def _pairs(blocks: Blocks, terms: Sequence[Edges]) -> Iterator[Blocks]:
    """The blocks with two of them joined."""
    for i, one in enumerate(blocks):
        for j, other in enumerate(blocks[:i]):
            if _meet(one, other, terms):
                rest = [block for k, block in enumerate(blocks) if k not in (i, j)]
                yield (*rest, (*other, *one))


def _meet(one: tuple[int, ...], other: tuple[int, ...], terms: Sequence[Edges]) -> bool:
    return any(terms[i] & terms[j] for i in one for j in other)


def _start(blocks: Blocks, count: int) -> Path:
    """The merges that make each block one value."""
    standing = [{place} for place in range(count)]
    path: list[tuple[int, ...]] = []
    for block in blocks:
        made = {block[0]}
        for place in block[1:]:
            pair = sorted((standing.index(made), standing.index({place})))
            path.append(tuple(pair))
            for position in reversed(pair):
                standing.pop(position)
            made = made | {place}
            standing.append(made)
    return tuple(path)
