"""The gallery as a person uses it: a picture, and a click that takes it to the playground."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

SLOW = 150_000
"""Milliseconds that a loaded machine may take to draw all the pictures."""


def test_a_program_is_taken_to_the_playground(browser: Browser, studio_url: str):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(SLOW)
    page.goto(studio_url)
    page.get_by_role("link", name="Gallery").click()
    expect(page.get_by_role("heading", name="Gallery")).to_be_visible(timeout=SLOW)
    picture = page.get_by_role("img", name="Lossless multi-head as a tensor diagram")
    expect(picture).to_be_visible(timeout=SLOW)
    page.locator(".st-key-gallery-lossless-playground button").click()
    expect(page.get_by_role("heading", name="Playground")).to_be_visible(timeout=SLOW)
    text = page.get_by_role("textbox", name="Text of the diagram")
    expect(text).to_contain_text("WQ[f r]", timeout=SLOW)
    page.close()
