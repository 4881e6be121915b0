"""Real weights: a layer of a pretrained transformer as figure, counts, norms and a module."""

from __future__ import annotations

import streamlit as st

from diagram import DiagramError, Program, parameters
from diagram.errors import FileError
from frontend import results
from frontend.attention.dims import NAMES
from frontend.attention.measured import measured
from frontend.attention.sentence import sentence
from frontend.canvas import canvas, selected
from frontend.notation import grouped, letter, plain, tex
from frontend.programs import fault
from frontend.results import Failure
from models import ZOO
from models.pretrained import KNOWN, MINILM, Layer, Own, Pretrained, own, read
from models.pretrained.bundle import bundle
from models.pretrained.file import tensor_file

UPLOAD = "A .safetensors file"
LARGEST_HEADS = 1024


@st.fragment
def weights() -> None:
    """Choose a file and a layer; a change in here runs this part of the page only."""
    st.caption(
        "A transformer's attention layers, read from a safetensors file (names as in BERT, "
        "DistilBERT or GPT-2, or as a module of this page saves them) into the same kind of "
        "program, with values. Nothing is unpickled."
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
    given = tensor_file(upload)
    key = f"{upload.file_id} {number}"
    ours = own(given)
    if ours is None:
        _show(read(given, heads=number), key)
    else:
        _show_own(ours, key)


def _show(found: Pretrained, key: str) -> None:
    layer = _layer(found)
    place = found.layers.index(layer)
    left, right = st.columns([1, 1], gap="large")
    with left:
        _figure(layer.program, "multi-head with biases", f"Layer {layer.index}")
        st.markdown(f"**{plain(found.name)}**, {found.family} names, `{layer.at}`")
        _count(layer.program)
        _download(layer)
    with right:
        head = measured(st.session_state, layer, f"{key} {layer.at}")
    st.subheader("Attention maps on a sentence", anchor=False)
    if found.name == MINILM.file.name and key == MINILM.title:
        sentence(st.session_state, place, head)
    else:
        st.caption("For this the whole model and its tokenizer are needed, not the layers alone.")
    with st.expander("The text of this layer"):
        st.code(str(layer.program), language=None)


def _show_own(found: Own, key: str) -> None:
    """A form of the zoo as a module of this project saved it."""
    left, right = st.columns([1, 1], gap="large")
    title = ZOO[found.name].title
    with left:
        _figure(found.program, found.name, title)
        st.markdown(f"**{plain(found.file.name)}**, the weights of {plain(title)}")
        _count(found.program)
    with right:
        measured(st.session_state, found, key)


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


def _figure(program: Program, name: str, title: str) -> None:
    try:
        picture = results.drawn(program, name)
    except Failure as failure:
        st.error(plain(str(failure)), icon=":material/error:")
        return
    path = selected("weights.canvas")
    inspected = None
    if path and f'data-path="{path}"' in picture.screen:
        inspected = results.described(str(program), {}, path)
    legend = [
        (dim, letter(dim), f"= {grouped(number)} {NAMES.get(dim, '')}".rstrip())
        for dim, number in program.defaults.items()
    ]
    canvas("weights.canvas", picture.screen, title, legend, inspected, tall=True)


def _count(program: Program) -> None:
    count = parameters(program)
    st.metric("Parameters of this layer", grouped(count.number or 0))
    st.markdown(tex(count.formula))


def _download(layer: Layer) -> None:
    st.download_button(
        "Module and weights (.zip)",
        lambda: bundle(layer),
        f"attention-layer-{layer.index}.zip",
        "application/zip",
        key="weights.download",
        on_click="ignore",
        icon=":material/download:",
    )
