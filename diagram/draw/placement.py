"""A placement: where a known figure puts its items, as plain data beside the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from diagram.draw.geometry import Point


@dataclass(frozen=True)
class Placement:
    """Grid points of items and angles of wires.

    `points`: item id -> (column, row), rows downwards. `angles`: (item id, wire id) -> degrees
    under which the wire leaves the item, anticlockwise from right; wires without one aim at their
    other end. What the scene has not is ignored; what the placement has not is laid out.
    """

    points: Mapping[str, Point]
    angles: Mapping[tuple[str, str], float] = field(default_factory=dict)
