"""The picture of the page in the README: `WRITE_DOCS=1 pytest tests/browser/test_screenshot.py`."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.sync_api import Browser, expect

TARGET = Path(__file__).parents[2] / "docs" / "attention.png"


def test_the_page_as_the_readme_shows_it(browser: Browser, studio_url: str, tmp_path: Path):
    page = browser.new_page(viewport={"width": 1280, "height": 1060}, device_scale_factor=1.5)
    page.goto(studio_url)
    expect(page.locator(".figure svg")).to_have_count(2, timeout=30_000)
    expect(page.get_by_text("Against H")).to_be_visible(timeout=30_000)
    page.locator('[data-path="S/1"]').first.click()
    page.locator(".canvas").nth(1).locator('[data-path="A"] text').click()
    expect(page.locator(".inspector h4")).to_have_count(2)
    page.mouse.move(2, 2)
    page.wait_for_timeout(500)
    path = TARGET if os.environ.get("WRITE_DOCS") else tmp_path / "attention.png"
    path.parent.mkdir(exist_ok=True)
    page.screenshot(path=path)
    page.close()
    assert path.stat().st_size > 50_000
