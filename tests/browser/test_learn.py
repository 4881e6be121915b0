"""A lesson as a person takes it: a wrong answer, a hint, a right one, and the next day."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, Page, expect

RIGHT = "input A[i j] B[j k] C[k l]\nD[i l] = A[i j] B[j k] C[k l]\nreturn D"
SLOW = 60_000
"""Milliseconds that a loaded machine may take to draw a page."""


def open_lesson(page: Page) -> None:
    expect(page.get_by_role("heading", name="Learn")).to_be_visible(timeout=SLOW)
    page.get_by_text("2. Contraction").click(timeout=SLOW)
    expect(page.get_by_role("heading", name="Contraction")).to_be_visible(timeout=SLOW)


def test_a_lesson_with_a_wrong_and_a_right_answer(browser: Browser, studio_url: str):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(SLOW)
    page.goto(studio_url)
    page.get_by_role("link", name="Learn").click()
    open_lesson(page)
    an_edge_is_lit_in_all_notations(page)
    asked = (
        page.locator('[data-testid="stVerticalBlock"]')
        .filter(has=page.get_by_text("Chain three matrices"))
        .last
    )
    asked.get_by_role("button", name="Check").click()
    expect(asked.get_by_text("Not yet")).to_be_visible(timeout=SLOW)
    asked.get_by_role("button", name="Hint").click()
    expect(asked.get_by_text("as many nodes as you like")).to_be_visible(timeout=SLOW)
    asked.get_by_role("textbox").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(RIGHT)
    asked.get_by_role("button", name="Check").click()
    expect(asked.get_by_text("Right")).to_be_visible(timeout=SLOW)
    expect(page.get_by_text("1 of ")).to_be_visible(timeout=SLOW)
    page.goto(f"{studio_url}/learn")
    expect(page.get_by_text("1 of ")).to_be_visible(timeout=SLOW)
    expect(page.get_by_role("heading", name="Contraction")).to_be_visible(timeout=SLOW)
    page.close()


def an_edge_is_lit_in_all_notations(page: Page) -> None:
    einsum = page.locator("pre", has_text="np.einsum('ij,jk->ik', A, B)")
    expect(einsum).to_be_visible(timeout=SLOW)
    page.get_by_role("button", name="j summed").click()
    lit = page.locator(".notations .part .lit:not(.value)")
    expect(lit.first).to_be_visible(timeout=SLOW)
    assert set(lit.all_inner_texts()) == {"j"}
    expect(einsum.locator(".lit:not(.value)")).to_have_count(2)
    wire = page.locator('.figure .td-wire[data-dim="j"]').first
    expect(wire).to_have_class(re.compile(r"\blit\b"))
    page.get_by_role("button", name="j summed").click()
    page.locator('.figure .td-wire[data-dim="k"]').first.hover(force=True)
    expect(lit.first).to_have_text("k")
