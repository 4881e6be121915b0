"""Wires as cubics: each leaves both items along its legs and goes around what is in its way."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from diagram.draw.crossing import STEPS, Counts, Known, boxes_hit, crossings, sampled
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
from diagram.draw.ground import Ground
from diagram.draw.scene import Item, Look, Wire

FAN, WIDEST, SOME = 44.0, 88.0, 7
"""The angle between parallel wires; of more than some, none turns further, but swings out more."""
BENDS = (0.0, 18.0, -18.0, 36.0, -36.0, 56.0, -56.0, 78.0, -78.0)
OPEN_LENGTH, BEYOND = 66.0, 50.0
"""How long an open leg is, and how far it runs past the last border it crosses."""
STRAIGHT, OPEN_FAN = 40.0, 60.0
"""What half a right angle off its way costs an open wire of a joint; the angle between two."""
TITLED, BUSY, SAME = 45.0, 160.0, 1e5
"""What it costs an open leg to run up, where titles are, to leave close to a wire, and over it."""
ITEM, REGION, CROSSED = 600.0, 300.0, 80.0
"""What it costs a wire to run over another's item or region, and to cross a wire."""


@dataclass(frozen=True)
class _Choice:
    """The ways for one wire; what each costs by its shape, and by what it runs over."""

    paths: Sequence[Cubic]
    costs: Counts
    over: Counts
    lines: Samples
    angles: Sequence[float] = ()
    """Under which each leaves, where it matters what else leaves there."""


def route(ground: Ground) -> dict[str, Cubic]:
    """A cubic for every wire, chosen one after another, then once more knowing all others."""
    wires = sorted(ground.scene.wires, key=lambda w: (w.is_open, _span(ground, w)))
    fans = _fans(ground.scene.wires)
    choices = [_choice(ground, wire, *fans[wire.id]) for wire in wires]
    paths: dict[str, Cubic] = {}
    known = Known(len(wires))
    for _ in range(2):
        for at, (wire, choice) in enumerate(zip(wires, choices, strict=True)):
            paths.pop(wire.id, None)
            known.drop(at)
            best = _best(ground, wire, choice, paths, known)
            paths[wire.id] = choice.paths[best]
            known.take(at, sampled([choice.paths[best]])[0])
    return {wire.id: paths[wire.id] for wire in ground.scene.wires}


def _span(ground: Ground, wire: Wire) -> float:
    one, two = wire.ends
    return 0.0 if wire.is_open else round(distance(ground.points[one], ground.points[two]), 6)


def _fans(wires: Sequence[Wire]) -> dict[str, tuple[float, float]]:
    """How far each wire turns from the straight line, and how many times further it swings out.

    Wires between the same two items fan out.
    """
    groups: dict[tuple[str, ...], list[str]] = {}
    for wire in wires:
        key = (wire.id,) if wire.is_open else tuple(sorted(wire.ends))
        groups.setdefault(key, []).append(wire.id)
    found = {}
    for ids in groups.values():
        most = WIDEST if len(ids) > SOME else math.inf
        for place, id in enumerate(ids):
            fan = (place - (len(ids) - 1) / 2) * FAN
            found[id] = max(-most, min(fan, most)), max(1.0, abs(fan) / most)
    return found


def _choice(ground: Ground, wire: Wire, fan: float, swing: float) -> _Choice:
    angles: Sequence[float] = ()
    if wire.is_open:
        given = ground.angles.get((wire.ends[0], wire.id))
        angles = [given] if given is not None else [180.0 - 15.0 * k for k in range(24)]
        found = [_open(ground, wire, angle) for angle in angles]
    else:
        found = _between(ground, wire, fan, swing)
    paths = [path for _, path in found]
    lines = sampled(paths)
    over = _over(ground, wire, lines) if len(found) > 1 else np.zeros(1)
    lines = lines[:, ::STEPS] if wire.is_open else lines  # an open leg is straight
    return _Choice(paths, np.array([cost for cost, _ in found]), over, lines, angles)


