"""A figure that is only looked at, in the colours of the page."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from frontend.component import told

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer

HERE = Path(__file__).parent
STYLE = """
.still { display: flex; align-items: center; justify-content: center; }
.still svg { display: block; width: 100%; height: 100%; color: var(--st-text-color); }
"""


@cache
def _component() -> ComponentRenderer:
    return st.components.v2.component(
        "tensor_diagrams.figure",
        html='<div class="still"></div>',
        css=STYLE,
        js=(HERE / "figure.js").read_text(encoding="utf-8"),
    )


def figure(key: str, svg: str, title: str, height: str = "11rem") -> None:
    """Show a drawing; `title` is what a screen reader says, `height` a length of CSS."""
    _component()(key=key, data=told({"svg": svg, "title": title, "height": height}))
