"""Labels in their places: beside the wire they belong to, over nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice

import numpy as np

from diagram.draw import label, shapes
from diagram.draw.geometry import Box, Cubic, Point, Samples, sample
from diagram.draw.label import Label
from diagram.draw.room import Room
from diagram.draw.scene import Scene
from diagram.draw.shapes import Text, centred, extent
from diagram.draw.style import DOT, DOT_TEXT, LEG_TEXT, NODE_TEXT, TITLE_TEXT

GAP = 4.0
"""Between a label and its wire."""
PLACES = (0.5, 0.42, 0.58, 0.34, 0.66, 0.27, 0.73, 0.2, 0.8, 0.14, 0.86)
AWAY, FAR = (0.0, 6.0, 13.0), (0.0, 6.0, 13.0, 22.0, 32.0)
"""How much further off its wire a label may be, and when nothing else is free."""
STEP = 12.0
"""How far apart the last places of a label are."""
Spot = tuple[float, float, float, float]
"""A cost, a place along a wire, a side of it and how much further off."""
RANKED: Sequence[Spot] = sorted(
    (
        (rank * 1.5 + (side < 0) * 2.0 + extra * 0.6, at, side, extra)
        for rank, at in enumerate(PLACES)
        for side in (1.0, -1.0)
        for extra in AWAY
    ),
    key=lambda ranked: ranked[0],
)
"""A label tries them in turn."""
AT_ONCE = 12
"""How many places are looked at together."""
MOST_POINTS = 4000
CLEAR = 2.0
"""What a label keeps free around it."""


def place(
    scene: Scene,
    points: Mapping[str, Point],
    paths: Mapping[str, Cubic],
    boxes: Mapping[str, Box],
) -> tuple[dict[str, Text], list[str]]:
    """Every text by the id of what it labels, and the ids whose text found no free place."""
    texts: dict[str, Text] = {}
    missed: list[str] = []
    lines = {id: _fine(path) for id, path in paths.items()}
    room = Room(lines.values())
    room.fill([Box.around(*points[item.id], *shapes.half(item)) for item in scene.items])
    room.fill([Box.around(*points[dot.id], DOT, DOT).grown(1.0) for dot in scene.dots])
    for item in scene.items:
        if item.label:
            texts[item.id] = centred(item.label, points[item.id], NODE_TEXT)
    _put(_titles(scene, boxes), room, texts, missed)
    room.fill([side for box in boxes.values() for side in box.sides()])
    _put(_dots(scene, points), room, texts, missed)
    _put(_legs(scene, lines, boxes), room, texts, missed)
    return texts, missed


Choice = tuple[str, Iterator[Text]]
"""An id and the places for its text, best first; there is one at least."""


def _put(choices: Iterator[Choice], room: Room, texts: dict[str, Text], missed: list[str]) -> None:
    for id, found in choices:
        first = next(found)
        chosen = _first_free(chain([first], found), room)
        if chosen is None:
            missed.append(id)
        texts[id] = chosen or first
        room.fill([texts[id].box])


def _first_free(found: Iterator[Text], room: Room) -> Text | None:
    """The first text whose box is free, some asked at once."""
    while some := list(islice(found, AT_ONCE)):
        free = room.free([text.box.grown(CLEAR) for text in some])
        if free.any():
            return some[int(free.argmax())]
    return None


def _titles(scene: Scene, boxes: Mapping[str, Box]) -> Iterator[Choice]:
    """On the upper border from the left, else wherever on it or on the lower one there is room."""
    for region in scene.regions:
        if region.title:
            box = boxes[region.id]
            half = label.width(region.title) * TITLE_TEXT / 2
            first, last = box.left + half + 18.0, box.right - half - 18.0
            count = max(1, int((last - first) / 8.0))
            xs = [first + (last - first) * k / count for k in range(count + 1)]
            yield region.id, _along(region.title, xs, (box.top, box.bottom))


def _along(title: Label, xs: Sequence[float], ys: Sequence[float]) -> Iterator[Text]:
    return (centred(title, (x, y), TITLE_TEXT) for y in ys for x in xs)


def _dots(scene: Scene, points: Mapping[str, Point]) -> Iterator[Choice]:
    for dot in scene.dots:
        x, y = points[dot.id]
        wide, high = extent(dot.label, DOT_TEXT)
        found = []
        for gap in (4.0, 9.0, 15.0, 23.0, 32.0):
            near_x, near_y = wide + DOT + gap, high + DOT + gap
            offsets = [(0.0, -near_y), (0.0, near_y), (near_x, 0.0), (-near_x, 0.0)]
            offsets += [(near_x, -near_y), (-near_x, -near_y), (near_x, near_y), (-near_x, near_y)]
            offsets += [(near_x / 2, -near_y), (-near_x / 2, -near_y), (near_x / 2, near_y)]
            found += [centred(dot.label, (x + dx, y + dy), DOT_TEXT) for dx, dy in offsets]
        yield dot.id, iter(found)


def _legs(scene: Scene, lines: Mapping[str, Samples], boxes: Mapping[str, Box]) -> Iterator[Choice]:
    """Shortest wires first, they have the least choice; open legs past the last border.

    In a large picture a label goes anywhere along its wire before the picture is made wider.
    """
    order = sorted(scene.wires, key=lambda w: (round(_length(lines[w.id]), 3), w.id))
    for wire in order:
        line = whole = lines[wire.id]
        around = [boxes[region] for region in scene.passed(wire)] if wire.is_open else []
        if around:
            outside = line[~around[-1].hits(line)]
            line = outside if len(outside) > 2 else line
        more = _beside(wire.label, whole, _steps(whole)) if scene.is_large else iter(())
        yield wire.id, chain(_beside(wire.label, line), more)


def _steps(line: Samples) -> list[Spot]:
    """Places all along a line, those nearest to its middle first."""
    count = max(1, int(_length(line) / STEP))
    every = sorted((abs(k / count - 0.5), k / count) for k in range(count + 1))
    return [(0.0, at, side, away) for away in FAR for _, at in every for side in (1.0, -1.0)]


def _beside(text: Label, line: Samples, spots: Sequence[Spot] = RANKED) -> Iterator[Text]:
    """Places along a line, on both sides."""
    wide, high = extent(text, LEG_TEXT)
    for _, at, side, extra in spots:
        place = round(at * (len(line) - 1))
        x, y = line[place].tolist()
        tangent = line[min(place + 1, len(line) - 1)] - line[max(place - 1, 0)]
        norm = float(np.hypot(*tangent)) or 1.0
        nx, ny = float(-tangent[1] / norm), float(tangent[0] / norm)
        if ny > 0.3 or (abs(ny) <= 0.3 and nx < 0):
            nx, ny = -nx, -ny
        away = abs(nx) * wide + abs(ny) * high + GAP + extra
        yield centred(text, (x + side * nx * away, y + side * ny * away), LEG_TEXT)


def _fine(path: Cubic) -> Samples:
    """Points no more than about two pixels apart, on a wire that is not beyond all measure."""
    rough = _length(sample(path, 9))
    return sample(path, min(max(17, int(rough / 2.0)), MOST_POINTS))


def _length(line: Samples) -> float:
    return float(np.hypot(*np.diff(line, axis=0).T).sum())
