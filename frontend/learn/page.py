"""A course in tensor notation: choose a lesson, read, play with its diagram, do its exercises."""

from __future__ import annotations

import streamlit as st

from frontend import document, paint, results
from frontend.bar import save
from frontend.canvas import canvas, selected
from frontend.document import Document, reason
from frontend.editor import edited, editor
from frontend.keeper import done
from frontend.learn.exercise import exercise
from frontend.learn.lesson import Lesson
from frontend.learn.notations import notations
from frontend.learn.reading import course
from frontend.notation import plain
from frontend.programs import Store
from frontend.results import Failure
from frontend.warm import warm


def page() -> None:
    """The lessons at the left, the open one beside them."""
    store = st.session_state
    lessons, faults = course()
    by_name = {lesson.name: lesson for lesson in lessons}
    if not lessons:
        st.error("There are no lessons.")
        return
    if store.get("lesson") not in by_name:
        store["lesson"] = lessons[0].name
    contents, shown = st.columns([1, 4], gap="large")
    with contents:
        _contents(store, by_name)
        for said in faults:
            st.error(plain(said), icon=":material/error:")
    with shown:
        _lesson(store, by_name[store["lesson"]])
        _next(store, list(by_name))
    warm()


def _contents(store: Store, lessons: dict[str, Lesson]) -> None:
    solved = done(store)
    names = list(lessons)
    # Its own key: what is chosen outlives the field, which is gone on other pages.
    store["learn.choice"] = store["lesson"]
    st.radio(
        "Lessons",
        names,
        key="learn.choice",
        format_func=lambda name: _entry(lessons[name], names.index(name) + 1, solved),
        on_change=_choose,
        args=(store,),
        label_visibility="collapsed",
    )
    total = [lesson.key(n) for lesson in lessons.values() for n in range(len(lesson.exercises))]
    count = len(solved & set(total))
    st.progress(count / max(1, len(total)), f"{count} of {len(total)} exercises solved")


def _entry(lesson: Lesson, number: int, solved: frozenset[str]) -> str:
    count = sum(lesson.key(place) in solved for place in range(len(lesson.exercises)))
    all_of = count == len(lesson.exercises)
    mark = " :material/check:" if all_of else f" {count}/{len(lesson.exercises)}" if count else ""
    return f"{number}. {plain(lesson.title)}{mark}"


def _choose(store: Store) -> None:
    store["lesson"] = store["learn.choice"]


def _lesson(store: Store, lesson: Lesson) -> None:
    st.header(lesson.title, anchor=False)
    with st.container(key="words"):
        st.markdown(lesson.shown)
    _live(store, lesson)
    st.subheader("Exercises", anchor=False)
    for place in range(len(lesson.exercises)):
        exercise(store, lesson, place)


def _live(store: Store, lesson: Lesson) -> None:
    """The diagram to play with: text, picture, and the other notations, in step."""
    key = f"learn.{lesson.name}"
    revision = int(store.get(f"{key}.revision", 0))
    text = edited(f"{key}.editor", revision)
    if text is not None:
        store[f"{key}.text"] = text
    text = str(store.get(f"{key}.text", lesson.diagram.strip()))
    error = reason(text)
    if error is None:
        store[f"{key}.good"] = text
    good = str(store.get(f"{key}.good", lesson.diagram.strip()))
    left, right = st.container(key="learn-sides").columns([2, 3], gap="large")
    with right:
        _picture(store, key, Document(good, good, name=lesson.placement), lesson)
    with left:
        editor(f"{key}.editor", text, revision, error, f"The diagram of lesson {lesson.title}")
        with st.container(horizontal=True, gap="small"):
            if text != lesson.diagram.strip():
                st.button("As it was", key=f"{key}.back", on_click=_back, args=(store, key))
            st.button(
                "To the playground", key=f"{key}.open", on_click=_open, args=(store, lesson, good)
            )
            save(Document(good, good, name=lesson.placement), f"{key}.save")
    notations(f"{key}.let", good)
    if store.pop("learn.leave", False):
        from frontend.pages import go

        go("playground")


def _back(store: Store, key: str) -> None:
    store.pop(f"{key}.text", None)
    store.pop(f"{key}.good", None)
    store[f"{key}.revision"] = int(store.get(f"{key}.revision", 0)) + 1


def _open(store: Store, lesson: Lesson, good: str) -> None:
    document.open_document(store, Document(good, good, name=lesson.placement))
    store["learn.leave"] = True


def _picture(store: Store, key: str, shown: Document, lesson: Lesson) -> None:
    try:
        picture = results.drawn(shown.program, shown.name, lesson.batch)
        path = selected(f"{key}.canvas")
        inspected = None
        if path and f'data-path="{path}"' in picture.screen:
            inspected = results.described(shown.good, shown.numbers, path)
    except Failure as failure:
        st.error(plain(str(failure)), icon=":material/error:")
        return
    legend = document.legend(shown)
    canvas(f"{key}.canvas", picture.screen, f"The diagram of {lesson.title}", legend, inspected)
    paint.figure(store)


def _next(store: Store, names: list[str]) -> None:
    place = names.index(store["lesson"])
    if place + 1 < len(names):
        st.button(
            "Next lesson",
            key="learn.next",
            icon=":material/arrow_forward:",
            on_click=_go,
            args=(store, names[place + 1]),
        )


def _go(store: Store, name: str) -> None:
    store["lesson"] = name
