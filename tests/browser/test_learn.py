"""A lesson as a person takes it: a wrong answer, a hint, a right one, and the next day."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect

RIGHT = "input A[i j] B[j k] C[k l]\nD[i l] = A[i j] B[j k] C[k l]\nreturn D"


def open_lesson(page: Page) -> None:
    expect(page.get_by_role("heading", name="Learn")).to_be_visible(timeout=30_000)
    page.get_by_text("2. Contraction").click()
    expect(page.get_by_role("heading", name="Contraction")).to_be_visible()


def test_a_lesson_with_a_wrong_and_a_right_answer(browser: Browser, studio_url: str):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(studio_url)
    page.get_by_role("link", name="Learn").click()
    open_lesson(page)
    expect(page.locator("pre", has_text="np.einsum('ij,jk->ik', A, B)")).to_be_visible()
    asked = (
        page.locator('[data-testid="stVerticalBlock"]')
        .filter(has=page.get_by_text("Chain three matrices"))
        .last
    )
    asked.get_by_role("button", name="Check").click()
    expect(asked.get_by_text("Not yet")).to_be_visible()
    asked.get_by_role("button", name="Hint").click()
    expect(asked.get_by_text("as many nodes as you like")).to_be_visible()
    asked.get_by_role("textbox").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(RIGHT)
    asked.get_by_role("button", name="Check").click()
    expect(asked.get_by_text("Right")).to_be_visible()
    expect(page.get_by_text("1 of ")).to_be_visible()
    page.goto(f"{studio_url}/learn")
    expect(page.get_by_text("1 of ")).to_be_visible(timeout=30_000)
    expect(page.get_by_role("heading", name="Contraction")).to_be_visible()
    page.close()
