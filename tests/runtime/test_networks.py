"""The stored networks give the stored results, interpreted and compiled."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from diagram import compile, interpret, parse
from diagram.language.core import Kind

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


@pytest.mark.parametrize("name", NETWORKS)
def test_interpreted(name: str):
    program = parse(NETWORKS[name]["text"])
    values = stored(name)
    expected = values.pop("=")
    close(interpret(program, **values)[program.outputs[0]], expected)


@pytest.mark.parametrize("name", NETWORKS)
def test_compiled(name: str):
    program = parse(NETWORKS[name]["text"])
    values = stored(name)
    expected = values.pop("=")
    sizes = {dim: n for dim, n in NETWORKS[name]["sizes"].items() if dim in program.dim_order}
    module = compile(program, **sizes).double()
    module.load_state_dict({key: values[key] for key in module.state_dict()})
    fed = [s.name for s in program.sources if s.kind in (Kind.INPUT, Kind.INDEX)]
    given = {s.name for s in program.sources if s.name in values}
    assert given == {*fed, *module.state_dict()}
    with torch.no_grad():
        close(module(*(values[key] for key in fed)), expected)
        close(module(**{key: values[key] for key in fed}), expected)
