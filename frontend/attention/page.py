"""Two models side by side, from text to figure, counts and module."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from frontend import paint
from frontend.attention import compare, panel, state
from frontend.attention.charts import charts
from frontend.attention.dims import length_field, note
from frontend.attention.listings import listings
from frontend.attention.state import Side
from frontend.attention.weights import weights
from frontend.programs import Store
from frontend.warm import warm

HERE = Path(__file__).parent

LEAD = (
    "Two attention layers as tensor diagrams, each drawn, counted and compiled from one text. "
    "A circle is a tensor and a line an index; a line between circles is summed over, a dot joins "
    "lines of one index, and the dashed box is the softmax."
)


def page() -> None:
    """Everything below the title; figures come first, each kind of thing once the last is drawn."""
    store = st.session_state
    state.start(store)
    lead = paint.held("lead")
    controls = []
    for column, side in zip(st.columns(2, gap="large"), Side, strict=True):
        with column:
            controls.append(paint.held(side.key("controls")))
    figures = st.container(key="attention-figures").columns(2, gap="large")
    for column, side in zip(figures, Side, strict=True):
        with column:
            panel.figure(side)
    paint.figure(store)
    with lead:
        _lead(store)
    for place, side in zip(controls, Side, strict=True):
        with place:
            panel.controls(store, side)
    models = (state.model(store, Side.LEFT), state.model(store, Side.RIGHT))
    for column, model in zip(figures, models, strict=True):
        with column:
            panel.downloads(model, store.get(model.side.key("picture")))
    panel.differences(*models)
    _counts(models)
    st.header("Text, plan and module", anchor=False)
    listings(store, models)
    _words()
    st.header("Real weights", anchor=False)
    weights()
    warm()


def _lead(store: Store) -> None:
    said, switches = st.columns([3, 1], vertical_alignment="center")
    said.caption(LEAD)
    with switches, st.container(horizontal=True, horizontal_alignment="right", gap="small"):
        st.toggle("Mark differences", key="marks", width="content")
        st.toggle(
            "One F for both", key="share", on_change=state.settle, args=(store,), width="content"
        )


def _counts(models: tuple[state.Model, state.Model]) -> None:
    store = st.session_state
    left, right = models
    st.header("Counts", anchor=False)
    numbers, fields = st.columns([3, 2], vertical_alignment="bottom", gap="large")
    with numbers:
        compare.headline(left, right)
    with fields:
        length, batch = st.columns(2)
        with length:
            length_field(store, "n", "N sequence length")
        with batch:
            length_field(store, "b", "B batch")
    note(store, "n.fault")
    note(store, "b.fault")
    n, b = store["n"], store["b"]
    rows = compare.quantities(left, right, n, b) + compare.flops_or_note(left, right, n, b)
    compare.table(left, right, rows)
    compare.map_note(left, right)
    charts(left, right, {side: state.link(store, side) for side in Side})


def _words() -> None:
    """What "lossless" means, with its limits."""
    st.header("What “lossless” means, and what it does not", anchor=False)
    text = (HERE / "lossless.md").read_text(encoding="utf-8")
    with st.container(key="words"):
        for column, part in zip(st.columns(2, gap="large"), text.split("\n===\n"), strict=True):
            column.markdown(part)
