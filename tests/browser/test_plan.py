"""The plan as a person uses it: the number, the play button, two nodes at a barrier."""

from __future__ import annotations

from playwright.sync_api import Browser, expect


def test_the_plan_is_played_and_asked(browser: Browser, studio_url: str):
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.goto(studio_url)
    page.get_by_role("link", name="Plan", exact=True).click()
    expect(page.get_by_role("heading", name="Step 1 of 7")).to_be_visible()
    grounds = page.locator(".figure .td-ground")
    expect(grounds).to_have_count(2)
    now = page.locator(".td-tree .td-now text")
    expect(now).to_have_text("1")
    page.get_by_role("button", name="Play").click()
    expect(page.get_by_role("heading", name="Step 3 of 7")).to_be_visible()
    expect(now).not_to_have_text("1")
    expect(page.get_by_role("heading", name="All is merged")).to_be_visible()
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    expect(grounds).to_have_count(1)
    page.locator('.figure [data-path="S/1"]').click()
    page.locator('.figure [data-path="Y/2"]').click()
    expect(page.get_by_text("WQ is inside softmax[m] and WV is not")).to_be_visible()
    page.close()
