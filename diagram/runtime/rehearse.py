"""A module run on random or given data: shapes, what the values are like, how long it takes."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter

import torch
from torch import Tensor

from diagram.language.check import derive
from diagram.language.core import Program
from diagram.runtime.feed import inputs_of
from diagram.runtime.given import tensor
from diagram.runtime.module import DiagramModule, compile
from diagram.runtime.samples import random_inputs
from diagram.runtime.teach.told import told


@dataclass(frozen=True)
class Value:
    """A value of a run: its legs and lengths, its dtype, and its entries in words."""

    name: str
    legs: tuple[str, ...]
    shape: tuple[int, ...]
    dtype: str
    told: str


@dataclass(frozen=True)
class Rehearsal:
    """What came of a run in evaluation; seconds of the calls after the first."""

    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    first: float
    seconds: tuple[float, ...]
    threads: int

    @property
    def median(self) -> float:
        return median(self.seconds)


def rehearse(
    program: Program, sizes: Mapping[str, int], seed: int = 0, repeats: int = 5
) -> Rehearsal:
    """Compiles a program for time, and runs it on random inputs of these sizes, without gradients.

    DiagramError for what cannot be compiled or run.

    >>> from diagram import parse
    >>> text = "input X[n f]\\nweight W[f h]\\nY[n h] = X[n f] W[f h]\\nreturn Y"
    >>> [value.shape for value in rehearse(parse(text), {"n": 2, "f": 3, "h": 4}).outputs]
    [(2, 4)]
    """
    work = rehearsing(program, sizes, {}, seed, repeats)
    while True:
        try:
            next(work)
        except StopIteration as end:
            found: Rehearsal = end.value
            return found


def rehearsing(
    program: Program,
    sizes: Mapping[str, int],
    given: Mapping[str, object],
    seed: int = 0,
    repeats: int = 5,
) -> Generator[tuple[float, str], None, Rehearsal]:
    """The same in parts, with some inputs given: before each part the share that is done."""
    yield 0.0, "Compiling"
    torch.manual_seed(seed)
    module = compile(program, sizes).eval()
    names = [source.name for source in inputs_of(module.program)]
    random = zip(names, random_inputs(module, sizes, seed), strict=True)
    inputs = [_given(given[n], like) if n in given else like for n, like in random]
    calls = []
    for call in range(repeats + 1):
        yield (call + 1) / (repeats + 2), f"Call {call + 1} of {repeats + 1}"
        with torch.inference_mode():
            calls.append(_timed(module, inputs))
    found, first = calls[0]
    results = found if isinstance(found, tuple) else (found,)
    program = module.program
    return Rehearsal(
        tuple(_value(program, *pair) for pair in zip(names, inputs, strict=True)),
        tuple(_value(program, *pair) for pair in zip(program.outputs, results, strict=True)),
        first,
        tuple(seconds for _, seconds in calls[1:]),
        torch.get_num_threads(),
    )


def _given(value: object, like: Tensor) -> Tensor:
    """A value in the dtype of the random one; numbers with fractions never become whole ones."""
    found = tensor(value)
    if isinstance(found, str):
        raise TypeError(f"an input is {found}")
    is_cut = found.is_floating_point() and not like.is_floating_point()
    return found if is_cut else found.to(like.dtype)


def _timed(module: DiagramModule, inputs: Sequence[Tensor]) -> tuple[object, float]:
    """What a call returns, and its seconds."""
    start = perf_counter()
    found = module(*inputs)
    return found, perf_counter() - start


def _value(program: Program, name: str, value: Tensor) -> Value:
    legs = tuple(leg.name for leg in derive(program).legs[name])
    return Value(name, legs, tuple(value.shape), str(value.dtype).partition(".")[2], told(value))
