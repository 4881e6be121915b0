"""Pinned items stay where they are in the picture; what is not pinned is laid out around them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
import pytest

import models
from diagram import draw, parse
from diagram.draw import Drawing, Placement
from diagram.draw.geometry import Point
from tests.draw.networks import TEXTS

NAMES = ("ring", "two-layer perceptron", "concat", "two results", "call of two values")
CASES = {name: parse(TEXTS[name]) for name in NAMES} | {"multi-head": models.multi_head()}
POINTS: Mapping[str, Callable[[int], Point]] = {
    "apart": lambda place: (170.0 * place, 40.0 * (place % 3)),
    "on one point": lambda place: (7.0, -3.0),
    "far away": lambda place: (1e6 if place % 2 else -1e6, 9e5),
    "on one line": lambda place: (30.0 * place, 0.0),
}


def items(drawing: Drawing) -> list[str]:
    return [item.id for item in drawing.scene.items]


@pytest.mark.parametrize("where", POINTS)
@pytest.mark.parametrize("name", CASES)
def test_wherever_items_are_pinned_there_they_are(name: str, where: str):
    every = items(draw(CASES[name]))
    for kept in (every, every[:1], every[::2]):
        pinned = {id: POINTS[where](place) for place, id in enumerate(kept)}
        drawing = draw(CASES[name], Placement(pinned=pinned))
        assert {id: drawing.layout.points[id] for id in pinned} == pinned
        assert drawing.layout.paths.keys() == {wire.id for wire in drawing.scene.wires}
        assert all(np.isfinite(np.array(path)).all() for path in drawing.layout.paths.values())
        assert drawing.svg.startswith("<svg")


@pytest.mark.parametrize("name", CASES)
def test_a_picture_whose_points_are_pinned_is_the_same_picture(name: str):
    before = draw(CASES[name])
    again = draw(CASES[name], Placement(pinned=before.layout.points))
    assert {id: again.layout.points[id] for id in items(before)} == {
        id: before.layout.points[id] for id in items(before)
    }


@pytest.mark.parametrize("name", CASES)
def test_what_is_not_pinned_comes_beside_what_is(name: str):
    before = draw(CASES[name])
    every = items(before)
    for left_out in every:
        pinned = {id: before.layout.points[id] for id in every if id != left_out}
        if pinned:
            after = draw(CASES[name], Placement(pinned=pinned))
            nearest = min(math.dist(after.layout.points[left_out], at) for at in pinned.values())
            assert 15.0 < nearest < 400.0


def test_what_is_no_point_and_what_is_no_item_is_passed_over():
    program = CASES["ring"]
    pinned = {"T/0": (math.nan, 0.0), "T/1": (0.0, math.inf), "T/2": (1e9, 0.0), "Z/0": (1.0, 2.0)}
    assert draw(program, Placement(pinned=pinned)).svg == draw(program).svg
