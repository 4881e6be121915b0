"""What outlives a session: the document in the address, and the work of earlier visits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from diagram import DiagramError
from frontend.component import told
from frontend.document import begin, current, is_touched
from frontend.link import decode, encode
from frontend.paint import waits
from frontend.programs import Store, clean
from frontend.written import written

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer

    from frontend.pages import Room

HERE = Path(__file__).parent
KEY = "keeper"
NAMES = ("document", "draft", "progress", "lesson")
PARTS = ("lesson", "progress", "link", "desk")
"""What is recalled, the document last: once it is another one, nothing is recalled over it."""

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
    try:
        if link:
            begin(store, decode(link))
            store["link"] = link
    except DiagramError as error:
        store["link.fault"] = str(error)
    store["begun"] = current(store)
    store["started"] = True


def painted(store: Store) -> bool:
    """Whether the browser tells, with this run, that it has painted the first figure."""
    return bool((store.get(KEY) or {}).get("painted"))


def settle(store: Store) -> None:
    """Takes what the browser kept of an earlier visit, once, and what it has left to send."""
    state = store.get(KEY) or {}
    told, left = state.get("kept"), state.get("left")
    if isinstance(told, Mapping) and "recalled" not in store:
        found: Store = {name: store[name] for name in (*PARTS, "begun") if name in store}
        recall(found, told)
        for name in PARTS:  # a run may end at each of these lines: the next one begins again
            if name in found:
                store[name] = found[name]
        store["recalled"] = True
    else:
        _resume(store, left, _link(store))


def _link(store: Store) -> str:
    return encode(current(store)) if is_touched(store) else ""


def _resume(store: Store, draft: object, link: str) -> None:
    """Takes what was written last and not sent, if it was written on the document of this link."""
    text, base = (draft.get("text"), draft.get("base")) if isinstance(draft, Mapping) else ("", "")
    if isinstance(text, str) and text not in ("", current(store).text) and base == link:
        written(store, clean(text))


def keeper(room: Room) -> None:
    """Keeps what there is, before it is drawn: what is seen outlives the visit."""
    store = st.session_state
    link = _link(store)
    keep = {"document": link, "lesson": str(store.get("lesson", ""))}
    keep["progress"] = json.dumps(sorted(done(store)))
    _component()(
        key=KEY,
        data=told(
            {
                "room": room.name,
                "asks": (room.has_document or room.has_progress) and "recalled" not in store,
                "names": NAMES,
                "keep": {name: text for name, text in keep.items() if text not in ("", "[]")},
                "link": link if room.has_document else "",
                "text": current(store).text,
                "edits": room.has_editor,
                "waits": waits(store),
            }
        ),
        on_kept_change=_nothing,
        on_left_change=_nothing,
        on_painted_change=_nothing,
    )


def recall(store: Store, told: Mapping[str, object]) -> None:
    """Takes what an earlier visit left, as far as it can be read; a link that was opened wins."""
    if isinstance(told.get("lesson"), str):
        store["lesson"] = told["lesson"]
    found = _json(told.get("progress"))
    if isinstance(found, list):
        store["progress"] = done(store) | {str(name) for name in found[:MOST_DONE]}
    link, draft = told.get("document"), _json(told.get("draft"))
    text = draft.get("text") if isinstance(draft, Mapping) else None
    if current(store) != store.get("begun", current(store)) and current(store).text != text:
        return  # the reader was faster
    try:
        if isinstance(link, str) and store.get("link", link) == link:
            begin(store, decode(link))
            store["link"] = link
    except DiagramError:
        pass  # left by another version of the studio
    _resume(store, draft, store.get("link", ""))


def _json(text: object) -> object:
    try:
        return json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None


def done(store: Store) -> frozenset[str]:
    """The exercises that were solved."""
    return frozenset(store.get("progress", ()))


def _nothing() -> None:
    """Streamlit wants a callback for whatever is told; it is read as the page is drawn anew."""
