"""The studio without eyes and without a mouse: every control has a name, and keys reach it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession, Locator, Page, expect

from diagram import equivalent, parse
from frontend.pages import ROOMS
from tests.browser.board import PATIENCE, Hand

NAMED = {"button", "link", "textbox", "checkbox", "radio", "slider", "combobox", "switch", "image"}
"""Roles that say nothing without a name; whatever else takes the focus needs one too."""

OWN = {"stMain", "stCode"}
"""What Streamlit puts into the order of keys without a name: the page, and a text that scrolls."""

MOST = 150
"""Stops of a page; more would be a tour that does not end."""


def _settled(page: Page) -> None:
    expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=PATIENCE)
    page.wait_for_timeout(1_000)
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0, timeout=PATIENCE)


def _heard(session: CDPSession) -> list[tuple[str, str, dict[str, Any], int]]:
    """What a screen reader is told, in order: role, name, properties and node."""
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    return [
        (
            node["role"]["value"],
            node.get("name", {}).get("value", "").strip(),
            {each["name"]: each["value"].get("value") for each in node.get("properties", [])},
            node.get("backendDOMNodeId", 0),
        )
        for node in nodes
        if not node["ignored"]
    ]


def _is_own(session: CDPSession, node: int) -> bool:
    found = session.send("DOM.describeNode", {"backendNodeId": node})["node"]
    return bool(OWN & set(found.get("attributes", [])))


FOCUSED = """
() => {
    let one = document.activeElement;
    while (one?.shadowRoot?.activeElement) one = one.shadowRoot.activeElement;
    return one === document.body ? null : one;
}
"""


FROM_FOCUS = """
(one, focused) => {
    const middle = (each) => {
        const box = (each.querySelector(".shape") ?? each).getBoundingClientRect();
        return [box.x + box.width / 2, box.y + box.height / 2];
    };
    const [there, here] = [middle(one), middle(focused)];
    return [there[0] - here[0], there[1] - here[1]];
}
"""


def _to(page: Page, wanted: Locator, key: str = "Tab") -> None:
    """Presses a key until what is wanted has the focus."""
    for _ in range(MOST):
        if wanted.count() and wanted.evaluate(f"one => one === ({FOCUSED})()"):
            return
        page.keyboard.press(key)
    pytest.fail(f"{key} does not lead there")


def _walk(page: Page, wanted: Locator) -> None:
    """Presses the arrow that points to what is wanted, as a reader would who sees it."""
    for _ in range(MOST):
        right, down = wanted.evaluate(f"one => ({FROM_FOCUS})(one, ({FOCUSED})())")
        if abs(right) + abs(down) < 1:
            return
        across, along = ("Left", "Right"), ("Up", "Down")
        way = across[right > 0] if abs(right) > abs(down) else along[down > 0]
        page.keyboard.press(f"Arrow{way}")
    pytest.fail("the arrows do not lead there")


@pytest.mark.parametrize("room", ROOMS)
def test_a_page_is_heard_and_walked(room: str, browser: Browser, studio_url: str):
    """Every control has a name, headings go down one by one, and the tour by Tab ends."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(f"{studio_url}/{room}")
    _settled(page)
    session = context.new_cdp_session(page)
    levels = [0]
    for role, name, properties, node in _heard(session):
        if role == "heading":
            assert name
            levels.append(properties["level"])
        if role in NAMED or properties.get("focusable"):
            assert name or role == "RootWebArea" or _is_own(session, node), role
    assert all(below - above <= 1 for above, below in pairwise(levels))
    assert levels.count(1) == 1
    stops = 0
    while stops < MOST:
        page.keyboard.press("Tab")
        if page.evaluate(f"({FOCUSED})() === null"):
            break
        stops += 1
    assert len(ROOMS) < stops < MOST
    context.close()


PRODUCT = parse("input A[i j] B[j k]\nY[i k] = A B\nreturn Y")


def test_a_product_is_drawn_and_planned_by_keys_alone(browser: Browser, studio_url: str):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(f"{studio_url}/playground")
    hand = Hand(page)
    expect(page.locator(".board .figure svg")).to_have_count(1, timeout=PATIENCE)
    _settled(page)

    def button(name: str) -> Locator:
        return hand.board.get_by_role("button", name=name, exact=True)

    _to(page, button("New"))
    page.keyboard.press("Enter")
    hand.rest()
    _to(page, button("Add node"), "Shift+Tab")
    page.keyboard.press("Enter")
    for text in ("A[i j]", "B[j k]"):
        page.keyboard.press("Control+a")
        page.keyboard.type(text)
        page.keyboard.press("Enter")
        hand.rest()
    page.keyboard.press("Escape")
    canvas = page.get_by_role("application")
    _to(page, canvas)
    page.keyboard.press("ArrowRight")
    _walk(page, hand.thing("A:j"))
    page.keyboard.press("Enter")
    _to(page, button("Join with …"), "Shift+Tab")
    page.keyboard.press("Enter")
    _walk(page, hand.thing("B:j"))
    page.keyboard.press("Enter")
    hand.rest()
    assert equivalent(hand.program, PRODUCT), hand.text
    _to(page, page.get_by_role("navigation").get_by_role("link", name="Plan"), "Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Step 1 of 1")).to_be_visible(timeout=PATIENCE)
    _settled(page)
    _to(page, page.get_by_role("slider", name="Step"))
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("heading", name="Before the first step")).to_be_visible()
    context.close()
