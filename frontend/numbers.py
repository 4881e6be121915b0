"""Fields for the numbers of a document's dims."""

from __future__ import annotations

import streamlit as st

from frontend import document
from frontend.notation import letter, plain
from frontend.programs import Store

A_ROW = 6


def number_fields(store: Store, where: str) -> None:
    """A field for each dim of the document, in rows; `where` tells the pages' fields apart."""
    numbers = document.current(store).numbers
    dims = list(numbers)
    for start in range(0, len(dims), A_ROW):
        for column, dim in zip(st.columns(A_ROW), dims[start : start + A_ROW], strict=False):
            with column:
                _field(store, where, dim, numbers[dim])
    for dim in dims:
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
        key=key,
        on_change=_resize,
        args=(store, dim, key),
    )


def _resize(store: Store, dim: str, key: str) -> None:
    store[_fault(dim)] = document.resize(store, dim, store[key])


def _fault(dim: str) -> str:
    return f"dim.fault.{dim}"
