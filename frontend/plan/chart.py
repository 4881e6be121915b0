"""Bars: what each step costs, and what is alive while it runs."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from diagram.planner.table import memory, short
from frontend.plan.steps import Shown, Stepped

BLUE, AMBER, GREY = "#3b6fb5", "#c27a12", "#9a9a94"
BYTES = 4
HEIGHT = 150

LONGEST_BAR = 10**300
"""Counts may be larger than any number that a chart can hold."""

Row = dict[str, str | int | float]


def _bar(count: int) -> float:
    return float(min(count, LONGEST_BAR))


def rows(steps: Sequence[Shown], now: int) -> list[Row]:
    """One row a step; `now` is the step that is shown, counted from 1."""
    return [
        {
            "step": place,
            "makes": f"{step.result} = {step.what}",
            "flops": _bar(step.flops),
            "FLOPs": short(step.flops),
            "bytes": _bar(step.alive * BYTES),
            "alive": memory(step.alive * BYTES),
            "now": int(place == now),
        }
        for place, step in enumerate(steps, 1)
    ]


def bars(plan: Stepped, now: int) -> None:
    """Two charts with one bar a step; that of the step that is shown stands out."""
    values = rows(plan.steps, now)
    for column, (field, title) in zip(
        st.columns(2, gap="large"),
        {"flops": "FLOPs of each step", "bytes": "Bytes alive while it runs"}.items(),
        strict=True,
    ):
        with column:
            st.markdown(f"**{title}**")
            st.vega_lite_chart(_spec(values, field), key=f"plan.chart.{field}")


def _spec(values: Sequence[Row], field: str) -> dict[str, object]:
    return {
        "data": {"values": list(values)},
        "height": HEIGHT,
        "mark": {"type": "bar", "cornerRadiusEnd": 2},
        "encoding": {
            "x": {"field": "step", "type": "ordinal", "title": None, "axis": {"labelAngle": 0}},
            "y": {
                "field": field,
                "type": "quantitative",
                "title": None,
                "axis": {"format": "~s", "tickCount": 4},
            },
            "color": {
                "condition": {"test": "datum.now == 1", "value": AMBER},
                "value": BLUE,
            },
            "tooltip": [
                {"field": "makes", "type": "nominal"},
                {"field": "FLOPs", "type": "nominal"},
                {"field": "alive", "type": "nominal"},
            ],
        },
    }
