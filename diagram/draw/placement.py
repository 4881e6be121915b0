"""A placement: where a known figure puts its items, as plain data beside the model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from diagram.draw.geometry import Point
from diagram.draw.scene import Item

FAR = 1e6
"""Pixels."""


@dataclass(frozen=True)
class Placement:
    """Grid points of items and angles of wires.

    `points`: item id -> (column, row), rows downwards. `angles`: (item id, wire id) -> degrees
    under which the wire leaves the item, anticlockwise from right; wires without one aim at their
    other end. `pinned`: item id -> (x, y) of the picture, y downwards, where that item stays
    whatever is near it; it goes before `points`. What the scene has not is ignored; what the
    placement has not is laid out.
    """

    points: Mapping[str, Point] = field(default_factory=dict)
    angles: Mapping[tuple[str, str], float] = field(default_factory=dict)
    pinned: Mapping[str, Point] = field(default_factory=dict)

    def pins(self, items: Iterable[Item]) -> dict[str, Point]:
        """The pinned points of these items, without those that are no numbers or out of reach."""
        known = {item.id: self.pinned[item.id] for item in items if item.id in self.pinned}
        return {
            id: (float(x), float(y)) for id, (x, y) in known.items() if max(abs(x), abs(y)) <= FAR
        }
