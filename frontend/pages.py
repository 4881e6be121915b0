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


ROOMS: Mapping[str, Room] = {
    room.name: room
    for room in (
        Room("attention", "Attention", "compare", "Two attention layers side by side, counted."),
    )
}


def pages() -> dict[str, StreamlitPage]:
    """Each page by its name; what a page needs is imported when it is shown."""
    return {
        name: _page(room, default=not place) for place, (name, room) in enumerate(ROOMS.items())
    }


def _page(room: Room, default: bool) -> StreamlitPage:
    return st.Page(
        _shown(room),
        title=room.title,
        icon=f":material/{room.icon}:",
        url_path=room.name,
        default=default,
        help=room.summary,
    )


def _shown(room: Room) -> Callable[[], None]:
    def show() -> None:
        st.title(room.title, anchor=False)
        module = import_module(f"frontend.{room.name}.page")
        from frontend.attention.state import keep

        keep(st.session_state)
        st.html(STYLE)
        module.page()

    return show
