"""Bars: what each step costs, and what is alive while it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import streamlit as st

from diagram.planner.table import memory, short
from frontend.figure import figure
from frontend.plan.steps import Shown, Stepped

BYTES = 4


@dataclass(frozen=True)
class Chart:
    """What a chart is called, what it takes of a step, how it says it, and in what units."""

    title: str
    value: Callable[[Shown], int]
    said: Callable[[int], str]
    unit: int


CHARTS: Mapping[str, Chart] = {
    "flops": Chart("FLOPs of each step", lambda step: step.flops, short, 1000),
    "bytes": Chart("Bytes alive while it runs", lambda step: step.alive * BYTES, memory, 1024),
}


def bars(plan: Stepped, now: int) -> None:
    """Two charts with one bar a step; that of the step that is shown stands out."""
    for column, (key, chart) in zip(st.columns(2, gap="large"), CHARTS.items(), strict=True):
        with column:
            st.markdown(f"**{chart.title}**")
            figure(f"plan.chart.{key}", drawn(chart, plan, now), _summary(chart, plan), "auto")


def drawn(chart: Chart, plan: Stepped, now: int) -> str:
    """One chart as SVG; `now` is the step that is shown, counted from 1."""
    from diagram.draw.bars import Bar, bars, ticks

    found = [
        Bar(chart.value(step), f"{place}. {step.result} = {step.what}: {_said(chart, step)}")
        for place, step in enumerate(plan.steps, 1)
    ]
    heights = ticks(max(bar.value for bar in found), chart.unit)
    return bars(found, [(height, chart.said(height)) for height in heights], now)


def _summary(chart: Chart, plan: Stepped) -> str:
    """What a screen reader says in place of the bars."""
    most = max(plan.steps, key=chart.value)
    where = f"the highest at step {plan.steps.index(most) + 1} with {_said(chart, most)}"
    return f"{chart.title}: {len(plan.steps)} bars, {where}"


def _said(chart: Chart, step: Shown) -> str:
    return chart.said(chart.value(step))
