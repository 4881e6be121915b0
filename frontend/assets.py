"""Streamlit's own scripts and fonts, sent from memory: a first page asks for sixty of them."""

from __future__ import annotations

from mimetypes import guess_type
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st
from starlette.middleware import Middleware
from starlette.responses import Response
from streamlit.url_util import make_url_path

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

KEPT = "public, immutable, max-age=31536000"
"""A name holds a digest of what is in the file, so what a browser has stays right."""


class Assets:
    """Answers for these files what Streamlit would; each is read from the disk once."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        root = Path(st.__file__).parent / "static"
        base = make_url_path(str(st.get_option("server.baseUrlPath")), "").rstrip("/")
        self.files = {
            f"{base}/{each.relative_to(root).as_posix()}": each
            for each in (root / "static").rglob("*")
            if each.is_file()
        }
        self.read: dict[str, bytes] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http" or scope["method"] != "GET" or path not in self.files:
            await self.app(scope, receive, send)
            return
        if path not in self.read:
            self.read[path] = self.files[path].read_bytes()
        kind = guess_type(path)[0] or "application/octet-stream"
        answer = Response(self.read[path], headers={"cache-control": KEPT}, media_type=kind)
        await answer(scope, receive, send)


MIDDLEWARE = (Middleware(Assets),)
