"""Laws of the layout: no text overlaps anything, regions hold what is theirs and nothing else."""

from __future__ import annotations

import math
import time
from itertools import combinations
from typing import Any

import numpy as np
import pytest

import models
from diagram.draw import Drawing, Placement, draw
from diagram.draw.geometry import Box, sample
from diagram.draw.layout import pinned
from diagram.draw.shapes import half
from tests.draw.networks import STORED, TEXTS, calls, everything

CASES = everything()
UNFOLDED = {
    "6 layers, weights of their own": ("Y.2",),
    "calls of calls": ("Y.1.V",),
    "call of two values": ("A",),
    "GPT: 2 blocks, embedding, tied unembedding": ("Y.0.attn", "Y.0.down"),
}
WAYS: list[tuple[str, dict[str, Any]]] = [
    *((name, {}) for name in CASES),
    *((name, {"batch": True}) for name in CASES),
    *((name, {"folded": True}) for name in calls()),
    *((name, {"unfolded": paths}) for name, paths in UNFOLDED.items()),
]
PLACED = [name for name in CASES if name.endswith("placed")]


@pytest.fixture(scope="module", params=WAYS, ids=lambda way: " ".join([way[0], *way[1]]))
def drawing(request: pytest.FixtureRequest) -> Drawing:
    name, way = request.param
    program, placement = CASES[name]
    return draw(program, placement, **way)


def borders(drawing: Drawing) -> list[tuple[str, Box]]:
    return [(id, side) for id, box in drawing.layout.boxes.items() for side in box.sides()]


def node_boxes(drawing: Drawing) -> dict[str, Box]:
    points = drawing.layout.points
    return {item.id: Box.around(*points[item.id], *half(item)) for item in drawing.scene.items}


def test_every_label_found_a_free_place(drawing: Drawing):
    assert not drawing.layout.missed


def test_no_text_overlaps_a_text(drawing: Drawing):
    for (one, a), (two, b) in combinations(drawing.layout.texts.items(), 2):
        assert not a.box.meets(b.box), (one, two)


def test_no_text_overlaps_a_node_or_junction(drawing: Drawing):
    for id, text in drawing.layout.texts.items():
        for other, box in node_boxes(drawing).items():
            assert id == other or not text.box.meets(box), (id, other)


def test_the_text_of_a_node_is_inside_it(drawing: Drawing):
    boxes = node_boxes(drawing)
    for item in drawing.scene.items:
        if item.look.is_node:
            assert boxes[item.id].holds(drawing.layout.texts[item.id].box), item.id


def test_no_text_overlaps_a_wire(drawing: Drawing):
    nodes = {item.id for item in drawing.scene.items}
    for wire, path in drawing.layout.paths.items():
        line = sample(path, 400)
        for id, text in drawing.layout.texts.items():
            assert id in nodes or not text.box.hits(line).any(), (id, wire)


def test_no_text_overlaps_a_border(drawing: Drawing):
    for id, text in drawing.layout.texts.items():
        for region, side in borders(drawing):
            assert id == region or not text.box.meets(side.grown(0.5)), (id, region)


def test_dots_are_clear_of_nodes_and_texts(drawing: Drawing):
    for dot in drawing.scene.dots:
        box = Box.around(*drawing.layout.points[dot.id], 5.0, 5.0)
        for id, text in drawing.layout.texts.items():
            assert not text.box.meets(box), (dot.id, id)
        for id, node in node_boxes(drawing).items():
            assert not node.meets(box), (dot.id, id)


def test_regions_hold_their_own_and_nothing_else(drawing: Drawing):
    scene, boxes = drawing.scene, node_boxes(drawing)
    for region in scene.regions:
        box = drawing.layout.boxes[region.id]
        for item in scene.items:
            if region.id in scene.around(item.region):
                assert box.holds(boxes[item.id]), (region.id, item.id)
            else:
                assert not box.meets(boxes[item.id]), (region.id, item.id)


def test_regions_nest_or_lie_apart(drawing: Drawing):
    scene, boxes = drawing.scene, drawing.layout.boxes
    for one, two in combinations(scene.regions, 2):
        if one.id in scene.around(two.id):
            assert boxes[one.id].holds(boxes[two.id])
        elif two.id in scene.around(one.id):
            assert boxes[two.id].holds(boxes[one.id])
        else:
            assert not boxes[one.id].meets(boxes[two.id]), (one.id, two.id)


def test_nodes_do_not_overlap(drawing: Drawing):
    for (one, a), (two, b) in combinations(node_boxes(drawing).items(), 2):
        assert not a.meets(b), (one, two)


