"""The pictures of the studio in the README; `make screenshots` writes them."""

from __future__ import annotations

import io
import os
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser

from scripts.screenshots import DOCS, SHOTS, screenshots

README = Path(__file__).parents[2] / "README.md"
MOST_BYTES = 250_000


def test_the_pages_as_the_readme_shows_them(browser: Browser, studio_url: str):
    found = dict(screenshots(browser, studio_url))
    for name, picture in found.items():
        assert 40_000 < len(picture) < MOST_BYTES
        assert Image.open(io.BytesIO(picture)).width == 1920
        if os.environ.get("WRITE_DOCS"):
            (DOCS / f"{name}.png").write_bytes(picture)


def test_the_readme_shows_each():
    said = README.read_text(encoding="utf-8")
    for name in SHOTS:
        assert f"(docs/{name}.png)" in said
        assert (DOCS / f"{name}.png").stat().st_size < MOST_BYTES
