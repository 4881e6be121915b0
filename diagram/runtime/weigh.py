"""The bytes that a module's call takes besides inputs and weights, found without allocating any.

It runs on fake tensors, which have shapes and no numbers; every storage that torch's operations
make counts while it lives. What a kernel takes for itself inside is not seen.
"""

from __future__ import annotations

import re
import weakref
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from diagram.planner import Plan
from diagram.runtime.feed import inputs_of
from diagram.runtime.init import shape_of
from diagram.runtime.source import SCOPE

if TYPE_CHECKING:
    from diagram.runtime.module import DiagramModule


LINE = re.compile(r"^( +)(\w+) = .*$", re.MULTILINE)
"""A line of generated source that names a value."""


class Ledger(TorchDispatchMode):
    """Writes down every storage that is made, and when it is gone."""

    def __init__(self, known: Iterable[Tensor]) -> None:
        super().__init__()
        self.entries: list[tuple[int, int]] = []
        """The number of a storage, and bytes more or fewer."""
        self.known = {_place(tensor) for tensor in known}
        self.numbers: dict[int, int] = {}
        """The numbers of the storages that live, by their places."""
        self.finalizers: list[weakref.ref[Any]] = []

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> object:
        made = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(made):
            if isinstance(tensor, Tensor) and _place(tensor) not in self.known:
                self._note(tensor)
        return made

    def _note(self, tensor: Tensor) -> None:
        storage, place = tensor.untyped_storage(), _place(tensor)
        if place in self.numbers:
            return
        number, size = len(self.finalizers), storage.nbytes()
        self.numbers[place] = number
        self.entries.append((number, size))

        def gone(_: object) -> None:
            self.entries.append((number, -size))
            if self.numbers.get(place) == number:
                del self.numbers[place]

        self.finalizers.append(weakref.ref(storage, gone))

    def peak(self, since: int = 0, but: Collection[int] = ()) -> int:
        """The most bytes that lived at once from an entry on, some storages left out."""
        now = most = 0
        for place, (number, change) in enumerate(self.entries):
            if number not in but:
                now += change
                most = max(most, now) if place >= since else now
        return most


def _place(tensor: Tensor) -> int:
    return tensor.untyped_storage()._cdata


def weighed(module: DiagramModule, train: bool = False) -> int:
    """Bytes that live at once in a call at the plan's numbers; in training, forward and back.

    Gradients of inputs and weights do not count, as inputs and weights do not.
    """
    with _fake(module, train) as (inputs, held):
        learned = [x for x in (*inputs, *held.values()) if x.requires_grad]
        with torch.set_grad_enabled(train), Ledger([*inputs, *held.values()]) as ledger:
            made: Any = torch.func.functional_call(module, dict(held), tuple(inputs))
            outputs = [made] if isinstance(made, Tensor) else list(made)
            wanted = [output for output in outputs if output.requires_grad]
            found: Iterable[Tensor | None] = ()
            if wanted:
                loss = sum(output.square().sum() for output in wanted)
                found = torch.autograd.grad(loss, learned, allow_unused=True)  # type: ignore[arg-type]
            places = {_place(gradient) for gradient in found if gradient is not None}
            but = {number for place, number in ledger.numbers.items() if place in places}
            return ledger.peak(but=but)


@contextmanager
def _fake(
    module: DiagramModule, train: bool
) -> Iterator[tuple[list[Tensor], Mapping[str, Tensor]]]:
    """Inputs and held values without numbers; the module is in training or not, as it will be."""
    was = module.training
    plan, dtype = module.plan, torch.get_default_dtype()
    try:
        module.train(train)
        with FakeTensorMode():
            inputs = []
            for source in inputs_of(plan.program):
                shape = shape_of(source, plan.numbers)
                real = source.of is None
                made = torch.empty(shape, dtype=dtype if real else torch.int64)
                inputs.append(made.requires_grad_(train and real))
            held = {name: torch.empty_like(x) for name, x in module.named_buffers()}
            for name, x in module.named_parameters():
                held[name] = torch.empty(x.shape, dtype=x.dtype).requires_grad_(train)
            yield inputs, held
    finally:
        module.train(was)


def measured(plan: Plan, module: DiagramModule) -> Plan:
    """The plan of a module without slices, its steps with what they take besides values."""
    taken = _by_step(module)
    element = plan.policy.rates.element
    steps = []
    for step in plan.steps:
        besides = taken[step.result] - step.alive * element if step.result in taken else 0
        steps.append(replace(step, workspace=besides))
    return replace(plan, steps=tuple(steps))


def _by_step(module: DiagramModule) -> dict[str, int]:
    """The most bytes that live while each step runs forward: from the line before to its own."""
    steps = {node.name: node.meta["step"] for node in module.graph.nodes if "step" in node.meta}
    taken: dict[str, int] = {}
    since = 0
    with _fake(module, False) as (inputs, held), torch.no_grad():
        with Ledger([*inputs, *held.values()]) as ledger:

            def mark(name: str) -> None:
                nonlocal since
                if name in steps:
                    taken[steps[name]] = max(taken.get(steps[name], 0), ledger.peak(since))
                    since = len(ledger.entries)

            scope = {**SCOPE, "_mark": mark}
            exec(LINE.sub(r"\g<0>\n\g<1>_mark('\g<2>')", module.code), scope)
            run = module._run
            module._run = scope["forward"]
            try:
                torch.func.functional_call(module, dict(held), tuple(inputs))
            finally:
                module._run = run
    return taken
