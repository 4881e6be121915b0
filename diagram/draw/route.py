"""Wires as cubics: each leaves both items along its legs and goes around what is in its way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from diagram.draw.crossing import STEPS, Counts, boxes_hit, crossings, sampled
from diagram.draw.geometry import (
    Box,
    Cubic,
    Point,
    Samples,
    along,
    angle_to,
    direction,
    distance,
    turn,
)
from diagram.draw.scene import Item, Look, Scene, Wire
from diagram.draw.shapes import half, reach

FAN = 44.0
"""The angle between parallel wires."""
BENDS = (0.0, 18.0, -18.0, 36.0, -36.0, 56.0, -56.0, 78.0, -78.0)
OPEN_LENGTH, BEYOND = 66.0, 50.0
"""How long an open leg is, and how far it runs past the last border it crosses."""
STRAIGHT, OPEN_FAN = 40.0, 60.0
"""What half a right angle off its way costs an open wire of a joint; the angle between two."""
TITLED = 45.0
"""What it costs an open leg to run up, where titles are."""


@dataclass(frozen=True)
class Ground:
    """What wires run over: items at their points, and regions."""

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
    def rooms(self) -> Mapping[str, Box]:
        """What each item keeps free of the wires of others."""
        return {
            item.id: Box.around(*self.points[item.id], *half(item)).grown(10.0)
            for item in self.scene.items
        }

    def item(self, id: str) -> Item:
        return self.scene.item[id]

    def leaves(self, item: str, angle: float) -> Point:
        return along(self.points[item], angle, reach(self.item(item), angle))


def route(ground: Ground) -> dict[str, Cubic]:
    """A cubic for every wire, chosen one after another, then once more knowing all others."""
    wires = sorted(ground.scene.wires, key=lambda w: (w.is_open, _span(ground, w)))
    fans = _fans(ground.scene.wires)
    paths: dict[str, Cubic] = {}
    lines: dict[str, Samples] = {}
    for _ in range(2):
        for wire in wires:
            paths.pop(wire.id, None)
            lines.pop(wire.id, None)
            paths[wire.id] = _best(ground, wire, fans[wire.id], paths, lines)
            lines[wire.id] = sampled([paths[wire.id]])[0]
    return {wire.id: paths[wire.id] for wire in ground.scene.wires}


def _span(ground: Ground, wire: Wire) -> float:
    one, two = wire.ends
    return 0.0 if wire.is_open else round(distance(ground.points[one], ground.points[two]), 6)


def _fans(wires: Sequence[Wire]) -> dict[str, float]:
    """How far each wire turns from the straight line: wires between the same two items fan out."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for wire in wires:
        key = (wire.id,) if wire.is_open else tuple(sorted(wire.ends))
        groups.setdefault(key, []).append(wire.id)
    return {
        id: (place - (len(ids) - 1) / 2) * FAN
        for ids in groups.values()
        for place, id in enumerate(ids)
    }


def _best(
    ground: Ground,
    wire: Wire,
    fan: float,
    others: Mapping[str, Cubic],
    lines: Mapping[str, Samples],
) -> Cubic:
    found = _candidates(ground, wire, fan, others)
    if len(found) == 1:
        return found[0][1]
    costs = np.array([cost for cost, _ in found]) + _hits(ground, wire, found, lines)
    return found[int(np.argmin(np.round(costs, 6)))][1]


def _candidates(
    ground: Ground, wire: Wire, fan: float, others: Mapping[str, Cubic]
) -> list[tuple[float, Cubic]]:
    """Cubics with what their shape costs; a single one where the placement fixes both ends."""
    one, two = wire.ends
    given = ground.angles.get((one, wire.id))
    if wire.is_open:
        angles = [given] if given is not None else [180.0 - 15.0 * k for k in range(24)]
        busy = _leaving(ground, wire.ends[0], others)
        return [_open(ground, wire, angle, busy) for angle in angles]
    if one == two:
        return [(0.0, _loop(ground, one, 90.0 + 45.0 * k, fan)) for k in range(8)]
    back = ground.angles.get((two, wire.id))
    start, end = ground.points[one], ground.points[two]
    ahead = angle_to(start, end)
    found = []
    for bend in BENDS:
        out = given if given is not None else ahead + fan + bend
        home = back if back is not None else ahead + 180.0 - fan - bend
        fixed = given is not None and back is not None
        found.append((abs(bend) * 0.25, between(ground, one, out, two, home, fixed)))
        if fixed:
            break
    return found


