"""Boxes that do not meet: items and regions of one region are pushed apart, inner regions first.

A region is the hull of what it holds, so once its contents and everything beside it are apart,
nothing that does not belong to it lies within its box.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from diagram.draw import label, shapes
from diagram.draw.geometry import Box, Point
from diagram.draw.scene import Region, Scene
from diagram.draw.style import PADDING, TITLE_TEXT

NODE_GAP, REGION_GAP = 46.0, 54.0
"""What is left free beside a node and beside a region, for a label."""
ROUNDS = 60


@dataclass
class _Block:
    """Items that move as one."""

    items: list[str]
    box: Box
    gap: float


def separate(scene: Scene, part: str, points: Mapping[str, Point], room: float) -> dict[str, Point]:
    """The points, moved as little as this simple method can so that no boxes meet."""
    moved = dict(points)
    _settle(scene, part, None, moved, room)
    return moved


def _settle(
    scene: Scene, part: str, region: str | None, points: dict[str, Point], room: float
) -> None:
    blocks = []
    for inner in scene.regions:
        if inner.part == part and inner.parent == region:
            _settle(scene, part, inner.id, points, room)
            held = held_by(scene, inner.id)
            blocks.append(_Block(list(held), hull(scene, inner, points, room), REGION_GAP))
    dotted = {end for dot in scene.dots for end in scene.wire[dot.wire].ends}
    for item in scene.items:
        if item.part == part and item.region == region:
            wide, high = shapes.half(item)
            box = Box.around(*points[item.id], wide, high)
            gap = NODE_GAP if item.look.is_node else NODE_GAP * 0.7
            blocks.append(_Block([item.id], box, gap + 10.0 * (item.id in dotted)))
    _push(blocks, points)


def _push(blocks: list[_Block], points: dict[str, Point]) -> None:
    for _ in range(40):
        for _ in range(ROUNDS):
            if not _one_round(blocks, points):
                return
        centre = Box.hull(b.box for b in blocks).centre
        for block in blocks:
            x, y = block.box.centre
            _move(block, points, (x - centre[0]) * 0.1, (y - centre[1]) * 0.1)


def _one_round(blocks: list[_Block], points: dict[str, Point]) -> bool:
    """Pushes each pair that meets apart along the shorter way; whether any met."""
    met = False
    for place, one in enumerate(blocks):
        for two in blocks[place + 1 :]:
            gap = max(one.gap, two.gap) if len(one.items) + len(two.items) > 2 else one.gap
            (ax, ay), (bx, by) = one.box.centre, two.box.centre
            over_x = (one.box.width + two.box.width) / 2 + gap - abs(ax - bx)
            over_y = (one.box.height + two.box.height) / 2 + gap - abs(ay - by)
            if over_x > 1e-6 and over_y > 1e-6:
                met = True
                if over_x <= over_y:
                    push = (over_x / 2 + 0.01) * (1.0 if ax >= bx else -1.0)
                    _move(one, points, push, 0.0)
                    _move(two, points, -push, 0.0)
                else:
                    push = (over_y / 2 + 0.01) * (1.0 if ay > by else -1.0)
                    _move(one, points, 0.0, push)
                    _move(two, points, 0.0, -push)
    return met


def _move(block: _Block, points: dict[str, Point], dx: float, dy: float) -> None:
    block.box = block.box.moved(dx, dy)
    for item in block.items:
        x, y = points[item]
        points[item] = (x + dx, y + dy)


def held_by(scene: Scene, region: str) -> tuple[str, ...]:
    """The items in a region, however deep."""
    return tuple(item.id for item in scene.items if region in scene.around(item.region))


def hull(
    scene: Scene,
    region: Region,
    points: Mapping[str, Point],
    room: float = 1.0,
    more: Mapping[str, Box] | None = None,
) -> Box:
    """A region's box: around its items, its dots and its inner regions, as wide as its title.

    `room` above 1 leaves more width beside the title, for wires that cross the border there.
    """
    found = [
        Box.around(*points[item.id], *shapes.half(item))
        for item in scene.items
        if item.region == region.id
    ]
    found += [hull(scene, r, points, room, more) for r in scene.regions if r.parent == region.id]
    if more:
        found += [more[dot.id] for dot in scene.dots if dot.region == region.id if dot.id in more]
    box = Box.hull(found).grown(PADDING)
    title = label.width(region.title) * TITLE_TEXT
    return box.at_least(title * (1.0 + 5.0 * (room - 1.0)) + 44.0)
