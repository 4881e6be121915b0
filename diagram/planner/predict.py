"""The seconds that a plan is predicted to take, step by step, at the rates of its policy."""

from __future__ import annotations

from collections.abc import Mapping

from diagram.errors import SizeError
from diagram.planner.cost import BYTES, convolved_sizes, elements
from diagram.planner.rates import Rates
from diagram.planner.steps import Attend, Convolve, Merge, Number, Plan, Split, Step


def seconds(plan: Plan) -> float:
    """Predicted seconds of a call; with training, of its gradients too. What is made once is free.

    Raises SizeError while a dim has no number.

    >>> from diagram import parse
    >>> from diagram.planner.plan import plan
    >>> product = parse("input A[i j] B[j k]\\nC[i k] = A[i j] B[j k]\\nreturn C")
    >>> small, large = (seconds(plan(product, i=n, j=n, k=n)) for n in (10, 1000))
    >>> 0 < small < large
    True
    """
    if plan.assumed:
        raise SizeError(f"`{plan.assumed[0]}` has no number; give one to predict the time")
    policy = plan.policy
    calls = (step for step in plan.steps if not step.once)
    return sum(step_seconds(step, plan.numbers, policy.rates, policy.train) for step in calls)


def step_seconds(
    step: Step, numbers: Mapping[str, int], rates: Rates, train: bool = False
) -> float:
    """Predicted seconds of one step."""
    action = step.action
    merge = rates.trained if train else rates.merge
    match action:
        case Merge(left, right):
            edges = (left.edges, right.edges, step.output, (*left.edges, *right.edges))
            one, other, out, work = (elements(e, step.sizes).value(numbers) for e in edges)
            return float(merge(one, other, out, work, 1))
        case Convolve(left, right, stars):
            result, signal, kernel = (convolved_sizes(action, step.sizes, at) for at in (0, 1, 2))
            taps = 1
            for star in stars:
                taps *= star.lengths[2].value(numbers)
            counts = (
                elements(left.edges, signal).value(numbers),
                elements(right.edges, kernel).value(numbers),
                elements(step.output, result).value(numbers),
                elements((*left.edges, *right.edges), result).value(numbers) * taps,
            )
            return float(merge(*counts, taps))
        case Attend():
            parts = ((*action.batch, *action.queries, action.m), action.depth, action.width)
            maps, depth, width = (elements(e, step.sizes).value(numbers) for e in parts)
            return rates.attention(maps, depth, width, train)
        case Split() | Number():
            return 0.0
        case _:
            moved = float(rates.moved(step.bytes.value(numbers) / BYTES))
            calls = rates.launch + (rates.launch_backward if train else 0.0)
            return calls + (3.0 if train else 1.0) * moved
