"""What charts must know of the page's colours: they cannot read them by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    import altair

    Chart = altair.Chart | altair.LayerChart | altair.FacetChart

LIGHT_INK, DARK_INK = "#22262b", "#e4e2dc"
"""The colours of text in .streamlit/config.toml."""


def is_dark() -> bool:
    """Whether the reader's page is dark."""
    return st.context.theme.type == "dark"


def ink() -> str:
    """The colour of text."""
    return DARK_INK if is_dark() else LIGHT_INK


def inked(chart: Chart, colour: str) -> Chart:
    """The chart with its axes and legends written in a colour that can be read."""
    chart = chart.configure_axis(labelColor=colour, titleColor=colour)
    chart = chart.configure_legend(labelColor=colour, titleColor=colour)
    return chart  # noqa: RET504 the call itself is typed Any
