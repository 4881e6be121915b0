"""The studio without a browser, at the page that a test asks for."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from frontend import paint

APP = Path(__file__).parents[2] / "app.py"

Open = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """No browser tells here that a figure is painted, and none is waited for."""
    monkeypatch.setattr(paint, "FIGURE", 0.0)


@pytest.fixture
def studio() -> Open:
    """`studio("plan", d=...)`: that page, with this query in its address."""

    def open_page(name: str, **query: str) -> AppTest:
        app = AppTest.from_file(str(APP), default_timeout=120)
        go(app, name)
        for key, value in query.items():
            app.query_params[key] = value
        app.run()
        assert not app.exception
        return app

    return open_page


def go(app: AppTest, name: str) -> AppTest:
    """The same session at another page, to be run; AppTest itself knows only pages in files."""
    app._page_hash = calc_hash(name)
    return app


@pytest.fixture
def parts() -> Callable[[AppTest, str], list[dict[str, Any]]]:
    """`parts(app, "svg")`: the data of the components that have this entry."""

    def found(app: AppTest, entry: str) -> list[dict[str, Any]]:
        data = [json.loads(each.proto.json)[0] for each in app.get("bidi_component")]
        return [each for each in data if entry in each]

    return found
