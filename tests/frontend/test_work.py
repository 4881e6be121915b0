"""Long work: it tells how far it is, ends when it is stopped, and says why it failed."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event
from typing import Any

import pytest

from diagram import DiagramError
from frontend import work
from frontend.programs import Store
from frontend.work import Job, Work, begin


def parts(*said: str) -> Work:
    for place, each in enumerate(said):
        yield place / len(said), each
    return "made"


def test_it_runs_to_the_end():
    job = Job("this")
    job.run(parts("one", "two"))
    assert (job.result, job.said, job.share, job.has_ended) == ("made", "two", 0.5, True)


@pytest.mark.parametrize(
    ("error", "said"),
    [(DiagramError("no"), "no"), (ZeroDivisionError("oh"), "ZeroDivisionError: oh")],
)
def test_what_goes_wrong_is_said(error, said):
    def failing() -> Work:
        yield 0.0, "before"
        raise error

    job = Job("this")
    job.run(failing())
    assert (job.fault, job.has_ended) == (said, True)


@pytest.fixture
def forever() -> Iterator[Any]:
    """Work that goes on until it is closed, and whether it is."""
    closed = Event()

    def endless() -> Work:
        try:
            while True:
                yield 0.5, "going on"
                closed.wait(0.01)
        finally:
            closed.set()

    yield endless, closed
    assert closed.wait(10)


def test_it_is_stopped(forever, monkeypatch):
    endless, closed = forever
    monkeypatch.setattr(work, "SHORT", 0.05)
    store: Store = {}
    begin(store, "key", "this", endless())
    assert not store["key"].has_ended
    store["key"].stop()
    assert closed.wait(10)


def test_what_begins_anew_stops_what_ran(forever, monkeypatch):
    endless, closed = forever
    monkeypatch.setattr(work, "SHORT", 0.05)
    store: Store = {}
    begin(store, "key", "this", endless())
    begin(store, "key", "that", parts("one"))
    assert closed.wait(10)
    assert store["key"].of == "that"
