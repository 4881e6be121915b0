"""The browser tells that it has painted the first figure of a visit, and is then sent the rest."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, WebSocket, WebSocketRoute, expect

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

    def note(sent: bytes | str) -> None:
        told.append(isinstance(sent, bytes) and b"painted" in sent)

    def opened(socket: WebSocket) -> None:
        socket.on("framesent", note)

    context = browser.new_context()
    page = context.new_page()
    page.on("websocket", opened)
    page.goto(f"{studio_url}/{path}")
    expect(page.get_by_role("heading", name=AFTER[path], exact=True)).to_be_visible(timeout=60_000)
    page.get_by_role("link", name=ROOMS["playground"].title).first.click()
    expect(page.get_by_role("textbox", name="Text of the diagram")).to_be_visible(timeout=60_000)
    assert told.count(True) == 1
    context.close()


def test_who_goes_on_at_once_is_not_called_back(browser: Browser, studio_url: str):
    """A link is clicked as the first figure is put into the page; the answer to that is slow."""
    sent: list[str | bytes] = []
    held: list[str | bytes] = []
    sockets: list[WebSocketRoute] = []
    holds = [True]

    def connect(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        sockets.append(socket)

        def to_server(message: str | bytes) -> None:
            sent.append(message)
            server.send(message)

        def to_page(message: str | bytes) -> None:
            if holds[0] and len(sent) > 1:  # the first asks for the page, the second for another
                held.append(message)
            else:
                socket.send(message)

        socket.on_message(to_server)
        server.on_message(to_page)

    context = browser.new_context()
    page = context.new_page()
    page.route_web_socket(re.compile("_stcore/stream"), connect)
    page.add_init_script(
        """
        new PerformanceObserver((found, observer) => {
          if (!found.getEntriesByName("tensor-diagrams:drawn").length) return;
          observer.disconnect();
          document.querySelector('a[href$="/playground"]').click();
        }).observe({ type: "mark", buffered: true });
        """
    )
    page.goto(studio_url)
    expect(page.locator(".figure svg").first).to_be_visible(timeout=60_000)
    page.wait_for_timeout(1_000)
    assert held
    assert not any(b"painted" in bytes(message) for message in sent if isinstance(message, bytes))
    while held:
        sockets[0].send(held.pop(0))
    holds[0] = False
    page.wait_for_timeout(2_000)
    expect(page.get_by_role("textbox", name="Text of the diagram")).to_be_visible(timeout=60_000)
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    expect(page.get_by_role("heading", name=ROOMS["playground"].title, level=1)).to_be_visible()
    context.close()
