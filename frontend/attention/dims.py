"""Fields for dims: slider and number field in step, and a note where a number cannot be."""

from __future__ import annotations

from bisect import insort

import streamlit as st

from frontend.attention import state
from frontend.attention.state import Model
from frontend.notation import letter, plain
from frontend.programs import Store
from models import ZOO

NAMES = {
    "b": "batch",
    "n": "queries",
    "m": "keys",
    "f": "features",
    "h": "heads",
    "d": "head dim",
    "r": "components",
    "k": "key heads",
    "g": "heads per key head",
    "e": "features of Z",
}
"""What the letters of the zoo's attention stand for."""

REACH = {"f": 4096, "d": 512, "h": 64, "r": 4096}
"""The largest stop of a dim's slider; a number field takes more."""


def stops(dim: str, number: int) -> list[int]:
    """A slider's stops, about evenly spaced as logarithms, with the number itself among them.

    >>> stops("h", 5)
    [1, 2, 3, 4, 5, 6, 8, 12, 16, 24, 32, 48, 64]
    """
    largest = REACH.get(dim, 512)
    found = [1, 2, 3]
    while found[-1] < largest:
        found.append(found[-2] * 2)
    found = [stop for stop in found if stop <= largest]
    if number not in found:
        insort(found, number)
    return found


def dim_fields(store: Store, model: Model) -> None:
    """One column for each dim of a model."""
    shown = model.dims
    if not shown:
        st.caption("All dims of this text are open; give one a number in its `dims` line.")
        return
    for column, (dim, number) in zip(st.columns(max(3, len(shown))), shown.items(), strict=False):
        with column:
            _field(store, model, dim, number)
    for dim in shown:
        note(store, model.side.key(dim, "fault"))


def name_of(model: Model, dim: str) -> str:
    """What a dim stands for, where the model says so; an edited text may mean anything."""
    return NAMES.get(dim, "") if model.name in ZOO else ""


def _field(store: Store, model: Model, dim: str, number: int | None) -> None:
    side = model.side
    follows = dim == "r" and bool(state.link(store, side))
    key = state.field(store, side, dim, "number")
    store.setdefault(key, number)
    st.number_input(
        f"{plain(letter(dim))} {name_of(model, dim)}".rstrip(),
        value=None,  # so that it can be empty, and be told so
        step=1,
        key=key,
        on_change=state.resize,
        args=(store, side, dim, key),
        disabled=follows,
    )
    if number is None:
        return
    key = state.field(store, side, dim, "slider")
    st.select_slider(
        f"{letter(dim)} of the {side} model",
        stops(dim, number),
        value=number,
        key=key,
        on_change=state.resize,
        args=(store, side, dim, key),
        label_visibility="collapsed",
        disabled=follows,
    )


def length_field(store: Store, dim: str, label: str) -> None:
    """A number that both sides share: the sequence length, the batch."""
    store.setdefault(f"{dim}.number", store[dim])
    st.number_input(
        label,
        value=None,
        step=1,
        key=f"{dim}.number",
        on_change=state.measure,
        args=(store, dim),
    )


def note(store: Store, key: str) -> None:
    """The red note that is kept under a key, if there is one."""
    said = store.get(key)
    if said:
        st.error(plain(str(said)), icon=":material/error:")
