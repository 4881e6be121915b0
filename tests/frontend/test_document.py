"""The shared document: a plain dict in place of the session."""

from __future__ import annotations

import json
import zlib
from base64 import urlsafe_b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from diagram import DiagramError, parse
from frontend import document
from frontend.document import EXAMPLES, Document, example
from frontend.keeper import KEY, done, recall, settle, start
from frontend.link import decode, encode
from frontend.programs import LONGEST_TEXT, Store

TEXT = "dims  f=4\ninput X[n f]\nreturn X"


def link(**data: object) -> str:
    return urlsafe_b64encode(zlib.compress(json.dumps(data).encode())).decode().rstrip("=")


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_link_holds_the_document(name):
    assert decode(encode(example(name))) == example(name)


def test_a_link_holds_a_text_with_faults_and_the_last_good_one():
    found = Document("input X[n", TEXT, {"n": 3}, "lossless")
    assert decode(encode(found)) == found


@given(some.text(max_size=300))
def test_garbage_is_no_link(text):
    with pytest.raises(DiagramError, match="link"):
        decode(text)


@pytest.mark.parametrize(
    "bad",
    [
        "A" * 200_000,
        link(text=7),
        link(text=TEXT, good=[]),
        link(text="x" * (LONGEST_TEXT + 1)),
        link(text=TEXT, sizes=[1]),
        link(text=TEXT, sizes={"n": 10**12}),
        link(text=TEXT, sizes={"n": "8"}),
        link(text=TEXT, name={}),
        urlsafe_b64encode(zlib.compress(b"[]")).decode(),
        urlsafe_b64encode(zlib.compress(b"0" * 10**8)).decode(),
    ],
)
def test_a_link_of_wrong_things_is_told_of(bad):
    with pytest.raises(DiagramError, match="link"):
        decode(bad)


def test_a_link_whose_good_text_is_bad_falls_back():
    assert parse(decode(link(text="?", good="?")).good).outputs


def test_a_text_with_faults_leaves_the_last_good_one():
    store: Store = {}
    document.write(store, TEXT)
    document.write(store, TEXT + "]")
    assert document.current(store).good == TEXT
    assert document.current(store).error is not None


def test_what_is_written_in_the_text_counts_more_than_what_was_set():
    store: Store = {}
    document.write(store, TEXT)
    assert document.resize(store, "f", 9) == ""
    assert document.resize(store, "n", 5) == ""
    assert document.current(store).numbers == {"f": 9, "n": 5}
    document.write(store, TEXT.replace("f=4", "f=6"))
    assert document.current(store).numbers == {"f": 6, "n": 5}


@pytest.mark.parametrize("value", [None, 0, -1, 10**12, 2.5, True, "8"])
def test_a_number_that_cannot_be_is_told_of(value):
    store: Store = {}
    assert "N is" in document.resize(store, "n", value)
    assert document.current(store).sizes == {}


def test_a_session_begins_with_the_link_of_its_address():
    store: Store = {}
    start(store, encode(Document(TEXT, TEXT)))
    assert document.current(store).text == TEXT
    start(store, encode(example("lossless")))
    assert document.current(store).text == TEXT


def test_a_link_that_was_opened_wins_over_what_the_browser_kept():
    kept = {"document": encode(Document(TEXT, TEXT)), "progress": '["a", "b"]'}
    fresh: Store = {}
    start(fresh, "")
    recall(fresh, kept)
    assert document.current(fresh).text == TEXT
    assert done(fresh) == {"a", "b"}
    linked: Store = {}
    start(linked, encode(example("lossless")))
    recall(linked, kept)
    assert document.current(linked) == example("lossless")


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"document": "?", "progress": "?"},
        {"progress": "7"},
        {"draft": "["},
        {"draft": "[1]"},
        {"draft": '{"text": 7, "base": ""}'},
    ],
)
def test_what_the_browser_kept_may_be_garbage(told):
    store: Store = {}
    recall(store, told)
    assert document.current(store) == example(document.FIRST)
    assert done(store) == set()


def test_a_draft_is_taken_on_the_document_that_it_was_written_on():
    newer = TEXT.replace("4", "5")
    link = encode(Document(TEXT, TEXT))
    draft = json.dumps({"text": newer, "base": link})
    fresh: Store = {}
    start(fresh, "")
    recall(fresh, {"document": link, "draft": draft})
    assert document.current(fresh).text == newer
    linked: Store = {}
    start(linked, encode(example("lossless")))
    recall(linked, {"document": link, "draft": draft})
    assert document.current(linked) == example("lossless")


def test_what_the_reader_wrote_since_is_not_taken_back():
    store: Store = {}
    start(store, "")
    document.write(store, TEXT)
    recall(store, {"document": encode(example("lossless")), "draft": '{"text": "x", "base": ""}'})
    assert document.current(store).text == TEXT


class Ended(BaseException):
    """A run was ended for the next one."""


class Interrupted(dict[str | int, Any]):
    """A store that ends the run at an access to it, as Streamlit does where something is told."""

    left = 10**9

    def _access(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Ended

    def __getitem__(self, key: str | int) -> Any:
        self._access()
        return super().__getitem__(key)

    def __setitem__(self, key: str | int, value: Any) -> None:
        self._access()
        super().__setitem__(key, value)

    def __contains__(self, key: object) -> bool:
        self._access()
        return super().__contains__(key)

    def get(self, key: Any, default: Any = None) -> Any:
        self._access()
        return super().get(key, default)


@pytest.mark.parametrize("has_draft", [False, True])
def test_a_run_that_ends_as_it_recalls_loses_nothing(has_draft: bool):
    newer = TEXT.replace("4", "5")
    link = encode(Document(TEXT, TEXT))
    told = {"document": link, "progress": '["a"]', "lesson": "05-trace"}
    if has_draft:
        told["draft"] = json.dumps({"text": newer, "base": link})
    ended, accesses = True, 0
    while ended:
        store = Interrupted()
        start(store, "")
        store[KEY] = {"kept": told}
        store.left, ended = accesses, False
        try:
            settle(store)
        except Ended:
            ended = True
        store.left = 10**9
        settle(store)
        assert document.current(store).text == (newer if has_draft else TEXT)
        assert done(store) == {"a"}
        assert (store["lesson"], store["link"]) == ("05-trace", link)
        accesses += 1
    assert accesses > 10
