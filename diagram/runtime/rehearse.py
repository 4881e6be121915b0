"""A module run on random data: shapes, what the values are like, and how long it takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter

import torch
from torch import Tensor

from diagram.language.check import derive
from diagram.language.core import Program
from diagram.runtime.feed import inputs_of
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
    torch.manual_seed(seed)
    module = compile(program, sizes).eval()
    inputs = random_inputs(module, sizes, seed)
    names = [source.name for source in inputs_of(module.program)]
    with torch.inference_mode():
        calls = [_timed(module, inputs) for _ in range(repeats + 1)]
    found, first = calls[0]
    results = found if isinstance(found, tuple) else (found,)
    return Rehearsal(
        tuple(_value(module.program, *pair) for pair in zip(names, inputs, strict=True)),
        tuple(
            _value(module.program, *pair)
            for pair in zip(module.program.outputs, results, strict=True)
        ),
        first,
        tuple(seconds for _, seconds in calls[1:]),
        torch.get_num_threads(),
    )


def _timed(module: DiagramModule, inputs: Sequence[Tensor]) -> tuple[object, float]:
    """What a call returns, and its seconds."""
    start = perf_counter()
    found = module(*inputs)
    return found, perf_counter() - start


def _value(program: Program, name: str, value: Tensor) -> Value:
    legs = tuple(leg.name for leg in derive(program).legs[name])
    return Value(name, legs, tuple(value.shape), str(value.dtype).partition(".")[2], told(value))
