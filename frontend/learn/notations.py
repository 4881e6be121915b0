"""One let in five notations, side by side with its picture: they are one thing."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from frontend.notation import plain
from frontend.programs import read
from frontend.results import Failure, stage

SHOWN = {"latex": "Index notation", "einsum": "einsum", "loops": "Loops", "torch": "torch"}


@stage
def _notation(text: str, sizes: Mapping[str, int], name: str, let: str) -> str:
    from diagram.showing import shown

    return shown(read(text), name, let, sizes)


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
    for pair in (("latex", "einsum"), ("loops", "torch")):
        for column, name in zip(st.columns(2, gap="large"), pair, strict=True):
            with column:
                st.markdown(f"**{SHOWN[name]}**")
                _one(text, name, let)


def _one(text: str, name: str, let: str) -> None:
    try:
        said = _notation(text, {}, name, let)
    except Failure as failure:
        st.caption(plain(str(failure)))
        return
    if name == "latex":
        st.latex(said)
    else:
        st.code(said.strip(), language="python")
