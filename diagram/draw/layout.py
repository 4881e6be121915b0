"""The layout: where everything of a scene is. Coordinates only."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from diagram.draw import shapes, texts
from diagram.draw.geometry import Box, Cubic, Point, at_length, sample
from diagram.draw.ground import Ground
from diagram.draw.placement import Placement
from diagram.draw.route import route
from diagram.draw.scene import Dot, Scene
from diagram.draw.separate import hull, separate
from diagram.draw.shapes import Text, extent
from diagram.draw.stress import spread
from diagram.draw.style import DOT, DOT_TEXT, UNIT

SCALES = (1.0, 1.15, 1.3, 1.5, 1.8, 2.2, 2.8, 3.5)
"""How much wider the grid becomes, one after another, until every label finds a free place."""
SCALES_OF_LARGE = (1.3, 1.8, 2.8)
"""A large picture is given room at once: a try takes long, and one is mostly enough."""
DOT_AT = 28.0
"""From the rim of a node to the dot on its leg."""
PART_GAP = 64.0
BESIDE = 24.0
"""Between parts in a row: their open legs must not look like one line."""


@dataclass(frozen=True)
class Layout:
    """Points of items and dots, paths of wires, boxes of regions, texts; all inside `frame`."""

    points: Mapping[str, Point]
    paths: Mapping[str, Cubic]
    boxes: Mapping[str, Box]
    texts: Mapping[str, Text]
    frame: Box
    missed: tuple[str, ...] = ()
    """The ids whose label overlaps something: none, unless the picture is beyond this layout."""


def layout(scene: Scene, placement: Placement | None = None) -> Layout:
    """The layout of a scene; known items go where the placement says."""
    placement = placement or Placement()
    pins = placement.pins(scene.items)
    steps = {part: _steps(scene, part, placement.points, pins) for part in scene.parts}
    scales = SCALES_OF_LARGE if scene.is_large and not pins else SCALES
    found = _attempt(scene, placement, pins, steps, scales[0])
    for scale in scales[1:]:
        if pins or not found.missed:
            break
        again = _attempt(scene, placement, pins, steps, scale)
        found = again if len(again.missed) < len(found.missed) else found
    return found


def pinned(
    scene: Scene, points: Mapping[str, Point], angles: Mapping[tuple[str, str], float]
) -> Layout:
    """The layout whose items are at these points of the picture, one for each, and stay there."""
    return _around(scene, points, angles, SCALES[0])


@dataclass(frozen=True, slots=True)
class _Steps:
    """The points of a part in steps of the grid; those that were all given stay as they are."""

    points: Mapping[str, Point]
    given: bool


def _steps(
    scene: Scene, part: str, known: Mapping[str, Point], pins: Mapping[str, Point]
) -> _Steps:
    """Pinned items where they are, else known ones, if they are half of the part; and the rest."""
    ids = [item.id for item in scene.items if item.part == part]
    fixed = {id: (pins[id][0] / UNIT, pins[id][1] / UNIT) for id in ids if id in pins}
    if not fixed:
        fixed = {id: known[id] for id in ids if id in known}
        fixed = fixed if 2 * len(fixed) >= len(ids) else {}
    if len(fixed) == len(ids):
        return _Steps(fixed, given=True)
    return _Steps(spread(scene, part, fixed), given=False)


def _attempt(
    scene: Scene,
    placement: Placement,
    pins: Mapping[str, Point],
    steps: Mapping[str, _Steps],
    scale: float,
) -> Layout:
    unit = UNIT * scale
    points: dict[str, Point] = {}
    for part, found in steps.items():
        own = {id: (x * unit, y * unit) for id, (x, y) in found.points.items()}
        own |= {id: pins[id] for id in own if id in pins}
        points |= own if found.given else separate(scene, part, own, scale, pins)
    points = _shelved(scene, points, pins, scale)
    return _around(scene, points, placement.angles, scale)


def _around(
    scene: Scene,
    items: Mapping[str, Point],
    angles: Mapping[tuple[str, str], float],
    scale: float,
) -> Layout:
    """What follows once the items have their points: regions, wires, dots, texts."""
    points = dict(items)
    paths: dict[str, Cubic] = {}
    boxes = {r.id: hull(scene, r, points, scale) for r in scene.regions}
    dots: dict[str, Box] = {}
    for _ in range(2):
        paths = route(Ground(scene, points, boxes, angles))
        for dot in scene.dots:
            points[dot.id] = _dot_point(scene, dot, paths[dot.wire], boxes)
            wide, _ = extent(dot.label, DOT_TEXT)
            dots[dot.id] = Box.around(*points[dot.id], max(DOT, wide - 12.0), DOT).grown(-6.0)
        before, boxes = boxes, {r.id: hull(scene, r, points, scale, dots) for r in scene.regions}
        if boxes == before:
            break
    labels, missed = texts.place(scene, points, paths, boxes)
    frame = Box.hull(
        [
            *(Box.around(*points[item.id], *shapes.half(item)) for item in scene.items),
            *boxes.values(),
            *(text.box for text in labels.values()),
            *(_box_of(path) for path in paths.values()),
        ]
    )
    return Layout(points, paths, boxes, labels, frame, tuple(missed))


def _dot_point(scene: Scene, dot: Dot, path: Cubic, boxes: Mapping[str, Box]) -> Point:
    """On the leg, close to its node but past the regions that the factor is not in."""
    line = sample(path, 129)
    line = line[::-1] if dot.end else line
    item = scene.item.get(scene.wire[dot.wire].ends[dot.end])
    inner = set(scene.around(item.region)) - set(scene.around(dot.region)) if item else set()
    length = DOT_AT
    for region in sorted(inner):
        outside = np.flatnonzero(~boxes[region].grown(DOT_AT).hits(line))
        if len(outside):
            steps = np.hypot(*np.diff(line[: outside[0] + 1], axis=0).T)
            length = max(length, float(steps.sum()))
    return at_length(line, length)


def _box_of(path: Cubic) -> Box:
    line = sample(path)
    return Box(*line.min(axis=0).tolist(), *line.max(axis=0).tolist())


def _shelved(
    scene: Scene, points: Mapping[str, Point], pins: Collection[str], room: float
) -> dict[str, Point]:
    """Parts side by side in rows, the result first, so that the picture stays wider than high.

    Those with pinned items stay; the others come below them.
    """
    boxes = {}
    for part in scene.parts:
        items = [item for item in scene.items if item.part == part]
        regions = [r for r in scene.regions if r.part == part and r.parent is None]
        found = [Box.around(*points[i.id], *shapes.half(i)) for i in items]
        found += [hull(scene, r, points, room) for r in regions]
        boxes[part] = Box.hull(found).grown(60.0)
    width = max(860.0, *(box.width for box in boxes.values()))
    moved: dict[str, Point] = {}
    held = {item.part for item in scene.items if item.id in pins}
    first = top = 0.0
    if held:
        moved = {item.id: points[item.id] for item in scene.items if item.part in held}
        around = Box.hull(boxes[part] for part in held)
        first, top = around.left, around.bottom
    x, y, row = first, top, 0.0
    for part in scene.parts:
        if part in held:
            continue
        box = boxes[part]
        if x > first and x + box.width > first + width:
            x, y, row = first, y + row + PART_GAP - 50.0, 0.0
        for item in scene.items:
            if item.part == part:
                px, py = points[item.id]
                moved[item.id] = (px - box.left + x, py - box.top + y)
        x, row = x + box.width + BESIDE, max(row, box.height)
    return moved