def between(
    ground: Ground, one: str, out: float, two: str, home: float, fixed: bool = False
) -> Cubic:
    """A cubic that leaves both items along these angles; a `fixed` one swings out further."""
    start, end = ground.leaves(one, out), ground.leaves(two, home)
    far = distance(start, end)
    most = 200.0 if fixed else 90.0
    handle = min(0.62 * far, 220.0) if turn(out, home) < 60.0 else min(max(0.45 * far, 18.0), most)
    handle = min(handle, 0.62 * far) if turn(out, home + 180.0) < 1.0 else handle
    return (start, along(start, out, handle), along(end, home, handle), end)


def _loop(ground: Ground, item: str, angle: float, fan: float) -> Cubic:
    out, home = angle + 32.0, angle - 32.0
    length = 84.0 + abs(fan)
    start, end = ground.leaves(item, out), ground.leaves(item, home)
    return (start, along(start, out, length), along(end, home, length), end)


def _leaving(ground: Ground, item: str, paths: Mapping[str, Cubic]) -> list[float]:
    """The angles under which wires leave an item."""
    found = []
    for id, path in paths.items():
        ends = ground.scene.wire[id].ends
        for place, tip, handle in ((0, path[0], path[1]), (1, path[3], path[2])):
            if ends[place] == item:
                found.append(angle_to(tip, handle))
    return found


def _open(ground: Ground, wire: Wire, angle: float, busy: Sequence[float]) -> tuple[float, Cubic]:
    """A straight leg that ends past every region around its item."""
    item = ground.item(wire.ends[0])
    start = ground.leaves(item.id, angle)
    length = OPEN_LENGTH
    around = ground.scene.passed(wire)
    if around:
        length = max(length, _exit(ground.boxes[around[-1]], start, angle) + BEYOND)
    end = along(start, angle, length)
    dx, dy = direction(angle)
    cost = 0.35 * length + 30.0 * min(abs(dx * dy) * 2, 1.0) + 20.0 * abs(dy)
    cost += 12.0 * (1.0 - _outward(ground, item, angle))
    if item.look is Look.JOINT:
        cost = STRAIGHT * turn(angle, _away(ground, wire)) / 45.0
    titled = any(ground.scene.region[region].title for region in around)
    cost += TITLED * max(0.0, -dy) if titled else 0.0
    cost += 160.0 * sum(turn(other, angle) < 40.0 for other in busy)
    third = ((end[0] - start[0]) / 3, (end[1] - start[1]) / 3)
    one = (start[0] + third[0], start[1] + third[1])
    two = (start[0] + 2 * third[0], start[1] + 2 * third[1])
    return cost, (start, one, two, end)


def _away(ground: Ground, wire: Wire) -> float:
    """The angle opposite to what else a joint is wired to; several open edges fan out around it."""
    item = wire.ends[0]
    here, x, y = ground.points[item], 0.0, 0.0
    for other in ground.scene.wires:
        if item in other.ends and not other.is_open:
            far = other.ends[1] if other.ends[0] == item else other.ends[0]
            dx, dy = direction(angle_to(here, ground.points[far]))
            x, y = x - dx, y - dy
    open_edges = [w.id for w in ground.scene.wires if w.is_open and w.ends[0] == item]
    place = open_edges.index(wire.id) - (len(open_edges) - 1) / 2
    return angle_to((0.0, 0.0), (x, y)) - place * OPEN_FAN


def _exit(box: Box, start: Point, angle: float) -> float:
    """From a point to where a ray leaves a box around it."""
    dx, dy = direction(angle)
    ways = []
    if abs(dx) > 1e-9:
        ways.append(((box.right if dx > 0 else box.left) - start[0]) / dx)
    if abs(dy) > 1e-9:
        ways.append(((box.bottom if dy > 0 else box.top) - start[1]) / dy)
    return max(0.0, min(ways))


def _outward(ground: Ground, item: Item, angle: float) -> float:
    """How well an angle points away from the middle of the part, -1 to 1."""
    middle = ground.middles[item.part]
    if distance(middle, ground.points[item.id]) < 1.0:
        return 0.0
    away, ray = direction(angle_to(middle, ground.points[item.id])), direction(angle)
    return away[0] * ray[0] + away[1] * ray[1]


def _hits(
    ground: Ground, wire: Wire, found: list[tuple[float, Cubic]], others: Mapping[str, Samples]
) -> Counts:
    """What each candidate hits: other items, foreign regions, other wires."""
    lines = sampled([path for _, path in found])
    items = [box for id, box in ground.rooms.items() if id not in wire.ends]
    own = {r for end in wire.ends if end for r in ground.scene.around(ground.item(end).region)}
    regions = [box.grown(8.0) for region, box in ground.boxes.items() if region not in own]
    cost = 600.0 * boxes_hit(lines, items) + 300.0 * boxes_hit(lines, regions)
    known = np.array(list(others.values())).reshape(-1, STEPS + 1, 2)
    lines = lines[:, ::STEPS] if wire.is_open else lines  # an open leg is straight
    return cost + 80.0 * crossings(lines, known)
