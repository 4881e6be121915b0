"""Torch, made ready while the reader looks at the first figure."""

from __future__ import annotations

from importlib import import_module
from threading import Thread

import streamlit as st


@st.cache_resource(show_spinner=False)
def warm() -> Thread:
    """Start the import once for all visitors; call it on the last line of a page."""
    thread = Thread(target=import_module, args=("torch",), daemon=True)
    thread.start()
    return thread
