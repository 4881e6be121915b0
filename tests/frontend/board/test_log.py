"""The log of the canvas: each op once, in order, whatever picture it was made on."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from diagram import parse
from frontend import document
from frontend.board.log import log, since, take
from frontend.board.ops import Fold, Op, op
from frontend.board.picture import board
from frontend.document import Document, example
from frontend.edit.draft import Moved
from frontend.edit.edits import EMPTY, Cut, Edited, Sketch, after, apply
from frontend.link import decode, encode
from frontend.programs import Store
from tests.frontend.board.gestures import gesture

TEXT = "input  X[n f]\nweight W[f k]\nY[n k] = X[n f] W[f k]\nreturn Y"


def new() -> Store:
    store: Store = {}
    document.begin(store, Document("", "", batch=True))
    return store


def send(store: Store, *acts: dict[str, Any], start: int | None = None, name: str = "") -> None:
    """What the browser sends: acts numbered on from the last one, or from `start`."""
    first = log(store).taken + 1 if start is None else start
    ops = [{"n": first + at, "seen": first + at - 1, **act} for at, act in enumerate(acts)]
    take(store, {"log": {"name": name or log(store).name, "ops": ops}})


def text(store: Store) -> str:
    return document.current(store).text


ADD = {"kind": "add", "source": "input", "text": "X[n f]", "at": [0, 0]}
WEIGHT = {"kind": "add", "source": "weight", "text": "W[f k]", "at": [100, 0]}
JOIN = {"kind": "join", "one": "X/1", "other": "W/0"}


def test_a_canvas_edit_writes_the_text():
    store = new()
    send(store, ADD, WEIGHT, JOIN)
    assert text(store) == TEXT
    assert document.current(store).points == {"Y/0": (0.0, 0.0), "Y/1": (100.0, 0.0)}
    assert document.revision(store) > 1


def test_a_session_that_is_stopped_takes_all_or_nothing():
    """Streamlit may stop a run at any access of its state, to begin another."""

    class Stopped(BaseException):
        pass

    class Stopping(dict[str | int, Any]):
        left = 1

        def __setitem__(self, key: str | int, value: object) -> None:
            self.left -= 1
            if self.left < 0:
                raise Stopped
            super().__setitem__(key, value)

    store = Stopping(new())
    store.left = 0
    with pytest.raises(Stopped):
        send(store, ADD, WEIGHT)
    store.left = 1
    send(store, ADD, WEIGHT, JOIN)
    assert text(store) == TEXT


def test_ops_that_come_twice_are_done_once():
    store = new()
    send(store, ADD)
    send(store, ADD, WEIGHT, start=1)
    send(store, ADD, WEIGHT, JOIN, start=1)
    assert text(store) == TEXT


def test_the_log_of_another_session_is_passed_over():
    store = new()
    send(store, ADD, name="another")
    assert text(store) == ""


def test_an_edit_of_an_older_picture_is_translated():
    store = new()
    send(store, ADD, WEIGHT)
    send(store, JOIN, {"kind": "move", "seen": 2, "points": {"W": [7, 8]}})
    assert document.current(store).points["Y/1"] == (7.0, 8.0)


def test_what_is_refused_is_answered_and_the_next_op_takes_the_answer_away():
    store = new()
    send(store, ADD, WEIGHT, {**JOIN, "one": "X/0"})
    ((number, said),) = log(store).refused
    assert number == 3
    assert "`n` of X has length n, but `f` of W has length f" in said
    send(store, JOIN)
    assert log(store).refused == ()


def test_undo_takes_back_any_kind_of_change():
    store = new()
    send(store, ADD, WEIGHT, JOIN, {"kind": "move", "points": {"Y/0": [9, 9]}})
    states = [document.current(store)]
    send(store, {"kind": "new"}, {"kind": "undo"})
    assert document.current(store) == states[0]
    document.write(store, TEXT + " # kept")
    send(store, *[{"kind": "undo"}] * 6)
    assert text(store) == ""
    assert not document.desk(store).history.past
    send(store, *[{"kind": "redo"}] * 5)
    assert text(store) == TEXT + " # kept"


def test_an_edit_beside_a_text_with_faults_keeps_it_one_step_back():
    store = new()
    send(store, ADD, WEIGHT, JOIN)
    document.write(store, TEXT + "]")
    send(store, {"kind": "move", "points": {"Y/0": [1, 1]}})
    assert text(store) == TEXT + "]"
    send(store, {"kind": "rename", "path": "Y/1", "text": "V"})
    assert "V[f k]" in text(store)
    assert "undo" in log(store).said
    send(store, {"kind": "undo"})
    assert text(store) == TEXT + "]"


def test_notes_stay():
    store: Store = {}
    noted = "# the only one\n" + TEXT
    document.begin(store, Document(noted, noted))
    send(store, {"kind": "scale", "path": "Y", "text": "* 2"})
    assert text(store).startswith("# the only one\n")


def test_everything_can_be_deleted_and_a_link_holds_nothing():
    store = new()
    send(store, ADD, WEIGHT, JOIN, {"kind": "delete", "paths": ["Y/0", "Y/1"]})
    now = document.current(store)
    assert now.is_empty
    assert now.error is None
    assert decode(encode(now)) == now
    assert board(now).svg == ""


def test_an_example_is_moved_from_where_it_is_drawn():
    store: Store = {}
    start = board(example("multi-head")).points
    document.begin(store, example("multi-head"))
    send(store, {"kind": "move", "points": {"S/1": [200, 40]}})
    points = document.current(store).points
    assert points == {**start, "S/1": (200.0, 40.0)}
    assert board(document.current(store)).points == points
    assert decode(encode(document.current(store))) == document.current(store)


LAYERS = """def layer(X[n f])
  weight W[f k:f]
  Y[n k] = X[n f] W[f k]
  return Y
