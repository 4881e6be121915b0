"""What an error that torch or a kernel raised in a module means to whoever called it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from diagram.errors import DiagramError, Fault, SizeError
from diagram.runtime.feed import inputs_of
from diagram.runtime.given import whole
from diagram.runtime.oversized import is_of_memory, largest_step
from diagram.runtime.require import Expected, require

if TYPE_CHECKING:
    from diagram.runtime.module import DiagramModule


def diagnosis(
    error: Exception, module: DiagramModule, inputs: Sequence[object], expected: Expected
) -> DiagramError | None:
    """The error in the words of the diagram; None where it says nothing that is known here."""
    if isinstance(error, DiagramError):
        return error
    if unusual := _unusual(inputs, expected):
        return DiagramError(unusual, of="with the inputs")
    try:
        require(inputs, expected)
    except SizeError as found:
        return found
    match error:
        case ValueError():
            return SizeError(str(error))  # what kernels refuse, which know only torch
        case ZeroDivisionError():
            return SizeError("a product is divided by a length that is 0")
        case IndexError():
            return _out_of_bounds(module, inputs)
        case RuntimeError() if is_of_memory(error):
            return largest_step(module.plan, module.fixed, _shapes(module, inputs))
        case RuntimeError():
            faults = _mixed(str(error), module, inputs, expected)
            return DiagramError(faults, of="with the inputs") if faults else None
        case _:
            return None


def _unusual(inputs: Sequence[object], expected: Expected) -> list[Fault]:
    """Tensors that hold their entries in another way: some calls take them, this one did not."""
    faults: list[Fault] = []
    for x, (name, *_) in zip(inputs, expected, strict=True):
        if isinstance(x, Tensor) and (x.is_nested or x.layout is not torch.strided):
            kind = "nested" if x.is_nested else str(x.layout)
            faults.append(Fault(f"input {name} is {kind}; a dense tensor is expected"))
    return faults


def _out_of_bounds(module: DiagramModule, inputs: Sequence[object]) -> SizeError | None:
    """The first index that has an entry beyond its bound."""
    for source, x in zip(inputs_of(module.program), inputs, strict=True):
        if source.of is not None and isinstance(x, Tensor):
            try:
                whole(source, x, {**module.plan.numbers, **module.fixed})
            except SizeError as error:
                return error
    return None


def _shapes(module: DiagramModule, inputs: Sequence[object]) -> dict[str, tuple[int, ...]]:
    named = zip(inputs_of(module.program), inputs, strict=True)
    return {source.name: tuple(x.shape) for source, x in named if isinstance(x, Tensor)}


def _mixed(
    message: str, module: nn.Module, inputs: Sequence[object], expected: Expected
) -> list[Fault]:
    """Tensors on several devices, or reals of several kinds, where torch complains of that."""
    held: dict[str, Tensor] = {f"weight {n}": value for n, value in module.named_parameters()}
    held |= {f"buffer {n}": value for n, value in module.named_buffers() if value.numel()}
    found = [(name, numbers, x) for x, (name, numbers, *_) in zip(inputs, expected, strict=True)]
    given = {f"input {name}": (numbers, x) for name, numbers, x in found if isinstance(x, Tensor)}
    if "device" in message:
        everything = held | {name: x for name, (_, x) in given.items()}
        return _apart(everything, "is on", lambda value: repr(str(value.device)))
    if "type" in message:
        reals = held | {name: x for name, (numbers, x) in given.items() if numbers == "real"}
        reals = {name: value for name, value in reals.items() if value.is_floating_point()}
        return _apart(reals, "holds", lambda value: value.dtype)
    return []


def _apart(
    values: Mapping[str, Tensor], verb: str, fact: Callable[[Tensor], object]
) -> list[Fault]:
    """One fault for each value that differs from the first."""
    facts = {name: fact(value) for name, value in values.items()}
    first = next(iter(facts), "")
    return [
        Fault(
            f"{name} {verb} {found}, but {first} {verb} {facts[first]}; "
            f"`.to({facts[first]})` makes them alike"
        )
        for name, found in facts.items()
        if found != facts[first]
    ]
