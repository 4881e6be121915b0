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
    subject = module if compiled else copy.deepcopy(module).double()
    tolerance = _tolerance(module, like_of(subject).dtype)
    draw = random.Random(seed)
    tried: list[Mapping[str, int]] = []
    found: list[Difference] = []
    for turn in range(3 if compiled else 6):
        if compiled is None and turn % 2:
            _redraw(subject, draw.randrange(2**63))
        chosen = small_sizes(subject, sizes or {}, draw, spread=4 if turn else 0)
        inputs = random_inputs(subject, chosen, draw.randrange(2**63), positive=turn % 4 >= 2)
        for train in (False,) if compiled else _modes(module.program):
            with _mode(subject, train):
                trial = Trial(subject, compiled or subject, inputs, chosen, train, 10 * tolerance)
                made = list(trial.differences())
            faults = [_fault(one, chosen) for one in made if not one.far <= tolerance]
            if faults:
                of = "what was compiled" if compiled else "the compiled module"
                raise DiagramError(faults, of=f"with {of}")
            found += made
        tried.append(chosen)
    values = [one.far for one in found if not one.is_gradient]
    return Verified(
        tuple(tried), max(values), max((one.far for one in found if one.is_gradient), default=None)
    )


def _tolerance(module: DiagramModule, dtype: torch.dtype) -> float:
    """What rounding may do, or what the plan was allowed to leave out."""
    return max(float(torch.finfo(dtype).eps ** 0.5), module.plan.policy.tolerance or 0.0)


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
