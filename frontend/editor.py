"""The editor: a text whose faults stand below their lines, sent while it is written."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from diagram import DiagramError
from frontend.component import told
from frontend.programs import LONGEST_TEXT, clean

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer

HERE = Path(__file__).parent
MOST_FAULTS = 50
"""Faults that are shown at once."""


@cache
def _component() -> ComponentRenderer:
    return st.components.v2.component(
        "tensor_diagrams.editor",
        html='<div class="td-editor"></div>',
        css=(HERE / "editor.css").read_text(encoding="utf-8"),
        js=(HERE / "editor.js").read_text(encoding="utf-8"),
        isolate_styles=False,  # selections do not reach into a shadow root
    )


def edited(key: str, revision: int) -> str | None:
    """The text that the browser sent; None if it sent none, or one that was replaced since."""
    state = st.session_state.get(key)
    draft = state.get("draft") if state else None
    if not isinstance(draft, Mapping) or draft.get("revision") != revision:
        return None
    text = draft.get("text")
    return clean(text) if isinstance(text, str) else None


def editor(
    key: str,
    text: str,
    revision: int,
    error: DiagramError | None,
    label: str,
    status: str = "",
    is_document: bool = False,
) -> None:
    """Show a text with its faults; another `revision` replaces what the reader has.

    What is not sent yet outlives the visit if it is the document's, else the tab's reloads.
    """
    faults = error.faults if error else ()
    _component()(
        key=key,
        data=told(
            {
                "text": text,
                "revision": revision,
                "faults": [
                    {
                        "message": fault.message,
                        "spans": [[span.line, span.start, span.end] for span in fault.spans],
                    }
                    for fault in faults[:MOST_FAULTS]
                ],
                "label": label,
                "status": status,
                "longest": LONGEST_TEXT,
                "is_document": is_document,
            }
        ),
        on_draft_change=_nothing,
    )


def _nothing() -> None:
    """Streamlit wants a callback for each state; the page reads the state as it draws."""
