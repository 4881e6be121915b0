"""Blocks of steps that can run for one slice of a leg at a time, found from an edge of a step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from diagram.planner.cuttable import is_fixed
from diagram.planner.peak import Flow
from diagram.planner.steps import Slice

MOST_AROUND = 12
"""Steps before and after one that its blocks reach."""

Cut = Mapping[int, str]
"""For each step of a block the edge that is cut."""


@dataclass(frozen=True, slots=True)
class Block:
    """The steps in a new order with one slice more, whose count, 1, is still to be chosen."""

    flow: Flow
    number: int
    """Which of the slices it is."""
    around: range
    """The steps that moved, or run otherwise."""

    @property
    def steps(self) -> range:
        """The steps that run in slices."""
        return self.flow.slices[self.number].steps

    @property
    def length(self) -> int:
        """Entries of the leg that is cut."""
        each = self.flow.slices[self.number]
        return self.flow.facts[each.steps.start].lengths[each.legs[0]]


def blocks(flow: Flow, place: int) -> Iterator[Block]:
    """Every block around a step, the shorter first.

    Steps between those of a block that it does not need go behind it, others before.
    """
    seen: set[frozenset[tuple[int, str]]] = set()
    for lo, hi in _intervals(flow, place):
        for edge in _edges(flow, place):
            cut = _reached(flow, range(lo, hi), place, edge)
            if cut is None or (key := frozenset(cut.items())) in seen:
                continue
            seen.add(key)
            if _is_whole(flow, range(lo, hi), cut):
                yield _moved(flow, range(lo, hi), cut)


def _intervals(flow: Flow, place: int) -> list[tuple[int, int]]:
    """Stretches around a step; each is inside, or around, every slice that it meets."""
    found = []
    chain = [flow.slices[number] for number in flow.chains[place]]
    for depth in range(len(chain) + 1):
        scope = chain[depth - 1].steps if depth else range(flow.standing, len(flow.facts))
        inner = chain[depth].steps if depth < len(chain) else range(place, place + 1)
        first, last = inner.start, inner.stop
        for lo in range(max(scope.start, first - MOST_AROUND), first + 1):
            for hi in range(last, min(scope.stop, last + MOST_AROUND) + 1):
                if not any(_crosses(each.steps, lo, hi) for each in flow.slices):
                    found.append((lo, hi))
    return sorted(set(found), key=lambda ends: (ends[1] - ends[0], ends))


def _crosses(steps: range, lo: int, hi: int) -> bool:
    """Whether a slice's steps lie partly in a stretch."""
    inside = steps.start >= lo and steps.stop <= hi
    around = steps.start <= lo and steps.stop >= hi
    apart = steps.stop <= lo or steps.start >= hi
    return not (inside or around or apart)


def _edges(flow: Flow, place: int) -> list[str]:
    """The edges of a step that can be cut, longer ones first."""
    fact = flow.facts[place]
    found = [edge for edge in fact.cuttable if fact.lengths[edge] > 1]
    return sorted(found, key=lambda edge: (-fact.lengths[edge], edge))


def _reached(flow: Flow, steps: range, place: int, edge: str) -> Cut | None:
    """The steps that a cut of an edge reaches through the values between them.

    None where a step would be cut along two edges, or cannot be cut, or reads an unfinished sum.
    """
    cut: dict[int, str] = {}
    waiting = [(place, edge)]
    while waiting:
        place, edge = waiting.pop()
        if place in cut:
            if cut[place] != edge:
                return None
            continue
        step = flow.facts[place].step
        if edge not in flow.facts[place].cuttable or _is_cut(flow, place, edge):
            return None
        cut[place] = edge
        for node in flow.facts[place].reads:
            maker = flow.place.get(node.value)
            if maker is not None and maker in steps and edge in node.edges:
                waiting.append((maker, flow.facts[maker].step.output[node.axes.index((edge,))]))
        readers = [reader for reader in flow.readers[place] if reader in steps]
        if edge not in step.output:
            if readers:
                return None
            continue
        axis = step.output.index(edge)
        for reader in readers:
            for node in flow.facts[reader].reads:
                if node.value == step.result:
                    if len(node.axes[axis]) != 1:
                        return None
                    waiting.append((reader, node.axes[axis][0]))
    return cut


def _is_cut(flow: Flow, place: int, edge: str) -> bool:
    """Whether an edge is cut already."""
    return any(leg == edge for leg, _ in flow.cuts(place, flow.counts))


def _is_whole(flow: Flow, steps: range, cut: Cut) -> bool:
    """Whether a block has all of each slice inside it, or nothing, and its steps may move."""
    if any(is_fixed(flow.facts[place].step.action) for place in steps):
        return False
    inside = [each for each in flow.slices if each.steps != steps and _within(each.steps, steps)]
    return all(len({place in cut for place in each.steps}) == 1 for each in inside)


def _within(steps: range, outer: range) -> bool:
    """Whether a slice's steps lie inside a stretch that is longer, or the same."""
    return outer.start <= steps.start and steps.stop <= outer.stop


def _moved(flow: Flow, steps: range, cut: Cut) -> Block:
    """The block, its steps side by side."""
    needed = _needed(flow, steps, cut)
    before = [place for place in steps if place in needed]
    block = [place for place in steps if place in cut]
    after = [place for place in steps if place not in needed and place not in cut]
    order = [*range(steps.start), *before, *block, *after, *range(steps.stop, len(flow.facts))]
    first = steps.start + len(before)
    made = Slice(range(first, first + len(block)), tuple(cut[place] for place in block), 1)
    new = {old: place for place, old in enumerate(order)}
    moved = [replace(each, steps=_renumbered(each.steps, new)) for each in flow.slices]
    slices = sorted([*moved, made], key=lambda each: (each.steps.start, -len(each.steps)))
    facts = tuple(flow.facts[place] for place in order)
    apart = tuple(b for b in flow.recomputed if b.stop <= steps.start or b.start >= steps.stop)
    found = replace(flow, facts=facts, slices=tuple(slices), recomputed=apart)
    return Block(found, slices.index(made), steps)


def _renumbered(steps: range, new: Mapping[int, int]) -> range:
    first = min(new[place] for place in steps)
    return range(first, first + len(steps))


def _needed(flow: Flow, steps: range, cut: Cut) -> set[int]:
    """Steps in a stretch that a block needs, and none of; slices inside go as one."""
    needed: set[int] = set()
    waiting = list(cut)
    while waiting:
        place = waiting.pop()
        for other in _before(flow, steps, place):
            if other not in cut and other not in needed:
                together = _unit(flow, steps, other)
                needed |= set(together)
                waiting += together
    return needed


def _before(flow: Flow, steps: range, place: int) -> list[int]:
    """The steps in a stretch whose values a step reads."""
    makers = (flow.place.get(node.value) for node in flow.facts[place].reads)
    return [maker for maker in makers if maker is not None and maker in steps]


def _unit(flow: Flow, steps: range, place: int) -> Sequence[int]:
    """The steps that move with one: those of the outermost slice inside the stretch."""
    for each in (flow.slices[number] for number in flow.chains[place]):
        if _within(each.steps, steps) and each.steps != steps:
            return each.steps
    return (place,)
