"""Fields for the numbers of a document's dims."""

from __future__ import annotations

import streamlit as st

from frontend import document
from frontend.notation import letter, plain
from frontend.programs import Store

WIDTH = 150
"""Pixels of a field: two beside each other on a telephone."""


def number_fields(store: Store, where: str) -> None:
    """A field for each dim of the document, in rows; `where` tells the pages' fields apart."""
    numbers = document.current(store).numbers
    with st.container(horizontal=True, gap="small"):
        for dim, number in numbers.items():
            _field(store, where, dim, number)
    for dim in numbers:
        if store.get(_fault(dim)):
            st.error(plain(str(store[_fault(dim)])), icon=":material/error:")


def _field(store: Store, where: str, dim: str, number: int) -> None:
    key = f"{where}.dim.{dim}"
    if not store.get(_fault(dim)):
        store[key] = number
    st.number_input(
        plain(letter(dim)),
        value=None,  # so that it can be empty, and be told so
        step=1,
        width=WIDTH,
        key=key,
        on_change=_resize,
        args=(store, dim, key),
    )


def _resize(store: Store, dim: str, key: str) -> None:
    store[_fault(dim)] = document.resize(store, dim, store[key])


def _fault(dim: str) -> str:
    return f"dim.fault.{dim}"
