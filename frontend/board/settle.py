"""Points for a whole picture: what is known stays, and what is new comes beside its neighbours."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from diagram.draw.geometry import Box, Point, distance
from diagram.draw.layout import layout
from diagram.draw.scene import OPEN, Item, Scene
from diagram.draw.separate import held_by, hull
from diagram.draw.shapes import half

FAR = 96.0
"""Between two nodes that are put beside each other."""
GAP = 40.0
"""What stays free around a point that is put somewhere."""


def settled(scene: Scene, points: Mapping[str, Point]) -> dict[str, Point]:
    """A point for each item of a scene.

    A part of which nothing is known is laid out by itself below the others. What is in the way of a
    region, and not in it, is moved aside.
    """
    known = {item.id: points[item.id] for item in scene.items if item.id in points}
    if not known:
        return _whole(scene)
    for part in scene.parts:
        items = [item for item in scene.items if item.part == part]
        if not any(item.id in known for item in items):
            known |= _below(scene, items, known)
        else:
            _join(scene, items, known)
    return _cleared(scene, known)


def _whole(scene: Scene) -> dict[str, Point]:
    found = layout(scene).points
    return {item.id: rounded(found[item.id]) for item in scene.items}


def rounded(point: Point) -> Point:
    """A point of whole pixels."""
    return (float(round(point[0])), float(round(point[1])))


def _below(scene: Scene, items: Sequence[Item], known: Mapping[str, Point]) -> dict[str, Point]:
    own = _whole(scene)
    ids = [item.id for item in items]
    left, top = (min(own[id][axis] for id in ids) for axis in (0, 1))
    start = min(x for x, _ in known.values())
    bottom = max(y for _, y in known.values()) + 1.6 * FAR
    return {id: (own[id][0] - left + start, own[id][1] - top + bottom) for id in ids}


# -- beside neighbours ------------------------------------------------------------------------


def _join(scene: Scene, items: Sequence[Item], known: dict[str, Point]) -> None:
    """Puts what is new next to what it hangs on, that with most known neighbours first."""
    waiting = [item for item in items if item.id not in known]
    near: dict[str, list[str]] = {item.id: [] for item in items}
    for wire in scene.wires:
        one, two = wire.ends
        if two != OPEN and one in near and two in near:
            near[one].append(two)
            near[two].append(one)
    while waiting:
        item = max(waiting, key=lambda each: sum(id in known for id in near[each.id]))
        waiting.remove(item)
        beside = [known[id] for id in near[item.id] if id in known]
        known[item.id] = _place(scene, item, beside or [*known.values()][-1:], known)


def _place(scene: Scene, item: Item, beside: Sequence[Point], known: Mapping[str, Point]) -> Point:
    """In the middle of its neighbours; of a single one, beside it."""
    x, y = (sum(point[axis] for point in beside) / len(beside) for axis in (0, 1))
    if len(beside) == 1:
        x += FAR
    taken = [(scene.item[id], at) for id, at in known.items() if id in scene.item]
    return rounded(next(at for at in _around((x, y)) if _is_free(item, at, taken)))


def _around(point: Point) -> Iterator[Point]:
    """The point and ever farther ones."""
    yield point
    for ring in range(1, 200):
        for step in range(8):
            angle = math.radians(90 + 45 * step)
            yield (point[0] + 24 * ring * math.cos(angle), point[1] + 24 * ring * math.sin(angle))
    yield point


def _is_free(item: Item, at: Point, taken: Sequence[tuple[Item, Point]]) -> bool:
    own = max(half(item))
    return all(
        distance(at, point) > own + max(half(other)) + GAP * (0.5 if own < 12 else 1.0)
        for other, point in taken
    )


# -- regions ----------------------------------------------------------------------------------


def _cleared(scene: Scene, points: Mapping[str, Point]) -> dict[str, Point]:
    """The points, with what lies in a region by accident moved out of it the short way."""
    moved = dict(points)
    for region in scene.regions:
        box = hull(scene, region, moved).grown(8.0)
        inside = set(held_by(scene, region.id))
        for item in scene.items:
            wide, high = half(item)
            own = Box.around(*moved[item.id], wide, high)
            if item.id not in inside and box.meets(own):
                moved[item.id] = rounded(_out(box, moved[item.id], wide, high))
    return moved


def _out(box: Box, point: Point, wide: float, high: float) -> Point:
    x, y = point
    ways = [
        (box.left - wide - 1, y),
        (box.right + wide + 1, y),
        (x, box.top - high - 1),
        (x, box.bottom + high + 1),
    ]
    return min(ways, key=lambda way: distance(way, point))
