"""The first line of every module: whether the inputs' shapes fit."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, fx

from diagram.errors import Fault, SizeError

Expected = Sequence[tuple[str | int, ...]]
"""For each input its name, the numbers that it must hold (`real`, `whole`, `any`), and for each leg
a length or the text of its size: equal lengths wherever that stands."""


def require(inputs: Sequence[object], expected: Expected) -> None:
    """Raises SizeError unless every input is a tensor of the expected legs and numbers."""
    seen: dict[str | int, int] = {}
    for value, (_, numbers, *legs) in zip(inputs, expected, strict=True):
        if not isinstance(value, Tensor) or len(shape := value.shape) != len(legs):
            raise _error(inputs, expected)
        if numbers != "any" and value.is_floating_point() != (numbers == "real"):
            raise _error(inputs, expected)
        for length, leg in zip(shape, legs, strict=True):
            wanted = leg if isinstance(leg, int) else seen.setdefault(leg, length)
            if length != wanted:
                raise _error(inputs, expected)


def same_length(length: int, expected: int, what: str) -> None:
    """Raises SizeError unless a length is what follows from the others."""
    if length != expected:
        raise SizeError(f"{what} has length {length}, but {expected} is expected")


def at_most(length: int, most: int, what: str) -> None:
    """Raises SizeError unless a length is at most another."""
    if length > most:
        raise SizeError(f"{what}: {length} is more than {most}")


for check in (require, same_length, at_most):
    fx.node.has_side_effect(check)


def _error(inputs: Sequence[object], expected: Expected) -> SizeError:
    faults: list[Fault] = []
    seen: dict[str, tuple[int, str]] = {}
    for value, (name, numbers, *legs) in zip(inputs, expected, strict=True):
        if not isinstance(value, Tensor):
            kind = type(value).__name__
            faults.append(Fault(f"input {name} is of type {kind}; a torch tensor is expected"))
            continue
        if numbers != "any" and value.is_floating_point() != (numbers == "real"):
            wanted = "floating-point" if numbers == "real" else "whole"
            faults.append(Fault(f"input {name} holds {value.dtype}; {wanted} numbers are expected"))
        shape = tuple(int(length) for length in value.shape)
        if len(shape) != len(legs):
            text = " ".join(str(leg) for leg in legs)
            faults.append(Fault(f"{name}[{text}] has {len(legs)} legs, but its shape is {shape}"))
            continue
        for place, (length, leg) in enumerate(zip(shape, legs, strict=True)):
            if isinstance(leg, int):
                if length != leg:
                    message = f"axis {place} of {name} has length {length}, but {leg} is expected"
                    faults.append(Fault(f"{message}; its shape is {shape}"))
            else:
                first, where = seen.setdefault(leg, (length, str(name)))
                if first != length:
                    message = f"dim `{leg}` is {length} in {name}, but {first} in {where}"
                    faults.append(Fault(message))
    return SizeError(faults, of="with the inputs")
