"""A document as a module of PyTorch: its source, its weights, and a run on random data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from diagram import DiagramError, parameters, to_json
from frontend import document
from frontend.bar import bar
from frontend.document import Document
from frontend.module import run as compiled
from frontend.notation import grouped, plain, tex
from frontend.numbers import number_fields
from frontend.plan.compare import duration
from frontend.programs import Store
from frontend.results import Failure
from frontend.warm import warm

if TYPE_CHECKING:
    from diagram.runtime.rehearse import Rehearsal, Value

ONNX_KEY = "module.onnx"


def page() -> None:
    """The numbers, then the source on one side, weights, run and files on the other."""
    store = st.session_state
    bar("module")
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
        if compiled.has_onnx():
            st.button("Make ONNX", key="module.make", on_click=_make_onnx, args=(store, now))
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
    try:
        store[ONNX_KEY] = (now, compiled.onnx_file(now))
    except Failure as failure:
        store[ONNX_KEY] = (now, str(failure))


def _onnx(store: Store, now: Document, stem: str) -> None:
    of, made = store.get(ONNX_KEY, (None, None))
    if of != now or made is None:
        return
    if isinstance(made, str):
        st.error(plain(made), icon=":material/error:")
        return
    _download("ONNX", f"{stem.lower()}.onnx", "application/octet-stream", made)


# -- a run ------------------------------------------------------------------------------------


def _run(store: Store, now: Document) -> None:
    st.button("Run it on random data", key="module.run", on_click=_ran, args=(store, now))
    of, ran = store.get("module.ran", (None, None))
    if of != now:
        return
    if isinstance(ran, str):
        st.error(plain(ran), icon=":material/error:")
    elif ran is not None:
        _told(ran)


def _ran(store: Store, now: Document) -> None:
    try:
        store["module.ran"] = (now, compiled.run(now))
    except (Failure, DiagramError) as failure:
        store["module.ran"] = (now, str(failure))


def _told(ran: Rehearsal) -> None:
    columns = st.columns(2)
    columns[0].metric("Median of five calls", duration(ran.median))
    columns[1].metric("First call", duration(ran.first))
    threads = f"{ran.threads} thread" + "s" * (ran.threads != 1)
    st.caption(
        f"On this machine's processor, {threads}, without gradients; standard normal inputs."
    )
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
