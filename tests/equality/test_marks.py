"""Where two programs differ, as places."""

from __future__ import annotations

from itertools import combinations

import pytest

from diagram import diff, parse
from diagram.draw import draw
from diagram.draw.marks import highlighted, places
from diagram.equality.marks import Marks, marks
from diagram.language.core import nodes
from models import ZOO

PROGRAMS = {name: example.program() for name, example in ZOO.items()}


def test_equal_programs_have_no_marks():
    assert marks(PROGRAMS["lossless"], PROGRAMS["lossless"]) == (Marks(), Marks())


def test_multi_head_has_d_edges_and_a_scale_that_lossless_has_not():
    left, right = marks(PROGRAMS["multi-head"], PROGRAMS["lossless"])
    assert left == Marks(edges=frozenset({("S", "d"), ("Y", "d")}), scales=frozenset({"S"}))
    assert right == Marks(scales=frozenset({"S"}))


def test_a_node_that_only_one_has():
    left, right = marks(PROGRAMS["lossless"], PROGRAMS["tunable-head"])
    assert not left.uses
    assert right.uses == {("S", 4)}


def test_a_barrier_that_only_one_has():
    left, _ = marks(PROGRAMS["multi-head"], PROGRAMS["linear-quadratic"])
    assert left.lets == {"A"}


@pytest.mark.parametrize(("one", "other"), [*combinations(ZOO, 2)])
def test_marks_are_places_of_their_programs_and_come_from_both_sides(one, other):
    first, second = PROGRAMS[one], PROGRAMS[other]
    pair = marks(first, second)
    for program, found in zip((first, second), pair, strict=True):
        assert found.lets | found.scales <= program.let.keys()
        for name, place in found.uses:
            assert place < len(nodes(program.let[name].maker))
        for name, edge in found.edges:
            assert any(edge in node.edges for node in nodes(program.let[name].maker))
    if not diff(first, second):
        assert pair == (Marks(), Marks())


def test_marks_are_seen_in_the_picture():
    program = PROGRAMS["multi-head"]
    left, _ = marks(program, PROGRAMS["lossless"])
    drawing = draw(program, ZOO["multi-head"].placement)
    ids = places(drawing, left)
    assert ids == {"S:d", "Y:d", "S/scale"}
    assert highlighted(drawing, ids).count('class="td-marked"') == 3
    assert highlighted(drawing, []) == drawing.screen


def test_a_junction_is_marked_with_its_legs():
    program = parse("input A[h i] B[h i]\nC[h i] = A[h i] B[h i]\nreturn C")
    single = parse("input A[i] B[i]\nC[i] = A[i] B[i]\nreturn C")
    left, _ = marks(program, single)
    drawing = draw(program, batch=True)
    assert {"C/0/0", "C/1/0"} <= places(drawing, left)
