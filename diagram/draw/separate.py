"""Boxes that do not meet: items and regions of one region are pushed apart, inner regions first.

A region is the hull of what it holds, so once its contents and everything beside it are apart,
nothing that does not belong to it lies within its box.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from diagram.draw import label, shapes
from diagram.draw.geometry import Box, Point
from diagram.draw.scene import Region, Scene
from diagram.draw.style import PADDING, TITLE_TEXT

NODE_GAP, REGION_GAP = 46.0, 54.0
"""What is left free beside a node and beside a region, for a label."""
OPEN_ROOM = 60.0
"""What a region is wider in which open legs end."""
ROUNDS = 60
FEW, NEAR = 60, 12.0
"""Of so many boxes each pair is looked at; of more, those with at most so much between them."""


@dataclass
class _Block:
    """Items that move as one."""

    items: list[str]
    box: Box
    gap: float
    stays: bool = False


def separate(
    scene: Scene,
    part: str,
    points: Mapping[str, Point],
    room: float,
    pins: Collection[str] = (),
) -> dict[str, Point]:
    """The points, moved as little as this simple method can so that no boxes meet.

    Items of `pins` stay, and so does a region that holds one.
    """
    moved = dict(points)
    _settle(scene, part, None, moved, room, pins)
    return moved


def _settle(
    scene: Scene,
    part: str,
    region: str | None,
    points: dict[str, Point],
    room: float,
    pins: Collection[str],
) -> None:
    blocks = []
    for inner in scene.regions:
        if inner.part == part and inner.parent == region:
            _settle(scene, part, inner.id, points, room, pins)
            held = held_by(scene, inner.id)
            box = hull(scene, inner, points, room)
            stays = any(item in pins for item in held)
            blocks.append(_Block(list(held), box, REGION_GAP, stays))
    dotted = {end for dot in scene.dots for end in scene.wire[dot.wire].ends}
    for item in scene.items:
        if item.part == part and item.region == region:
            wide, high = shapes.half(item)
            box = Box.around(*points[item.id], wide, high)
            gap = NODE_GAP if item.look.is_node else NODE_GAP * 0.7
            gap += 10.0 * (item.id in dotted)
            blocks.append(_Block([item.id], box, gap, item.id in pins))
    _push(blocks, points)


def _push(blocks: list[_Block], points: dict[str, Point]) -> None:
    """Rounds of pushing; what does not come apart in many is spread a little, and pushed again."""
    spots = [_Spot.of(block) for block in blocks]
    for _ in range(40):
        settled = any(not _one_round(spots) for _ in range(ROUNDS))
        if settled:
            break
        x, y = Box.hull(spot.box for spot in spots).centre
        for spot in spots:
            spot.move((spot.x - x) * 0.1, (spot.y - y) * 0.1)
    for block, spot in zip(blocks, spots, strict=True):
        x, y = block.box.centre
        for item in () if block.stays else block.items:
            px, py = points[item]
            points[item] = (px + spot.x - x, py + spot.y - y)


@dataclass(slots=True)
class _Spot:
    """The middle of a block and half its size, while it is pushed."""

    x: float
    y: float
    wide: float
    high: float
    gap: float
    alone: bool
    stays: bool

    @staticmethod
    def of(block: _Block) -> _Spot:
        (x, y), box = block.box.centre, block.box
        alone = len(block.items) == 1
        return _Spot(x, y, box.width / 2, box.height / 2, block.gap, alone, block.stays)

    @property
    def box(self) -> Box:
        return Box.around(self.x, self.y, self.wide, self.high)

    def move(self, dx: float, dy: float) -> None:
        if not self.stays:
            self.x, self.y = self.x + dx, self.y + dy


def _one_round(spots: list[_Spot]) -> bool:
    """Pushes each pair that meets apart along the shorter way; whether any met."""
    met = False
    for one, two in _close(spots):
        gap = one.gap if one.alone and two.alone else max(one.gap, two.gap)
        over_x = one.wide + two.wide + gap - abs(one.x - two.x)
        if over_x <= 1e-6:
            continue
        over_y = one.high + two.high + gap - abs(one.y - two.y)
        if over_y <= 1e-6 or (one.stays and two.stays):
            continue
        met = True
        share = 1.0 if one.stays or two.stays else 0.5
        if over_x <= over_y:
            push = (over_x * share + 0.01) * (1.0 if one.x >= two.x else -1.0)
            one.move(push, 0.0)
            two.move(-push, 0.0)
        else:
            push = (over_y * share + 0.01) * (1.0 if one.y > two.y else -1.0)
            one.move(0.0, push)
            two.move(0.0, -push)
    return met


def _close(spots: list[_Spot]) -> Iterable[tuple[_Spot, _Spot]]:
    """Pairs that may meet: all of few; of many, those that are not far from it now."""
    if len(spots) <= FEW:
        return combinations(spots, 2)
    x, y, wide, high, gap = np.array([(s.x, s.y, s.wide, s.high, s.gap) for s in spots]).T
    room = np.maximum(gap, gap[:, None]) + NEAR
    near = np.abs(x - x[:, None]) < wide + wide[:, None] + room
    near &= np.abs(y - y[:, None]) < high + high[:, None] + room
    found = np.argwhere(np.triu(near, 1)).tolist()
    return [(spots[one], spots[two]) for one, two in found]


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
    members, inner = scene.members.get(region.id, ()), scene.inner.get(region.id, ())
    found = [Box.around(*points[item.id], *shapes.half(item)) for item in members]
    found += [hull(scene, r, points, room, more) for r in inner]
    if more:
        found += [more[dot.id] for dot in scene.dots if dot.region == region.id if dot.id in more]
    holds_ends = any(wire.within == region.id for wire in scene.wires)
    box = Box.hull(found).grown(PADDING + OPEN_ROOM * holds_ends)
    title = label.width(region.title) * TITLE_TEXT
    return box.at_least(title * (1.0 + 5.0 * (room - 1.0)) + 44.0)