def test_all_coordinates_are_numbers_inside_the_frame(drawing: Drawing):
    layout = drawing.layout
    frame = layout.frame.grown(0.01)
    for id, point in layout.points.items():
        assert frame.has(point), id
    for id, text in layout.texts.items():
        assert frame.holds(text.box), id
    for path in layout.paths.values():
        assert np.isfinite(np.array(path)).all()


@pytest.mark.parametrize("name", PLACED)
def test_placed_wires_run_through_no_foreign_node(name: str):
    drawing = draw(*CASES[name])
    for wire in drawing.scene.wires:
        line = sample(drawing.layout.paths[wire.id], 200)
        for id, box in node_boxes(drawing).items():
            assert id in wire.ends or not box.hits(line).any(), (wire.id, id)


@pytest.mark.parametrize("name", PLACED)
def test_placed_items_are_where_the_placement_says(name: str):
    program, placement = CASES[name]
    assert placement is not None
    drawing = draw(program, placement)
    ids = {item.id for item in drawing.scene.items}
    assert ids <= set(placement.points), "every item has its point"
    whole = draw(program, placement, batch=True).scene
    assert set(placement.points) <= set(whole.item), "every point has its item"
    assert set(placement.angles) <= {(end, w.id) for w in whole.wires for end in w.ends}
    for one, two in combinations(sorted(ids), 2):
        (ax, ay), (bx, by) = (drawing.layout.points[id] for id in (one, two))
        (px, py), (qx, qy) = (placement.points[id] for id in (one, two))
        assert (ax - bx, ay - by) == pytest.approx((100 * (px - qx), 100 * (py - qy)))


@pytest.mark.parametrize("name", PLACED)
def test_pinned_items_stay_where_they_are(name: str):
    scene = draw(*CASES[name]).scene
    at = {item.id: (97.0 * place, 61.0 * (place % 4)) for place, item in enumerate(scene.items)}
    found = pinned(scene, at, {})
    assert {item: found.points[item] for item in at} == at
    assert found.paths.keys() == scene.wire.keys()


def test_multi_head_is_the_published_figure():
    drawing = draw(*CASES["multi-head, placed"])
    point, box = drawing.layout.points, drawing.layout.boxes["A"]
    row = [point[id] for id in ("S/0", "S/1", "S/3", "S/2")]
    assert len({y for _, y in row}) == 1
    assert [x for x, _ in row] == sorted(x for x, _ in row)
    lower = [point[id] for id in ("Y/3", "Y/2", "Y/1")]
    assert len({y for _, y in lower}) == 1
    assert [x for x, _ in lower] == sorted(x for x, _ in lower)
    assert all(y > box.bottom for _, y in lower)
    assert box.has(point["S:h"])
    assert not box.has(point["Y:h"])
    assert point["S:h"][0] == pytest.approx(point["Y:h"][0])
    assert box.has(point["S/scale"])
    assert point["S/scale"][0] > point["S/2"][0]
    turn = sample(drawing.layout.paths["Y:m"])
    assert turn[:, 0].max() > box.right, "M leaves the box at the right"
    assert drawing.layout.paths["Y:n"][3][0] < box.left, "N is open at the left"
    assert drawing.layout.paths["Y:f"][3][0] < point["Y/3"][0], "F is open at the left"


def test_placements_hold_for_other_dims():
    one = draw(models.multi_head(), models.ZOO["multi-head"].placement)
    two = draw(models.multi_head(8, 2, 4), models.ZOO["multi-head"].placement)
    assert one.layout.points == two.layout.points


def test_what_a_placement_lacks_is_laid_out():
    placement = models.ZOO["multi-head"].placement
    assert placement is not None
    known = {id: at for id, at in placement.points.items() if id not in ("Y/1", "Y:h")}
    rest = Placement({**known, "no such": (1.0, 1.0)})
    drawing = draw(models.multi_head(), rest, batch=True)
    assert drawing.layout.points.keys() >= placement.points.keys()
    assert not drawing.layout.missed


def test_a_placement_of_another_program_is_ignored():
    program = models.multi_head(bias=True)
    other = draw(program, models.ZOO["linear-factored"].placement)
    assert other.layout.points == draw(program).layout.points


@pytest.mark.parametrize("name", PLACED)
def test_a_figure_of_the_zoo_takes_a_tenth_of_a_second(name: str):
    program, placement = CASES[name]
    best = math.inf
    for _ in range(3):
        start = time.perf_counter()
        assert draw(program, placement).svg
        best = min(best, time.perf_counter() - start)
    assert best < (0.1 if name != "biases, placed" else 0.3)


def test_the_small_networks_are_named():
    assert {*TEXTS, *STORED} <= set(CASES)
