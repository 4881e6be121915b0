"""The browser tells that it has painted the first figure of a visit, and is then sent the rest."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, WebSocket, WebSocketRoute, expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

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


@dataclass
class Line:
    """What goes to and fro between a page and its server, the first page slowly.

    Of what the server sends, the names of the pages arrive at once; the rest of the first page
    when it is let through, and what comes for the second one when that is let through too.
    """

    is_open: bool = False
    sent: list[str | bytes] = field(default_factory=list)
    first: list[bytes] = field(default_factory=list)
    second: list[bytes] = field(default_factory=list)
    page: WebSocketRoute | None = None

    def connect(self, page: WebSocketRoute) -> None:
        self.page = page
        server = page.connect_to_server()

        def to_server(message: str | bytes) -> None:
            self.sent.append(message)
            server.send(message)

        def to_page(message: str | bytes) -> None:
            assert isinstance(message, bytes)
            kind = ForwardMsg.FromString(message).WhichOneof("type")
            if self.is_open:
                page.send(message)
            elif self.second or (len(self.sent) > 1 and kind == "new_session"):
                self.second.append(message)
            elif self.first or kind == "delta":
                self.first.append(message)
            else:
                page.send(message)

        page.on_message(to_server)
        server.on_message(to_page)

    def let(self, held: list[bytes]) -> None:
        assert held
        assert self.page
        while held:
            self.page.send(held.pop(0))


@pytest.mark.parametrize("path", ["", "plan"])
def test_who_goes_on_before_a_page_is_there_is_not_called_back(
    path: str, browser: Browser, studio_url: str
):
    """They click a link; then come the picture they were to see, and what asks for their past."""
    context = browser.new_context()
    page = context.new_page()
    line = Line()
    page.route_web_socket(re.compile("_stcore/stream"), line.connect)
    page.add_init_script('localStorage.setItem("tensor-diagrams:lesson", "05-trace")')
    page.goto(f"{studio_url}/{path}")
    page.get_by_role("link", name=ROOMS["playground"].title).first.click(timeout=60_000)
    while not line.second:
        page.wait_for_timeout(20)
    line.let(line.first)
    expect(page.locator(".figure svg").first).to_be_visible(timeout=60_000)
    page.wait_for_timeout(1_000)
    assert len(line.sent) == 2
    line.let(line.second)
    line.is_open = True
    expect(page.get_by_role("textbox", name="Text of the diagram")).to_be_visible(timeout=60_000)
    page.wait_for_timeout(1_000)
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    expect(page.get_by_role("heading", name=ROOMS["playground"].title, level=1)).to_be_visible()
    context.close()


def test_a_link_that_is_not_followed_does_not_keep_the_past_away(browser: Browser, studio_url: str):
    """The key comes to the links before the page is there; then it goes on, into the page."""
    context = browser.new_context()
    page = context.new_page()
    line = Line()
    page.route_web_socket(re.compile("_stcore/stream"), line.connect)
    page.add_init_script('localStorage.setItem("tensor-diagrams:lesson", "05-trace")')
    page.goto(f"{studio_url}/learn")
    page.get_by_role("link", name=ROOMS["playground"].title).first.focus(timeout=60_000)
    while not line.first:
        page.wait_for_timeout(20)
    line.is_open = True
    line.let(line.first)
    expect(page.get_by_role("heading", name="Exercises", exact=True)).to_be_visible(timeout=60_000)
    expect(
        page.get_by_role("heading", name="Trace, transpose, and turning the page")
    ).to_have_count(0)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(
        page.get_by_role("heading", name="Trace, transpose, and turning the page")
    ).to_be_visible(timeout=60_000)
    context.close()


LAST = {"": "Real weights", "playground": "return Y", "plan": "The plan as a table"}
"""What comes late on a page."""

WATCH = """
window.heights = [];
const drawn = (root) => root.querySelector(".figure svg") ?? [...root.querySelectorAll("*")]
    .map((each) => each.shadowRoot && drawn(each.shadowRoot)).find(Boolean);
const watch = () => {
    const figure = document.body && drawn(document);
    if (figure) window.heights.push(figure.getBoundingClientRect().y);
    requestAnimationFrame(watch);
};
requestAnimationFrame(watch);
"""


@pytest.mark.parametrize("width", [1280, 420])
@pytest.mark.parametrize("path", ["", "playground", "plan"])
def test_the_first_figure_stays_where_it_is_painted(
    path: str, width: int, browser: Browser, studio_url: str
):
    """What comes after it, above it or beside it, has its room; on a telephone it comes below."""
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(f"{studio_url}/{path}")
    expect(page.get_by_text(LAST[path]).first).to_be_visible(timeout=60_000)
    page.wait_for_timeout(500)
    heights = page.evaluate("heights")
    assert max(heights) - min(heights) < 12, (heights[0], heights[-1])
    context.close()
