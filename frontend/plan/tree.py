"""The tree of a plan: which step reads which, with the one that is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from frontend.figure import figure
from frontend.plan.steps import Shown, Stepped
from frontend.results import stage

MOST = 40
"""Steps of a tree that can be read."""
A_ROW = 1.6
"""Rem of each thing that is merged."""


def merges(key: str, plan: Stepped, now: int) -> None:
    """The tree with step `now` marked, counted from 1; a note in place of one that is too large."""
    count = len(plan.steps)
    if count > MOST:
        st.caption(f"A tree of {count} steps is too large to be read; up to {MOST} are drawn.")
        return
    joints = joined(plan.steps)
    leaves = sum(isinstance(each, str) for of, _ in joints for each in of)
    title = f"The tree of {count} steps, step {now} marked" if 0 < now <= count else "The tree"
    figure(key, _tree("", {}, joints, now), title, f"{A_ROW * leaves + 2}rem")


Joined = tuple[tuple[tuple[str | int, ...], str], ...]


def joined(steps: Sequence[Shown]) -> Joined:
    """Of each step what it reads, a name or the place of an earlier step, and what it is.

    The last step of a name is meant by it: the same value is never made twice.
    """
    made: dict[str, int] = {}
    found = []
    for place, step in enumerate(steps):
        found.append((tuple(made.get(name, name) for name in step.reads), _said(step)))
        made[step.result] = place
    return tuple(found)


def _said(step: Shown) -> str:
    return f"{step.result} = {step.what}"


@stage
def _tree(text: str, sizes: Mapping[str, int], joints: Joined, now: int) -> str:
    from diagram.draw.tree import Joint, tree

    return tree([Joint(of, title) for of, title in joints], now)
