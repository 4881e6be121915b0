"""The stored networks give the stored results, interpreted and compiled."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from diagram import Program, compile, interpret, parse
from diagram.language.check import derive
from diagram.language.core import Kind
from diagram.language.count import dim_names
from diagram.language.inline import inline
from diagram.runtime.feed import inputs_of

DATA = Path(__file__).parent.parent / "data"
NETWORKS: dict[str, dict[str, Any]] = json.loads(
    (DATA / "networks.json").read_text(encoding="utf-8")
)


def stored(name: str) -> dict[str, Tensor]:
    """The arrays of a network by the names of its values; the result is `=`."""
    with np.load(DATA / "networks.npz") as arrays:
        return {
            key.partition("|")[2]: torch.from_numpy(arrays[key])
            for key in arrays.files
            if key.partition("|")[0] == name
        }


def close(found: Tensor, expected: Tensor, tolerance: float = 1e-12) -> None:
    assert found.shape == expected.shape
    assert found.dtype == expected.dtype == torch.float64
    assert (found - expected).abs().max() <= tolerance


def numbers(name: str, program: Program) -> dict[str, int]:
    """The stored numbers of the dims that a program has."""
    sizes = NETWORKS[name]["sizes"]
    return {dim: sizes[dim] for dim in dim_names(program) if dim in sizes}


@pytest.mark.parametrize("name", NETWORKS)
def test_interpreted(name: str):
    program = inline(parse(NETWORKS[name]["text"]))
    values = stored(name)
    expected = values.pop("=")
    free = {dim: n for dim, n in numbers(name, program).items() if dim in derive(program).free}
    found = interpret(program, train=NETWORKS[name]["train"], **values, **free)
    close(found[program.outputs[0]], expected)


@pytest.mark.parametrize("name", NETWORKS)
def test_compiled(name: str):
    program = parse(NETWORKS[name]["text"])
    values = stored(name)
    expected = values.pop("=")
    flat = inline(program)
    module = compile(program, numbers(name, flat)).double().train(NETWORKS[name]["train"])
    start = module.state_dict()
    unlike = {source.name for source in flat.sources if source.kind is Kind.BUFFER} - values.keys()
    module.load_state_dict({key: start[key] if key in unlike else values[key] for key in start})
    fed = [source.name for source in inputs_of(flat)]
    given = {source.name for source in flat.sources if source.name in values}
    assert given | unlike == {*fed, *module.state_dict()}
    with torch.no_grad():
        close(module(*(values[key] for key in fed)), expected)
        close(module(**{key: values[key] for key in fed}), expected)
