"""The studio works without a network: no page asks anybody but its server."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Route, WebSocket, expect

from frontend.pages import ROOMS

OWN = {"data", "blob", "about"}


@pytest.mark.parametrize("room", ROOMS)
def test_a_page_asks_nobody_else(room: str, browser: Browser, studio_url: str):
    host = urlsplit(studio_url).netloc
    asked: list[str] = []

    def note(url: str) -> bool:
        """Whether it is the server's; anything else is noted."""
        is_own = urlsplit(url).netloc == host or urlsplit(url).scheme in OWN
        if not is_own:
            asked.append(url)
        return is_own

    def met(route: Route) -> None:
        if note(route.request.url):
            route.continue_()
        else:
            route.abort()

    def opened(socket: WebSocket) -> None:
        note(socket.url)

    context = browser.new_context()
    context.route("**/*", met)
    page = context.new_page()
    page.on("websocket", opened)
    page.goto(f"{studio_url}/{room}")
    expect(page.get_by_role("heading", name=ROOMS[room].title, level=1)).to_be_visible()
    if room != "module":
        expect(page.locator("svg [data-path]").first).to_be_attached()
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    expect(page.get_by_text("Page not found")).to_have_count(0)
    assert asked == []
    context.close()
