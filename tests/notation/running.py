"""Runs what `show` writes: numpy files, torch functions; and the stored networks."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from diagram import interpret, parse
from diagram.language.check import derive
from diagram.language.core import Kind, Program
from diagram.language.count import dim_names
from diagram.language.inline import inline
from diagram.notation.loops import value_names

DATA = Path(__file__).parent.parent / "data"
NETWORKS: dict[str, dict[str, Any]] = json.loads(
    (DATA / "networks.json").read_text(encoding="utf-8")
)
EVALUATED = [name for name, network in NETWORKS.items() if not network["train"]]
MOST_TURNS = 50_000
"""Turns of a let's loops that a test waits for."""

Numbers = NDArray[np.float64]
Values = Mapping[str, Numbers]


def stored(name: str) -> dict[str, Numbers]:
    """The arrays of a network by the names of its values; the result is `=`."""
    with np.load(DATA / "networks.npz") as arrays:
        return {
            key.partition("|")[2]: arrays[key]
            for key in arrays.files
            if key.partition("|")[0] == name
        }


def network(name: str) -> tuple[Program, dict[str, int], dict[str, Numbers]]:
    """A program without defs, the numbers of its dims, and all its values as interpreted."""
    program = inline(parse(NETWORKS[name]["text"]))
    sizes = {d: n for d, n in NETWORKS[name]["sizes"].items() if d in dim_names(program)}
    values = stored(name)
    expected = values.pop("=")
    free = {dim: n for dim, n in sizes.items() if dim in derive(program).free}
    found = interpreted(program, values, free)
    assert np.abs(found[program.outputs[0]] - expected).max() <= 1e-12
    return program, sizes, found


def interpreted(program: Program, values: Values, sizes: Mapping[str, int]) -> dict[str, Numbers]:
    given: dict[str, Any] = {**values, **sizes}
    return {name: value.numpy() for name, value in interpret(program, **given).items()}


def whole(random: np.random.Generator, shape: list[int]) -> Numbers:
    """Whole numbers from -3 to 3."""
    return random.integers(-3, 4, shape).astype(np.float64)


def run(text: str, values: dict[str, Any]) -> dict[str, Any]:
    """What the text leaves under its names."""
    scope: dict[str, Any] = dict(values)
    exec(text, scope)
    return scope


def run_numpy(program: Program, text: str, values: Values) -> dict[str, Numbers]:
    """Every let's value after a file of numpy code."""
    names = value_names(program)
    scope = run(text, {names[name]: values[name] for name in program.source})
    return {name: np.asarray(scope[names[name]]) for name in program.let}


def run_torch(program: Program, text: str, values: Values) -> tuple[torch.Tensor, ...]:
    """What a torch function returns."""
    buffers = [s.name for s in program.sources if s.kind is Kind.BUFFER]
    order = [s.name for s in program.sources if s.name not in buffers] + buffers
    name = re.sub(r"\W", "_", "_".join(program.outputs))
    scope = run(text, {})
    found = scope[name](*(torch.from_numpy(np.array(values[name])) for name in order))
    return found if isinstance(found, tuple) else (found,)


def close(found: Numbers, expected: Numbers, name: str, tolerance: float = 1e-12) -> None:
    hidden = np.isneginf(expected)
    assert found.shape == expected.shape, name
    assert np.array_equal(np.isneginf(found), hidden), name
    gap = np.where(hidden, 0.0, found) - np.where(hidden, 0.0, expected)
    assert np.abs(gap).max(initial=0.0) <= tolerance, name
