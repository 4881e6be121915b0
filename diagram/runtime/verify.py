"""`module.verify()`: a module against the interpreter, at small random sizes."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import nn

from diagram.errors import DiagramError, Fault
from diagram.language.core import Apply, Program
from diagram.runtime.differ import Call, Difference, Trial
from diagram.runtime.init import fans, glorot
from diagram.runtime.samples import like_of, random_inputs, small_sizes

if TYPE_CHECKING:
    from diagram.runtime.module import DiagramModule


@dataclass(frozen=True, slots=True)
class Verified:
    """That a module agrees with the interpreter: where it was tried, and how closely.

    `values` is the largest difference of a value, relative to its largest entry; `gradients` that
    of a gradient, relative to the largest entry of all of them, None where there are none.
    """

    sizes: tuple[Mapping[str, int], ...]
    values: float
    gradients: float | None

    def __str__(self) -> str:
        tried = "; ".join(_said(sizes) for sizes in self.sizes)
        gradients = "" if self.gradients is None else f", gradients to {self.gradients:.1e}"
        return f"agrees with the interpreter at {tried}: values to {self.values:.1e}{gradients}"


def verify(
    module: DiagramModule,
    compiled: Call | None = None,
    sizes: Mapping[str, int] | None = None,
    seed: int = 0,
) -> Verified:
    """Compares a module, or what was `compiled` from it, with the interpreter.

    A module is compared as a copy in float64, with its own weights and with random ones; what was
    compiled from it as it is, within the rounding of the module's dtype. Free dims have small
    random numbers, first 1, but for those in `sizes`.

    Raises DiagramError with every value and gradient that differs.

    >>> from diagram import compile, parse
    >>> text = "input X[b n f]\\nweight W[f h]\\nY[b n h] = X[b n f] W[f h]\\nreturn Y"
    >>> module = compile(parse(text), f=4, h=2)
    >>> verify(module).values < 1e-12
    True
    >>> verify(module, lambda x: module(x) * 1.5, {"n": 3})
    Traceback (most recent call last):
    diagram.errors.DiagramError: 4 problems with what was compiled:
      at b=1 n=3: `Y` without gradients differs from the interpreter's by 0.5 of its largest entry
      at b=1 n=3: `Y` differs from the interpreter's by 0.5 of its largest entry
      at b=1 n=3: the gradient of `X` differs ...
      at b=1 n=3: the gradient of `W` differs ...
    """
    if like_of(module).device.type == "meta":
        raise DiagramError("the module is on the device `meta`: it holds no numbers to compare")
    dtype = torch.float64 if compiled is None else like_of(module).dtype
    tolerance = max(float(torch.finfo(dtype).eps ** 0.5), module.plan.policy.tolerance or 0.0)
    tried: list[Mapping[str, int]] = []
    found: list[Difference] = []
    for trial in _trials(module, compiled, sizes or {}, seed, dtype):
        with _mode(trial.module, trial.train):
            made = list(trial.differences(least=10 * tolerance))
        faults = [_fault(one, trial.sizes) for one in made if not one.far <= tolerance]
        if faults:
            of = "the compiled module" if compiled is None else "what was compiled"
            raise DiagramError(faults, of=f"with {of}")
        tried.append(trial.sizes)
        found += made
    values = [one.far for one in found if not one.is_gradient]
    gradients = [one.far for one in found if one.is_gradient]
    return Verified(tuple(tried), max(values), max(gradients, default=None))


def _trials(
    module: DiagramModule,
    compiled: Call | None,
    sizes: Mapping[str, int],
    seed: int,
    dtype: torch.dtype,
) -> Iterator[Trial]:
    """Calls at several sizes, first the smallest; of a copy every other one has other weights."""
    draw = random.Random(seed)
    subject = copy.deepcopy(module).double() if compiled is None else module
    for turn in range(6 if compiled is None else 3):
        odd = turn % 2 == 1
        if compiled is None and odd:
            _redraw(subject, draw.randrange(2**63))
        spread = 4 if turn else 0
        chosen = small_sizes(subject, sizes, draw, least=2 if odd else 1, spread=spread)
        inputs = random_inputs(subject, chosen, draw.randrange(2**63), turn % 4 >= 2, dtype)
        for train in _modes(module.program) if compiled is None else (False,):
            call = subject if compiled is None else compiled
            yield Trial(subject, call, inputs, chosen, train)


def _fault(difference: Difference, sizes: Mapping[str, int]) -> Fault:
    whose = "the" if difference.is_gradient else "its"
    off = f"by {difference.far:.2g} of {whose} largest entry"
    off = off if difference.far < torch.inf else "in its shape, or where it is not finite"
    return Fault(f"{difference.what} differs from the interpreter's {off}", f"at {_said(sizes)}")


def _said(sizes: Mapping[str, int]) -> str:
    return " ".join(f"{name}={number}" for name, number in sizes.items()) or "its only size"


def _modes(program: Program) -> tuple[bool, ...]:
    """Whether to train: also, where that makes a difference that is not random."""
    ops = {let.maker.op for let in program.lets if isinstance(let.maker, Apply)}
    return (False, True) if "batch_norm" in ops and "dropout" not in ops else (False,)


@contextmanager
def _mode(module: nn.Module, train: bool) -> Iterator[None]:
    """The module in training or in evaluation, and afterwards as it was."""
    was = {part: part.training for part in module.modules()}
    module.train(train)
    try:
        yield
    finally:
        for part, training in was.items():
            part.training = training


def _redraw(module: DiagramModule, seed: int) -> None:
    """Random weights: zeros and ones, as many start, would hide what they are multiplied with."""
    generator = torch.Generator().manual_seed(seed)
    for name, weight in module.named_parameters():
        found = fans(module.program, name, module.plan.numbers)
        drawn = torch.randn(weight.shape, generator=generator, dtype=weight.dtype)
        with torch.no_grad():
            weight.copy_(drawn * (glorot(found) if found else 1.0))
