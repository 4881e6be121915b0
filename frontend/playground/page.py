"""A text on one side and its picture on the other; both are the document of the session."""

from __future__ import annotations

import streamlit as st

from diagram import DiagramError, parameters, warnings
from frontend import document, paint, results
from frontend.bar import bar
from frontend.board.board import editing_board, selected, shown
from frontend.document import Document
from frontend.editor import editor
from frontend.notation import grouped, plain, tex
from frontend.playground.examples import examples
from frontend.playground.files import from_equation, opened_file
from frontend.programs import Store
from frontend.results import Failure
from frontend.warm import warm
from frontend.written import CANVAS, EDITOR, NOTE


def page() -> None:
    """The bar, the ways in, the editor and the picture; what has changed is sent first."""
    store = st.session_state
    head = paint.held("playground-head")
    left, right = st.container(key="playground-sides").columns([2, 3], gap="large")
    ways, text = left.container(), left.container()
    sides = [(right, _picture), (text, _text)]
    written = document.current(store).text
    if not paint.waits(store) and written != store.get("playground.text"):
        sides.reverse()
    for place, side in sides:
        with place:
            side(store)
    store["playground.text"] = written
    with head:
        bar("playground")
    with ways:
        _ways_in(store)
    warm()


# -- ways in ----------------------------------------------------------------------------------


def _ways_in(store: Store) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.selectbox(
            "An example",
            list(examples()),
            index=None,
            placeholder="Examples",
            key="playground.example",
            on_change=_take_example,
            args=(store,),
            label_visibility="collapsed",
        )
        with st.popover("Einsum", icon=":material/function:"):
            _equation(store)
        with st.popover("Open", icon=":material/folder_open:"):
            st.file_uploader(
                "A .td or .json file",
                type=["td", "txt", "json"],
                key="playground.file",
                on_change=_take_file,
                args=(store,),
            )
    if store.get(NOTE):
        st.error(plain(str(store[NOTE])), icon=":material/error:")


def _equation(store: Store) -> None:
    with st.form("playground.einsum", border=False):
        st.text_input("An einsum, or a conv_einsum", "ij,jk->ik", key="playground.equation")
        st.text_input(
            "Shapes, if it needs any", placeholder="(2, 3) (3, 4)", key="playground.shapes"
        )
        st.form_submit_button("Draw it", on_click=_take_equation, args=(store,))


def _take_example(store: Store) -> None:
    title = store["playground.example"]
    store["playground.example"] = None
    if title in examples():
        _open(store, examples()[title])


def _take_equation(store: Store) -> None:
    try:
        _open(store, from_equation(store["playground.equation"], store["playground.shapes"]))
    except DiagramError as error:
        store[NOTE] = f"This is no einsum. {error}"


def _take_file(store: Store) -> None:
    file = store["playground.file"]
    if file is None:
        return
    try:
        _open(store, opened_file(file.name, file.getvalue(), document.current(store)))
    except DiagramError as error:
        store[NOTE] = f"This file cannot be opened. {error}"


def _open(store: Store, found: Document) -> None:
    store.pop(NOTE, None)
    document.open_document(store, found)


# -- the two sides ----------------------------------------------------------------------------


def _text(store: Store) -> None:
    now = document.current(store)
    error = now.error
    label, revision = "Text of the diagram", document.revision(store)
    editor(EDITOR, now.text, revision, error, label, _status(error), is_document=True)
    for said in _warnings(now) if error is None and not now.is_empty else ():
        st.warning(plain(said), icon=":material/lightbulb:")


def _status(error: DiagramError | None) -> str:
    if error is None:
        return "Ctrl+Z undoes. The picture follows as you write."
    count = len(error.faults)
    problems = "1 problem" if count == 1 else f"{count} problems"
    return f"{problems}. The picture is of the last text that could be read."


def _warnings(now: Document) -> list[str]:
    """What is legal and likely wrong."""
    return [str(said) for said in warnings(now.program)][:5]


def _picture(store: Store) -> None:
    now = document.current(store)
    picture, said = shown(now)
    if said:
        st.error(plain(said), icon=":material/error:")
    path = selected(CANVAS)
    inspected = None
    if path and f'data-path="{path}"' in picture.svg:
        try:
            inspected = results.described(now.good, now.numbers, path, now.unfolded)
        except Failure as failure:
            st.error(plain(str(failure)), icon=":material/error:")
    editing_board(CANVAS, now, picture, "", inspected)
    if not now.is_empty:
        _count(now)
    if picture.svg:
        paint.figure(store)


def _count(now: Document) -> None:
    try:
        count = parameters(now.program, **now.numbers)
    except DiagramError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    number = "" if count.number is None else f" = {grouped(count.number)}"
    st.markdown(f"Parameters: {tex(count.formula)}{number}")
