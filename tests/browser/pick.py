"""A choice from a list, as a person makes it."""

from __future__ import annotations

from contextlib import suppress

from playwright.sync_api import Page, TimeoutError, expect

TRIES = 12
OPENS = 5_000
"""Milliseconds until a list that stays closed is opened again."""


def pick(page: Page, of: str, title: str) -> None:
    """Opens the list, and again if it closed because the page was drawn anew meanwhile."""
    option = page.get_by_role("option", name=title, exact=True)
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    for _ in range(TRIES):
        page.get_by_role("combobox", name=of).click()
        with suppress(TimeoutError):
            option.click(timeout=OPENS)
            return
    expect(option).to_be_visible()
