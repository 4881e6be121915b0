"""`objective="measure"`: the few plans that are best by prediction are timed, and one is kept.

The few are those that are best on this machine as it was measured, and on machines that are
somewhat faster or slower in one thing: a prediction errs in its rates more than in its form.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from statistics import median

import torch

from diagram.errors import SizeError
from diagram.language.core import Program
from diagram.planner import Plan
from diagram.planner.folder import read, write
from diagram.planner.plan import planned
from diagram.planner.policy import Policy
from diagram.planner.rates import Rates
from diagram.runtime.module import DiagramModule
from diagram.runtime.samples import random_inputs

SLANTS = (
    {"bytes": 4.0},
    {"bytes": 0.25},
    {"conv": 0.4},
    {"conv": 2.5},
    {"depthwise": 0.2, "depthwise_backward": 0.2},
    {"depthwise": 5.0, "depthwise_backward": 5.0},
    {"matmul": 0.4},
    {"matmul": 2.5},
    {"launch": 20.0, "launch_backward": 20.0},
)
"""Factors on rates, each for a machine somewhat other than this one."""

ROUNDS = 5
SAMPLE = 0.02
"""Seconds of one sample."""

HOPELESS = 4.0
"""What takes so many times as long as the fastest in its first call is timed no further."""


def fastest(program: Program, sizes: Mapping[str, int], policy: Policy) -> Plan:
    """The plan that ran fastest; kept on disk for the next time.

    Raises SizeError where a dim has no number: what is timed has to be run.
    """
    plans = candidates(program, sizes, policy)
    if plans[0].assumed:
        dim = plans[0].assumed[0]
        raise SizeError(f"to measure, every dim needs a number: compile(program, {dim}=8)")
    if len(plans) == 1:
        return plans[0]
    name = f"measured-{_digest(plans)}.json"
    kept = read(name)
    if type(kept) is int and 0 <= kept < len(plans):
        return plans[kept]
    place = _race([_run(plan) for plan in plans])
    write(name, place)
    return plans[place]


def candidates(program: Program, sizes: Mapping[str, int], policy: Policy) -> list[Plan]:
    """Plans that differ, the one that is best by prediction first; all under the same policy."""
    every = [replace(policy, rates=_slanted(policy.rates, slant)) for slant in ({}, *SLANTS)]
    every.append(replace(policy, objective="flops"))
    found: list[Plan] = []
    for each in every:
        made = planned(program, sizes, each)
        if all(made.steps != other.steps for other in found):
            found.append(made)
    return [replace(made, policy=policy) for made in found]


def _slanted(rates: Rates, slant: Mapping[str, float]) -> Rates:
    return replace(rates, **{name: getattr(rates, name) * by for name, by in slant.items()})


def _run(plan: Plan) -> Callable[[], object]:
    """A call of the plan's module on random numbers: forward, and back where it is for training."""
    module = DiagramModule(plan)
    inputs = random_inputs(module, plan.numbers, seed=0)
    if not plan.policy.train:
        module.eval()
        return torch.no_grad()(lambda: module(*inputs))
    learned = [*module.parameters(), *(x.requires_grad_() for x in inputs if x.is_floating_point())]

    def forward_backward() -> object:
        made = module(*inputs)
        outputs = [made] if isinstance(made, torch.Tensor) else list(made)
        wanted = [y for y in outputs if y.requires_grad]
        ones = [torch.ones_like(y) for y in wanted]
        return torch.autograd.grad(wanted, learned, ones, allow_unused=True) if wanted else made

    return forward_backward


def _race(runs: Sequence[Callable[[], object]]) -> int:
    """Which one is fastest, by the median of samples taken in turn."""
    for run in runs:
        run()
    first = [_seconds(run, 1) for run in runs]
    most = HOPELESS * min(first)
    rest = [place for place, seconds in enumerate(first) if seconds <= most]
    counts = {place: max(1, min(1000, round(SAMPLE / first[place]))) for place in rest}
    samples: dict[int, list[float]] = {place: [] for place in rest}
    for _ in range(ROUNDS):
        for place in rest:
            samples[place].append(_seconds(runs[place], counts[place]))
    return min(rest, key=lambda place: (median(samples[place]), place))


def _seconds(run: Callable[[], object], count: int) -> float:
    _wait()
    start = time.perf_counter()
    for _ in range(count):
        run()
    _wait()
    return (time.perf_counter() - start) / count


def _wait() -> None:
    device = torch.get_default_device()
    if device.type != "cpu":
        torch.accelerator.synchronize(device)


def _digest(plans: Sequence[Plan]) -> str:
    """What the fastest of these plans depends on."""
    where = (torch.get_default_device(), torch.get_default_dtype(), torch.get_num_threads())
    parts = [torch.__version__, *map(str, where), repr(plans[0].policy.train)]
    parts += [f"{step.action} {step.output} {step.scale}" for plan in plans for step in plan.steps]
    parts += [repr(sorted(plans[0].numbers.items()))]
    return sha256("\n".join(parts).encode()).hexdigest()[:32]
