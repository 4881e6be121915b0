"""The steps around one step of a long flow, with the values that stand while they run."""

from __future__ import annotations

from dataclasses import dataclass, replace

from diagram.planner.peak import Flow
from diagram.planner.steps import Number, Slice
from diagram.planner.training import Training


@dataclass(frozen=True, slots=True)
class Window:
    """A flow of the steps from `start` to `stop` of a longer one."""

    flow: Flow
    start: int
    stop: int

    def place(self, place: int) -> int:
        """Where a step of the whole is in the window."""
        return place - self.start + self.flow.standing

    def back(self, whole: Flow, found: Flow) -> Flow:
        """The whole, with the window's steps as they are now."""
        facts = (*whole.facts[: self.start], *found.facts[found.standing :])
        inside = [_moved(each, self.start - found.standing) for each in found.slices]
        before = [each for each in whole.slices if each.steps.stop <= self.start]
        after = [each for each in whole.slices if each.steps.start >= self.stop]
        slices = (*before, *inside, *after)
        return replace(whole, facts=(*facts, *whole.facts[self.stop :]), slices=slices)


def window(flow: Flow, place: int, reach: int) -> Window:
    """The steps at most `reach` away from one, slices as a whole; before them, what they find."""
    if isinstance(flow, Training):  # what is kept stands from far before to far behind
        return Window(flow, 0, len(flow.facts))
    start, stop = max(0, place - reach), min(len(flow.facts), place + reach + 1)
    for each in flow.slices:
        if each.steps.start < stop and each.steps.stop > start:
            start, stop = min(start, each.steps.start), max(stop, each.steps.stop)
    standing, returned = [], set()
    for maker, fact in enumerate(flow.facts[:stop]):
        is_returned = fact.step.result in flow.returned
        last = len(flow.facts) if is_returned else max(flow.readers[maker], default=maker)
        if maker < start <= last:
            standing.append(replace(fact, step=replace(fact.step, action=Number(), workspace=0)))
        if last >= stop:
            returned.add(fact.step.result)
    slices = tuple(
        _moved(each, len(standing) - start)
        for each in flow.slices
        if start <= each.steps.start and each.steps.stop <= stop
    )
    facts = (*standing, *flow.facts[start:stop])
    inside = replace(
        flow, facts=facts, returned=frozenset(returned), slices=slices, standing=len(standing)
    )
    return Window(inside, start, stop)


def _moved(each: Slice, by: int) -> Slice:
    return replace(each, steps=range(each.steps.start + by, each.steps.stop + by))
