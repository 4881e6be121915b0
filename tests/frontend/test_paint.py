"""The first figures of a visit are sent alone, until the browser has painted them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from frontend import paint
from frontend.programs import Store


def asked(store: Store, most: float, monkeypatch: pytest.MonkeyPatch) -> int:
    """How often a run looks whether it may go on, where its clock goes on as it sleeps."""
    now, looks = [0.0], [0]

    def sleep(seconds: float) -> None:
        now[0] += seconds
        looks[0] += 1

    monkeypatch.setattr(paint, "monotonic", lambda: now[0])
    monkeypatch.setattr(paint, "sleep", sleep)
    monkeypatch.setattr(paint, "FIGURE", most)
    paint.figure(store)
    return looks[0]


def test_a_browser_that_tells_nothing_is_not_waited_for_forever(monkeypatch: pytest.MonkeyPatch):
    store: Store = {}
    assert asked(store, 1.0, monkeypatch) * paint.LOOK == pytest.approx(1.0, abs=2 * paint.LOOK)
    assert not paint.waits(store)
    assert asked(store, 1.0, monkeypatch) == 0


def test_nothing_waits_once_a_figure_is_painted(monkeypatch: pytest.MonkeyPatch):
    store: Store = {}
    paint.begin(store, "plan", is_painted=True)
    assert asked(store, 1.0, monkeypatch) == 0
    paint.begin(store, "plan", is_painted=False)  # what is told is told for one run
    assert asked(store, 1.0, monkeypatch) == 0


@pytest.mark.parametrize("name", ["gallery", "module"])  # the module has no figure
def test_the_browser_is_asked_until_it_is_not_waited_for(
    name: str, studio: Callable[..., AppTest], parts: Callable[[AppTest, str], list[dict[str, Any]]]
):
    app = studio(name)
    assert [each["waits"] for each in parts(app, "waits")] == [True]
    assert not app.run().exception
    assert [each["waits"] for each in parts(app, "waits")] == [False]


def test_only_the_page_that_a_visitor_comes_to_is_painted_in_parts():
    store: Store = {}
    paint.begin(store, "plan", False)
    paint.begin(store, "plan", False)
    assert paint.waits(store)
    paint.begin(store, "gallery", False)
    assert not paint.waits(store)
    paint.begin(store, "plan", False)
    assert not paint.waits(store)
