"""Steps in slices of legs, so that what is alive stays within a limit at the least extra cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import prod

from diagram.planner.block import MOST_AROUND, Block, blocks
from diagram.planner.peak import Flow
from diagram.planner.rates import Rates
from diagram.planner.recompute import remade
from diagram.planner.toll import toll
from diagram.planner.training import Training
from diagram.planner.window import window

MOST_SLICES = 200
"""Slices that one plan is cut into before it is given up."""

MOST_RUNS, MOST_TRAINED = 256, 64
"""Times that one step runs, and that it is trained: what saves memory beyond takes for ever."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A flow with one slice more: the most bytes around it, and those at the step."""

    flow: Flow
    around: int
    here: int


def sliced(flow: Flow, limit: int, rates: Rates) -> Flow:
    """The steps in slices, so that they take at most so many bytes; else as few as were reached.

    The step that takes most is cut first, together with those around it that this asks for: as
    cheaply as the limit allows, and where that leads nowhere, as far as it goes.
    """
    found = _driven(flow, limit, limit, rates)
    for least in (limit, 0):
        if max(found.bytes(), default=0) > limit:
            found = _driven(flow, least, 0, rates)
    return _relaxed(found, max(limit, *found.bytes(), 0))


def _driven(flow: Flow, limit: int, aim: int, rates: Rates) -> Flow:
    """Slices upon slices until the limit holds; each is to keep what it can below the aim."""
    for _ in range(MOST_SLICES):
        if isinstance(flow, Training):
            flow = remade(flow, limit, rates)
        taken = flow.bytes()
        place = max(range(len(taken)), key=taken.__getitem__, default=0)
        if not taken or taken[place] <= limit:
            break
        near = window(flow, place, MOST_AROUND)
        found = _best(near.flow, near.place(place), aim, rates)
        if found is None:
            break
        flow = near.back(flow, found.flow)
    return flow


def _best(flow: Flow, place: int, limit: int, rates: Rates) -> Choice | None:
    """The cheapest block around a step that keeps the limit; else the one that takes least."""
    now = flow.bytes()[place]
    found = (_choice(block, flow, place, limit) for block in blocks(flow, place))
    choices = [choice for choice in found if choice.here < now and choice.around <= now]
    fitting = [choice for choice in choices if choice.around <= limit]
    if fitting:
        return min(fitting, key=lambda choice: toll(choice.flow, rates))
    return min(choices, key=lambda choice: (choice.around, choice.here), default=None)


def _choice(block: Block, before: Flow, place: int, limit: int) -> Choice:
    """A block in the fewest slices that keep the limit; else in slices as small as can be."""
    flow = block.flow
    runs = max(prod(flow.counts[n] for n in flow.chains[i]) for i in block.steps)

    def bytes_at(count: int) -> list[int]:
        return flow.bytes(_with(flow.counts, block.number, count))

    def around(count: int) -> int:
        taken = bytes_at(count)
        return max(taken[place] for place in block.around)

    most = MOST_TRAINED if isinstance(flow, Training) else MOST_RUNS
    count = min(block.length, max(1, most // runs))
    if around(count) <= limit:
        count = _fewest(count, lambda count: around(count) <= limit)
    found = recounted(flow, _with(flow.counts, block.number, count))
    here = flow.place[before.facts[place].step.result]
    return Choice(found, around(count), bytes_at(count)[here])


def _fewest(most: int, fits: Callable[[int], bool]) -> int:
    """The least count that fits, given that the most does."""
    low, high = 1, most
    while low < high:
        middle = (low + high) // 2
        if fits(middle):
            high = middle
        else:
            low = middle + 1
    return high


def _relaxed(flow: Flow, limit: int) -> Flow:
    """Each slice as long as the limit allows, outer ones first; one that is whole is none."""
    counts = flow.counts
    for number, most in enumerate(counts):

        def fits(count: int, number: int = number, counts: Sequence[int] = counts) -> bool:
            return max(flow.bytes(_with(counts, number, count))) <= limit

        counts = _with(counts, number, _fewest(most, fits))
    flow = recounted(flow, counts)
    return replace(flow, slices=tuple(each for each in flow.slices if each.count > 1))


def recounted(flow: Flow, counts: Sequence[int]) -> Flow:
    """The same slices in other counts."""
    pairs = zip(flow.slices, counts, strict=True)
    return replace(flow, slices=tuple(replace(each, count=count) for each, count in pairs))


def _with(counts: Sequence[int], number: int, count: int) -> tuple[int, ...]:
    return (*counts[:number], count, *counts[number + 1 :])
