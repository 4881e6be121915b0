"""The bytes that a plan's module takes besides inputs and weights, found without allocating any.

It runs on fake tensors, which have shapes and no numbers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode

from diagram.planner import Plan
from diagram.planner.training import Training, flow
from diagram.runtime.emit import like_name
from diagram.runtime.feed import inputs_of, is_held
from diagram.runtime.init import shape_of
from diagram.runtime.ledger import Ledger, gradients_of, peak
from diagram.runtime.lower import Lowered, lower
from diagram.runtime.paths import register
from diagram.runtime.sliced import sliced
from diagram.runtime.source import SCOPE, source

LINE = re.compile(r"^( +)(\w+) = .*$", re.MULTILINE)
"""A line of generated source that names a value."""


def weighed(plan: Plan) -> int:
    """Bytes that live at once in a call of the plan's module; in training, forward and back."""
    with FakeTensorMode():
        run, known = _module(plan, lower(plan))
        return peak(run, known, [tensor for tensor in known if tensor.requires_grad])


def measured(plan: Plan) -> Plan:
    """A plan without slices, its steps with what torch takes and keeps for them besides values."""
    found, marks, element = flow(plan), _marked(plan), plan.policy.rates.element
    if not isinstance(found, Training):
        taken = {name: mark.peak for name, mark in marks.items()}
        return _with_workspace(plan, taken)
    kept, over = [], 0
    for step, elements in zip(plan.steps, found.forward(), strict=True):
        mark = marks.get(step.result)
        more = mark.end - elements * element - over if mark else 0
        kept.append(replace(step, kept=more))
        over += more
    taken = {name: max(mark.peak, mark.back) for name, mark in marks.items()}
    return _with_workspace(replace(plan, steps=tuple(kept)), taken)


def _with_workspace(plan: Plan, taken: Mapping[str, int]) -> Plan:
    """The plan whose steps take so many bytes in all."""
    element = plan.policy.rates.element
    pairs = zip(plan.steps, flow(plan).alive(), strict=True)
    steps = [
        replace(step, workspace=taken.get(step.result, elements * element) - elements * element)
        for step, elements in pairs
    ]
    return replace(plan, steps=tuple(steps))


def _sliced_in_short(body: Callable[..., Any], *given: Any) -> tuple[Tensor, ...]:
    """`sliced`, whose slices take the same memory one after the other: two of a kind are run."""
    made: dict[object, list[Any]] = {}

    def short(*args: Any) -> Any:
        key = tuple(x.shape if isinstance(x, Tensor) else x for x in args)
        runs = made.setdefault(key, [])
        if len(runs) == 2:
            return runs[1]
        found = body(*args)
        runs.append(found if runs else None)
        return found

    return sliced(short, *given)


class Mark(NamedTuple):
    """The most bytes that live while a step runs forward, those at its end, and the most back."""

    peak: int
    end: int
    back: int = 0


def _marked(plan: Plan) -> dict[str, Mark]:
    """What lives while each step runs; those that make no line of source lack.

    Forward a step begins where the one before has its value, back where its value has a gradient.
    """
    lowered = lower(plan)
    steps = {node.name: node.meta["step"] for node in lowered.graph.nodes if "step" in node.meta}
    forward: list[tuple[str, int]] = []
    back: list[tuple[str, int]] = []
    with FakeTensorMode(), torch.set_grad_enabled(plan.policy.train):
        run, known = _module(plan, lowered, marks=True)
        with Ledger(known) as ledger:

            def mark(name: str, value: object) -> None:
                if name in steps:
                    forward.append((steps[name], len(ledger.entries)))
                    if isinstance(value, Tensor) and value.requires_grad:
                        value.register_hook(  # type: ignore[no-untyped-call]
                            lambda _: back.append((steps[name], len(ledger.entries)))
                        )

            made = run(mark)
            gradients = gradients_of(made, [x for x in known if x.requires_grad])
            lived = [0, *ledger.lived(gradients)]
    found: dict[str, Mark] = {}
    start = 0
    for step, stop in forward:
        most = max(lived[start : stop + 1])
        found[step] = Mark(max(most, found[step].peak if step in found else 0), lived[stop])
        start = stop
    for (step, start), (_, stop) in pairwise([*back, ("", len(lived) - 1)]):
        most = max(lived[start : stop + 1])
        found[step] = found[step]._replace(back=max(most, found[step].back))
    return found


def _module(
    plan: Plan, lowered: Lowered, marks: bool = False
) -> tuple[Callable[..., Any], list[Tensor]]:
    """A call of the plan's module, and its inputs and weights, all without numbers.

    With marks the call takes a function that is told each name which gets a value.
    """
    train, dtype = plan.policy.train, torch.get_default_dtype()
    shell = nn.Module()
    shell.train(train)
    for name, module in lowered.modules.items():
        shell.add_module(name, module.train(train))
    inputs = []
    for held in inputs_of(plan.program):
        shape = shape_of(held, plan.numbers)
        if held.of is None:
            inputs.append(torch.empty(shape, dtype=dtype, requires_grad=train))
        else:
            inputs.append(torch.empty(shape, dtype=torch.int64))
    for held in plan.program.sources:
        if is_held(held, lowered.fixed):
            value = torch.empty(shape_of(held, plan.numbers), dtype=dtype)
            register(shell, held, value, lowered.lists)
    shell.requires_grad_(train)
    shell.register_buffer(like_name(plan.program), torch.empty(0, dtype=dtype))
    text = source(lowered.graph, lowered.lines, lowered.lists)
    scope = dict(SCOPE)
    if not train:
        scope["_sliced"] = _sliced_in_short
    exec(LINE.sub(r"\g<0>\n\g<1>_mark('\g<2>', \g<2>)", text) if marks else text, scope)

    def run(mark: Callable[[str, object], None] | None = None) -> Any:
        scope["_mark"] = mark
        return scope["forward"](shell, *inputs)

    return run, [*inputs, *shell.parameters(), *shell.buffers()]
