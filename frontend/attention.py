"""The page *Attention*: two models side by side, from text to figure, counts and module."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from frontend import compare, panel, state
from frontend.charts import charts
from frontend.dims import length_field, note
from frontend.listings import listings
from frontend.state import Side
from frontend.warm import warm

HERE = Path(__file__).parent


def page() -> None:
    """Everything below the title."""
    st.html(HERE / "page.css")
    st.markdown(
        "Two attention layers as tensor diagrams, each drawn, counted and compiled from one text. "
        "A circle is a tensor, a line an index; a line between circles is summed over, "
        "the dashed box is a softmax."
    )
    store = st.session_state
    state.start(store)
    sides = st.columns(2, gap="large")
    for column, side in zip(sides, Side, strict=True):
        with column:
            panel.controls(store, side)
    models = (state.model(store, Side.LEFT), state.model(store, Side.RIGHT))
    for column, side, model in zip(sides, Side, models, strict=True):
        with column:
            panel.figure(side)
            panel.downloads(side, model, store.get(side.key("picture")))
    _counts(models)
    listings(store, models)
    warm()


def _counts(models: tuple[state.Model, state.Model]) -> None:
    store = st.session_state
    left, right = models
    st.header("Counts", anchor=False)
    compare.headline(left, right)
    fields = st.columns([1, 1, 1, 3], vertical_alignment="bottom")
    with fields[0]:
        length_field(store, "n", "**N** sequence length")
    with fields[1]:
        length_field(store, "b", "**B** batch")
    with fields[2]:
        st.toggle("Share F", key="share", on_change=state.settle, args=(store,))
    note(store, "n.fault")
    note(store, "b.fault")
    n, b = store["n"], store["b"]
    rows = compare.quantities(left, right, n, b) + compare.flops_or_note(left, right, n, b)
    compare.table(left, right, rows)
    compare.map_note(left, right)
    charts(left, right, {side: state.link(store, side) for side in Side})
