"""ONNX of every program: run by onnxruntime at other lengths than traced, it gives the values."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from diagram import DiagramError, compile, parse
from diagram.language.ops import OPS
from diagram.runtime import DiagramModule
from diagram.runtime.onnx import onnx_program
from diagram.runtime.samples import random_inputs, small_sizes
from models import BLOCKS, WILD, ZOO
from tests.runtime.collected import NETWORKS, module_of


class Session:
    """A module as ONNX, run by onnxruntime."""

    def __init__(self, module: DiagramModule, *examples: Tensor) -> None:
        proto = onnx_program(module, *examples).model_proto
        self.run = onnxruntime.InferenceSession(proto.SerializeToString())

    @property
    def inputs(self) -> dict[str, list[object]]:
        return {value.name: value.shape for value in self.run.get_inputs()}

    @property
    def outputs(self) -> dict[str, list[object]]:
        return {value.name: value.shape for value in self.run.get_outputs()}

    def __call__(self, *inputs: Tensor) -> list[NDArray[np.float32]]:
        given = {name: x.numpy() for name, x in zip(self.inputs, inputs, strict=True)}
        found: list[NDArray[np.float32]] = self.run.run(None, given)
        return found


def same_at_other_lengths(module: DiagramModule, count: int = 4) -> Session:
    session = Session(module)
    draw = random.Random(0)
    for turn in range(count):
        sizes = small_sizes(module, {}, draw, spread=6 if turn else 0)
        numbers = random_inputs(module, sizes, turn)
        with torch.no_grad():
            expected = module(*numbers)
        expected = expected if isinstance(expected, tuple) else (expected,)
        for found, other in zip(session(*numbers), expected, strict=True):
            assert found.shape == other.shape
            largest = np.abs(found, where=np.isfinite(found), out=np.ones_like(found)).max()
            np.testing.assert_allclose(found, other.numpy(), rtol=0, atol=1e-5 * max(1, largest))
    return session


@pytest.mark.parametrize("name", [*ZOO, *BLOCKS, *WILD])
def test_every_program_at_other_lengths_than_traced(name: str):
    """Also where every length is 1."""
    same_at_other_lengths(module_of(name))


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
def test_all_networks(name: str):
    same_at_other_lengths(module_of(name))


PLAIN = [op for op in OPS.values() if not (op.names or op.options) and op.values == (1, 1)]
SHOWN = [
    *(f"{op.name}(X)" for op in PLAIN if op.name not in ("log", "sqrt", "recip")),
    "log(exp(X))",
    "recip(sqrt(exp(X)))",
    *(f"{name}[n](X)" for name in ("softmax", "log_softmax", "cumsum", "sort", "unit", "rms_norm")),
    *(f"{name}[n](X)" for name in ("max", "min", "mean")),
    "sort[n](X, descending=1)",
    "layer_norm[b n](X)",
    "softmax[n](mask(causal[b n](X), M))",
    "log_softmax[n](mask(X, M))",
    "max_pool[n f](X, size=3, stride=2, pad=1)",
    "slice[n](X, start=1, stop=(n - 1))",
    "concat[n](X, X)",
    "dropout(X, p=0.5)",
]


@pytest.mark.slow
@pytest.mark.parametrize("op", SHOWN)
def test_every_op(op: str):
    same_at_other_lengths(compile(parse(f"input X[b n f] M[n]\nY = {op}\nreturn Y")).eval())


def test_names_of_inputs_results_and_axes_are_the_programs():
    text = "input X[b n f] X'[b n f]\nweight W[f h]\nY'[b n h] = X W[f h]\n"
    text = text.replace("X W", "X[b n f] W") + "Z = max_pool[n](X', size=2)\nreturn Y', Z"
    session = same_at_other_lengths(compile(parse(text), f=3, h=2))
    assert session.inputs == {"X": ["b", "n", 3], "X'": ["b", "n", 3]}
    assert list(session.outputs) == ["Y'", "Z"]
    assert session.outputs["Y'"] == ["b", "n", 2]
    assert session.outputs["Z"][0] == "b"
    assert "n" in str(session.outputs["Z"][1])


def test_results_that_are_inputs_or_weights():
    text = "input X[n] X_[n]\nweight W[n:3]\nY = X_\nreturn X, Y, W"
    session = Session(compile(parse(text)))
    assert list(session.outputs) == ["X__", "Y", "W_"]
    x, other = torch.ones(2), torch.arange(2.0)
    for found, expected in zip(session(x, other)[:2], (x, other), strict=True):
        assert np.array_equal(found, expected.numpy())


def test_examples_say_the_dtypes():
    module = compile(parse("input X[b n] M[n]\nY = softmax[n](mask(X, M))\nreturn Y"))
    x, keep = torch.randn(3, 4), torch.tensor([True, False, True, True])
    (found,) = Session(module, x, keep)(x[:1, :3], keep[:3])
    assert np.allclose(found, module(x[:1, :3], keep[:3]), atol=1e-6)


def test_saved(tmp_path: Path):
    module = module_of("lossless")
    onnx_program(module).save(tmp_path / "lossless.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "lossless.onnx")
    (x,) = random_inputs(module, {"b": 3, "n": 2}, seed=0)
    (found,) = session.run(["Y"], {"X": x.numpy()})
    assert np.allclose(found, module(x).detach(), atol=1e-6)


def test_what_onnx_cannot_hold_is_named():
    """ONNX has paddings and groups as numbers in the file; here they are those of an input."""
    text = "input U[x] K[x:k]\nY[x] = U[x] K[x] conv x (pad=full)\nreturn Y"
    with pytest.raises(DiagramError, match="it has no counterpart of torch's `conv1d` as it is"):
        onnx_program(compile(parse(text)))


@pytest.mark.parametrize("lacks", [["onnx"], ["onnxscript"], ["onnx", "onnxscript"]])
def test_without_onnx(monkeypatch: pytest.MonkeyPatch, lacks: list[str]):
    monkeypatch.setattr("diagram.runtime.onnx.find_spec", lambda name: name not in lacks or None)
    with pytest.raises(DiagramError) as raised:
        onnx_program(module_of("lossless"))
    names = " and ".join(lacks)
    assert str(raised.value) == f"ONNX needs {names}: pip install 'tensor-diagrams[onnx]'"
