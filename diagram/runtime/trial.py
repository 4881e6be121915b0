"""A trial run: random numbers for what is not given, and every value told in words."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from diagram.errors import DiagramError, FileError, SizeError
from diagram.language.check import types
from diagram.language.core import Kind, Program, Source
from diagram.language.count import checked
from diagram.language.inline import inline
from diagram.runtime.bind import bind
from diagram.runtime.given import tensor
from diagram.runtime.init import initialise, is_computed, shape_of
from diagram.runtime.interpret import evaluate

if TYPE_CHECKING:
    from diagram.runtime.teach.walk import Walk

SHOWN = 64
"""Values of at most this many entries are told in full."""


def trial(
    program: Program, sizes: Mapping[str, int], paths: Mapping[str, str], seed: int
) -> Iterator[str]:
    """A line for every let; `paths` are files of `numpy.save` for values that are given."""
    program, values, sizes = drawn(program, sizes, paths, seed)
    found = evaluate(program, values, sizes)
    for let in program.lets:
        if not let.is_part:
            yield _told(let.name, found[let.name])


def lesson(
    program: Program,
    sizes: Mapping[str, int],
    paths: Mapping[str, str],
    seed: int,
    colour: bool = False,
) -> Iterator[str]:
    """The steps of a trial run, as a page."""
    from diagram.runtime.teach.page import page

    yield from page(walked(program, sizes, paths, seed), colour)


def walked(program: Program, sizes: Mapping[str, int], paths: Mapping[str, str], seed: int) -> Walk:
    """The steps of a trial run, in the order of its plan."""
    from diagram.planner import plan
    from diagram.runtime.teach.walk import walk

    program, values, sizes = drawn(program, sizes, paths, seed)
    shapes = {name: tuple(value.shape) for name, value in values.items()}
    numbers = bind(program, shapes, sizes)
    order = plan(program, {d: n for d, n in numbers.items() if d not in program.equations})
    return walk(program, values, sizes, order)


def drawn(
    program: Program, sizes: Mapping[str, int], paths: Mapping[str, str], seed: int
) -> tuple[Program, dict[str, Tensor], dict[str, int]]:
    """The program without defs, a value for each source that wants one, and the sizes as given."""
    if not 0 <= seed < 2**63:
        raise DiagramError(f"the seed is {seed}; a whole number from 0 to 2^63 - 1 is wanted")
    torch.manual_seed(seed)
    program = inline(program)
    sizes = checked(program, sizes)
    values = {name: _read(path) for name, path in paths.items()}
    numbers = bind(program, {name: tuple(v.shape) for name, v in values.items()}, sizes)
    needed = [s for s in program.sources if s.name not in values and not is_computed(s)]
    _refuse_unknown(program, needed, numbers)
    _refuse_too_large(program, numbers)
    dtype = next((v.dtype for v in values.values() if v.is_floating_point()), torch.float32)
    for source in needed:
        values[source.name] = _drawn(program, source, numbers, dtype)
    return program, values, sizes


def _read(path: str) -> Tensor:
    try:
        array = np.load(path, allow_pickle=False)
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror or error}") from None
    except (ValueError, EOFError):
        raise FileError(f"{path} is no array of numbers as numpy.save writes it") from None
    if not isinstance(array, np.ndarray):
        array.close()
        raise FileError(f"{path} holds several arrays; one is wanted, as numpy.save writes it")
    if array.dtype.kind not in "biuf":
        raise FileError(f"{path} holds {array.dtype} entries; real numbers are wanted")
    found = tensor(array)
    if isinstance(found, str):
        raise FileError(f"{path} holds {array.dtype} entries, which torch has not")
    return found


def _refuse_unknown(program: Program, needed: list[Source], numbers: Mapping[str, int]) -> None:
    unknown = {d for s in needed for leg in s.legs for d in leg.size.dims} - numbers.keys()
    unknown |= {d for s in needed if s.of is not None for d in s.of.dims} - numbers.keys()
    if unknown:
        names = [*program.dim_order, *sorted(unknown - set(program.dim_order))]
        names = [name for name in names if name in unknown]
        said = ", ".join(f"`{name}`" for name in names)
        example = ",".join(f"{name}=4" for name in names)
        raise DiagramError(f"no number for {said}; give one: --dims {example}")


def _refuse_too_large(program: Program, numbers: Mapping[str, int]) -> None:
    """SizeError where the values together are more than this machine's memory holds."""
    known = [
        (name, [leg.size.value(numbers) for leg in legs])
        for name, legs in types(program).items()
        if all(leg.size.dims <= numbers.keys() for leg in legs)
    ]
    entries = {name: math.prod(lengths) for name, lengths in known}
    largest = max(entries, key=entries.__getitem__, default="")
    size = sum(entries.values()) * torch.finfo(torch.float32).bits // 8
    memory = _memory()
    if size > memory:
        raise SizeError(
            f"the values have {sum(entries.values()):,} entries ({largest} {entries[largest]:,}), "
            f"{size / 2**30:,.1f} GiB, more than the {memory / 2**30:,.1f} GiB of this machine"
        )


def _memory() -> int:
    """The bytes of this machine's memory; where the system does not tell, more than any has."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return 2**48


def _drawn(
    program: Program, source: Source, numbers: Mapping[str, int], dtype: torch.dtype
) -> Tensor:
    """Normal inputs and constants, weights and buffers by their rules, indices within bounds."""
    shape = shape_of(source, numbers)
    if source.of is not None:
        return torch.randint(0, min(max(1, source.of.value(numbers)), 2**63 - 1), shape)
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
