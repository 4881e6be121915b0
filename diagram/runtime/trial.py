"""A trial run: random numbers for what is not given, and every value told in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import torch
from torch import Tensor

from diagram.errors import DiagramError, FileError
from diagram.language.core import Kind, Program, Source
from diagram.runtime.bind import bind
from diagram.runtime.init import initialise, is_computed, shape_of
from diagram.runtime.interpret import interpret

SHOWN = 64
"""Values of at most this many entries are told in full."""


def trial(
    program: Program, sizes: Mapping[str, int], paths: Mapping[str, str], seed: int
) -> Iterator[str]:
    """A line for every let; `paths` are files of `numpy.save` for values that are given."""
    torch.manual_seed(seed)
    values = {name: _read(path) for name, path in paths.items()}
    numbers = bind(program, {name: tuple(v.shape) for name, v in values.items()}, sizes)
    needed = [s for s in program.sources if s.name not in values and not is_computed(s)]
    _refuse_unknown(program, needed, numbers)
    dtype = next((v.dtype for v in values.values() if v.is_floating_point()), torch.float32)
    for source in needed:
        values[source.name] = _drawn(program, source, numbers, dtype)
    found = interpret(program, **values, **sizes)
    for let in program.lets:
        if not let.is_part:
            yield _told(let.name, found[let.name])


def _read(path: str) -> Tensor:
    try:
        return torch.from_numpy(np.load(path, allow_pickle=False))
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror or error}") from None
    except (ValueError, EOFError, TypeError):
        raise FileError(f"{path} is no array of numbers as numpy.save writes it") from None


def _refuse_unknown(program: Program, needed: list[Source], numbers: Mapping[str, int]) -> None:
    unknown = {d for s in needed for leg in s.legs for d in leg.size.dims} - numbers.keys()
    unknown |= {s.of for s in needed if s.of} - numbers.keys()
    if unknown:
        names = [*program.dim_order, *sorted(unknown - set(program.dim_order))]
        names = [name for name in names if name in unknown]
        said = ", ".join(f"`{name}`" for name in names)
        example = ",".join(f"{name}=4" for name in names)
        raise DiagramError(f"no number for {said}; give one: --dims {example}")


def _drawn(
    program: Program, source: Source, numbers: Mapping[str, int], dtype: torch.dtype
) -> Tensor:
    """Normal inputs and constants, weights and buffers by their rules, indices within bounds."""
    shape = shape_of(source, numbers)
    if source.kind is Kind.INDEX:
        return torch.randint(0, max(1, numbers[str(source.of)]), shape)
    value = torch.randn(shape, dtype=dtype)
    if source.kind in (Kind.WEIGHT, Kind.BUFFER):
        initialise(program, source, value, numbers)
    return value


def _told(name: str, value: Tensor) -> str:
    """A value as one line of facts, small ones in full."""
    shape = " × ".join(str(length) for length in value.shape) or "a number"
    if value.numel() <= SHOWN:
        return f"{name}: {shape}\n{value}"
    if not value.is_floating_point():
        return f"{name}: {shape}"
    facts = {"mean": value.mean(), "std": value.std(), "min": value.min(), "max": value.max()}
    return f"{name}: {shape}; {', '.join(f'{fact} {float(v):.4g}' for fact, v in facts.items())}"
