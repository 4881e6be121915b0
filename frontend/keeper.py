"""What outlives a session: the document in the address, and the work of earlier visits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from diagram import DiagramError
from frontend.document import current, is_touched, open_document
from frontend.link import decode, encode
from frontend.programs import Store

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer

HERE = Path(__file__).parent
KEY = "keeper"
NAMES = ("document", "progress", "lesson")
MOST_DONE = 1000
"""Exercises that are remembered."""


@cache
def _component() -> ComponentRenderer:
    return st.components.v2.component(
        "tensor_diagrams.keeper", js=(HERE / "keeper.js").read_text(encoding="utf-8")
    )


def start(store: Store, link: str) -> None:
    """A new session begins with the document of its address, if that has one."""
    if "started" in store:
        return
    store["started"] = True
    try:
        if link:
            open_document(store, decode(link))
    except DiagramError as error:
        store["link.fault"] = str(error)


@st.fragment
def keeper(has_document: bool, has_progress: bool) -> None:
    """Keeps what there is; what the browser kept of an earlier visit is taken once."""
    store = st.session_state
    told = (store.get(KEY) or {}).get("kept")
    if isinstance(told, Mapping) and "recalled" not in store:
        store["recalled"] = True
        recall(store, told)
        if has_document or has_progress:
            st.rerun()
    link = encode(current(store)) if is_touched(store) else ""
    keep = {"document": link, "lesson": str(store.get("lesson", ""))}
    keep["progress"] = json.dumps(sorted(done(store)))
    _component()(
        key=KEY,
        data={
            "asks": "recalled" not in store,
            "names": NAMES,
            "keep": {name: text for name, text in keep.items() if text not in ("", "[]")},
            "link": link if has_document else "",
        },
        on_kept_change=_nothing,
    )


def recall(store: Store, told: Mapping[str, object]) -> None:
    """Takes what an earlier visit left, as far as it can be read; a link that was opened wins."""
    progress, document = told.get("progress"), told.get("document")
    if isinstance(told.get("lesson"), str):
        store["lesson"] = told["lesson"]
    try:
        found = json.loads(progress) if isinstance(progress, str) else []
    except (ValueError, RecursionError):
        found = []
    if isinstance(found, list):
        store["progress"] = done(store) | {str(name) for name in found[:MOST_DONE]}
    try:
        if isinstance(document, str) and not is_touched(store):
            open_document(store, decode(document))
    except DiagramError:
        pass  # left by another version of the studio


def done(store: Store) -> frozenset[str]:
    """The exercises that were solved."""
    return frozenset(store.get("progress", ()))


def _nothing() -> None:
    """Streamlit wants a callback for each state; the fragment reads it as it runs."""
