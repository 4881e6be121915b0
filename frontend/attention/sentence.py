"""Attention maps on a sentence that the reader types: one head large, all heads by habit."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
import streamlit as st

from diagram import DiagramError
from frontend import work
from frontend.attention.heat import Row, heat
from frontend.notation import plain
from frontend.programs import Store
from models.pretrained.sentence import Sentence, cut
from models.wild.maps import HABITS, Maps, habits, mapping

JOB = "weights.maps"
FIRST = "The cat sat on the mat because it was tired."
LONGEST = 2_000
"""Characters of a sentence."""


def sentence(store: Store, layer: int, head: int) -> None:
    """A field for the sentence, and the maps of a layer and head, counted from 0 and from 1."""
    typed = st.text_input(
        "A sentence", FIRST, max_chars=LONGEST, key="weights.sentence", help="Enter applies it."
    )
    found = _cut(typed or "")
    if found is None:
        return
    if not work.is_about(store, JOB, found):
        work.begin(store, JOB, found, _working(found))
    maps = work.outcome(store, JOB, found)
    if maps is None:
        return
    left, right = st.columns([3, 2], gap="large")
    with left:
        _map(maps, layer, head)
    with right:
        _habits(maps, layer)


def _working(found: Sentence) -> Generator[tuple[float, str], None, object]:
    return (yield from mapping(found))


def _cut(typed: str) -> Sentence | None:
    """Its tokens, with a word about those that are left out; None, and why, if it has none."""
    if not typed.strip():
        st.caption("Type a sentence, and press Enter.")
        return None
    try:
        found = cut(typed)
    except DiagramError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return None
    if found.left_out:
        st.caption(
            f"Only the first {len(found.tokens)} tokens are shown; {found.left_out:,} more are "
            "left out, and the model does not read them."
        )
    if "[UNK]" in found.tokens:
        st.caption("`[UNK]` stands for what is not in the vocabulary of the model.")
    return found


def _map(maps: Maps, layer: int, head: int) -> None:
    st.markdown(f"**Attention of head {head}**: how much a token (a row) looks at each other")
    of, tokens = maps.of[layer, head - 1], labels(maps.sentence)
    rows: list[Row] = [
        {"looks at": tokens[m], "token": tokens[n], "attention": round(float(of[n, m]), 4)}
        for n, m in np.ndindex(*of.shape)
    ]
    said = f"Attention map of head {head} on the sentence, a row for each token"
    heat("weights.map", rows, ("looks at", "token"), "attention", said, largest=1.0)


def _habits(maps: Maps, layer: int) -> None:
    st.markdown("**What each head looks at**, on average")
    rows: list[Row] = [
        {"head": head, "looks at": habit, "share": round(float(share), 4)}
        for head, shares in enumerate(habits(maps.of[layer]), 1)
        for habit, share in zip(HABITS, shares, strict=True)
    ]
    said = "Shares of attention of each head by what is looked at"
    heat("weights.habits", rows, ("looks at", "head"), "share", said, largest=1.0)


def labels(found: Sentence) -> list[str]:
    """The tokens, told apart where one stands there twice.

    >>> labels(Sentence(("a", "b", "a"), (1, 2, 1)))
    ['a', 'b', 'a (2)']
    """
    seen: dict[str, int] = {}
    told = []
    for token in found.tokens:
        seen[token] = seen.get(token, 0) + 1
        told.append(token if seen[token] == 1 else f"{token} ({seen[token]})")
    return told
