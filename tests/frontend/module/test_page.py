"""The module without a browser: source, weights, a run, and files."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping

import numpy as np
import pytest
from safetensors.numpy import save
from streamlit.testing.v1 import AppTest

from diagram import DiagramError
from diagram.runtime.rehearse import Rehearsal
from frontend.document import Document, example
from frontend.link import encode
from frontend.module import run as compiled
from frontend.module.data import given
from frontend.results import Failure
from frontend.work import Job

TEXT = "input X[n f]\nweight W[f h]=zeros\nY[n h] = X[n f] W[f h]\nreturn Y"
SMALL = Document(TEXT, TEXT)


@pytest.fixture
def app(studio):
    return studio("module", d=encode(SMALL))


def source(app: AppTest) -> str:
    return next(code.value for code in app.code if "class Module" in code.value)


def test_source_and_weights(app):
    assert "self.W = nn.Parameter(torch.zeros(16, 16))" in source(app)
    assert app.metric[0].value == "256"
    table = next(text.value for text in app.markdown if text.value.startswith("| weight"))
    assert "| W | f h = 16 × 16 | 256 | zeros |" in table


def test_another_number_is_another_module(app):
    app.number_input("module.dim.h").set_value(3).run()
    assert "torch.zeros(16, 3)" in source(app)


def settled(app: AppTest, key: str) -> Job:
    """The work under this key, once it has ended and the page has shown what came of it."""
    job: Job = app.session_state[key]
    while not job.has_ended:
        app.run()
    app.run()
    assert not app.exception
    return job


def test_a_run_on_random_data(app):
    app.button("module.run.begin").click().run()
    settled(app, "module.run")
    assert not app.error
    said = [text.value for text in app.markdown]
    assert "`X[n f]`: 1,024 × 16, float32" in said
    assert "`Y[n h]`: 1,024 × 16, float32" in said
    assert "Median of five calls" in [metric.label for metric in app.metric]
    assert any("random numbers for X" in caption.value for caption in app.caption)


def test_a_run_that_is_too_large_is_refused(app):
    app.number_input("module.dim.n").set_value(10**9).run()
    app.button("module.run.begin").click().run()
    settled(app, "module.run")
    assert "here at most" in app.error[0].value


def test_values_that_are_too_large_are_refused():
    text = "input X[n m]\nY = relu(X)\nreturn Y"
    with pytest.raises(Failure, match="values of this run"):
        compiled.refuse_large(Document(text, text, {"n": 10**5, "m": 10**5}))


# -- inputs from files ------------------------------------------------------------------------

TWO = "input X[n f] Z[n f]\nweight W[f h:2]\nY[n h] = X[n f] W[f h] + Z[n f] W[f h]\nreturn Y"


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def npz(**arrays: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("any.npy", npy(np.ones((3, 16)))),
        ("X.npz", npz(X=np.ones((3, 16), np.int8))),
        ("x.safetensors", save({"X": np.ones((3, 16), np.float16)})),
    ],
)
def test_a_run_on_a_file(app, name, content):
    app.file_uploader("module.files").set_value((name, content, "")).run()
    app.button("module.run.begin").click().run()
    ran = settled(app, "module.run").result
    assert not app.error
    assert [value.shape for value in (*ran.inputs, *ran.outputs)] == [(3, 16), (3, 16)]
    assert ran.outputs[0].told.count("0") > 0  # W is zeros


def test_a_file_tells_the_lengths_of_random_inputs():
    data = given(Document(TWO, TWO), [("X.npy", npy(np.ones((5, 16))))])
    assert data.document.numbers["n"] == 5
    job = Job(data.key)
    job.run(compiled.running(data.document, data.arrays))
    assert isinstance(job.result, Rehearsal)
    assert [value.shape for value in job.result.inputs] == [(5, 16), (5, 16)]


MISFITS: Mapping[str, tuple[str, bytes, str]] = {
    "legs": ("X.npy", npy(np.ones(3)), "X is 3 in the file, but here it is X[n f]"),
    "weights": ("X.npy", npy(np.ones((3, 5))), "length 5 in the file, but F is 16 in the module"),
    "disagree": ("a.npz", npz(X=np.ones((2, 16)), Z=np.ones((3, 16))), "N is 2 in X"),
    "name": ("a.npz", npz(Q=np.ones((2, 16))), "`Q`, which is no input"),
    "words": ("X.npy", npy(np.array([["a"]])), "<U1 entries"),
    "pickle": ("X.npy", npy(np.array([[{}]], object)), "X.npy cannot be read as .npy: Object"),
    "garbage": ("X.npy", b"garbage", "X.npy cannot be read"),
    "zip": ("X.npz", b"PK\x03\x04", "X.npz cannot be read"),
    "tensors": ("X.safetensors", b"\x10", "cannot read X.safetensors"),
    "long": ("X.npy", npy(np.ones((1, 1))).replace(b"(1, 1)", b"(9**9,)"), "cannot be read"),
}


@pytest.mark.parametrize("case", MISFITS)
def test_files_that_do_not_fit(case):
    name, content, message = MISFITS[case]
    with pytest.raises(DiagramError, match=re.escape(message)):
        given(Document(TWO, TWO), [(name, content)])


def test_what_a_file_lacks_is_shown(app):
    app.file_uploader("module.files").set_value(("X.npy", npy(np.ones(3)), "")).run()
    assert "X is 3 in the file" in app.error[0].value
    assert not [button for button in app.button if button.key == "module.run.begin"]


def test_a_module_of_every_kind_of_example():
    assert "class MultiHead(nn.Module)" in compiled.source(example("multi-head"))
    assert "class Gpt2(nn.Module)" in compiled.source(example("gpt-2"))
    assert len(compiled.weights(example("gpt-2"))) > 100


def test_onnx(app):
    pytest.importorskip("onnxscript")
    app.button("module.onnx.make").click().run()
    job = settled(app, "module.onnx")
    assert not app.error
    assert isinstance(job.result, bytes)
    assert job.of.good == SMALL.good


def test_onnx_where_it_is_not_installed(studio, monkeypatch):
    monkeypatch.setattr(compiled, "lacks", lambda: ("onnx", "onnxscript"))
    app = studio("module", d=encode(SMALL))
    assert app.button("module.onnx.make").disabled
    assert any("pip install 'tensor-diagrams[onnx]'" in caption.value for caption in app.caption)
