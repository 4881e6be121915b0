"""The browser tells that it has painted the first figure of a visit, and is then sent the rest."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, WebSocket, expect

from frontend.pages import ROOMS

AFTER = {
    "": "Counts",
    "gallery": "Whole transformers",
    "plan": "Another order",
    "learn": "Exercises",
}
"""A heading that comes after the first figure of a page."""


@pytest.mark.parametrize("path", AFTER)
def test_it_is_told_once_a_visit(path: str, browser: Browser, studio_url: str):
    told: list[bool] = []

    def opened(socket: WebSocket) -> None:
        socket.on("framesent", lambda sent: told.append(b"painted" in bytes(sent)))

    context = browser.new_context()
    page = context.new_page()
    page.on("websocket", opened)
    page.goto(f"{studio_url}/{path}")
    expect(page.get_by_role("heading", name=AFTER[path], exact=True)).to_be_visible(timeout=60_000)
    page.get_by_role("link", name=ROOMS["playground"].title).first.click()
    expect(page.get_by_role("textbox", name="Text of the diagram")).to_be_visible(timeout=60_000)
    assert told.count(True) == 1
    context.close()
