"""A new visitor's browser paints what it has before it has to load what comes next."""

from __future__ import annotations

from time import monotonic, sleep

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from frontend.programs import Store

TITLE, FIGURE = 0.05, 1.5
"""Seconds in which a browser paints a title, and in which it tells that it has painted a figure."""

LOOK = 0.01
"""Seconds from one look at what the browser tells to the next one."""

KEY, PAGE = "paints", "paints.page"


def begin(store: Store, page: str, is_painted: bool) -> None:
    """A run of a page begins; only the page that a visitor comes to is painted in parts."""
    if is_painted or store.setdefault(PAGE, page) != page:
        end(store)


def end(store: Store) -> None:
    """From now on nothing is waited for."""
    store[KEY] = False


def waits(store: Store) -> bool:
    """Whether the first figures of a visit are still to be painted."""
    return bool(store.get(KEY, True))


def title(store: Store) -> None:
    """After the title of a page."""
    if waits(store):
        sleep(TITLE)


def figure(store: Store) -> None:
    """After the first figures of a page, before what stands around them.

    What the browser tells begins a new run; Streamlit looks for it as the store is read.
    """
    last = monotonic() + FIGURE
    while waits(store):
        sleep(LOOK)
        if monotonic() >= last:
            end(store)


def held(key: str) -> DeltaGenerator:
    """A container for what comes later; the style of its key holds its height free until then.

    Without anything in it Streamlit would not put it into the page.
    """
    place = st.container(key=key)
    place.empty()
    return place
