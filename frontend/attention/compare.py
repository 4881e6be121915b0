"""The two models in numbers, side by side: parameters, attention maps, FLOPs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from diagram.language.count import Count
from diagram.planner.table import memory, short
from frontend.attention import facts
from frontend.attention.state import Model
from frontend.notation import grouped, plain, ratio, tex
from frontend.results import Failure

BYTES = 4
"""Of a float32."""


@dataclass(frozen=True)
class Quantity:
    """One row: a formula and a number for each side; numbers may lack where a dim is open."""

    name: str
    formulas: tuple[str, str]
    numbers: tuple[int | None, int | None]
    shown: tuple[str, str]

    @property
    def ratio(self) -> str:
        left, right = self.numbers
        return "" if left is None or right is None else ratio(right, left)


def quantities(left: Model, right: Model, n: int, b: int) -> list[Quantity]:
    """All rows that do not need a plan."""
    models = (left, right)
    sizes = [model.sizes(n, b) for model in models]
    weights = [facts.weights(model) for model in models]
    each = [facts.map_count(model) for model in models]
    stored = [facts.stored_maps(model, size) for model, size in zip(models, sizes, strict=True)]
    return [
        _counted("Parameters", weights),
        _counted("Attention maps per sequence", each),
        _stored(stored),
    ]


def _counted(name: str, counts: Sequence[Count]) -> Quantity:
    one, two = counts
    numbers = (one.number, two.number)
    shown = [grouped(number) if number is not None else "open" for number in numbers]
    return Quantity(name, (one.formula, two.formula), numbers, (shown[0], shown[1]))


def _stored(counts: Sequence[Count]) -> Quantity:
    one, two = counts
    shown = [memory(c.number * BYTES) if c.number is not None else "open" for c in counts]
    numbers = (one.number, two.number)
    formulas = (f"{BYTES} {one.formula}", f"{BYTES} {two.formula}")
    return Quantity("Bytes of these maps, float32", formulas, numbers, (shown[0], shown[1]))


def flops(left: Model, right: Model, n: int, b: int) -> Quantity:
    """The FLOPs of the two plans."""
    plans = [facts.planned(model, model.sizes(n, b)) for model in (left, right)]
    shown = [short(p.flops) if p.flops is not None else "open" for p in plans]
    return Quantity(
        "FLOPs of one forward run, as planned",
        (plans[0].formula, plans[1].formula),
        (plans[0].flops, plans[1].flops),
        (shown[0], shown[1]),
    )


def headline(left: Model, right: Model) -> None:
    """The counts in large: what it is all about."""
    counts = [facts.weights(model) for model in (left, right)]
    numbers = [count.number for count in counts]
    columns = st.columns(3)
    for column, model, number in zip(columns, (left, right), numbers, strict=False):
        said = grouped(number) if number is not None else "open"
        column.metric(f"{plain(model.title)}, parameters", said)
    one, two = numbers
    if one is not None and two is not None:
        columns[2].metric("Right against left", ratio(two, one))


def table(left: Model, right: Model, rows: Sequence[Quantity]) -> None:
    """The rows as a table."""
    head = f"| | {plain(left.title)} | | {plain(right.title)} | | right\u00a0/\u00a0left |"
    lines = [head, "|:--|:--|--:|:--|--:|--:|"]
    for row in rows:
        one, two = (tex(formula) for formula in row.formulas)
        numbers = [_whole(text) for text in (*row.shown, row.ratio)]
        lines.append(f"| {row.name} | {one} | {numbers[0]} | {two} | {numbers[1]} | {numbers[2]} |")
    st.markdown("\n".join(lines))


def _whole(text: str) -> str:
    """A number that does not break before its unit."""
    return text.replace(" ", "\u00a0")


def map_note(left: Model, right: Model) -> None:
    """What the smaller count costs in maps, or the same count in maps."""
    counts = [facts.map_count(model).number for model in (left, right)]
    one, two = counts
    if one is None or two is None or not one or not two:
        return
    if "lossless" not in (left.name, right.name) or one == two:
        return
    fewer, more = sorted((one, two))
    title = (left if one == more else right).title
    st.caption(
        f"{plain(title)} stores {grouped(more)} attention maps for each sequence, "
        f"{ratio(more, fewer)} the {grouped(fewer)} of the other. At R = H·D the lossless form has "
        "as many parameters as multi-head and stores D times more maps. A fused kernel need not "
        "store them in the forward pass; anything that reads the maps does."
    )


def flops_or_note(left: Model, right: Model, n: int, b: int) -> list[Quantity]:
    """The row of FLOPs; a note in its place if a plan failed."""
    try:
        return [flops(left, right, n, b)]
    except Failure as failure:
        st.error(plain(str(failure)), icon=":material/error:")
        return []
