"""The board: the canvas that edits the document, with its tools around it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from diagram.language.ops import OPS
from frontend import document
from frontend.board.names import dims, free_names
from frontend.board.picture import NOTHING, Board, board
from frontend.component import told
from frontend.desk import Moves
from frontend.document import Document
from frontend.link import encode
from frontend.programs import Store
from frontend.results import Described, Failure

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer

HERE = Path(__file__).parent
NAMES = (
    *("log", "view", "wires", "chosen", "bubble", "panel", "forms", "tools", "shift", "drag"),
    *("keys", "board"),
)
SCRIPTS = (HERE.parent / "picture.js", *(HERE / f"{name}.js" for name in NAMES))
STYLES = (HERE.parent / "canvas.css", HERE / "board.css")


def script() -> str:
    """The program of the browser: it takes one text, and each file has one idea."""
    return "\n".join(path.read_text(encoding="utf-8") for path in SCRIPTS)


@cache
def _component() -> ComponentRenderer:
    return st.components.v2.component(
        "tensor_diagrams.board",
        html='<div class="canvas board"></div>',
        css="\n".join(path.read_text(encoding="utf-8") for path in STYLES),
        js=script(),
    )


def selected(key: str) -> str:
    """The path of the one thing that is selected; empty if none or several are."""
    state = st.session_state.get(key)
    return str(state.get("selected") or "") if state else ""


def shown(now: Document) -> tuple[Board, str]:
    """The picture, and why there is none."""
    try:
        return board(now), ""
    except Failure as failure:
        return NOTHING, str(failure)


def editing_board(
    key: str, now: Document, picture: Board, said: str, inspected: Described | None
) -> None:
    """Show the board of the document of this session."""
    store = st.session_state
    _component()(
        key=key,
        data=told(data(store, now, picture, said, inspected)),
        on_log_change=_nothing,
        on_selected_change=_nothing,
    )


def data(
    store: Store, now: Document, picture: Board, said: str, inspected: Described | None
) -> dict[str, object]:
    """What the browser is told."""
    desk = document.desk(store)
    found = desk.log
    return {
        "svg": picture.svg,
        "revision": sha256(picture.svg.encode()).hexdigest()[:16],
        "title": f"{now.title} as a tensor diagram",
        "log": found.name,
        "ack": found.taken,
        "link": encode(now),
        "moves": _moves(found.moves),
        "refused": [list(each) for each in found.refused],
        "said": said or found.said,
        "items": picture.items,
        "wires": picture.wires,
        "regions": picture.regions,
        "letters": {name: list(own) for name, own in picture.letters.items()},
        "legend": [list(line) for line in document.legend(now)],
        "names": free_names(now.program),
        "dims": dims(now.program),
        "ops": ops(),
        "undo": bool(desk.history.past),
        "redo": bool(desk.history.future),
        "batch": now.batch,
        "placed": bool(now.points),
        "unfolded": list(now.unfolded),
        "stale": now.error is not None,
        "inspected": None
        if inspected is None
        else {"title": inspected.title, "rows": [list(row) for row in inspected.rows]},
    }


RECENT = 60
"""Ops whose moves the browser is told: it follows what it has selected."""


def _moves(moves: Moves) -> list[list[object]]:
    return [[number, [dict(each) for each in moved if each]] for number, moved in moves[-RECENT:]]


@cache
def ops() -> Mapping[str, list[str]]:
    """The ops that can be put around one value: those over legs, and the elementwise ones."""
    found = [op for op in OPS.values() if op.values == (1, 1) and not op.required]
    return {
        "over": [op.name for op in found if op.names and op.name not in ("one_hot", "slice")],
        "each": [op.name for op in found if not op.names],
    }


def _nothing() -> None:
    """Streamlit wants a callback for each state; the page reads the state as it draws."""
