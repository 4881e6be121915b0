"""The browser tells that it has painted the first figure of a visit, and is then sent the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Page, WebSocket, WebSocketRoute, expect
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


TRACE = "Trace, transpose, and turning the page"
"""The lesson that an earlier visit left."""


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.fixture
def visitor(browser: Browser, line: Line) -> Iterator[Page]:
    """A reader who was here before, with a slow line."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.route_web_socket(re.compile("_stcore/stream"), line.connect)
    page.add_init_script('localStorage.setItem("tensor-diagrams:lesson", "05-trace")')
    yield page
    context.close()


def follow(page: Page, room: str) -> None:
    page.get_by_role("link", name=ROOMS[room].title).first.click()


def until_held(page: Page, held: list[bytes], part: bytes = b"") -> None:
    """Waits until the server has said something, or this."""
    for _ in range(3_000):
        if any(part in each for each in held):
            return
        page.wait_for_timeout(20)
    pytest.fail("the server does not say it")


def is_at_rest(page: Page, room: str) -> None:
    title = page.get_by_role("heading", name=ROOMS[room].title, level=1, exact=True)
    expect(title).to_be_visible(timeout=60_000)
    page.wait_for_timeout(1_500)
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0, timeout=60_000)
    expect(title).to_be_visible()


@pytest.mark.parametrize("is_cut_off", [False, True])
@pytest.mark.parametrize("path", ["", "plan"])
def test_who_goes_on_before_a_page_is_there_is_not_called_back(
    path: str, is_cut_off: bool, visitor: Page, line: Line, studio_url: str
):
    """They click a link; then comes, or not, the picture they were to see, and what asks them."""
    visitor.goto(f"{studio_url}/{path}")
    if not is_cut_off:
        until_held(visitor, line.first, b"<svg")
    follow(visitor, "playground")
    until_held(visitor, line.second)
    if is_cut_off:
        line.first.clear()
    else:
        line.let(line.first)
        expect(visitor.locator(".figure svg").first).to_be_visible(timeout=60_000)
        visitor.mouse.click(640, 500)  # the link has the focus no longer
        visitor.wait_for_timeout(1_000)
    assert len(line.sent) == 2
    line.let(line.second)
    line.is_open = True
    expect(visitor.get_by_role("textbox", name="Text of the diagram")).to_be_visible(timeout=60_000)
    is_at_rest(visitor, "playground")
    assert not any(b"painted" in bytes(each) for each in line.sent if isinstance(each, bytes))


def test_the_past_waits_for_a_page_that_asks_for_it(visitor: Page, line: Line, studio_url: str):
    """The lesson is not recalled on the page that is left, nor in the gallery, but later."""
    visitor.goto(f"{studio_url}/learn")
    until_held(visitor, line.first, b"<svg")
    follow(visitor, "gallery")
    until_held(visitor, line.second)
    line.let(line.first)
    expect(visitor.locator(".figure svg").first).to_be_visible(timeout=60_000)
    visitor.mouse.click(640, 500)
    visitor.wait_for_timeout(1_000)
    assert len(line.sent) == 2
    line.let(line.second)
    line.is_open = True
    is_at_rest(visitor, "gallery")
    visitor.mouse.click(640, 60)
    follow(visitor, "learn")
    expect(visitor.get_by_role("heading", name=TRACE)).to_be_visible(timeout=60_000)


def test_a_link_that_is_not_followed_does_not_keep_the_past_away(
    visitor: Page, line: Line, studio_url: str
):
    """The key comes to the links before the page is there; then it goes on, into the page."""
    visitor.goto(f"{studio_url}/learn")
    visitor.get_by_role("link", name=ROOMS["playground"].title).first.focus()
    until_held(visitor, line.first)
    line.is_open = True
    line.let(line.first)
    expect(visitor.get_by_role("heading", name="Exercises", exact=True)).to_be_visible()
    expect(visitor.get_by_role("heading", name=TRACE)).to_have_count(0)
    visitor.keyboard.press("Tab")
    visitor.keyboard.press("Tab")
    expect(visitor.get_by_role("heading", name=TRACE)).to_be_visible(timeout=60_000)


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
