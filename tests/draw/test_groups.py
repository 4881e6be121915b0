"""Grounds behind groups of nodes."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from diagram import draw
from diagram.draw.groups import Group, Role, grouped
from models import ZOO

DRAWING = draw(ZOO["multi-head"].program(), ZOO["multi-head"].placement)


def marks(svg: str, name: str) -> list[ElementTree.Element]:
    found = ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}path")
    return [path for path in found if name in path.get("class", "").split()]


def test_without_groups_it_is_the_figure():
    assert grouped(DRAWING, []) == DRAWING.screen
    assert grouped(DRAWING, [Group(frozenset({"Z/9"}))]) == DRAWING.screen


def test_each_group_has_one_ground_and_the_frame_stays():
    groups = [Group(frozenset({"S/0", "S/1"}), Role.LEFT), Group(frozenset({"Y/2"}))]
    svg = grouped(DRAWING, groups)
    assert len(marks(svg, "td-ground")) == 2
    assert len(marks(svg, "td-left")) == 1
    boxes = [ElementTree.fromstring(each).get("viewBox") for each in (svg, DRAWING.screen)]
    assert boxes[0] == boxes[1]


@pytest.mark.parametrize(
    ("left", "right", "count"),
    [
        ({"S/0"}, {"S/1"}, 1),
        ({"S/0", "S/1"}, {"S/2", "S/3"}, 3),
        ({"S/0"}, {"Y/2"}, 0),
    ],
)
def test_lines_where_the_two_meet_are_marked(left, right, count):
    groups = [Group(frozenset(left), Role.LEFT), Group(frozenset(right), Role.RIGHT)]
    assert len(marks(grouped(DRAWING, groups), "td-meeting")) == count


def test_a_group_in_two_places_is_joined():
    ground = marks(grouped(DRAWING, [Group(frozenset({"S/0", "Y/3"}))]), "td-ground")[0]
    assert "L" in ground.get("d", "")
