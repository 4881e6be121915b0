"""Every program of the zoo as a picture with its counts; a click takes it to another page."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from diagram import parameters
from diagram.planner.table import short
from frontend import document, paint, results
from frontend.attention import state
from frontend.attention.state import Side
from frontend.bar import offer
from frontend.figure import figure
from frontend.notation import grouped, plain, tex
from frontend.pages import ROOMS, go
from frontend.programs import Store
from frontend.results import Failure
from models import BLOCKS, WILD, ZOO
from models.zoo import Example

GROUPS: Mapping[str, Mapping[str, Example]] = {
    "Attention, as the slides draw it": ZOO,
    "Whole transformers": BLOCKS,
    "Attention in the wild": WILD,
}
COLUMNS = 3
PLACES = ("playground", "plan", "module")


def page() -> None:
    """The groups, each with its programs in rows, one card after the other."""
    store = st.session_state
    place = store.pop("gallery.go", None)
    if place in ROOMS:
        go(place)
    for title, group in GROUPS.items():
        st.header(title, anchor=False)
        names = list(group)
        for start in range(0, len(names), COLUMNS):
            row = names[start : start + COLUMNS]
            columns = st.columns(COLUMNS, gap="medium")
            cards = [c.container(border=True, height="stretch") for c in columns[: len(row)]]
            for card, name in zip(cards, row, strict=True):
                with card:
                    _picture(group[name])
            paint.figure(store)
            for card, name in zip(cards, row, strict=True):
                with card:
                    _counts_and_ways(store, group[name])


def _picture(example: Example) -> None:
    st.markdown(f"**{plain(example.title)}**")
    with st.container(key=f"gallery-picture-{example.name.replace(' ', '-')}"):
        try:
            svg = results.drawn(document.example(example.name).program, example.name).screen
        except Failure as failure:
            st.error(plain(str(failure)), icon=":material/error:")
        else:
            figure(f"gallery.{example.name}", svg, f"{example.title} as a tensor diagram", "13rem")


def _counts_and_ways(store: Store, example: Example) -> None:
    """The counts and the source, and where a click takes the program."""
    try:
        st.markdown(_counts(document.example(example.name)))
    except Failure as failure:
        st.error(plain(str(failure)), icon=":material/error:")
    st.caption(plain(example.paper))
    with st.container(horizontal=True, gap="small"):
        for place in PLACES:
            _button(store, example.name, place, ROOMS[place].title)
        if example.name in state.MODELS:
            _button(store, example.name, "attention", "Compare")
        if st.button("Save", key=f"gallery.{example.name}.save", type="tertiary"):
            offer(document.example(example.name))


def _counts(found: document.Document) -> str:
    """Parameters, and FLOPs of one sequence of the length that a new document has."""
    count = parameters(found.program)
    number = grouped(count.number) if count.number is not None else "open"
    lines = [f"{number} parameters, {tex(count.formula)}"]
    sizes = {dim: n for dim, n in found.numbers.items() if dim in document.STARTS}
    sizes |= {dim: min(n, found.numbers.get("p", n)) for dim, n in sizes.items() if dim != "b"}
    plan = results.planned(found.good, sizes)
    if plan.flops is not None:
        lengths = ", ".join(f"{dim.upper()} = {n:,}" for dim, n in sizes.items())
        lines.append(f"{short(plan.flops)} FLOPs at {lengths}".replace("  ", " "))
    return "  \n".join(lines)


def _button(store: Store, name: str, place: str, label: str) -> None:
    key = f"gallery.{name}.{place}"
    st.button(label, key=key, type="tertiary", on_click=_take, args=(store, name, place))


def _take(store: Store, name: str, place: str) -> None:
    """To a page, with this program as the document; to the comparison, as its left model."""
    if place == "attention":
        state.start(store)
        store[Side.LEFT.key("model")] = name
        state.choose(store, Side.LEFT)
    else:
        document.open_document(store, document.example(name))
    store["gallery.go"] = place
