"""`plan`: a program to its steps: attention fused, diagrams ordered, no contraction made twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from diagram.language.check import check, derive
from diagram.language.core import Program
from diagram.language.count import bound
from diagram.language.inline import inline
from diagram.planner import cost, search
from diagram.planner.builder import Builder
from diagram.planner.fuse import Task, fuse
from diagram.planner.lookup import looked_up
from diagram.planner.policy import (
    DEFAULTS,
    Objective,
    Optimizer,
    Order,
    Policy,
    given,
    policy,
    sizes_of,
)
from diagram.planner.steps import Plan, Result, Step
from diagram.planner.training import counted
from diagram.planner.within import within


def plan(  # noqa: PLR0913 - each is an option that people write
    program: Program,
    dims: Mapping[str, int] | None = None,
    /,
    *,
    objective: Objective = "flops",
    memory: int | str | None = None,
    train: bool = False,
    fold: bool = False,
    tolerance: float | None = None,
    optimizer: Optimizer | None = None,
    order: Order | None = None,
    **sizes: int,
) -> Plan:
    """The steps in which a program is run, and what each costs.

    `objective` is what the order is to be good at: "flops", "time" (predicted seconds), "memory",
    or "measure" (the few best by prediction are timed, when compiled). `memory` limits the bytes of
    intermediate values, as a number or "2GiB"; `train` counts both gradients; `fold` takes products
    of weights alone as made once; `tolerance` allows attention with scalar queries to be
    interpolated; `optimizer` is one of opt_einsum's searches by name, or any with the signature of
    its path functions; `order` says pairs to merge, for a let or for the only product.

    Numbers for dims are keywords, or a mapping. Dims without one are nominal while orders are
    compared; `.flops` needs them all. Raises DiagramError for options that cannot be.

    >>> from diagram import parse
    >>> text = "input A[i j] B[j k] C[k l]\\nD[i l] = A[i j] B[j k] C[k l]\\nreturn D"
    >>> found = plan(parse(text), i=2, j=100, k=100, l=100)
    >>> [step.letters for step in found.steps], found.flops
    (['i j, j k -> i k', 'k l, i k -> i l'], 80000)
    """
    options = given(
        memory=memory, train=train, fold=fold, tolerance=tolerance, optimizer=optimizer, order=order
    )
    program = inline(check(program))
    return planned(program, sizes_of(program, dims, sizes, options), policy(objective, **options))  # type: ignore[arg-type]


def planned(program: Program, sizes: Mapping[str, int], policy: Policy = DEFAULTS) -> Plan:
    """The plan under a policy, of a program without defs, for sizes that were checked."""
    found = _plan(program, tuple(sorted(sizes.items())), policy)
    return replace(found, program=program)  # equal programs may have other notes


@lru_cache(maxsize=128)
def _plan(program: Program, given: tuple[tuple[str, int], ...], policy: Policy) -> Plan:
    if policy.order is not None:
        from diagram.planner.order import by_hand

        return by_hand(program, dict(given), policy)
    if policy.memory is None:
        return built(program, dict(given), Builder, _tasks, policy)
    return within(_plans(program, dict(given), policy), policy.memory)


def _plans(program: Program, sizes: Mapping[str, int], wanted: Policy) -> Iterator[Plan]:
    """The plan that a policy wants, then the one that needs least memory."""
    yield built(program, sizes, Builder, _tasks, wanted)
    least = built(program, sizes, Builder, _tasks, replace(wanted, objective="memory"))
    yield replace(least, policy=wanted)


def _tasks(program: Program, numbers: Mapping[str, int], policy: Policy) -> list[Task]:
    return looked_up(program, fuse(program, numbers, policy))


def built(
    program: Program,
    sizes: Mapping[str, int],
    kind: type[Builder],
    tasks: Callable[[Program, Mapping[str, int], Policy], Sequence[Task]],
    policy: Policy = DEFAULTS,
) -> Plan:
    """The plan that a builder of this kind makes of a program's tasks; it has no defs."""
    numbers = bound(program, sizes)
    legs = derive(program).legs
    dims = {name for value in legs.values() for leg in value for name in leg.size.dims}
    assumed = tuple(name for name in program.dim_order if name in dims - numbers.keys())
    nominal = {**numbers, **dict.fromkeys(dims - numbers.keys(), search.NOMINAL)}
    builder = kind(program, nominal, policy)
    for task in tasks(program, nominal, policy):
        builder.task(task)
    outputs = tuple(builder.result(name) for name in program.outputs)
    steps = _with_liveness(builder.steps, outputs, nominal)
    found = Plan(program, tuple(steps), outputs, numbers, assumed, policy)
    return counted(found, nominal) if policy.train else found


def _with_liveness(
    steps: Sequence[Step], outputs: Sequence[Result], numbers: Mapping[str, int]
) -> list[Step]:
    volumes = {step.result: int(step.elements.ratio(numbers)) for step in steps}
    kept = [result.node.value for result in outputs]
    live = cost.live([s.result for s in steps], [step.operands for step in steps], kept)
    return [
        replace(step, alive=sum(volumes[name] for name in names))
        for step, names in zip(steps, live, strict=True)
    ]
