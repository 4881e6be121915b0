"""Which steps of a training are made again for their gradients, so that less is kept till then.

Activation checkpointing (Chen et al. 2016): stretches of steps keep only what they read from
outside. Stretches are chosen so that they take the least time, by dynamic programming for a price
on each element that is kept; that price, and how much a stretch may keep inside while its own
gradients are made, are varied until the limit holds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from diagram.planner.cuttable import is_fixed
from diagram.planner.peak import Fact
from diagram.planner.rates import Rates
from diagram.planner.toll import seconds
from diagram.planner.training import Training

LONGEST = 40
"""Steps of one stretch."""

PARTS = (1, 2, 3, 4, 6, 8, 12, 16, 24)
"""A stretch keeps inside at most such parts of what is kept in all."""

PRICES = 16
"""Prices that are tried."""
CHEAP, DEAR = -15.0, -3.0
"""The least and the highest, in seconds for an element, as powers of ten."""


class Stretch(NamedTuple):
    """Steps from `start` to `stop`: seconds to make them again, elements saved, kept inside."""

    start: int
    stop: int
    seconds: float
    saved: int
    inside: int


def remade(flow: Training, limit: int, rates: Rates) -> Training:
    """The flow with stretches that are made again, so that it takes at most so many bytes.

    Where none are needed it stays as it is; where none suffice, it takes as little as was found.
    """
    plain = replace(flow, recomputed=())
    if max(plain.bytes(), default=0) <= limit:
        return plain
    stretches = list(_stretches(plain, rates))
    most = max((stretch.inside for stretch in stretches), default=0)
    tries: list[tuple[int, float, Training]] = [(max(plain.bytes()), 0.0, plain)]
    for part in PARTS:
        allowed = [stretch for stretch in stretches if stretch.inside * part <= most]
        tries += _priced(plain, allowed, limit)
    fitting = [found for found in tries if found[0] <= limit]
    if fitting:
        return _relaxed(min(fitting, key=lambda found: found[1])[2], limit, rates)
    return min(tries, key=lambda found: found[:2])[2]


def _relaxed(flow: Training, limit: int, rates: Rates) -> Training:
    """The flow without those of its stretches that it can do without, dear ones first."""

    def cost(block: range) -> float:
        return sum(seconds(fact, rates) for fact in flow.facts[block.start : block.stop])

    for block in sorted(flow.recomputed, key=cost, reverse=True):
        fewer = replace(flow, recomputed=tuple(b for b in flow.recomputed if b != block))
        if max(fewer.bytes()) <= limit:
            flow = fewer
    return flow


def _priced(
    plain: Training, allowed: Sequence[Stretch], limit: int
) -> Iterator[tuple[int, float, Training]]:
    """The choices on the way to the lowest price at which the limit holds."""
    low, high, price = CHEAP, DEAR, DEAR
    for _ in range(PRICES):
        chosen = _chosen(allowed, 10.0**price, len(plain.facts))
        blocks = tuple(range(stretch.start, stretch.stop) for stretch in chosen)
        found = replace(plain, recomputed=blocks)
        peak = max(found.bytes())
        yield peak, sum(stretch.seconds for stretch in chosen), found
        if peak <= limit:
            high = price
        elif price == DEAR:
            return  # not at any price
        else:
            low = price
        price = (low + high) / 2


def _chosen(stretches: Sequence[Stretch], price: float, count: int) -> list[Stretch]:
    """Disjoint stretches that are worth most at a price for each element that they save."""
    ending: dict[int, list[Stretch]] = defaultdict(list)
    for stretch in stretches:
        if price * stretch.saved > stretch.seconds:
            ending[stretch.stop].append(stretch)
    worth = [0.0] * (count + 1)
    last: list[Stretch | None] = [None] * (count + 1)
    for stop in range(1, count + 1):
        worth[stop] = worth[stop - 1]
        for stretch in ending[stop]:
            found = worth[stretch.start] + price * stretch.saved - stretch.seconds
            if found > worth[stop]:
                worth[stop], last[stop] = found, stretch
    chosen = []
    stop = count
    while stop:
        best = last[stop]
        if best is not None:
            chosen.append(best)
        stop = best.start if best else stop - 1
    return chosen[::-1]


def _stretches(flow: Training, rates: Rates) -> Iterator[Stretch]:
    """Every stretch that saves something."""
    savers = _savers(flow)
    for start in range(flow.standing, len(flow.facts)):
        left: dict[int, int] = {}
        outside: set[int] = set()
        total, needed, saved, inside = 0.0, 0.0, 0, 0
        for place in range(start, min(start + LONGEST, len(flow.facts))):
            fact = flow.facts[place]
            if is_fixed(fact.step.action) or flow.chains[place]:
                break
            if fact.step.result not in flow.returned:
                left[place] = len(savers.get(place, ()))
            for maker in _read(flow, fact, place):
                if maker < start and maker not in savers and maker not in outside:
                    outside.add(maker)
                    saved -= flow.facts[maker].volume
                elif maker in left and place in savers.get(maker, ()):
                    left[maker] -= 1
                    saved += 0 if left[maker] else flow.facts[maker].volume
                    inside += flow.facts[maker].volume
            saved, inside = saved + fact.own, inside + fact.own
            before, total = total, total + seconds(fact, rates)
            if fact.step.result in fact.keeps or fact.own:
                needed = total
            elif fact.keeps:  # it is not run: what it keeps is what it reads
                needed = before
            if saved > 0:
                yield Stretch(start, place + 1, needed, saved, inside)


def _read(flow: Training, fact: Fact, place: int) -> list[int]:
    """The makers of what a step reads, and the step itself where it keeps its result."""
    values = dict.fromkeys(node.value for node in fact.reads)
    found = [flow.place[value] for value in values if value in flow.place]
    return [*found, place] if fact.step.result in fact.keeps else found


def _savers(flow: Training) -> Mapping[int, Sequence[int]]:
    """For each value that is kept the steps that keep it."""
    found: dict[int, list[int]] = defaultdict(list)
    for place, fact in enumerate(flow.facts):
        for maker in _read(flow, fact, place):
            value = flow.facts[maker].step.result
            if value in fact.keeps or (
                flow.chains[place] and flow.chains[maker] != flow.chains[place]
            ):
                found[maker].append(place)
    return dict(found)
