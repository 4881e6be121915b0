"""A run on random data."""

from __future__ import annotations

import pytest

from diagram import DiagramError, parse
from diagram.runtime.rehearse import rehearse
from models import ZOO


def test_inputs_and_results_have_the_shapes_of_their_legs():
    program = ZOO["cross-attention"].program(f=6, e=5, h=2, d=3)
    found = rehearse(program, {"b": 2, "n": 4, "m": 7}, repeats=3)
    assert [(value.name, value.shape) for value in found.inputs] == [
        ("X", (2, 4, 6)),
        ("Z", (2, 7, 5)),
    ]
    assert [(value.legs, value.shape) for value in found.outputs] == [(("b", "n", "f"), (2, 4, 6))]
    assert len(found.seconds) == 3
    assert 0 < found.median <= max(found.seconds)


def test_the_same_seed_gives_the_same_numbers():
    program = ZOO["lossless"].program(f=4, r=2)
    one, two, other = (rehearse(program, {"b": 1, "n": 3}, seed, 1) for seed in (0, 0, 1))
    assert one.outputs == two.outputs != other.outputs


def test_indices_and_several_results():
    text = "dims v=5\nindex T[n] of v\nweight E[v f:3]\nX[n f] = one_hot[v](T)[n v] E[v f]\n"
    found = rehearse(parse(f"{text}return X, E"), {"n": 4})
    assert found.inputs[0].dtype == "int64"
    assert [value.name for value in found.outputs] == ["X", "E"]


def test_what_cannot_be_run_is_told():
    with pytest.raises(DiagramError):
        rehearse(parse("input X[n]\nY[n] = X[n]\nreturn Y"), {"m": 3})
