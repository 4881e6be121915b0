"""What wires run over: items at their points, and regions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from diagram.draw.geometry import Box, Edges, Point, along, edges
from diagram.draw.scene import Item, Scene, Wire
from diagram.draw.shapes import half, reach


@dataclass(frozen=True)
class Ground:
    """A scene with points for its items, boxes for its regions, and the angles that are given."""

    scene: Scene
    points: Mapping[str, Point]
    boxes: Mapping[str, Box]
    angles: Mapping[tuple[str, str], float]

    @cached_property
    def middles(self) -> Mapping[str, Point]:
        """The mean of the points of each part."""
        found: dict[str, list[Point]] = {}
        for item in self.scene.items:
            found.setdefault(item.part, []).append(self.points[item.id])
        return {
            part: (sum(x for x, _ in own) / len(own), sum(y for _, y in own) / len(own))
            for part, own in found.items()
        }

    @cached_property
    def rooms(self) -> Edges:
        """What each item keeps free of the wires of others."""
        return edges(
            Box.around(*self.points[item.id], *half(item)).grown(10.0) for item in self.scene.items
        )

    @cached_property
    def walls(self) -> Edges:
        """What each region keeps free of wires that have no end in it."""
        return edges(box.grown(8.0) for box in self.boxes.values())

    @cached_property
    def places(self) -> Mapping[str, int]:
        """The rows of items in `rooms`."""
        return {item.id: at for at, item in enumerate(self.scene.items)}

    @cached_property
    def rows(self) -> Mapping[str, int]:
        """The rows of regions in `walls`."""
        return {region: at for at, region in enumerate(self.boxes)}

    @cached_property
    def wires(self) -> Mapping[str, Sequence[Wire]]:
        """The wires of each item."""
        found: dict[str, list[Wire]] = {}
        for wire in self.scene.wires:
            for end in dict.fromkeys(wire.ends):
                found.setdefault(end, []).append(wire)
        return found

    def item(self, id: str) -> Item:
        return self.scene.item[id]

    def leaves(self, item: str, angle: float) -> Point:
        return along(self.points[item], angle, reach(self.item(item), angle))
