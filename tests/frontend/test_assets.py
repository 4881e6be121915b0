"""Streamlit's files come from memory as they would from the disk."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest
import streamlit as st
from starlette.types import ASGIApp, Message
from streamlit.file_util import get_static_dir
from streamlit.web.server.starlette.starlette_static_routes import create_streamlit_static_handler

from frontend.assets import Assets

OURS = {"content-type", "content-length", "cache-control"}


def asked(app: ASGIApp, path: str, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of an answer."""
    sent: list[Message] = []

    async def receive() -> Message:
        return await asyncio.Future()  # nothing more comes from the browser

    async def send(message: Message) -> None:
        sent.append(message)

    scope: dict[str, Any] = {"type": "http", "method": method, "path": path, "headers": []}

    async def run() -> None:
        await app(scope, receive, send)

    asyncio.run(run())
    pairs: Iterable[tuple[bytes, bytes]] = sent[0]["headers"]
    headers = {name.decode(): value.decode() for name, value in pairs}
    return sent[0]["status"], headers, b"".join(each.get("body", b"") for each in sent[1:])


@pytest.fixture(scope="module")
def own() -> ASGIApp:
    return create_streamlit_static_handler(get_static_dir(), base_url="")


def test_a_file_is_what_streamlit_sends(own: ASGIApp):
    assets = Assets(own)
    kinds: dict[str, str] = {}
    for path in assets.files:
        kinds.setdefault(path.rpartition(".")[2], path)
    assert {"js", "css", "woff2"} <= set(kinds)
    for path in kinds.values():
        status, headers, body = asked(own, path)
        again = [asked(assets, path) for _ in range(2)]
        assert again == [(status, {name: headers[name] for name in OURS}, body)] * 2
        assert status == 200
        assert body


@pytest.mark.parametrize("base", ["a/b", "/a/b/"])
def test_a_server_may_live_below_a_path(base: str, own: ASGIApp, monkeypatch: pytest.MonkeyPatch):
    root = set(Assets(own).files)
    monkeypatch.setattr(st, "get_option", {"server.baseUrlPath": base}.__getitem__)
    assert set(Assets(own).files) == {f"/a/b{path}" for path in root}
    assert all(path.startswith("/static/") for path in root)


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/", "GET"),
        ("/plan", "GET"),
        ("/static/js/none.js", "GET"),
        ("/static/../index.html", "GET"),
        ("/static//etc/passwd", "GET"),
        ("/static/js", "GET"),
        ("HEAD", "HEAD"),
    ],
)
def test_everything_else_is_streamlits(path: str, method: str, own: ASGIApp):
    assets = Assets(own)
    path = next(iter(assets.files)) if path == "HEAD" else path
    assert asked(assets, path, method) == asked(own, path, method)
    assert not assets.read
