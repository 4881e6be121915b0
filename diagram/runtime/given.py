"""What a run is given: values and sizes among the arguments, made tensors of the right numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
import torch
from torch import Tensor

from diagram.errors import DiagramError, Fault, SizeError, suggest
from diagram.language.core import (
    Apply,
    Diagram,
    Kind,
    Program,
    Source,
    nodes,
)
from diagram.language.count import checked, dim_names
from diagram.runtime.init import is_computed

Array: TypeAlias = "Tensor | np.ndarray[tuple[int, ...], np.dtype[np.generic]] | float | int"


def given(
    program: Program, inputs: Sequence[Array], named: Mapping[str, Array]
) -> tuple[dict[str, Tensor], dict[str, int]]:
    """The values and sizes among the arguments; DiagramError for all that lack or are unknown."""
    faults: list[Fault] = []
    order = [s.name for s in program.sources if s.kind in (Kind.INPUT, Kind.INDEX)]
    if len(inputs) > len(order):
        s, were = ("", "was") if len(inputs) == 1 else ("s", "were")
        message = f"{len(inputs)} input{s} {were} given, but the program has {_list(order)}"
        faults.append(Fault(message))
    arrays = dict(zip(order, inputs, strict=False))
    sizes: dict[str, int] = {}
    dims = dict.fromkeys(dim_names(program))
    for name, value in named.items():
        if name in arrays:
            faults.append(Fault(f"`{name}` was given twice, by position and by name"))
        elif name in program.source:
            arrays[name] = value
        elif name in dims:
            try:
                sizes |= checked(program, {name: value})  # type: ignore[dict-item]
            except DiagramError as error:
                faults += error.faults
        else:
            known = [*program.source, *dims]
            faults.append(Fault(f"`{name}` is no source and no dim{suggest(name, known)}"))
    values: dict[str, Tensor] = {}
    for name, value in arrays.items():
        found = tensor(value)
        if isinstance(found, Tensor):
            values[name] = found
        else:
            faults.append(Fault(f"`{name}` is {found}; a tensor or an array of numbers is wanted"))
    for source in program.sources:
        if source.name not in arrays and not is_computed(source):
            faults.append(
                Fault(f"{source.kind} `{source.name}` is not given: pass {source.name}=...")
            )
    if faults:
        raise DiagramError(faults, of="with the values that were given")
    return values, sizes


def _list(names: Sequence[str]) -> str:
    return f"{len(names)}: {', '.join(names)}" if names else "none"


def tensor(value: object) -> Tensor | str:
    """A value as a tensor of real numbers; if it is none, what it is instead."""
    try:
        if isinstance(value, np.ndarray):
            value = np.array(value, value.dtype.newbyteorder("="), order="C")
        found = value if isinstance(value, Tensor) else torch.as_tensor(value)
    except (TypeError, ValueError, RuntimeError):
        entries = f" with entries of type {value.dtype}" if isinstance(value, np.ndarray) else ""
        return f"of type {type(value).__name__}{entries}"
    if found.layout is not torch.strided:
        return "sparse"
    if found.is_complex():
        return f"complex ({str(found.dtype).removeprefix('torch.')})"
    return found


def device_of(values: Mapping[str, Tensor]) -> torch.device | None:
    """Where the first of these values lies."""
    return next((value.device for value in values.values()), None)


def only_masks(program: Program, name: str) -> bool:
    """Whether a value is read as the second value of `mask` only, where truth values may stay."""
    return all(
        _moves(let.maker) and only_masks(program, let.name)
        if isinstance(let.maker, Diagram)
        else isinstance(let.maker, Apply) and let.maker.op == "mask" and place == 1
        for let in program.lets
        for place, node in enumerate(nodes(let.maker))
        if node.value == name
    )


def _moves(diagram: Diagram) -> bool:
    """Whether a diagram moves the legs of one value, and does nothing else."""
    return len(diagram.nodes) == 1 and not (diagram.scale or diagram.convs or diagram.summed)


def whole(source: Source, value: Tensor, numbers: Mapping[str, int]) -> Tensor:
    """An index; SizeError where an entry is no whole number from 0 to below its bound."""
    found = value.long()
    value = value if value.is_floating_point() else found
    assert source.of is not None
    bound = None if source.of.dims - numbers.keys() else source.of.value(numbers)
    wrong = (found != value) | (found < 0)
    if bound is not None and bound < 2**63:
        wrong = wrong | (found >= bound)
    if wrong.any():
        limit = f"`{source.of}`" if bound is None else f"{source.of} = {bound}"
        entry = value[wrong][0].item()
        raise SizeError(
            f"index {source.name} holds {entry}; whole numbers from 0 to below {limit} are wanted"
        )
    return found
