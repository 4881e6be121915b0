"""The size of items and of texts, and how far an item reaches under an angle."""

from __future__ import annotations

import math
from dataclasses import dataclass

from diagram.draw import label
from diagram.draw.geometry import Box, Point, along
from diagram.draw.label import Label
from diagram.draw.scene import Item, Look
from diagram.draw.style import JOINT, JUNCTION, NODE_TEXT, PLUS, RADIUS, STAR


@dataclass(frozen=True, slots=True)
class Text:
    """A label in its place: centred on `x`, its baseline at `y`."""

    label: Label
    x: float
    y: float
    size: float

    @property
    def box(self) -> Box:
        half = label.width(self.label) * self.size / 2
        top = self.y - label.rise(self.label) * self.size
        return Box(self.x - half, top, self.x + half, self.y + label.fall(self.label) * self.size)


def centred(text: Label, point: Point, size: float) -> Text:
    """The text with the middle of its box at a point."""
    middle = (label.fall(text) - label.rise(text)) * size / 2
    return Text(text, point[0], point[1] - middle, size)


def extent(text: Label, size: float) -> Point:
    """Half the width and half the height of a text."""
    return (
        label.width(text) * size / 2,
        (label.rise(text) + label.fall(text)) * size / 2,
    )


def half(item: Item) -> Point:
    """Half the width and half the height of an item."""
    match item.look:
        case Look.JUNCTION | Look.END:
            return (JUNCTION, JUNCTION)
        case Look.PLUS:
            return (PLUS, PLUS)
        case Look.STAR:
            return (STAR, STAR)
        case Look.JOINT:
            return (JOINT, JOINT)
        case _:
            needed = label.width(item.label) * NODE_TEXT / 2 + 5.0
            return (max(RADIUS, needed + 6.0 if needed > RADIUS else RADIUS), RADIUS)


def reach(item: Item, angle: float) -> float:
    """From an item's middle to its rim; wires end in the middle of a junction."""
    if item.look in (Look.JUNCTION, Look.END, Look.STAR, Look.JOINT):
        return 0.0
    wide, radius = half(item)
    straight = wide - radius
    c, s = abs(math.cos(math.radians(angle))), abs(math.sin(math.radians(angle)))
    if straight * s <= radius:
        cap = straight * c + math.sqrt(max(0.0, radius**2 - (straight * s) ** 2))
        if cap * c >= straight:
            return cap
    return radius / s


def star(centre: Point, size: float) -> list[Point]:
    """The corners of a star of six rays, one straight up."""
    found = []
    for corner in range(12):
        radius = size if corner % 2 == 0 else 0.42 * size
        found.append(along(centre, 90.0 + 30.0 * corner, radius))
    return found


def wedge(centre: Point, angle: float) -> list[Point]:
    """The corners of a wedge that opens under an angle."""
    tip = along(centre, angle + 180.0, 0.9 * JOINT)
    wide = along(centre, angle, 0.7 * JOINT)
    return [tip, *(along(wide, angle + side, 1.3 * JOINT) for side in (90.0, -90.0))]
