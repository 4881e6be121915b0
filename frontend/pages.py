"""The pages of the studio: their names, their addresses, and the links between them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from streamlit.navigation.page import StreamlitPage

STYLE = Path(__file__).parent / "page.css"


@dataclass(frozen=True)
class Room:
    """A page: its package in this one is its address too."""

    name: str
    title: str
    icon: str
    summary: str
    has_document: bool = False
    """Whether it shows the document that pages share; then its address holds it."""
    has_progress: bool = False
    has_editor: bool = False
    """Whether the document is written there."""


ROOMS: Mapping[str, Room] = {
    room.name: room
    for room in (
        Room("attention", "Attention", "compare", "Two attention layers side by side, counted."),
        Room(
            "playground",
            "Playground",
            "edit_square",
            "Write a diagram, see it drawn.",
            has_document=True,
            has_editor=True,
        ),
        Room("plan", "Plan", "account_tree", "The order of merging, step by step.", True),
        Room("module", "Module", "deployed_code", "The diagram as a PyTorch module.", True),
        Room("learn", "Learn", "school", "A course in tensor notation.", has_progress=True),
        Room("gallery", "Gallery", "grid_view", "Every program of the zoo with its counts."),
    )
}


FIRST = "attention"
ROOT = "studio"
"""What the first page is called among the others; it lives at no path, and this one is not free."""


def pages() -> dict[str, StreamlitPage]:
    """Each page by its name; what a page needs is imported when it is shown."""
    return {name: _page(room) for name, room in ROOMS.items()}


def addresses() -> list[StreamlitPage]:
    """The pages, and one out of sight at the name of the first: that one lives at no path."""
    room = ROOMS[FIRST]
    named = st.Page(_first, title=room.title, url_path=room.name, visibility="hidden")
    return [*pages().values(), named]


def _first() -> None:
    go(FIRST)


def _page(room: Room) -> StreamlitPage:
    """Without an icon: the browser would ask another server for it, to show it in its tab."""
    return st.Page(
        _shown(room),
        title=room.title,
        url_path=room.name if room.name != FIRST else ROOT,
        default=room.name == FIRST,
        help=room.summary,
    )


def _shown(room: Room) -> Callable[[], None]:
    def show() -> None:
        st.title(room.title, anchor=False)
        module = import_module(f"frontend.{room.name}.page")
        from frontend import paint
        from frontend.attention.state import keep
        from frontend.keeper import keeper, painted, settle, start
        from frontend.written import take

        store = st.session_state
        paint.begin(store, room.name, painted(store))
        start(store, st.query_params.get("d", ""))
        settle(store)
        take(store)
        keep(store)
        st.html(STYLE)
        with st.container(key="kept"):
            keeper(room)
        paint.title(store)
        module.page()
        paint.end(store)

    return show


def go(name: str) -> None:
    """To another page, at once."""
    st.switch_page(_page(ROOMS[name]))


def link(name: str) -> None:
    """A link to a page."""
    room = ROOMS[name]
    st.page_link(_page(room), label=room.title, icon=f":material/{room.icon}:")
