"""Undo and redo: every change is a step, what is typed in one line is one."""

from __future__ import annotations

from frontend import document
from frontend.board.picture import kept
from frontend.desk import travelled
from frontend.document import Document, example
from frontend.history import MOST, History, typed
from frontend.history import travelled as back_in
from frontend.programs import Store

LINE = "input X[n]\nreturn X"


def ways(store: Store) -> tuple[bool, bool]:
    """Whether there is something to undo, and something to redo."""
    found = document.desk(store).history
    return bool(found.past), bool(found.future)


def texts(store: Store, steps: int, back: bool = True) -> list[str]:
    found = []
    for _ in range(steps):
        store["desk"] = travelled(document.desk(store), back) or document.desk(store)
        found.append(document.current(store).text)
    return found


def test_what_is_typed_in_one_line_is_one_step():
    store: Store = {}
    document.begin(store, Document(LINE, LINE))
    for text in ("input X[n f", "input X[n f]", "input X[n f h]"):
        document.write(store, text + "\nreturn X")
    document.write(store, "input X[n f h]\n# a note\nreturn X")
    assert texts(store, 2) == ["input X[n f h]\nreturn X", LINE]
    assert ways(store) == (False, True)
    assert texts(store, 2, back=False)[-1] == "input X[n f h]\n# a note\nreturn X"


def test_typing_back_undoes():
    store: Store = {}
    document.begin(store, Document(LINE, LINE))
    document.write(store, LINE + " ")
    document.write(store, LINE)
    assert ways(store) == (False, False)


def test_an_opened_example_is_a_step_and_what_a_session_begins_with_is_none():
    store: Store = {}
    document.begin(store, example("lossless"))
    assert ways(store) == (False, False)
    document.open_document(store, example("multi-head"))
    assert texts(store, 1) == [example("lossless").text]
    assert document.revision(store) == 3


def test_the_text_with_faults_comes_back():
    store: Store = {}
    document.begin(store, Document(LINE, LINE))
    document.write(store, "input X[n\nreturn X")
    document.open_document(store, Document(LINE, LINE, points={"X": (1.0, 2.0)}))
    assert texts(store, 1) == ["input X[n\nreturn X"]
    assert document.current(store).good == LINE


def test_the_history_is_bounded():
    history: History[Document] = History()
    now = Document("", "")
    for count in range(3 * MOST):
        text = "\n" * count + "# a\n# b"
        before, now = now, Document(text, text)
        history = typed(history, before, now)
    assert len(history.past) == MOST
    for _ in range(MOST):
        found = back_in(history, now, back=True)
        assert found is not None
        history, now = found
    assert back_in(history, now, back=True) is None
    assert len(history.future) == MOST


def test_a_small_edit_of_the_text_keeps_what_was_put_somewhere():
    store: Store = {}
    text = "input X[n f]\nweight W[f k]\nY[n k] = X[n f] W[f k]\nreturn Y"
    points = {"Y/0": (5.0, 6.0), "Y/1": (300.0, 6.0)}
    document.begin(store, Document(text, text, points=points))
    wider = text.replace("W[f k]", "W[f k h]").replace("Y[n k]", "Y[n k h]")
    document.write(store, wider + "  # note", kept)
    assert document.current(store).points == points
    document.write(store, "input A[i]\nreturn A", kept)
    assert document.current(store).points == {}
