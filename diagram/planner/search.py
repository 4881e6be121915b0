"""The order of merging for one diagram: opt_einsum's searches, judged by our own cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import cast

import opt_einsum

from diagram.planner.exact import Edges, Path, exact, volume
from diagram.planner.stars import Lengths

__all__ = ["MOST_EXACT", "NOMINAL", "Edges", "Path", "Score", "best", "merged", "score", "volume"]

NOMINAL = 128
"""The length that a dim without a number is given while orders are compared."""

MOST_EXACT = 7
"""Diagrams of up to this many nodes are searched through."""


@dataclass(frozen=True, slots=True, order=True)
class Score:
    """What an order costs; less is better, FLOPs first."""

    flops: int
    peak: int
    written: int


def merged(left: Edges, right: Edges, others: Sequence[Edges], output: Edges) -> Edges:
    """The edges that stay when two values merge: those that something else still needs."""
    needed = output.union(*others)
    return (left | right) & needed


def best(inputs: Sequence[Edges], output: Edges, lengths: Mapping[str, int] | Lengths) -> Path:
    """The cheapest order found; deterministic.

    >>> sizes = {"i": 2, "j": 100, "k": 100, "l": 100}
    >>> best([frozenset("ij"), frozenset("jk"), frozenset("kl")], frozenset("il"), sizes)
    ((0, 1), (0, 1))
    """
    if len(inputs) < 2:
        return ()
    if len(inputs) == 2:
        return ((0, 1),)
    if len(inputs) <= MOST_EXACT:
        return exact(inputs, output, lengths)
    if not isinstance(lengths, Lengths):
        lengths = Lengths(lengths)
    candidates = dict.fromkeys(_candidates(inputs, output, lengths.plain))
    return min(candidates, key=lambda path: score(path, inputs, output, lengths))


def score(
    path: Path, inputs: Sequence[Edges], output: Edges, lengths: Mapping[str, int] | Lengths
) -> Score:
    """FLOPs, largest pair with its result, and elements written of an order."""
    if not isinstance(lengths, Lengths):
        lengths = Lengths(lengths)
    terms = [(edges, 1 << place) for place, edges in enumerate(inputs)]
    flops = peak = written = 0
    for pair in path:
        right, left = (terms.pop(place) for place in sorted(pair, reverse=True))
        result = merged(left[0], right[0], [edges for edges, _ in terms], output)
        group = left[1] | right[1]
        out = lengths.volume(result, group)
        sums = left[0] | right[0] != result or lengths.convolves(left[0], right[0])
        flops += lengths.work(left, right) * (2 if sums else 1)
        peak = max(peak, lengths.volume(*left) + lengths.volume(*right) + out)
        written += out
        terms.append((result, group))
    return Score(flops, peak, written)


def _candidates(
    inputs: Sequence[Edges], output: Edges, lengths: Mapping[str, int]
) -> Iterator[Path]:
    """Orders from several searches; none of them is to be trusted alone."""
    count = len(inputs)
    yield ((0, 1), *((0, count - 2 - i) for i in range(count - 2)))
    searches = ["greedy", "dp"] if count <= 20 else ["greedy", "auto-hq"]
    for name in searches:
        with suppress(OverflowError):  # counts that no float holds
            yield _searched(name, inputs, output, lengths)


def _searched(
    name: str, inputs: Sequence[Edges], output: Edges, lengths: Mapping[str, int]
) -> Path:
    search = opt_einsum.paths.get_path_fn(name)
    # Numbers in order of appearance: the order of strings in a set differs from run to run.
    ranked = sorted(set().union(output, *inputs), key=lambda e: _first(e, inputs))
    number = {edge: place for place, edge in enumerate(ranked)}
    sets = [{number[edge] for edge in edges} for edges in inputs]
    sizes = {number[edge]: max(1, lengths[edge]) for edge in number}
    path = search(sets, {number[edge] for edge in output}, sizes, None)
    return _pairs([tuple(int(i) for i in step) for step in cast("list[tuple[int, ...]]", path)])


def _first(edge: str, inputs: Sequence[Edges]) -> tuple[int, str]:
    """The first value that has an edge, and the edge's name."""
    return next((i for i, edges in enumerate(inputs) if edge in edges), len(inputs)), edge


def _pairs(path: Sequence[tuple[int, ...]]) -> Path:
    """Steps of one value are dropped; opt_einsum merges pairs otherwise."""
    result: list[tuple[int, ...]] = []
    for step in path:
        places = sorted(step)
        if len(places) < 2:
            continue
        result.append((places[0], places[1]))
    return tuple(result)
