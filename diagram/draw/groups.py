"""Groups of a picture's nodes as coloured grounds, and the lines where two of them meet."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from diagram.draw import Drawing
from diagram.draw.geometry import Cubic, Point
from diagram.draw.layout import Layout
from diagram.draw.markup import digits, element
from diagram.draw.scene import Scene
from diagram.draw.style import RADIUS

AROUND = 13.0
"""From the rim of a node to that of its ground."""


class Role(StrEnum):
    """What a group is in a step: one of the two that merge, or what was made before."""

    LEFT = "left"
    RIGHT = "right"
    MADE = "made"


COLOURS = {Role.LEFT: "#3b6fb5", Role.RIGHT: "#c27a12", Role.MADE: "#7a63c0"}
_STRENGTH = {Role.LEFT: 0.34, Role.RIGHT: 0.34, Role.MADE: 0.2}
MEETING = "#b3261e"


@dataclass(frozen=True)
class Group:
    """Items that are one value by now."""

    items: frozenset[str]
    role: Role = Role.MADE


def grouped(drawing: Drawing, groups: Sequence[Group]) -> str:
    """The figure for the screen with a ground behind each group; the frame is the drawing's own.

    Ids that the picture has not are passed over. Lines that join the left group with the right
    one are marked.

    >>> from diagram import draw, parse
    >>> drawing = draw(parse("input A[i j] B[j k]\\nC[i k] = A[i j] B[j k]\\nreturn C"))
    >>> svg = grouped(drawing, [Group(frozenset({"C/0"}), Role.LEFT)])
    >>> svg.count("td-ground"), "td-meeting" in svg
    (1, False)
    """
    scene, layout = drawing.scene, drawing.layout
    shown = [*_grounds(scene, layout, groups), *_meetings(scene, layout, groups)]
    return inserted(drawing.screen, shown)


def inserted(svg: str, marks: Sequence[str]) -> str:
    """A figure with marks behind all that is drawn; they are not for the pointer."""
    if not marks:
        return svg
    head, end, rest = svg.partition(">")
    ground = element("g", [("class", "td-behind"), ("pointer-events", "none")], *marks)
    return f"{head}{end}{ground}{rest}"


def _grounds(scene: Scene, layout: Layout, groups: Sequence[Group]) -> Iterator[str]:
    for group in groups:
        items = [item.id for item in scene.items if item.id in group.items]
        if items:
            yield element(
                "path",
                [
                    ("class", f"td-ground td-{group.role}"),
                    ("d", _outline(scene, layout, items)),
                    ("fill", "none"),
                    ("stroke", COLOURS[group.role]),
                    ("stroke-opacity", _STRENGTH[group.role]),
                    ("stroke-width", 2 * (RADIUS + AROUND)),
                    ("stroke-linecap", "round"),
                    ("stroke-linejoin", "round"),
                ],
            )


def _meetings(scene: Scene, layout: Layout, groups: Sequence[Group]) -> Iterator[str]:
    sides = [_with_points(scene, g.items) for g in groups if g.role is not Role.MADE]
    if len(sides) != 2:
        return
    left, right = sides
    for wire in scene.wires:
        ends = {*wire.ends}
        if ends <= left | right and ends & left and ends & right:
            path = [("class", "td-meeting"), ("d", curve(layout.paths[wire.id])), ("fill", "none")]
            stroke = [("stroke", MEETING), ("stroke-opacity", "0.45"), ("stroke-width", "9")]
            yield element("path", [*path, *stroke, ("stroke-linecap", "round")])


def _with_points(scene: Scene, items: Collection[str]) -> frozenset[str]:
    """The items, and the points where wires of theirs meet others: each next to one of them."""
    found = {
        there
        for wire in scene.wires
        for here, there in (wire.ends, wire.ends[::-1])
        if here in items and there in scene.item and not scene.item[there].look.is_node
    }
    return frozenset(found.union(items))


# -- the ground of one group ------------------------------------------------------------------


def _outline(scene: Scene, layout: Layout, items: Sequence[str]) -> str:
    """A thick line through all of them: along their wires, then straight to what is left."""
    inside = _inside(scene, items)
    parent = {item: item for item in inside}
    pieces = [dot(layout.points[item]) for item in items]
    for wire in scene.wires:
        one, other = wire.ends
        if one in parent and other in parent:
            pieces.append(curve(layout.paths[wire.id]))
            pieces += [_line(layout.points[one], layout.paths[wire.id][0])]
            pieces += [_line(layout.points[other], layout.paths[wire.id][3])]
            parent[_root(parent, one)] = _root(parent, other)
    for one, other in _nearest_first(layout, items):
        if _root(parent, one) != _root(parent, other):
            parent[_root(parent, one)] = _root(parent, other)
            pieces.append(_line(layout.points[one], layout.points[other]))
    return "".join(pieces)


def _inside(scene: Scene, items: Sequence[str]) -> list[str]:
    """The items, and the points of the picture at which two or more of them meet."""
    own = {*items}
    met: dict[str, set[str]] = {}
    for wire in scene.wires:
        for here, there in (wire.ends, wire.ends[::-1]):
            if here in own and there in scene.item and not scene.item[there].look.is_node:
                met.setdefault(there, set()).add(here)
    return [*items, *(point for point, around in met.items() if len(around) > 1)]


def _root(parent: dict[str, str], item: str) -> str:
    while parent[item] != item:
        item = parent[item]
    return item


def _nearest_first(layout: Layout, items: Sequence[str]) -> list[tuple[str, str]]:
    pairs = [(one, other) for place, one in enumerate(items) for other in items[:place]]
    return sorted(pairs, key=lambda pair: math.dist(*(layout.points[item] for item in pair)))


def dot(point: Point) -> str:
    """A path that a round cap makes a disc."""
    return f"M{digits(point[0])} {digits(point[1])}h0"


def _line(one: Point, other: Point) -> str:
    ends = (f"{digits(x)} {digits(y)}" for x, y in (one, other))
    return "M{}L{}".format(*ends)


def curve(path: Cubic) -> str:
    """The path of a wire."""
    start, one, two, end = (f"{digits(x)} {digits(y)}" for x, y in path)
    return f"M{start}C{one} {two} {end}"
