"""Labels in their places: beside the wire they belong to, over nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from diagram.draw import label, shapes
from diagram.draw.geometry import Box, Cubic, Point, Samples, sample
from diagram.draw.label import Label
from diagram.draw.scene import Scene
from diagram.draw.shapes import Text, centred, extent
from diagram.draw.style import DOT, DOT_TEXT, LEG_TEXT, NODE_TEXT, TITLE_TEXT

GAP = 4.0
"""Between a label and its wire."""
PLACES = (0.5, 0.42, 0.58, 0.34, 0.66, 0.27, 0.73, 0.2, 0.8, 0.14, 0.86)
MOST_POINTS = 4000
CLEAR = 2.0
"""What a label keeps free around it."""


@dataclass
class Ground:
    """All that labels must keep off, as boxes and as sampled lines; it fills up as they land."""

    boxes: list[Box] = field(default_factory=list)
    lines: list[tuple[str, Samples]] = field(default_factory=list)

    def free(self, box: Box) -> bool:
        wide = box.grown(CLEAR)
        return not any(wide.meets(other) for other in self.boxes) and not any(
            wide.hits(line).any() for _, line in self.lines
        )

    def nearest(self, box: Box) -> str:
        """The line that is nearest to the middle of a box."""
        centre = np.array(box.centre)
        return min(
            ((float(np.hypot(*(line - centre).T).min()), id) for id, line in self.lines),
            default=(0.0, ""),
        )[1]


def place(
    scene: Scene,
    points: Mapping[str, Point],
    paths: Mapping[str, Cubic],
    boxes: Mapping[str, Box],
) -> tuple[dict[str, Text], list[str]]:
    """Every text by the id of what it labels, and the ids whose text found no free place."""
    texts: dict[str, Text] = {}
    missed: list[str] = []
    ground = Ground()
    for item in scene.items:
        ground.boxes.append(Box.around(*points[item.id], *shapes.half(item)))
        if item.label:
            texts[item.id] = centred(item.label, points[item.id], NODE_TEXT)
    ground.boxes += [Box.around(*points[dot.id], DOT, DOT).grown(1.0) for dot in scene.dots]
    ground.lines = [(id, _fine(path)) for id, path in paths.items()]
    _put(_titles(scene, boxes), ground, texts, missed)
    ground.boxes += [side for box in boxes.values() for side in box.sides()]
    _put(_dots(scene, points), ground, texts, missed)
    _put(_legs(scene, paths, boxes), ground, texts, missed)
    return texts, missed


Choice = tuple[str, list[Text]]
"""An id and the places for its text, best first."""


def _put(
    choices: Iterator[Choice], ground: Ground, texts: dict[str, Text], missed: list[str]
) -> None:
    for id, found in choices:
        chosen = next((text for text in found if ground.free(text.box)), None)
        if chosen is None:
            missed.append(id)
            chosen = found[0]
        texts[id] = chosen
        ground.boxes.append(chosen.box)


def _titles(scene: Scene, boxes: Mapping[str, Box]) -> Iterator[Choice]:
    """On the upper border from the left, else wherever on it or on the lower one there is room."""
    for region in scene.regions:
        if region.title:
            box = boxes[region.id]
            half = label.width(region.title) * TITLE_TEXT / 2
            first, last = box.left + half + 18.0, box.right - half - 18.0
            count = max(1, int((last - first) / 8.0))
            xs = [first + (last - first) * k / count for k in range(count + 1)]
            yield (
                region.id,
                [
                    centred(region.title, (x, y), TITLE_TEXT)
                    for y in (box.top, box.bottom)
                    for x in xs
                ],
            )


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
        yield dot.id, found


def _legs(scene: Scene, paths: Mapping[str, Cubic], boxes: Mapping[str, Box]) -> Iterator[Choice]:
    """Shortest wires first, they have the least choice; open legs past the last border."""
    lines = {id: _fine(path) for id, path in paths.items()}
    order = sorted(scene.wires, key=lambda w: (round(_length(lines[w.id]), 3), w.id))
    for wire in order:
        line = lines[wire.id]
        around = [boxes[region] for region in scene.passed(wire)] if wire.is_open else []
        if around:
            outside = line[~around[-1].hits(line)]
            line = outside if len(outside) > 2 else line
        yield wire.id, _beside(wire.label, line)


def _beside(text: Label, line: Samples) -> list[Text]:
    """Places along a line, on both sides."""
    wide, high = extent(text, LEG_TEXT)
    ranked = []
    for rank, at in enumerate(PLACES):
        place = round(at * (len(line) - 1))
        x, y = line[place]
        tangent = line[min(place + 1, len(line) - 1)] - line[max(place - 1, 0)]
        norm = float(np.hypot(*tangent)) or 1.0
        nx, ny = float(-tangent[1] / norm), float(tangent[0] / norm)
        if ny > 0.3 or (abs(ny) <= 0.3 and nx < 0):
            nx, ny = -nx, -ny
        for side in (1.0, -1.0):
            for extra in (0.0, 6.0, 13.0):
                away = abs(nx) * wide + abs(ny) * high + GAP + extra
                point = (float(x) + side * nx * away, float(y) + side * ny * away)
                cost = rank * 1.5 + (side < 0) * 2.0 + extra * 0.6
                ranked.append((cost, centred(text, point, LEG_TEXT)))
    return [text for _, text in sorted(ranked, key=lambda pair: pair[0])]


def _fine(path: Cubic) -> Samples:
    """Points no more than about two pixels apart, on a wire that is not beyond all measure."""
    rough = _length(sample(path, 9))
    return sample(path, min(max(17, int(rough / 2.0)), MOST_POINTS))


def _length(line: Samples) -> float:
    return float(np.hypot(*np.diff(line, axis=0).T).sum())


def found_at(texts: Sequence[Text]) -> Box:
    """The hull of some texts."""
    return Box.hull(text.box for text in texts)
