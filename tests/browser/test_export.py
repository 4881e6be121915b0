"""Every file that a page offers, saved in Chromium and opened by what reads it."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader

from diagram import from_json, parse
from models import ZOO
from tests.browser.pick import pick
from tests.draw.readers import latex, reader

PROGRAM = ZOO["lossless"].program()


@pytest.fixture(scope="module")
def files(browser: Browser, studio_url: str) -> dict[str, bytes]:
    """What the menu of the document saves, by suffix."""
    context = browser.new_context(accept_downloads=True)
    page = context.new_page()
    found = {}
    page.goto(f"{studio_url}/playground")
    pick(page, "An example", "Lossless multi-head (zoo)")
    expect(page.get_by_text("Lossless multi-head", exact=True)).to_be_visible()
    page.get_by_role("button", name="Save").click()
    buttons = page.get_by_test_id("stPopoverBody").get_by_role("button")
    expect(buttons).to_have_count(8)
    for place in range(8):
        with page.expect_download(timeout=60_000) as started:
            buttons.nth(place).click()
        name = started.value.suggested_filename
        found[Path(name).suffix] = Path(started.value.path()).read_bytes()
    context.close()
    return found


def test_text_and_json_are_the_program_again(files: dict[str, bytes]):
    assert parse(files[".td"].decode()) == PROGRAM
    assert from_json(files[".json"].decode()) == PROGRAM


def test_an_image_and_a_page(files: dict[str, bytes]):
    picture = Image.open(io.BytesIO(files[".png"]))
    assert picture.width > 300
    assert len(set(picture.convert("L").tobytes())) > 10
    assert len(PdfReader(io.BytesIO(files[".pdf"])).pages) == 1


def test_latex_and_graphviz_read_theirs(files: dict[str, bytes], tmp_path: Path):
    assert latex(files[".tex"].decode(), tmp_path).stat().st_size > 1000
    done = subprocess.run(
        [reader("dot"), "-Tsvg"], input=files[".dot"], capture_output=True, check=True, timeout=60
    )
    assert done.stdout.count(b'class="node"') > 5


@pytest.mark.parametrize("suffix", [".svg", ".html"])
def test_a_browser_opens_the_rest_from_a_file(
    suffix: str, files: dict[str, bytes], page: Page, tmp_path: Path
):
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    path = tmp_path / f"figure{suffix}"
    path.write_bytes(files[suffix])
    page.context.set_offline(True)
    page.goto(path.as_uri())
    expect(page.locator('[data-path="S/1"]')).to_be_visible()
    assert asked == [path.as_uri()]
    if suffix == ".html":
        page.locator('[data-path="S/1"]').hover()
        expect(page.locator("footer p")).not_to_be_empty()
        expect(page.get_by_role("list", name="dims")).to_be_visible()
