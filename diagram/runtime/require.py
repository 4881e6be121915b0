"""The first line of every module: whether the inputs' shapes fit."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, fx

from diagram.errors import Fault, SizeError


def require(inputs: Sequence[object], expected: Sequence[tuple[str | int, ...]]) -> None:
    """Raises SizeError unless every input has the expected legs.

    `expected` has for each input its name, then for each leg a number, a dim's name (equal lengths
    wherever it stands) or `?`.
    """
    seen: dict[str | int, int] = {}
    for value, (_, *legs) in zip(inputs, expected, strict=True):
        if not isinstance(value, Tensor) or len(shape := value.shape) != len(legs):
            raise _error(inputs, expected)
        for length, leg in zip(shape, legs, strict=True):
            wanted = leg if isinstance(leg, int) else seen.setdefault(leg, length)
            if length != wanted and leg != "?":
                raise _error(inputs, expected)


fx.node.has_side_effect(require)


def _error(inputs: Sequence[object], expected: Sequence[tuple[str | int, ...]]) -> SizeError:
    faults: list[Fault] = []
    seen: dict[str, tuple[int, str]] = {}
    for value, (name, *legs) in zip(inputs, expected, strict=True):
        if not isinstance(value, Tensor):
            kind = type(value).__name__
            faults.append(Fault(f"input {name} is of type {kind}; a torch tensor is expected"))
            continue
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
            elif leg != "?":
                first, where = seen.setdefault(leg, (length, str(name)))
                if first != length:
                    message = f"dim `{leg}` is {length} in {name}, but {first} in {where}"
                    faults.append(Fault(message))
    return SizeError(faults, of="with the inputs")