input X[n f]
Z = layer(X)
V = layer(Z)
return V
"""


def test_a_call_is_unfolded_in_its_place_and_folded_again():
    store: Store = {}
    document.begin(store, Document(LAYERS, LAYERS))
    boxes = board(document.current(store))
    assert boxes.items["Z"]["call"]
    send(store, {"kind": "fold", "path": "Z"})
    now = document.current(store)
    opened = board(now)
    assert "Z" in opened.regions
    assert opened.items["V"]["call"]
    assert text(store) == LAYERS
    assert decode(encode(now)) == now
    inner = next(id for id in opened.items if id.startswith("Z.") and opened.items[id]["node"])
    send(store, {"kind": "delete", "paths": [inner]})
    assert "inside a def" in log(store).refused[0][1]
    send(store, {"kind": "move", "points": {inner: [5, 6]}}, {"kind": "fold", "path": "Z"})
    assert board(document.current(store)).items["Z"]["call"]


# -- what the browser may say -----------------------------------------------------------------

WORDS = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=9),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=5), inner),
    max_leaves=6,
)
KEYS = ("n", "seen", "kind", "path", "paths", "one", "other", "text", "at", "points", "source")


@given(some.fixed_dictionaries({}, optional=dict.fromkeys(KEYS, WORDS)))
def test_garbage_is_no_op(found):
    store = new()
    take(store, {"log": {"name": log(store).name, "ops": [found]}})
    take(store, {"log": found})
    take(store, found)
    assert text(store) == ""


@pytest.mark.parametrize(
    "bad",
    [
        {"kind": "cut", "path": "x" * 1000},
        {"kind": "move", "points": {"X": [float("nan"), 0]}},
        {"kind": "move", "points": {"X": [1e12, 0]}},
        {"kind": "add", "source": "tensor", "text": "X[n]", "at": [0, 0]},
        {"kind": "wrap", "paths": [], "op": "relu"},
    ],
)
def test_ops_that_are_none(bad):
    assert op({"n": 1, "seen": 0, **bad}) is None


def test_an_op_has_its_number_and_what_it_saw():
    assert op({"n": 4, "seen": 2, "kind": "cut", "path": "Y/0/1"}) == Op(4, 2, Cut("Y/0/1"))


# -- many at once -----------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_the_document_is_the_log_replayed(seed):
    """Also for edits of pictures that are some ops old."""
    chance = random.Random(seed)
    store, sketch = new(), Sketch(EMPTY)
    pictures = [sketch]
    moves: list[tuple[int, tuple[Moved, ...]]] = []
    for number in range(1, 120):
        seen = max(0, number - 1 - chance.choice([0, 0, 0, 1, 3]))
        act = gesture(pictures[seen].program, chance)
        read = op({"n": number, "seen": seen, **act})
        assert read is not None
        assert not isinstance(read.act, str | Fold)
        send(store, {"seen": seen, **act})
        found = apply(sketch, after(read.act, since(moves, seen)))
        if isinstance(found, Edited):
            sketch = found.sketch
            moves.append((number, found.moved))
        pictures.append(sketch)
        now = document.current(store)
        assert now.program == sketch.program
        assert not sketch.program.outputs or parse(now.text) == sketch.program
        assert now.points == dict(sketch.points) or now.is_empty
    assert log(store).taken == 119
