"""One let in five notations, side by side with its picture: they are one thing.

To point at an edge in one of them, or to choose its letter, lights it in all.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from frontend.component import told
from frontend.learn.linked import line_of, pieces
from frontend.programs import read
from frontend.results import Failure, stage

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer

SHOWN = {"index": "Index notation", "einsum": "einsum", "loops": "Loops", "torch": "torch"}
HERE = Path(__file__).parent


@cache
def _component() -> ComponentRenderer:
    return st.components.v2.component(
        "tensor_diagrams.notations",
        html='<div class="notations"></div>',
        css=(HERE / "notations.css").read_text(encoding="utf-8"),
        js=(HERE / "notations.js").read_text(encoding="utf-8"),
    )


@stage
def _notation(text: str, sizes: Mapping[str, int], name: str, let: str) -> str:
    from diagram.showing import shown

    return shown(read(text), name, let, sizes)


@stage
def _linked(text: str, sizes: Mapping[str, int], let: str) -> dict[str, object]:
    """What the browser shows: the edges, and each notation in pieces."""
    line = line_of(read(text), let, _said(text, "index", let))
    return {
        "edges": [[e.name, e.dim, "summed" if e.is_summed else "kept"] for e in line.edges],
        "notations": [
            [
                title,
                name,
                [
                    [piece.text, list(piece.edges), piece.look]
                    for piece in pieces(name, _said(text, name, let).strip(), line)
                ],
            ]
            for name, title in SHOWN.items()
        ],
    }


def _said(text: str, name: str, let: str) -> str:
    """A notation; where there is none, why."""
    try:
        return _notation(text, {}, name, let)
    except Failure as failure:
        return str(failure)


def lets(text: str) -> list[str]:
    """The lines of a program that can be shown one by one."""
    return [let.name for let in read(text).lets if not let.is_part]


def notations(key: str, text: str) -> None:
    """The notations of the line that is chosen; the picture stands beside them."""
    names = lets(text)
    if not names:
        st.caption(
            "A line with `=` would stand here as an equation, as einsum, as loops and as torch."
        )
        return
    held = st.session_state.get(key)
    let = names[-1]
    if len(names) > 1:
        if held not in names:
            st.session_state[key] = let
        let = str(
            st.segmented_control(
                "The line", names, key=key, label_visibility="collapsed", required=True
            )
        )
    _component()(key=f"{key}.linked", data=told(_linked(text, {}, let)))
