"""The pictures of the studio that the README shows: `make screenshots`.

Each page is brought to where it has something to tell, as a person would, and photographed.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, expect

DOCS = Path(__file__).resolve().parent.parent / "docs"
SLOW = 120_000
"""Milliseconds that a loaded machine may take to draw a page."""
COLOURS = 200
"""Of a picture: as many as the eye needs here, in a third of the bytes."""


@dataclass(frozen=True)
class Shot:
    """A page's address, how high its picture is in pixels of CSS, and what is done before."""

    path: str
    height: int
    prepare: Callable[[Page], None]


def _attention(page: Page) -> None:
    expect(page.locator(".figure svg")).to_have_count(2, timeout=SLOW)
    expect(page.get_by_text("Against H")).to_be_visible(timeout=SLOW)
    page.locator('[data-path="S/1"]').first.click()
    page.locator(".canvas").nth(1).locator('[data-path="A"] text').click()
    expect(page.locator(".inspector h4")).to_have_count(2, timeout=SLOW)


def _playground(page: Page) -> None:
    expect(page.locator(".figure svg")).to_have_count(1, timeout=SLOW)
    page.locator('.figure [data-path="S/1"]').click()


def _plan(page: Page) -> None:
    expect(page.get_by_role("heading", name="Step 1 of 7")).to_be_visible(timeout=SLOW)
    page.get_by_role("slider", name="Step").press("ArrowRight")
    expect(page.get_by_role("heading", name="Step 2 of 7")).to_be_visible(timeout=SLOW)
    page.get_by_role("slider", name="Step").press("ArrowRight")
    expect(page.get_by_role("heading", name="Step 3 of 7")).to_be_visible(timeout=SLOW)


def _learn(page: Page) -> None:
    page.get_by_text("2. Contraction").click()
    page.get_by_role("button", name="j summed").click()
    expect(page.locator(".notations .lit").first).to_be_visible(timeout=SLOW)


SHOTS: Mapping[str, Shot] = {
    "attention": Shot("", 1060, _attention),
    "playground": Shot("playground", 900, _playground),
    "plan": Shot("plan", 1060, _plan),
    "learn": Shot("learn", 1180, _learn),
}


def screenshots(browser: Browser, url: str) -> Iterator[tuple[str, bytes]]:
    """Each picture's name and its bytes, as PNG, of the studio that runs at an address."""
    for name, shot in SHOTS.items():
        size = {"width": 1280, "height": shot.height}
        context = browser.new_context(viewport=size, device_scale_factor=1.5)  # type: ignore[arg-type]
        page = context.new_page()
        page.set_default_timeout(SLOW)
        page.goto(f"{url}/{shot.path}")
        shot.prepare(page)
        page.mouse.move(2, 2)
        still(page)
        yield name, smaller(page.screenshot(animations="disabled"))
        context.close()


def still(page: Page) -> None:
    """Waits until nothing runs, nothing is hidden, and all letters are there."""
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0, timeout=SLOW)
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0, timeout=SLOW)
    page.wait_for_function("document.fonts.status === 'loaded'")
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def smaller(png: bytes) -> bytes:
    """The same picture with a palette.

    >>> made = io.BytesIO()
    >>> Image.new("RGB", (300, 300), "red").save(made, "PNG")
    >>> len(smaller(made.getvalue())) < len(made.getvalue())
    True
    """
    found = io.BytesIO()
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(found, "PNG", optimize=True)
    return found.getvalue()
