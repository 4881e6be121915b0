"""Pauses of a first run: the browser draws what it has before it loads what comes next."""

from __future__ import annotations

from time import sleep

from frontend.programs import Store

TITLE, FIGURE = 0.05, 0.35
"""Seconds in which a new visitor's browser draws a title, and the first figures."""

KEY = "paints"


def begin(store: Store) -> None:
    """A run begins; only the first one of a visit has pauses."""
    store[KEY] = KEY not in store


def title(store: Store) -> None:
    """After the title of a page."""
    _pause(store, TITLE)


def figure(store: Store) -> None:
    """After the first figures of a page, before what stands around them; the last pause."""
    _pause(store, FIGURE)
    store[KEY] = False


def _pause(store: Store, seconds: float) -> None:
    if store.get(KEY):
        sleep(seconds)
