"""What the reader chooses: texts, dims, links, in a plain dict in place of the session."""

from __future__ import annotations

import math

import pytest

from diagram import parameters, parse
from frontend.attention import state
from frontend.attention.state import Side
from frontend.programs import Store, read


@pytest.fixture
def store() -> Store:
    found: Store = {}
    state.start(found)
    return found


def number(store: Store, side: Side) -> int | None:
    return parameters(state.model(store, side).program).number


def move(store: Store, side: Side, dim: str, value: object, field: str = "number") -> None:
    key = state.field(store, side, dim, field)
    store[key] = value
    state.resize(store, side, dim, key)


def edit(store: Store, side: Side, text: str) -> None:
    key = state.field(store, side, "draft")
    store[key] = text
    state.rewrite(store, side, key)


def test_a_new_visitor_sees_multi_head_beside_its_lossless_form(store):
    left, right = (state.model(store, side) for side in Side)
    assert (left.name, right.name) == ("multi-head", "lossless")
    assert (number(store, Side.LEFT), number(store, Side.RIGHT)) == (1_048_576, 16_384)


def test_f_is_shared_until_it_is_not(store):
    move(store, Side.LEFT, "f", 256)
    assert state.model(store, Side.RIGHT).dims["f"] == 256
    store["share"] = False
    move(store, Side.RIGHT, "f", 100)
    assert state.model(store, Side.LEFT).dims["f"] == 256


def test_r_follows_h_then_h_d_then_nothing(store):
    move(store, Side.LEFT, "h", 16)
    assert state.model(store, Side.RIGHT).dims["r"] == 16
    store[Side.RIGHT.key("link", "field")] = "R = H·D"
    state.tie(store, Side.RIGHT)
    assert number(store, Side.RIGHT) == number(store, Side.LEFT)
    store[Side.RIGHT.key("link", "field")] = "R free"
    state.tie(store, Side.RIGHT)
    move(store, Side.RIGHT, "r", 5)
    move(store, Side.LEFT, "h", 2)
    assert state.model(store, Side.RIGHT).dims["r"] == 5


@pytest.mark.parametrize("value", [None, 0, -3, math.nan, math.inf, 10**12, 2.5, True, "8"])
def test_a_number_that_cannot_be_leaves_a_note_and_the_model(store, value):
    before = state.model(store, Side.LEFT)
    move(store, Side.LEFT, "h", value)
    assert "H is" in store["left.h.fault"]
    assert state.model(store, Side.LEFT) == before
    move(store, Side.LEFT, "h", 4)
    assert not store.get("left.h.fault")


def test_a_field_is_new_when_another_gives_it_a_value_and_only_then(store):
    slider, number = (state.field(store, Side.LEFT, "d", kind) for kind in ("slider", "number"))
    move(store, Side.LEFT, "d", 32)
    assert state.field(store, Side.LEFT, "d", "number") == number
    assert state.field(store, Side.LEFT, "d", "slider") != slider
    store[slider] = 64
    state.resize(store, Side.LEFT, "d", slider)
    assert state.model(store, Side.LEFT).dims["d"] == 32
    move(store, Side.LEFT, "d", 0)
    move(store, Side.LEFT, "d", 48, "slider")
    assert state.field(store, Side.LEFT, "d", "number") != number
    assert state.model(store, Side.LEFT).dims["d"] == 48


@pytest.mark.parametrize("name", state.MODELS)
def test_every_model_is_known_again_and_keeps_the_common_dims(store, name):
    move(store, Side.LEFT, "f", 96)
    store[Side.LEFT.key("model")] = name
    state.choose(store, Side.LEFT)
    model = state.model(store, Side.LEFT)
    assert model.name == name
    assert model.dims["f"] == 96
    assert read(model.text) == model.program


def test_a_text_that_cannot_be_read_leaves_a_note_and_the_model(store):
    before = state.model(store, Side.LEFT)
    edit(store, Side.LEFT, before.text.replace("softmax[m](S)", "softmax[m](T)"))
    assert "`T` is not defined" in store["left.note"]
    assert state.model(store, Side.LEFT) == before
    state.restore(store, Side.LEFT)
    assert store["left.note"] == ""
    assert store["left.draft"] == before.text


def test_an_edited_text_is_the_model_with_its_notes(store):
    text = "input A[i j] B[j k]\nC[i k] = A[i j] B[j k]  # a product\nreturn C"
    edit(store, Side.RIGHT, text)
    model = state.model(store, Side.RIGHT)
    assert (model.name, model.title) == (None, "Lossless multi-head, edited")
    assert model.program == parse(text)
    assert state.links(store, Side.RIGHT) == {}
    move(store, Side.RIGHT, "i", 7)
    assert "# a product" in state.model(store, Side.RIGHT).text
    assert state.model(store, Side.RIGHT).dims == {"i": 7, "j": None, "k": None}
    state.restore(store, Side.RIGHT)
    assert state.model(store, Side.RIGHT).name == "lossless"


def test_two_models_without_h_leave_r_free(store):
    store[Side.LEFT.key("model")] = "tunable-head"
    state.choose(store, Side.LEFT)
    assert list(state.links(store, Side.RIGHT)) == ["R free"]
    assert state.link(store, Side.RIGHT) == ()
