"""One exercise on the page: its field, what is said of an answer, its hints."""

from __future__ import annotations

import streamlit as st

from frontend import results
from frontend.document import reason
from frontend.editor import edited, editor
from frontend.figure import figure
from frontend.keeper import done
from frontend.learn.check import LONGEST, check, solution
from frontend.learn.lesson import Exercise, Lesson
from frontend.notation import plain
from frontend.programs import Store, read
from frontend.results import Failure

FIELDS = {
    "equation": "Your line",
    "number": "Your number",
    "shape": "The lengths, in order",
}


def exercise(store: Store, lesson: Lesson, place: int) -> None:
    """The question, a field, and what came of the last answer."""
    asked = lesson.exercises[place]
    key = f"learn.{lesson.key(place)}"
    with st.container(border=True):
        mark = ":green[:material/check_circle:] " if lesson.key(place) in done(store) else ""
        st.markdown(f"{mark}**{place + 1}.** {asked.question}")
        _shown(lesson, asked, key)
        _field(store, lesson, place, key)
        with st.container(horizontal=True, gap="small"):
            args = (store, lesson, place)
            st.button("Check", key=f"{key}.check", on_click=_check, args=args)
            _more(store, asked, key)
        _said(store, asked, key)


def _shown(lesson: Lesson, asked: Exercise, key: str) -> None:
    """The picture of what is asked about; that of an answer would give it away."""
    if asked.kind == "draw":
        return
    try:
        svg = results.drawn(asked.program, batch=lesson.batch).screen
    except Failure as failure:
        st.caption(plain(str(failure)))
        return
    figure(f"{key}.figure", svg, "The picture of the question", "8.5rem")
    if asked.sizes:
        st.caption(", ".join(f"{dim} = {number:,}" for dim, number in asked.sizes.items()))


def _field(store: Store, lesson: Lesson, place: int, key: str) -> None:
    asked = lesson.exercises[place]
    if asked.kind != "draw":
        args = (store, lesson, place)
        field = f"{key}.field"
        st.text_input(FIELDS[asked.kind], key=field, max_chars=LONGEST, on_change=_check, args=args)
        return
    revision = int(store.get(f"{key}.revision", 0))
    text = edited(f"{key}.editor", revision)
    if text is not None:
        store[f"{key}.text"] = text
    text = str(store.get(f"{key}.text", asked.given.strip()))
    left, right = st.columns(2)
    with left:
        editor(f"{key}.editor", text, revision, reason(text), f"Your text for exercise {place + 1}")
    with right:
        _own(store, lesson, text, key)


def _own(store: Store, lesson: Lesson, text: str, key: str) -> None:
    """The picture of what the reader wrote, or of the last text that could be read."""
    if reason(text) is None:
        store[f"{key}.good"] = text
    good = store.get(f"{key}.good")
    if good is None:
        return
    try:
        svg = results.drawn(read(str(good)), batch=lesson.batch).screen
        figure(f"{key}.figure", svg, "Your picture", "13rem")
    except Failure as failure:
        st.caption(plain(str(failure)))


def _answer(store: Store, asked: Exercise, key: str) -> str:
    if asked.kind == "draw":
        return str(store.get(f"{key}.text", asked.given))
    return str(store.get(f"{key}.field") or "")


def _check(store: Store, lesson: Lesson, place: int) -> None:
    asked = lesson.exercises[place]
    key = f"learn.{lesson.key(place)}"
    if asked.kind == "draw":
        text = edited(f"{key}.editor", int(store.get(f"{key}.revision", 0)))
        store[f"{key}.text"] = text if text is not None else _answer(store, asked, key)
    verdict = check(asked, _answer(store, asked, key))
    store[f"{key}.said"] = verdict
    if verdict.is_right:
        store["progress"] = done(store) | {lesson.key(place)}


def _more(store: Store, asked: Exercise, key: str) -> None:
    """The next hint; after the last one, the answer."""
    given = int(store.get(f"{key}.hints", 0))
    if given <= len(asked.hints):
        label = "Hint" if given < len(asked.hints) else "Show the answer"
        st.button(label, key=f"{key}.hint", on_click=_hint, args=(store, key))


def _hint(store: Store, key: str) -> None:
    store[f"{key}.hints"] = int(store.get(f"{key}.hints", 0)) + 1


def _said(store: Store, asked: Exercise, key: str) -> None:
    verdict = store.get(f"{key}.said")
    if verdict is not None:
        show = st.success if verdict.is_right else st.warning
        show(plain(verdict.said).replace("\n", "  \n"))
    given = int(store.get(f"{key}.hints", 0))
    for hint in asked.hints[:given]:
        st.markdown(f":material/lightbulb: {hint}")
    if given > len(asked.hints):
        st.code(solution(asked), language=None)
