"""What a layer's weights tell: norms by head and by component, spectra of scores, the core."""

from __future__ import annotations

from collections.abc import Generator

import streamlit as st

from frontend import work
from frontend.attention.heat import Row, heat, spectrum
from frontend.programs import Store
from models.pretrained.measures import Measured, Weights, measuring

MOST_CELLS = 4096
"""Numbers of one chart."""

JOB = "weights.job"


def measured(store: Store, layer: Weights, key: str) -> int:
    """The charts of a layer, and the head that is chosen in them; `key` tells layers apart."""
    if not work.is_about(store, JOB, key):
        work.begin(store, JOB, key, _working(layer))
    found = work.outcome(store, JOB, key)
    if found is None:
        return 1
    heads, _ = found.spectrum.shape
    _norms(found)
    head = _chosen_head(heads)
    _components(found)
    _scores(found, head)
    return head


def _working(layer: Weights) -> Generator[tuple[float, str], None, object]:
    return (yield from measuring(layer))


def _chosen_head(heads: int) -> int:
    """The head that the charts below show, counted from 1."""
    if heads == 1:
        return 1
    return int(st.select_slider("Head", range(1, heads + 1), key=f"weights.head.{heads}"))


def _norms(found: Measured) -> None:
    st.markdown("**Norm of each head's weights** (Frobenius)")
    rows: list[Row] = [
        {"weight": weight, "head": head, "norm": float(norm)}
        for weight, norms in found.heads.items()
        for head, norm in enumerate(norms[:MOST_CELLS], 1)
    ]
    said = "Norms of the four weights of each head, as shades"
    heat("weights.norms", rows, ("head", "weight"), "norm", said)


def _components(found: Measured) -> None:
    weights = list(found.components)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("**Norm of each component** of", width="content")
        weight = st.segmented_control(
            "The weight whose components are shown",
            weights,
            default=weights[0],
            key="weights.component",
            label_visibility="collapsed",
            required=True,
        )
    norms = found.components[str(weight)]
    heads = max(1, MOST_CELLS // norms.shape[1])
    rows: list[Row] = [
        {"head": head, "component": place, "norm": float(norm)}
        for head, line in enumerate(norms[:heads], 1)
        for place, norm in enumerate(line[:MOST_CELLS], 1)
    ]
    if norms.size > len(rows):
        st.caption(f"The first {len(rows):,} of {norms.size:,}.")
    said = f"Norms of the components of {weight}, a row for each head"
    heat("weights.components", rows, ("component", "head"), "norm", said)


def _scores(found: Measured, head: int) -> None:
    heads, _ = found.spectrum.shape
    st.markdown(r"**Singular values of $W^Q {W^K}^{\top}$**, head by head")
    few = max(1, MOST_CELLS // found.spectrum.shape[1])
    shown = sorted({*range(1, min(few, heads) + 1), head})
    rows: list[Row] = [
        {"head": each, "place": place, "singular value": float(value)}
        for each in shown
        for place, value in enumerate(found.spectrum[each - 1], 1)
    ]
    spectrum("weights.spectrum", rows, head, f"Singular values of the scores; head {head} is lit")
    score, core = st.columns(2)
    score.metric(
        f"Stable rank of head {head}'s scores",
        f"{found.score_ranks[head - 1]:.2f}",
        help="Of its W^Q W^K^T: the squares of all singular values over that of the largest.",
    )
    core.metric(
        "Stable rank of the core C",
        f"{found.core_rank:.4g}",
        help="‖C‖²_F / ‖C‖²_2. Multi-head attention has C = I_H ⊗ 1 1ᵀ, whatever its weights: "
        "that is H. Forms with a core of their own learn it.",
    )
