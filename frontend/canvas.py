"""The canvas: a figure that answers to the pointer and the keyboard, with its inspector below."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from frontend.component import told

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer

    from frontend.results import Described

HERE = Path(__file__).parent
SCRIPTS = ("picture.js", "canvas.js")
HINT = "Click a node, a leg or the dashed box. With the keyboard: Tab, arrows, Enter."


@cache
def _component() -> ComponentRenderer:
    return st.components.v2.component(
        "tensor_diagrams.canvas",
        html='<div class="canvas"></div>',
        css=(HERE / "canvas.css").read_text(encoding="utf-8"),
        js="\n".join((HERE / name).read_text(encoding="utf-8") for name in SCRIPTS),
    )


def selected(key: str) -> str:
    """The path of what is selected on the canvas with this key; empty if nothing is."""
    state = st.session_state.get(key)
    return str(state.get("selected") or "") if state else ""


def missed(key: str) -> str:
    """What was selected just before, where it went by too fast to be told by itself."""
    state = st.session_state.get(key)
    return str(state.get("missed") or "") if state else ""


def canvas(
    key: str,
    svg: str,
    title: str,
    legend: Sequence[tuple[str, str, str]],
    inspected: Described | None,
    tall: bool = False,
) -> None:
    """Show a figure; `legend` has a dim, its letter and its number on each line."""
    _component()(
        key=key,
        data=told(
            {
                "svg": svg,
                "revision": sha256(svg.encode()).hexdigest()[:16],
                "title": title,
                "legend": [list(line) for line in legend],
                "selected": selected(key),
                "inspected": None
                if inspected is None
                else {"title": inspected.title, "rows": [list(row) for row in inspected.rows]},
                "hint": HINT,
                "tall": tall,
            }
        ),
        on_selected_change=_nothing,
        on_missed_change=_nothing,
    )


def _nothing() -> None:
    """Streamlit wants a callback for each state; the page reads the state as it draws."""
