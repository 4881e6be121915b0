"""The module without a browser: source, weights, a run, and files."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from frontend.document import Document, example
from frontend.link import encode
from frontend.module import run as compiled
from frontend.results import Failure

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


def test_a_run_on_random_data(app):
    app.button("module.run").click().run()
    assert not app.exception
    assert not app.error
    said = [text.value for text in app.markdown]
    assert "`X[n f]`: 1,024 × 16, float32" in said
    assert "`Y[n h]`: 1,024 × 16, float32" in said
    assert "Median of five calls" in [metric.label for metric in app.metric]


def test_a_run_that_is_too_large_is_refused(app):
    app.number_input("module.dim.n").set_value(10**9).run()
    app.button("module.run").click().run()
    assert "here at most" in app.error[0].value


def test_values_that_are_too_large_are_refused():
    text = "input X[n m]\nY = relu(X)\nreturn Y"
    with pytest.raises(Failure, match="values of this run"):
        compiled.run(Document(text, text, {"n": 10**5, "m": 10**5}))


def test_a_module_of_every_kind_of_example():
    assert "class MultiHead(nn.Module)" in compiled.source(example("multi-head"))
    assert "class Gpt2(nn.Module)" in compiled.source(example("gpt-2"))
    assert len(compiled.weights(example("gpt-2"))) > 100


def test_onnx(app):
    pytest.importorskip("onnxscript")
    app.button("module.make").click().run()
    assert not app.exception
    assert not app.error
    of, made = app.session_state["module.onnx"]
    assert isinstance(made, bytes)
    assert of.good == SMALL.good
