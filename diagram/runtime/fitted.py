"""A plan that stays within a memory limit as its module runs: with all that torch takes besides.

What each step takes is measured on fake tensors without slices; the plan that is found with these
numbers is weighed as a whole, and found anew for a lower limit where it takes too much.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import torch

from diagram.errors import SizeError
from diagram.language.core import Program
from diagram.language.size import product
from diagram.planner import Plan
from diagram.planner.plan import planned
from diagram.planner.policy import Policy
from diagram.planner.within import narrowed, refusal, refuse_unknown
from diagram.runtime.weigh import measured, weighed

TRIES = 6
"""Times that a plan is found anew."""

MOST_ENTRIES = 2**56
"""Of a tensor, with room for what is made of it."""


def fitted(program: Program, sizes: Mapping[str, int], policy: Policy) -> Plan:
    """The plan under a policy with a memory limit, which its module keeps.

    A plan that keeps it anyway is the one without a limit. Raises SizeError where dims have no
    number, DiagramError where nothing fits.
    """
    limit = policy.memory
    assert limit is not None
    free = planned(program, sizes, replace(policy, memory=None))
    refuse_unknown(free)
    _refuse_endless(free)
    if (taken := weighed(free)) <= limit:
        return replace(free, weighed=taken)
    plans = list(_plans(program, sizes, policy, free))
    tries: list[Plan] = []
    aim = limit
    for _ in range(TRIES):
        found = narrowed(plans, aim)
        if found.memory > aim:
            break
        tries.append(replace(found, weighed=weighed(found)))
        if tries[-1].memory <= limit:
            return tries[-1]
        aim = min(aim - 1, found.memory * limit // tries[-1].memory)
    least = narrowed(plans, 0)
    tries.append(replace(least, weighed=weighed(least)))
    least = min(tries, key=lambda plan: plan.memory)
    if least.memory <= limit:
        return least
    raise refusal(least, limit, least.memory)


def _refuse_endless(plan: Plan) -> None:
    """SizeError where a value has more entries than torch can count."""
    sizes = {s.name: product(leg.size for leg in s.legs) for s in plan.program.sources}
    sizes |= {step.result: step.elements for step in plan.steps}
    for name, size in sizes.items():
        if (entries := size.value(plan.numbers)) > MOST_ENTRIES:
            raise SizeError(f"{name} would have {entries:,} entries, more than any tensor holds")


def _plans(
    program: Program, sizes: Mapping[str, int], policy: Policy, free: Plan
) -> Iterator[Plan]:
    """The plan that is wanted, and the one that needs least; with what their steps take besides."""
    least = planned(program, sizes, replace(policy, memory=None, objective="memory"))
    element = torch.finfo(torch.get_default_dtype()).bits // 8
    policy = replace(policy, rates=replace(policy.rates, element=element))
    for plan in (free, least):
        yield measured(replace(plan, policy=policy))
