"""Real weights: a layer of a pretrained transformer as figure, counts, norms and a module."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from diagram import DiagramError, parameters
from diagram.errors import FileError
from frontend import results
from frontend.attention.dims import NAMES
from frontend.canvas import canvas, selected
from frontend.notation import grouped, letter, plain, tex
from frontend.programs import fault
from frontend.results import Failure
from models.pretrained import KNOWN, Layer, Pretrained, head_norms, read
from models.pretrained.bundle import bundle

UPLOAD = "A .safetensors file"
LARGEST_HEADS = 1024


@st.fragment
def weights() -> None:
    """Choose a file and a layer; a change in here runs this part of the page only."""
    st.caption(
        "A transformer's attention layers, read from a safetensors file (names as in BERT, "
        "DistilBERT or GPT-2) into the same kind of program, with values. Nothing is unpickled."
    )
    titles = [package.title for package in KNOWN]
    picked = st.segmented_control(
        "Where the weights come from",
        [*titles, UPLOAD],
        key="weights.source",
        label_visibility="collapsed",
    )
    if picked is None:
        return
    try:
        if picked == UPLOAD:
            _uploaded()
        else:
            _show(read(KNOWN[titles.index(picked)].file), picked)
    except DiagramError as error:
        st.error(f"{_article(error)}\n\n```text\n{error}\n```", icon=":material/error:")


def _article(error: DiagramError) -> str:
    is_file = isinstance(error, FileError)
    return "This file cannot be used." if is_file else "This layer cannot be shown."


def _uploaded() -> None:
    file, heads = st.columns([3, 1])
    with file:
        upload = st.file_uploader(
            "A .safetensors file",
            type="safetensors",
            key="weights.file",
            label_visibility="collapsed",
        )
    with heads:
        number = st.number_input(
            "H heads (the file does not say)", value=12, step=1, key="weights.heads"
        )
    if upload is None:
        return
    reason = fault("h", number, LARGEST_HEADS)
    if reason:
        st.error(plain(reason), icon=":material/error:")
        return
    upload.seek(0)
    _show(read(upload, heads=number), f"{upload.file_id} {number}")


def _show(found: Pretrained, key: str) -> None:
    layer = _layer(found)
    left, right = st.columns([3, 2], gap="large")
    with left:
        _figure(layer)
    with right:
        _numbers(found, layer)
        _norms(layer, f"{key} {layer.at}")
        st.download_button(
            "Module and weights (.zip)",
            lambda: bundle(layer),
            f"attention-layer-{layer.index}.zip",
            "application/zip",
            key="weights.download",
            on_click="ignore",
            icon=":material/download:",
        )
    with st.expander("The text of this layer"):
        st.code(str(layer.program), language=None)


def _layer(found: Pretrained) -> Layer:
    if len(found.layers) == 1:
        return found.layers[0]
    place = st.select_slider(
        "Layer",
        range(len(found.layers)),
        format_func=lambda place: f"layer {found.layers[place].index}",
        key=f"weights.layer.{len(found.layers)}",
        label_visibility="collapsed",
    )
    return found.layers[place]


def _figure(layer: Layer) -> None:
    try:
        picture = results.drawn(layer.program, "multi-head with biases")
    except Failure as failure:
        st.error(plain(str(failure)), icon=":material/error:")
        return
    path = selected("weights.canvas")
    inspected = None
    if path and f'data-path="{path}"' in picture.screen:
        inspected = results.described(str(layer.program), {}, path)
    numbers = layer.program.defaults.items()
    legend = [
        (dim, letter(dim), f"= {grouped(n)} {NAMES.get(dim, '')}".rstrip()) for dim, n in numbers
    ]
    canvas("weights.canvas", picture.screen, f"Layer {layer.index}", legend, inspected, tall=True)


def _numbers(found: Pretrained, layer: Layer) -> None:
    count = parameters(layer.program)
    st.markdown(f"**{plain(found.name)}**, {found.family} names, `{layer.at}`")
    number = grouped(count.number) if count.number is not None else ""
    st.metric("Parameters of this layer", number)
    st.markdown(tex(count.formula))


def _norms(layer: Layer, key: str) -> None:
    with st.spinner("Reading the weights …"):
        norms = _head_norms(key, layer)
    heads = range(1, layer.heads + 1)
    st.markdown("**Norm of each head's weights** (Frobenius)")
    import altair

    rows = [
        {"weight": name, "head": head, "norm": norm}
        for name, of_heads in norms.items()
        for head, norm in zip(heads, of_heads, strict=True)
    ]
    chart = (
        altair.Chart(altair.InlineData(values=rows))
        .mark_rect()
        .encode(
            x=altair.X("head:O", title="head", axis=altair.Axis(labelAngle=0)),
            y=altair.Y("weight:N", sort=list(norms), title=None),
            color=altair.Color(
                "norm:Q",
                scale=altair.Scale(scheme="blues", zero=True),
                legend=altair.Legend(title=None, orient="right", gradientLength=110),
            ),
            tooltip=["weight:N", "head:O", altair.Tooltip("norm:Q", format=".3f")],
        )
        .properties(height=190)
    )
    st.altair_chart(chart, key="weights.norms")


@st.cache_data(show_spinner=False, max_entries=64)
def _head_norms(key: str, _layer: Layer) -> Mapping[str, tuple[float, ...]]:
    return dict(head_norms(_layer))
