"""Charts of what was measured: numbers as shades, and the singular values of each head."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from frontend.attention.charts import AMBER, BLUE
from frontend.theme import ink, inked, is_dark

if TYPE_CHECKING:
    import altair

Row = dict[str, str | int | float]

STEP, ROOM, TURNED = 20, 62, 112
"""Pixels: of a line, of the axis below all lines, and of one whose labels are turned."""
MOST_HEIGHT = 900
MOST_LABELS = 48

LIGHT, DARK = ("#f2f5fa", "#0b4687"), ("#1c2430", "#b5d5fa")
"""Shades from nothing to most: on light and on dark nothing is close to the page."""


def heat(
    key: str,
    rows: Sequence[Row],
    axes: tuple[str, str],
    value: str,
    said: str,
    largest: float | None = None,
) -> None:
    """A field of shades: `axes` name the entries that run to the right and down, in their order.

    `said` is what a screen reader says of it.
    """
    import altair

    across, down = axes
    count = len({row[down] for row in rows})
    room = TURNED if _has_words(rows, across) else ROOM
    height = room + STEP * count
    scale = altair.Scale(range=DARK if is_dark() else LIGHT, zero=True)
    if largest is not None:
        scale.domain = [0, largest]
    legend = altair.Legend(title=None, gradientLength=min(120, height - room), tickCount=3)
    chart = (
        altair.Chart(altair.InlineData(values=list(rows)), description=said)
        .mark_rect()
        .encode(
            x=altair.X(f"{across}:O", sort=None, title=across, axis=_axis(rows, across, True)),
            y=altair.Y(f"{down}:O", sort=None, title=down, axis=_axis(rows, down, False)),
            color=altair.Color(f"{value}:Q", scale=scale, legend=legend),
            tooltip=[f"{down}:N", f"{across}:N", altair.Tooltip(f"{value}:Q", format=".3f")],
        )
        .properties(height=min(MOST_HEIGHT, height))
    )
    st.altair_chart(inked(chart, ink()), key=key)


def _has_words(rows: Sequence[Row], axis: str) -> bool:
    return any(isinstance(row[axis], str) and len(str(row[axis])) > 2 for row in rows)


def _axis(rows: Sequence[Row], axis: str, is_across: bool) -> altair.Axis:
    """Every word has its place, turned if it stands across; of many numbers some are written."""
    import altair

    words = _has_words(rows, axis)
    many = len({row[axis] for row in rows}) > MOST_LABELS
    return altair.Axis(
        labelAngle=-50 if words and is_across else 0,
        labelOverlap=many or (is_across and not words),
        labelLimit=110,
    )


def spectrum(key: str, rows: Sequence[Row], head: int, said: str) -> None:
    """A line for each head, its singular values from the largest down; one head stands out."""
    import altair

    base = altair.Chart(altair.InlineData(values=list(rows)), description=said).encode(
        x=altair.X("place:Q", title="place", axis=altair.Axis(tickMinStep=1, grid=False)),
        y=altair.Y("singular value:Q", title="singular value"),
        detail="head:N",
        tooltip=["head:N", "place:Q", altair.Tooltip("singular value:Q", format=".3f")],
    )
    others = base.transform_filter(f"datum.head != {head}").mark_line(color=BLUE, opacity=0.7)
    chosen = base.transform_filter(f"datum.head == {head}").mark_line(
        color=AMBER, strokeWidth=3, point={"color": AMBER, "size": 20}
    )
    chart = altair.layer(others, chosen).properties(height=240)
    st.altair_chart(inked(chart, ink()), key=key)
