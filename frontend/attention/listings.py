"""The tabs: the text of each side, its plan, and the source of its module."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from frontend.attention import facts, state
from frontend.attention.state import Model
from frontend.notation import plain
from frontend.programs import LONGEST_TEXT, Store
from frontend.results import Failure

TABS = ("Text", "Plan", "Module")


def listings(store: Store, models: tuple[Model, Model]) -> None:
    """Three tabs, each with both sides; only the open one is made."""
    text, plan, module = st.tabs(TABS, key="listing", on_change="rerun")
    if text.open:
        with text:
            _beside(store, models, _text)
    if plan.open:
        with plan:
            for model in models:
                _plan(store, model)
    if module.open:
        with module:
            _beside(store, models, _module)


def _beside(
    store: Store, models: tuple[Model, Model], shown: Callable[[Store, Model], None]
) -> None:
    for column, model in zip(st.columns(2, gap="large"), models, strict=True):
        with column:
            shown(store, model)


def _text(store: Store, model: Model) -> None:
    side = model.side
    key = state.field(store, side, "draft")
    st.text_area(
        f"Text of the {side} model",
        store[side.key("draft")],
        height="content",
        max_chars=LONGEST_TEXT,
        key=key,
        on_change=state.rewrite,
        args=(store, side, key),
        label_visibility="collapsed",
    )
    _verdict(store, model)


def _verdict(store: Store, model: Model) -> None:
    side = model.side
    said = str(store[side.key("note")])
    if said:
        st.error(
            f"This text cannot be read; the figure is of the last that could.\n\n{_report(said)}",
            icon=":material/error:",
        )
    if said or model.name is None:
        st.button(
            "Restore",
            key=side.key("restore"),
            on_click=state.restore,
            args=(store, side),
            help="Back to the last good text; from an edited text, back to the model",
        )
    else:
        st.caption("Edit it; Ctrl + Enter applies it.")


def _report(said: str) -> str:
    """A report with its carets in place, in a block that nothing in it can end."""
    fence = "`" * 3
    while fence in said:
        fence += "`"
    return f"{fence}text\n{said}\n{fence}"


def _plan(store: Store, model: Model) -> None:
    st.markdown(f"**{plain(model.title)}**")
    try:
        found = facts.planned(model, model.sizes(store["n"], store["b"]))
    except Failure as failure:
        st.error(plain(str(failure)), icon=":material/error:")
        return
    st.code(found.table, language=None)


def _module(store: Store, model: Model) -> None:
    try:
        with st.spinner("Compiling …"):
            source = facts.python_file(model)
    except Failure as failure:
        st.error(plain(str(failure)), icon=":material/error:")
        return
    st.code(source, language="python", line_numbers=True)
