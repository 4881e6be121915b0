"""The playground as a person uses it: writing, a mistake, a reload, a link for someone else."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

GOOD = "input A[i j] B[j k]\nC[i k] = A[i j] B[j k]\nreturn C"
SCRIPT = "input <img src=x onerror=window.hit=1>[n]\nreturn X"


@pytest.fixture(scope="module")
def page(browser: Browser, studio_url: str) -> Iterator[Page]:
    """One visitor, who comes by the menu."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(studio_url)
    page.get_by_role("link", name="Playground").click()
    expect(page.get_by_role("heading", name="Playground")).to_be_visible(timeout=30_000)
    expect(page.locator(".figure svg")).to_have_count(1, timeout=30_000)
    yield page
    context.close()


def area(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Text of the diagram")


def lines(page: Page) -> list[str]:
    return area(page).locator(".td-editor-line").all_inner_texts()


def faults(page: Page) -> Locator:
    return area(page).locator("[data-fault]")


def write(page: Page, text: str) -> None:
    area(page).click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(text)


def test_a_text_is_drawn_as_it_is_written(page: Page):
    write(page, GOOD)
    expect(page.locator('.td-wire[data-dim="j"]')).to_have_count(1)
    expect(page.locator('.td-wire[data-dim="h"]')).to_have_count(0)
    expect(page).to_have_url(re.compile(r"\?d="))


def test_a_mistake_is_told_below_its_line_and_the_picture_stays(page: Page):
    page.keyboard.press("ArrowUp")
    page.keyboard.press("End")
    page.keyboard.type(" Z")
    expect(faults(page)).to_have_attribute("data-fault", "`Z` is not defined")
    assert lines(page)[1] == "C[i k] = A[i j] B[j k] Z"
    expect(page.locator(".td-editor-line .wrong")).to_have_text("Z")
    expect(page.locator('.td-wire[data-dim="j"]')).to_have_count(1)


def test_keys_paste_enter_and_undo(page: Page):
    page.keyboard.press("Backspace")
    page.keyboard.press("Backspace")
    expect(faults(page)).to_have_count(0)
    page.keyboard.press("Enter")
    page.keyboard.type("# a note")
    assert lines(page) == [*GOOD.split("\n")[:2], "# a note", "return C"]
    for _ in range(2):
        page.keyboard.press("Control+z")
    expect(area(page).locator(".td-editor-line")).to_have_count(3)
    page.keyboard.press("Control+y")
    expect(area(page).locator(".td-editor-line")).to_have_count(4)


def test_a_reload_right_after_a_key_loses_nothing(page: Page):
    write(page, GOOD)
    expect(page.locator('.td-wire[data-dim="j"]')).to_have_count(1)
    page.keyboard.press("End")
    page.keyboard.type(" # kept")
    page.reload()
    expect(area(page)).to_contain_text("return C # kept", timeout=30_000)
    expect(page.locator('.td-wire[data-dim="j"]')).to_have_count(1)


def test_a_link_opens_the_same_for_someone_else(page: Page, browser: Browser):
    before = page.url
    write(page, GOOD.replace("k", "q").replace("return C", "return D"))
    expect(faults(page)).to_have_count(1)
    expect(page).not_to_have_url(before)
    context = browser.new_context()
    other = context.new_page()
    other.goto(page.url)
    expect(faults(other)).to_have_attribute("data-fault", "`D` is not defined", timeout=30_000)
    expect(other.locator('.td-wire[data-dim="j"]')).to_have_count(1)
    other.goto(page.url.partition("?")[0] + "?d=garbage")
    expect(other.get_by_text("this link holds no diagram")).to_be_visible(timeout=30_000)
    expect(other.locator(".figure svg")).to_have_count(1)
    context.close()


def test_the_document_is_found_again_without_a_link(page: Page, studio_url: str):
    write(page, GOOD)
    expect(page.locator('.td-wire[data-dim="j"]')).to_have_count(1)
    page.goto(f"{studio_url}/playground")
    expect(area(page)).to_contain_text("C[i k] = A[i j] B[j k]", timeout=30_000)


def test_a_script_in_a_text_is_text(page: Page):
    write(page, SCRIPT)
    expect(faults(page)).not_to_have_count(0)
    assert page.evaluate("window.hit") is None
    write(page, GOOD)
    expect(faults(page)).to_have_count(0)
