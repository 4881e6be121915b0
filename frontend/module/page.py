"""A document as a module of PyTorch: its source, its weights, a run, and its files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from diagram import DiagramError, parameters, to_json
from frontend import document
from frontend.bar import bar, is_empty
from frontend.document import Document
from frontend.module import run as compiled
from frontend.module.data import KINDS, Given, given
from frontend.notation import grouped, plain, tex
from frontend.numbers import number_fields
from frontend.plan.compare import duration
from frontend.programs import Store
from frontend.results import Failure
from frontend.warm import warm
from frontend.work import begin, outcome

if TYPE_CHECKING:
    from diagram.runtime.rehearse import Rehearsal, Value

ONNX, RUN = "module.onnx", "module.run"


def page() -> None:
    """The numbers, then the source on one side, weights, run and files on the other."""
    store = st.session_state
    bar("module")
    if is_empty():
        return
    number_fields(store, "module")
    now = document.current(store)
    left, right = st.columns([3, 2], gap="large")
    with right:
        try:
            _weights(now)
        except DiagramError as error:
            st.error(plain(str(error)), icon=":material/error:")
            return
        _files(store, now)
        _run(store, now)
    with left:
        _source(now)
    warm()


def _source(now: Document) -> None:
    st.markdown("**Source**, which imports torch only")
    try:
        with st.spinner("Compiling …"):
            source = compiled.source(now)
    except Failure as failure:
        st.error(plain(str(failure)), icon=":material/error:")
        return
    st.code(source, language="python", line_numbers=True)


def _weights(now: Document) -> None:
    count = parameters(now.program, **now.numbers)
    number = grouped(count.number) if count.number is not None else "open"
    st.metric("Parameters", number)
    st.markdown(tex(count.formula))
    rows = compiled.weights(now)
    if rows:
        lines = ["| weight | shape | parameters | begins as |", "|:--|:--|--:|:--|"]
        lines += [f"| {' | '.join(map(plain, row))} |" for row in rows[:200]]
        with st.container(height=320 if len(rows) > 6 else "content", border=False):
            st.markdown("\n".join(lines))


# -- files ------------------------------------------------------------------------------------


def _files(store: Store, now: Document) -> None:
    stem = compiled.class_name(now)
    with st.container(horizontal=True, gap="small"):
        _download("Python", f"{stem.lower()}.py", "text/x-python", lambda: _python(now))
        _download("Text", f"{stem.lower()}.td", "text/plain", lambda: now.text.rstrip() + "\n")
        name = f"{stem.lower()}.json"
        _download("JSON", name, "application/json", lambda: to_json(now.program) + "\n")
        st.button(
            "Make ONNX",
            key=f"{ONNX}.make",
            on_click=_make_onnx,
            args=(store, now),
            disabled=bool(compiled.lacks()),
        )
    _onnx(store, now, stem)


def _download(label: str, name: str, mime: str, write: object) -> None:
    st.download_button(
        label,
        write,  # type: ignore[arg-type]
        name,
        mime,
        key=f"module.{label}",
        on_click="ignore",
        icon=":material/download:",
    )


def _python(now: Document) -> str:
    try:
        return compiled.source(now)
    except Failure as failure:
        return "".join(f"# {line}\n" for line in str(failure).splitlines())


def _make_onnx(store: Store, now: Document) -> None:
    """Made before it is offered: it takes a while, and may not work."""
    begin(store, ONNX, now, compiled.writing_onnx(now))


def _onnx(store: Store, now: Document, stem: str) -> None:
    if compiled.lacks():
        lacking = " and ".join(compiled.lacks())
        st.caption(f"ONNX needs {lacking}: `pip install 'tensor-diagrams[onnx]'`")
        return
    made = outcome(store, ONNX, now)
    if made is not None:
        _download("ONNX", f"{stem.lower()}.onnx", "application/octet-stream", made)


# -- a run ------------------------------------------------------------------------------------


def _run(store: Store, now: Document) -> None:
    files = st.file_uploader(
        "Inputs from files; those without one are random",
        KINDS,
        accept_multiple_files=True,
        key="module.files",
        help="A .npy is named after its input; .npz and .safetensors name what they hold",
    )
    try:
        data = given(now, [(file.name, file.getvalue()) for file in files])
    except DiagramError as error:
        st.error(plain(str(error)).replace("\n", "  \n"), icon=":material/error:")
        return
    st.button(
        "Run it" if data.arrays else "Run it on random data",
        key=f"{RUN}.begin",
        on_click=_begin,
        args=(store, data),
    )
    ran = outcome(store, RUN, data.key)
    if ran is not None:
        _told(ran, data)


def _begin(store: Store, data: Given) -> None:
    begin(store, RUN, data.key, compiled.running(data.document, data.arrays))


def _told(ran: Rehearsal, data: Given) -> None:
    columns = st.columns(2)
    columns[0].metric("Median of five calls", duration(ran.median))
    columns[1].metric("First call", duration(ran.first))
    threads = f"{ran.threads} thread" + "s" * (ran.threads != 1)
    random = [value.name for value in ran.inputs if value.name not in data.arrays]
    said = f"; random numbers for {plain(', '.join(random))}" if random else ""
    st.caption(f"On this machine's processor, {threads}, without gradients{said}.")
    for title, values in (("Inputs", ran.inputs), ("Results", ran.outputs)):
        if values:
            st.markdown(f"**{title}**")
        for value in values:
            st.markdown(_shape(value))
            st.code(value.told, language=None)


def _shape(value: Value) -> str:
    legs = " ".join(value.legs)
    lengths = " × ".join(f"{length:,}" for length in value.shape) or "a number"
    return f"`{value.name}[{legs}]`: {lengths}, {value.dtype}"
