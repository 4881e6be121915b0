"""What takes long to import is imported before anyone waits for it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from importlib import import_module
from threading import Thread

import streamlit as st

from frontend.pages import ROOMS


@asynccontextmanager
async def ready(_: st.App) -> AsyncGenerator[None, None]:
    """The pages, imported as the server starts; it answers meanwhile."""
    _imported(f"frontend.{name}.page" for name in ROOMS)
    yield


@st.cache_resource(show_spinner=False)
def warm() -> Thread:
    """Torch, imported while the first visitor looks at a figure; call it last on a page."""
    return _imported(["torch"])


def _imported(modules: Iterable[str]) -> Thread:
    def run() -> None:
        for name in modules:
            import_module(name)

    thread = Thread(target=run, daemon=True)
    thread.start()
    return thread