def _best(
    ground: Ground, wire: Wire, choice: _Choice, others: Mapping[str, Cubic], known: Known
) -> int:
    """Which way costs least beside the wires that are there already."""
    if len(choice.paths) == 1:
        return 0
    costs = choice.costs
    if choice.angles:
        busy = _leaving(ground, wire.ends[0], others)
        turns = [[turn(other, angle) for other in busy] for angle in choice.angles]
        costs = costs + [sum(BUSY * (t < 40.0) + SAME * (t < 5.0) for t in own) for own in turns]
    costs = costs + (choice.over + CROSSED * crossings(choice.lines, known.near(choice.lines)))
    return int(np.argmin(np.round(costs, 6)))


def _between(ground: Ground, wire: Wire, fan: float, swing: float) -> list[tuple[float, Cubic]]:
    """Cubics with what their shape costs; a single one where the placement fixes both ends."""
    one, two = wire.ends
    if one == two:
        return [(0.0, _loop(ground, one, 90.0 + 45.0 * k, fan * swing)) for k in range(8)]
    given, back = ground.angles.get((one, wire.id)), ground.angles.get((two, wire.id))
    ahead = angle_to(ground.points[one], ground.points[two])
    found = []
    for bend in BENDS:
        out = given if given is not None else ahead + fan + bend
        home = back if back is not None else ahead + 180.0 - fan - bend
        fixed = given is not None and back is not None
        found.append((abs(bend) * 0.25, between(ground, one, out, two, home, fixed, swing)))
        if fixed:
            break
    return found


def between(
    ground: Ground,
    one: str,
    out: float,
    two: str,
    home: float,
    fixed: bool = False,
    swing: float = 1.0,
) -> Cubic:
    """A cubic that leaves both items along these angles; a `fixed` one swings out further."""
    start, end = ground.leaves(one, out), ground.leaves(two, home)
    far = distance(start, end)
    most = 200.0 if fixed else 90.0
    handle = min(0.62 * far, 220.0) if turn(out, home) < 60.0 else min(max(0.45 * far, 18.0), most)
    handle = min(handle, 0.62 * far) if turn(out, home + 180.0) < 1.0 else handle
    handle *= swing
    return (start, along(start, out, handle), along(end, home, handle), end)


def _loop(ground: Ground, item: str, angle: float, fan: float) -> Cubic:
    out, home = angle + 32.0, angle - 32.0
    length = 84.0 + abs(fan)
    start, end = ground.leaves(item, out), ground.leaves(item, home)
    return (start, along(start, out, length), along(end, home, length), end)


def _leaving(ground: Ground, item: str, paths: Mapping[str, Cubic]) -> list[float]:
    """The angles under which wires leave an item."""
    found = []
    for wire in ground.wires.get(item, ()):
        path = paths.get(wire.id)
        if path is not None:
            for end, tip, handle in zip(wire.ends, path[::3], path[1:3], strict=True):
                if end == item:
                    found.append(angle_to(tip, handle))
    return found


def _open(ground: Ground, wire: Wire, angle: float) -> tuple[float, Cubic]:
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
    third = ((end[0] - start[0]) / 3, (end[1] - start[1]) / 3)
    one = (start[0] + third[0], start[1] + third[1])
    two = (start[0] + 2 * third[0], start[1] + 2 * third[1])
    return cost, (start, one, two, end)


def _away(ground: Ground, wire: Wire) -> float:
    """The angle opposite to what else a joint is wired to; several open edges fan out around it."""
    item = wire.ends[0]
    here, x, y = ground.points[item], 0.0, 0.0
    for other in ground.wires[item]:
        if not other.is_open:
            far = other.ends[1] if other.ends[0] == item else other.ends[0]
            dx, dy = direction(angle_to(here, ground.points[far]))
            x, y = x - dx, y - dy
    open_edges = [w.id for w in ground.wires[item] if w.is_open]
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


def _over(ground: Ground, wire: Wire, lines: Samples) -> Counts:
    """What it costs each line that it runs over other items and foreign regions."""
    ends = [end for end in wire.ends if end]
    own = {r for end in ends for r in ground.scene.around(ground.item(end).region)}
    items = np.delete(ground.rooms, [ground.places[end] for end in ends], axis=0)
    walls = np.delete(ground.walls, [ground.rows[r] for r in own], axis=0)
    return ITEM * boxes_hit(lines, items) + REGION * boxes_hit(lines, walls)
