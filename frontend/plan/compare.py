"""Two orders of one document in numbers, side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from diagram.planner.table import memory, short
from frontend.document import Document
from frontend.notation import plain, ratio, tex
from frontend.plan.steps import Options, Stepped, stepped
from frontend.plan.tree import merges
from frontend.results import Failure

OTHERS: Mapping[str, Options] = {
    "fewest FLOPs": Options("flops"),
    "least time": Options("time"),
    "least memory": Options("memory"),
    "as it is written": Options(order="written"),
}


def duration(seconds: float) -> str:
    """Seconds in three digits.

    >>> duration(0.00123), duration(2.0)
    ('1.23 ms', '2 s')
    """
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"


ROWS: Mapping[str, tuple[Callable[[Stepped], float], Callable[[Stepped], str]]] = {
    "Steps": (lambda plan: len(plan.steps), lambda plan: str(len(plan.steps))),
    "FLOPs": (lambda plan: plan.flops, lambda plan: short(plan.flops)),
    "Elements alive at the peak": (lambda plan: plan.peak, lambda plan: short(plan.peak)),
    "Bytes at the peak": (lambda plan: plan.memory, lambda plan: memory(plan.memory)),
    "Predicted time": (lambda plan: plan.seconds, lambda plan: duration(plan.seconds)),
}


def compare(now: Document, plan: Stepped, title: str) -> None:
    """The order that is shown against one that is chosen."""
    other = st.selectbox("Compare it with the order of", list(OTHERS), index=3, key="plan.other")
    try:
        against = stepped(now.good, now.numbers, OTHERS[other])
    except Failure as failure:
        st.error(plain(str(failure)), icon=":material/error:")
        return
    lines = [f"| | {plain(title)} | {other} | |", "|:--|--:|--:|--:|"]
    for name, (number, shown) in ROWS.items():
        one, two = number(plan), number(against)
        times = ratio(_whole(one), _whole(two))
        lines.append(f"| {name} | {shown(plan)} | {shown(against)} | {times} |")
    st.markdown("\n".join(lines).replace(" %", "\u00a0%"))
    st.caption(f"FLOPs here: {tex(plan.formula)}; there: {tex(against.formula)}.")
    sides = (("this", plan), ("other", against))
    for column, (side, each) in zip(st.columns(2, gap="large"), sides, strict=True):
        with column:
            merges(f"plan.tree.{side}", each, len(each.steps) + 1)
            st.markdown("  \n".join(_steps(each)))


def _whole(number: float) -> int:
    """A count as it is; seconds in billionths."""
    return number if isinstance(number, int) else round(number * 1e9)


def _steps(plan: Stepped) -> list[str]:
    return [
        f"{place}. `{step.letters}` {short(step.flops)}" for place, step in enumerate(plan.steps, 1)
    ]
