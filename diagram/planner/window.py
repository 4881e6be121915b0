"""The steps around one step of a long flow, with the values that stand while they run."""

from __future__ import annotations

from dataclasses import dataclass, replace

from diagram.planner.peak import Flow
from diagram.planner.steps import Number


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
        inside = [replace(fact, elsewhere=0) for fact in found.facts[found.standing :]]
        facts = (*whole.facts[: self.start], *inside, *whole.facts[self.stop :])
        by = self.start - found.standing
        apart = [each for each in whole.slices if not self._has(each.steps)]
        slices = [*apart, *(replace(s, steps=_moved(s.steps, by)) for s in found.slices)]
        made_again = [block for block in whole.recomputed if not self._has(block)]
        made_again += [_moved(block, by) for block in found.recomputed]
        return replace(
            whole,
            facts=facts,
            slices=tuple(sorted(slices, key=lambda each: (each.steps.start, -len(each.steps)))),
            recomputed=tuple(sorted(made_again, key=lambda block: block.start)),
        )

    def _has(self, steps: range) -> bool:
        return self.start <= steps.start and steps.stop <= self.stop


def window(flow: Flow, place: int, reach: int) -> Window:
    """The steps at most `reach` away from one, blocks as a whole; before them, what they find."""
    start, stop = max(0, place - reach), min(len(flow.facts), place + reach + 1)
    for steps in (*(each.steps for each in flow.slices), *flow.recomputed):
        if steps.start < stop and steps.stop > start:
            start, stop = min(start, steps.start), max(stop, steps.stop)
    standing, returned = [], set()
    for maker, fact in enumerate(flow.facts[:stop]):
        is_returned = fact.step.result in flow.returned
        last = len(flow.facts) if is_returned else max(flow.readers[maker], default=maker)
        if maker < start <= last:
            standing.append(replace(fact, step=replace(fact.step, action=Number(), workspace=0)))
        if last >= stop:
            returned.add(fact.step.result)
    found = Window(flow, start, stop)
    by = len(standing) - start
    inside = replace(
        flow,
        facts=(*standing, *flow.facts[start:stop]),
        returned=frozenset(returned),
        slices=tuple(
            replace(each, steps=_moved(each.steps, by))
            for each in flow.slices
            if found._has(each.steps)
        ),
        recomputed=tuple(_moved(b, by) for b in flow.recomputed if found._has(b)),
        standing=len(standing),
    )
    whole, part = flow.bytes()[start:stop], inside.bytes()[len(standing) :]
    facts = (
        replace(fact, elsewhere=there - here)
        for fact, there, here in zip(flow.facts[start:stop], whole, part, strict=True)
    )
    return replace(found, flow=replace(inside, facts=(*standing, *facts)))


def _moved(steps: range, by: int) -> range:
    return range(steps.start + by, steps.stop + by)
