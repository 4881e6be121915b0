"""A plan that stays within its memory limit: steps in another order, or in slices of legs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from diagram.errors import DiagramError, SizeError
from diagram.planner.peak import Flow
from diagram.planner.schedule import scheduled
from diagram.planner.slicing import sliced
from diagram.planner.steps import Plan
from diagram.planner.toll import toll
from diagram.planner.training import flow


def within(plans: Iterable[Plan], limit: int) -> Plan:
    """The first plan that takes at most so many bytes; else the cheapest that does in slices.

    The plans are of one program, in order of preference; each may take its steps in another order.
    Raises SizeError where dims have no number, DiagramError where nothing fits.
    """
    found = narrowed(plans, limit)
    if found.memory > limit:
        raise refusal(found, limit, found.memory)
    return found


def narrowed(plans: Iterable[Plan], limit: int) -> Plan:
    """The plan within a limit; where there is none, what takes least of what was found."""
    tries: list[tuple[Plan, Flow]] = []
    for plan in plans:
        refuse_unknown(plan)
        if any(plan.steps == other.steps for other, _ in tries):
            continue
        found = flow(plan)
        better = scheduled(found)
        for each in (found,) if better is found else (found, better):
            if _most(each) <= limit:
                return _planned(plan, each)
            tries.append((plan, each))
    cut = [(plan, sliced(found, limit, plan.policy.rates)) for plan, found in tries]
    fitting = [(plan, found) for plan, found in cut if _most(found) <= limit]
    if fitting:
        return _planned(*min(fitting, key=lambda pair: toll(pair[1], pair[0].policy.rates)))
    return _planned(*min(cut, key=lambda pair: _most(pair[1])))


def refuse_unknown(plan: Plan) -> None:
    """SizeError where a dim has no number."""
    if plan.assumed:
        names = ", ".join(f"`{name}`" for name in plan.assumed)
        example = ", ".join(f"{name}=8" for name in plan.assumed)
        raise SizeError(f"a memory limit needs numbers for {names}; give them, as in {example}")


def _most(found: Flow) -> int:
    """Bytes at the step that takes most."""
    return max(found.bytes(), default=0)


def _planned(plan: Plan, found: Flow) -> Plan:
    """The plan with its steps as they are in the flow."""
    pairs = zip(found.facts, found.alive(), strict=True)
    steps = tuple(replace(fact.step, alive=alive) for fact, alive in pairs)
    return replace(plan, steps=steps, slices=found.slices, recomputed=found.recomputed)


def refusal(plan: Plan, limit: int, enough: int) -> DiagramError:
    """What says which value of a plan cannot be made smaller, and which limit would do."""
    found = flow(plan)
    taken = found.bytes()
    place = max(range(len(taken)), key=taken.__getitem__)
    alive = [
        (found.elements(version), -version.maker)
        for version in found.versions
        if version.start <= place <= version.end
    ]
    elements, maker = max(alive)
    fact, here = found.facts[-maker], found.facts[place].step
    legs = " ".join(f"{leg}={fact.lengths[leg]}" for leg in fact.step.output)
    return DiagramError(
        f"{here.of}: the memory limit is {limit:,} bytes, but the step {here.letters} needs "
        f"{enough:,} however it is sliced; the largest value there is {fact.step.result}[{legs}] "
        f"with {elements * found.element:,}; memory={enough} is enough"
    )
