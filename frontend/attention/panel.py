"""One side of the page: which model, its dims, its figure with the inspector, its downloads."""

from __future__ import annotations

import streamlit as st

from frontend import results
from frontend.attention import facts, state
from frontend.attention.dims import dim_fields, name_of
from frontend.attention.state import MODELS, Model, Side
from frontend.bar import save
from frontend.canvas import canvas, selected
from frontend.document import Document
from frontend.notation import grouped, letter, plain
from frontend.programs import Store
from frontend.results import Failure, Picture

CHOICE = 300
"""Pixels of the field that chooses a model."""


def controls(store: Store, side: Side) -> None:
    """The choice of a model, and its dims."""
    _choice(store, side)
    model = state.model(store, side)
    with st.container(key=side.key("about")):
        st.caption(_summary(model))
    dim_fields(store, model)


def _choice(store: Store, side: Side) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.selectbox(
            f"The {side} model",
            list(MODELS),
            format_func=lambda name: MODELS[name].title,
            key=side.key("model"),
            on_change=state.choose,
            args=(store, side),
            label_visibility="collapsed",
            width=CHOICE,
        )
        _link(store, side)


def _summary(model: Model) -> str:
    example = MODELS[model.base]
    if model.name is None:
        return (
            f"An edited text that was {plain(example.title)}; *Restore* under **Text** undoes it."
        )
    said = example.summary.partition(";")[0].rstrip(".")
    return f"{plain(said)}. {plain(example.paper)}."


def _link(store: Store, side: Side) -> None:
    choices = list(state.links(store, side))
    if len(choices) < 2:
        return
    held = store.get(side.key("link"))
    shown = held if held in choices else choices[-1]
    if store.get(side.key("link", "field")) != shown:
        store[side.key("link", "field")] = shown
    st.segmented_control(
        "What R follows",
        choices,
        key=side.key("link", "field"),
        on_change=state.tie,
        args=(store, side),
        label_visibility="collapsed",
        required=True,
        width="content",
    )


@st.fragment
def figure(side: Side) -> None:
    """The figure and what is selected in it; a click runs this part of the page only."""
    store = st.session_state
    model = state.model(store, side)
    sizes = model.sizes(store["n"], store["b"])
    picture = last_good(side, model)
    if picture is None:
        return
    key = side.key("canvas")
    path = selected(key)
    inspected = None
    if path and f'data-path="{path}"' in picture.screen:
        try:
            inspected = results.described(model.text, sizes, path)
        except Failure as failure:
            st.error(plain(str(failure)))
    canvas(
        key, picture.screen, f"{model.title} as a tensor diagram", _legend(model, sizes), inspected
    )


def last_good(side: Side, model: Model) -> Picture | None:
    """The figure of a model; if it cannot be drawn, a note and the last one that could."""
    key = side.key("picture")
    try:
        if st.session_state["marks"]:
            picture = facts.compared(model, state.model(st.session_state, side.other))
        else:
            picture = facts.picture(model)
    except Failure as failure:
        st.error(plain(str(failure)), icon=":material/error:")
        return st.session_state.get(key)
    st.session_state[key] = picture
    return picture


def differences(left: Model, right: Model) -> None:
    """What the two figures have otherwise, in words."""
    with st.expander("What differs, in words"):
        try:
            said = facts.differences(left, right)
        except Failure as failure:
            st.error(plain(str(failure)), icon=":material/error:")
            return
        st.markdown("\n".join(f"- {plain(line)}" for line in said) or "Nothing but numbers.")


def _legend(model: Model, sizes: dict[str, int]) -> list[tuple[str, str, str]]:
    numbers = {**sizes, **{d: n for d, n in model.dims.items() if n is not None}}
    return [
        (dim, letter(dim), f"= {grouped(number)} {name_of(model, dim)}".rstrip())
        for dim, number in numbers.items()
    ]


def downloads(model: Model, picture: Picture | None) -> None:
    """The figure, the text and the module as files."""
    side = model.side
    name = model.name or f"{model.base}-edited"
    with st.container(horizontal=True, horizontal_alignment="left", gap="small"):
        st.download_button(
            "SVG",
            picture.svg if picture else "",
            f"{name}.svg",
            "image/svg+xml",
            key=side.key("download", "svg"),
            on_click="ignore",
            icon=":material/download:",
            disabled=picture is None,
        )
        st.download_button(
            "Text",
            model.text.rstrip() + "\n",
            f"{name}.td",
            "text/plain",
            key=side.key("download", "td"),
            on_click="ignore",
            icon=":material/download:",
        )
        st.download_button(
            "Python",
            lambda: facts.python_file(model),
            f"{name.replace('-', '_')}.py",
            "text/x-python",
            key=side.key("download", "py"),
            on_click="ignore",
            icon=":material/download:",
        )
        save(Document(model.text, model.text, name=model.base), side.key("save"), "More")
