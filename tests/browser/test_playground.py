"""The playground as a person uses it: writing, a mistake, a reload, a link for someone else."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

GOOD = "input A[i j] B[j k]\nC[i k] = A[i j] B[j k]\nreturn C"
SCRIPT = "input <img src=x onerror=window.hit=1>[n]\nreturn X"


@pytest.fixture
def page(page: Page, studio_url: str) -> Page:
    """A visitor with a storage of their own, who comes by the menu."""
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(studio_url)
    page.get_by_role("link", name="Playground").click()
    expect(page.get_by_role("heading", name="Playground")).to_be_visible()
    expect(area(page)).to_contain_text("return Y")
    expect(page.locator(".figure svg")).to_have_count(1)
    return page


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


def write_and_see(page: Page, text: str = GOOD) -> None:
    """Written, drawn, and in the address."""
    write(page, text)
    expect(page.locator('.td-wire[data-dim="h"]')).to_have_count(0)
    expect(page.locator('.td-wire[data-dim="j"]')).to_have_count(1)
    expect(page).to_have_url(re.compile(r"\?d="))


def test_a_mistake_is_told_below_its_line_and_the_picture_stays(page: Page):
    write_and_see(page)
    page.keyboard.press("ArrowUp")
    page.keyboard.press("End")
    page.keyboard.type(" Z")
    expect(faults(page)).to_have_attribute("data-fault", "`Z` is not defined")
    assert lines(page)[1] == "C[i k] = A[i j] B[j k] Z"
    expect(page.locator(".td-editor-line .wrong")).to_have_text("Z")
    expect(page.locator('.td-wire[data-dim="j"]')).to_have_count(1)
    page.keyboard.press("Backspace")
    page.keyboard.press("Backspace")
    expect(faults(page)).to_have_count(0)


def test_keys_paste_enter_and_undo(page: Page):
    write(page, GOOD)
    page.keyboard.press("ArrowUp")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    page.keyboard.type("# a note")
    assert lines(page) == [*GOOD.split("\n")[:2], "# a note", "return C"]
    for _ in range(2):
        page.keyboard.press("Control+z")
    expect(area(page).locator(".td-editor-line")).to_have_count(3)
    page.keyboard.press("Control+y")
    expect(area(page).locator(".td-editor-line")).to_have_count(4)


def test_a_reload_right_after_a_key_loses_nothing(page: Page):
    write_and_see(page)
    page.keyboard.press("End")
    page.keyboard.type(" # kept")
    page.reload()
    expect(area(page)).to_contain_text("return C # kept")
    expect(page.locator('.td-wire[data-dim="j"]')).to_have_count(1)


def test_a_link_opens_the_same_for_someone_else(page: Page, browser: Browser):
    write_and_see(page)
    before = page.url
    write(page, GOOD.replace("k", "q").replace("return C", "return D"))
    expect(faults(page)).to_have_count(1)
    expect(page).not_to_have_url(before)
    context = browser.new_context()
    other = context.new_page()
    other.goto(page.url)
    expect(faults(other)).to_have_attribute("data-fault", "`D` is not defined")
    expect(other.locator('.td-wire[data-dim="j"]')).to_have_count(1)
    other.goto(page.url.partition("?")[0] + "?d=garbage")
    expect(other.get_by_text("this link holds no diagram")).to_be_visible()
    expect(other.locator(".figure svg")).to_have_count(1)
    context.close()


@pytest.mark.parametrize("where", ["playground", "plan"])
def test_the_document_is_found_again_by_another_visit(where: str, page: Page, studio_url: str):
    """Left with the last key, without waiting for anything; the next visit is in another tab."""
    write(page, GOOD)
    other = page.context.new_page()
    page.close()
    other.goto(f"{studio_url}/{where}")
    expect(other.locator('.figure .td-wire[data-dim="j"]')).to_have_count(1)
    expect(other).to_have_url(re.compile(r"\?d="))


def test_what_is_written_is_there_on_the_next_page(page: Page):
    write(page, GOOD)
    page.get_by_role("link", name="Plan", exact=True).first.click()
    expect(page.get_by_role("heading", name="Step 1 of 1")).to_be_visible()
    page.get_by_role("link", name="Playground").first.click()
    expect(area(page)).to_contain_text("C[i k] = A[i j] B[j k]")


def test_someone_elses_link_wins_over_what_was_left(page: Page, studio_url: str):
    write_and_see(page)
    link = page.url
    write(page, GOOD.replace("j", "q"))
    page.goto(link)
    expect(area(page)).to_contain_text("B[q k]")  # written at this very link
    write(page, GOOD.replace("j", "r"))
    expect(page.locator('.td-wire[data-dim="r"]')).to_have_count(1)
    page.goto(link)
    expect(area(page)).to_contain_text("B[j k]")


def test_a_script_in_a_text_is_text(page: Page):
    write(page, SCRIPT)
    expect(faults(page)).not_to_have_count(0)
    assert page.evaluate("window.hit") is None
