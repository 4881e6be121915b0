"""The page *Attention*: two models side by side, from text to figure, counts and module."""

from __future__ import annotations

from pathlib import Path
from time import sleep

import streamlit as st

from frontend import compare, panel, state
from frontend.charts import charts
from frontend.dims import length_field, note
from frontend.listings import listings
from frontend.state import Side
from frontend.warm import warm
from frontend.weights import weights

HERE = Path(__file__).parent
PAUSE = 0.4
"""Seconds."""

LEAD = (
    "Two attention layers as tensor diagrams, each drawn, counted and compiled from one text. "
    "A circle is a tensor and a line an index; a line between circles is summed over, a dot joins "
    "lines of one index, and the dashed box is the softmax."
)


def page() -> None:
    """Everything below the title."""
    st.html(HERE / "page.css")
    store = st.session_state
    state.start(store)
    lead, share = st.columns([6, 1], vertical_alignment="center")
    lead.caption(LEAD)
    with share:
        st.toggle("One F for both", key="share", on_change=state.settle, args=(store,))
    sides = st.columns(2, gap="large")
    for column, side in zip(sides, Side, strict=True):
        with column:
            panel.controls(store, side)
    models = (state.model(store, Side.LEFT), state.model(store, Side.RIGHT))
    for column, side, model in zip(st.columns(2, gap="large"), Side, models, strict=True):
        with column:
            panel.figure(side)
            panel.downloads(side, model, store.get(side.key("picture")))
    _let_it_paint(store)
    _counts(models)
    st.header("Text, plan and module", anchor=False)
    listings(store, models)
    _words()
    st.header("Real weights", anchor=False)
    weights()
    warm()


def _let_it_paint(store: state.Store) -> None:
    """A pause, once a visit: the browser draws the figures before it is given charts to load."""
    if "painted" not in store:
        store["painted"] = True
        sleep(PAUSE)


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
