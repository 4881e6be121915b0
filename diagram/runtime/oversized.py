"""What torch says where memory is too small, as the value that was too large."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import torch

from diagram.errors import SizeError
from diagram.language.check import derive
from diagram.language.core import Program
from diagram.language.size import product
from diagram.planner.steps import Plan
from diagram.runtime.bind import Shape, bind

SAID = ("can't allocate memory", "out of memory", "Storage size calculation overflowed")
"""Torch's own words, of a CPU, of a GPU, and of sizes beyond 64 bits."""


def is_of_memory(error: RuntimeError) -> bool:
    """Whether torch had no memory for a tensor."""
    return any(said in str(error) for said in SAID)


def largest_step(
    plan: Plan, fixed: Mapping[str, int], shapes: Mapping[str, Shape]
) -> SizeError | None:
    """The largest value that a call with inputs of these shapes makes."""
    numbers = bind(plan.program, shapes, fixed)
    known = [step for step in plan.steps if not step.elements.dims - numbers.keys()]
    if not known:
        return None
    step = max(known, key=lambda step: step.elements.value(numbers))
    made = f"{step.of}: {step.result}[{' '.join(step.output)}]"
    hint = "; take shorter inputs, or slices: compile(program, memory=...)"
    return _error(made, step.elements.value(numbers), hint)


def large_let(program: Program, name: str, numbers: Mapping[str, int]) -> SizeError | None:
    """A let's value; None where its size is not known."""
    legs = derive(program).legs[name]
    size = product(leg.size for leg in legs)
    if size.dims - numbers.keys():
        return None
    return _error(f"{name}[{' '.join(leg.name for leg in legs)}]", size.value(numbers))


def _error(made: str, entries: int, hint: str = "") -> SizeError:
    size = Decimal(entries * torch.finfo(torch.get_default_dtype()).bits // 8) / 2**30
    return SizeError(
        f"{made} has {entries:,} entries, {size:,.1f} GiB, too many for the memory left{hint}"
    )
