"""The steps of a plan in an order in which less is alive."""

from __future__ import annotations

from dataclasses import replace

from diagram.planner.cuttable import is_fixed
from diagram.planner.peak import Flow


def scheduled(flow: Flow) -> Flow:
    """The steps in the better of their order and a greedy one; those with buffers keep their place.

    Greedy: of the steps whose values are there, the next is the one after which least is alive.
    """
    if any(is_fixed(fact.step.action) for fact in flow.facts):
        return flow
    found = replace(flow, facts=tuple(flow.facts[place] for place in _greedy(flow)))
    return min((flow, found), key=lambda each: max(each.bytes(), default=0))


def _greedy(flow: Flow) -> list[int]:
    reads = [
        {flow.place[node.value] for node in fact.reads if node.value in flow.place}
        for fact in flow.facts
    ]
    waiting = [len(made) for made in reads]
    left = [len(readers) for readers in flow.readers]
    ready = [place for place, count in enumerate(waiting) if not count]
    order: list[int] = []

    def more(place: int) -> tuple[int, int]:
        """Elements more that are alive after a step."""
        is_kept = left[place] or flow.facts[place].step.result in flow.returned
        freed = sum(
            flow.facts[made].volume
            for made in reads[place]
            if left[made] == 1 and flow.facts[made].step.result not in flow.returned
        )
        return (flow.facts[place].volume if is_kept else 0) - freed, place

    while ready:
        place = min(ready, key=more)
        ready.remove(place)
        order.append(place)
        for made in reads[place]:
            left[made] -= 1
        for reader in flow.readers[place]:
            waiting[reader] -= 1
            if not waiting[reader]:
                ready.append(reader)
    return order
