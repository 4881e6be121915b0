"""The charts: parameters by weight, and parameters against each dim."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import streamlit as st

from diagram import parameters
from frontend.attention import facts
from frontend.attention.dims import stops
from frontend.attention.state import Model, Side
from frontend.notation import letter
from frontend.theme import LIGHT_INK, ink, inked

if TYPE_CHECKING:
    import altair

BLUE, AMBER = "#3b6fb5", "#c27a12"
"""One hue a side; both read on light and on dark."""

HEIGHT = 250

Row = dict[str, str | int | float]
Links = Mapping[Side, tuple[str, ...]]


def names(left: Model, right: Model) -> tuple[str, str]:
    """What the legends call the two."""
    if left.title == right.title:
        return f"{left.title} (left)", f"{right.title} (right)"
    return left.title, right.title


def by_weight(left: Model, right: Model) -> list[Row]:
    """One row for each weight of each side."""
    return [
        {"model": name, "weight": weight, "parameters": count.number, "formula": count.formula}
        for name, model in zip(names(left, right), (left, right), strict=True)
        for weight, count in facts.weights(model).of
        if count.number is not None
    ]


def against(dim: str, left: Model, right: Model, links: Links) -> list[Row]:
    """The two counts as one dim runs; an R that follows another dim runs with it."""
    numbers = [model.program.defaults for model in (left, right)]
    here = next(n[dim] for n in numbers if dim in n)
    return [
        {"dim": value, "model": name, "parameters": count, "here": int(value == here)}
        for name, model in zip(names(left, right), (left, right), strict=True)
        for value in stops(dim, here)
        for count in _count(model, (left, right), links, {dim: value})
    ]


def _count(
    model: Model, both: tuple[Model, Model], links: Links, given: Mapping[str, int]
) -> Iterator[int]:
    sizes = {d: n for d, n in given.items() if d in model.program.defaults}
    other = both[1] if model is both[0] else both[0]
    followed = links.get(model.side, ())
    if followed and "r" not in given:
        numbers = {**other.program.defaults, **given}
        sizes["r"] = math.prod(numbers[d] for d in followed)
    number = parameters(model.program, **sizes).number
    if number:
        yield number


def running(left: Model, right: Model) -> list[str]:
    """The dims worth a curve: H, D and R, or those that stand in their place."""
    found = dict.fromkeys([*left.program.defaults, *right.program.defaults])
    return [dim for dim in found if dim != "f"][:4] or list(found)[:1]


def _span(values: list[int]) -> list[float]:
    """The ends of a logarithmic axis."""
    least, most = min(values), max(values)
    return [least, most] if least < most else [least / 2, most * 2]


def _data(rows: list[Row]) -> altair.InlineData:
    import altair

    return altair.InlineData(values=rows)


def bars(left: Model, right: Model, ink: str = LIGHT_INK) -> altair.LayerChart | altair.FacetChart:
    """Parameters by weight, on a linear axis: the lengths may be compared."""
    import altair

    rows = by_weight(left, right)
    most = max((int(row["parameters"]) for row in rows), default=1)
    base = altair.Chart(_data(rows)).encode(
        y=altair.Y(
            "weight:N",
            scale=altair.Scale(domain=list(dict.fromkeys(row["weight"] for row in rows))),
            title=None,
        ),
        yOffset=altair.YOffset("model:N", scale=altair.Scale(domain=list(names(left, right)))),
        x=altair.X(
            "parameters:Q",
            scale=altair.Scale(domain=[0, most * 1.3], nice=False),
            title="parameters",
            axis=altair.Axis(format="~s", tickCount=4),
        ),
        color=_colour(
            left, right, altair.Legend(title=None, orient="top", columns=1, labelLimit=240)
        ),
        tooltip=[
            altair.Tooltip("model:N"),
            altair.Tooltip("weight:N"),
            altair.Tooltip("formula:N"),
            altair.Tooltip("parameters:Q", format=","),
        ],
    )
    said = base.mark_text(align="left", dx=4, fontSize=11).encode(
        text=altair.Text("parameters:Q", format=","), color=altair.value(ink)
    )
    return altair.layer(base.mark_bar(cornerRadiusEnd=2), said).properties(
        height=max(HEIGHT, 90 + 40 * len({row["weight"] for row in rows}))
    )


def curve(
    dim: str, left: Model, right: Model, links: Links
) -> altair.LayerChart | altair.FacetChart:
    """Parameters against one dim, both axes logarithmic; the dots are where the page stands."""
    import altair

    rows = against(dim, left, right, links)
    xs, ys = ([int(row[field]) for row in rows] for field in ("dim", "parameters"))
    base = altair.Chart(_data(rows)).encode(
        x=altair.X(
            "dim:Q",
            scale=altair.Scale(type="log", base=2, domain=_span(xs), nice=False),
            title=letter(dim),
            axis=altair.Axis(format="~s", tickCount=6, grid=False),
        ),
        y=altair.Y(
            "parameters:Q",
            scale=altair.Scale(type="log", domain=_span(ys)),
            title="parameters",
            axis=altair.Axis(format="~s", tickCount=4),
        ),
        color=_colour(left, right, None),
        tooltip=[
            altair.Tooltip("model:N"),
            altair.Tooltip("dim:Q", title=letter(dim), format=","),
            altair.Tooltip("parameters:Q", format=","),
        ],
    )
    dots = base.transform_filter("datum.here == 1").mark_point(filled=True, size=70, opacity=1)
    return altair.layer(base.mark_line(strokeWidth=2), dots).properties(height=HEIGHT)


def _colour(left: Model, right: Model, legend: altair.Legend | None) -> altair.Color:
    import altair

    scale = altair.Scale(domain=list(names(left, right)), range=[BLUE, AMBER])
    return altair.Color("model:N", scale=scale, legend=legend)


def charts(left: Model, right: Model, links: Links) -> None:
    """Both kinds of chart in one row."""
    if any(facts.weights(model).number is None for model in (left, right)):
        st.caption("The charts need a number for every dim of the weights.")
        return
    dims = running(left, right)
    columns = st.columns([1.25, *[1] * len(dims)], gap="medium")
    bar, *curves = _specs((left, right), tuple(dims), tuple(links.items()), ink())
    with columns[0]:
        st.markdown("**By weight**")
        st.vega_lite_chart(bar, key="chart.weights")
    for column, dim, spec in zip(columns[1:], dims, curves, strict=True):
        with column:
            st.markdown(f"**Against {letter(dim)}**")
            st.vega_lite_chart(spec, key=f"chart.{dim}")


@st.cache_data(show_spinner=False, max_entries=128, hash_funcs={Model: lambda m: (m.side, m.text)})
def _specs(
    both: tuple[Model, Model],
    dims: tuple[str, ...],
    links: tuple[tuple[Side, tuple[str, ...]], ...],
    ink: str,
) -> list[dict[str, object]]:
    """The charts as Vega-Lite; to make and check them takes as long as all else on the page."""
    found = [bars(*both, ink), *(curve(dim, *both, dict(links)) for dim in dims)]
    return [inked(chart, ink).to_dict() for chart in found]
