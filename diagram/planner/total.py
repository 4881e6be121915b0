"""FLOPs of a whole plan: of its steps, of their gradients, and of what runs more than once."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from diagram.language.size import Size, total
from diagram.planner.cost import scored
from diagram.planner.gradients import gradient_flops, learned, run_again
from diagram.planner.steps import Attend

if TYPE_CHECKING:
    from diagram.planner.steps import Plan


def flops_size(plan: Plan) -> Size:
    """FLOPs of the steps of a call; in training also of gradients, and of what runs again."""
    forward = [
        Size() if step.once else step.flops + _repeated(plan, place)
        for place, step in enumerate(plan.steps)
    ]
    if not plan.policy.train:
        return total(forward)
    known = learned(plan.program.sources, plan.steps)
    gradients = [
        gradient_flops(step) + _repeated(plan, place) * 3
        for place, step in enumerate(plan.steps)
        if step.result in known
    ]
    outermost = [
        each.steps
        for each in plan.slices
        if not any(_is_inside(each.steps, other.steps) for other in plan.slices)
    ]
    again = []
    for block in (*plan.recomputed, *outermost):
        steps = plan.steps[block.start : block.stop]
        again += forward[block.start : block.start + len(run_again(steps, known))]
    return total([*forward, *gradients, *again])


def _repeated(plan: Plan, place: int) -> Size:
    """FLOPs that slices repeat: the map of an attention for each slice of its width."""
    step = plan.steps[place]
    if not isinstance(step.action, Attend):
        return Size()
    cuts = [each for each in plan.slices if place in each.steps]
    runs = prod(each.count for each in cuts if each.leg(place) in step.action.width)
    return scored(step.action, step.sizes) * (runs - 1)


def _is_inside(steps: range, other: range) -> bool:
    """Whether a block lies in a longer one."""
    return steps != other and other.start <= steps.start and steps.stop <= other.stop
