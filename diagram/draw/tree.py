"""A tree of merges as SVG: what is merged at the left, each merge a column further right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from diagram.draw.geometry import Point
from diagram.draw.groups import COLOURS, MEETING, Role
from diagram.draw.label import line, of_name, width
from diagram.draw.markup import digits, element, paint, safe
from diagram.draw.style import FONT, SCREEN

Attributes = list[tuple[str, str | float]]

ROW, COLUMN = 30.0, 46.0
MARGIN = 16.0
DISC = 12.0
TEXT, NUMBER = 17.0, 13.0
FAINT = "0.4"
"""The opacity of lines that are still to come."""


@dataclass(frozen=True)
class Joint:
    """One merge: each of the things that it merges is a name, or the place of an earlier joint."""

    of: tuple[str | int, ...]
    title: str = ""


def tree(joints: Sequence[Joint], now: int = 0) -> str:
    """The merges in order, for the screen; `now` is the one that is shown, counted from 1.

    What is merged before it is drawn full, what comes after it faint. A value that is read twice
    has a line to each joint.

    >>> svg = tree([Joint(("A", "B")), Joint((0, "C"))], now=1)
    >>> svg.count("<circle"), "td-now" in svg
    (2, True)
    """
    heights = _heights(joints)
    start = MARGIN + max((TEXT * width(of_name(n)) for n in _names(joints)), default=0.0)
    across = start + COLUMN * len(joints) + DISC + MARGIN
    down = ROW * sum(1 for _ in _names(joints)) + 2 * MARGIN
    spots = [(start + COLUMN * place, heights[place]) for place in range(1, len(joints) + 1)]
    lines: list[str] = []
    discs: list[str] = []
    for place, joint in enumerate(joints, 1):
        spot = spots[place - 1]
        for side, child in enumerate(joint.of):
            at = (start, heights[place, side]) if isinstance(child, str) else spots[child]
            lines.append(_line(at, spot, _stroke(place, now, side)))
            if isinstance(child, str):
                discs.append(_name(child, at))
        discs.append(_disc(place, spot, joint.title, now))
    attributes: Attributes = [
        ("xmlns", "http://www.w3.org/2000/svg"),
        ("class", "td-tree"),
        ("viewBox", f"0 0 {digits(across)} {digits(down)}"),
        ("width", across),
        ("height", down),
        ("font-family", FONT),
    ]
    return element("svg", attributes, *lines, *discs)


def _names(joints: Sequence[Joint]) -> Iterator[str]:
    return (child for joint in joints for child in joint.of if isinstance(child, str))


def _heights(joints: Sequence[Joint]) -> dict[int | tuple[int, int], float]:
    """How far down each joint is, counted from 1, and each name, by its joint and side.

    Names stand in the order in which the last merge finds them, so that no lines of a tree cross.
    """
    found: dict[int | tuple[int, int], float] = {}
    seen: set[int] = set()
    for last in range(len(joints), 0, -1):
        ahead: list[int | tuple[int, int]] = [last]
        while ahead:
            here = ahead.pop()
            if isinstance(here, tuple):
                found[here] = MARGIN + ROW * (len(found) + 0.5)
            elif here not in seen:
                seen.add(here)
                sides = [*enumerate(joints[here - 1].of)]
                ahead += [
                    (here, side) if isinstance(child, str) else child + 1
                    for side, child in reversed(sides)
                ]
    for place, joint in enumerate(joints, 1):
        below = [
            found[(place, side) if isinstance(child, str) else child + 1]
            for side, child in enumerate(joint.of)
        ]
        found[place] = sum(below) / len(below) if below else MARGIN
    return found


def _stroke(place: int, now: int, side: int) -> Attributes:
    """Of a line to this joint."""
    if place == now:
        role = (Role.LEFT, Role.RIGHT, Role.MADE)[min(side, 2)]
        return [("stroke-width", "4"), *paint(stroke=COLOURS[role])]
    faint: Attributes = [("stroke-opacity", FAINT)] if place > now else []
    return [("stroke-width", "1.8"), *faint, *paint(stroke=SCREEN.text)]


def _line(start: Point, end: Point, stroke: Attributes) -> str:
    """Straight on, and at the last column round to its joint."""
    turn = end[0] - COLUMN + DISC
    (x, y), (to_x, to_y) = start, end
    middle = digits(turn + (to_x - turn) / 2)
    path = f"M{digits(x)} {digits(y)}H{digits(turn)}"
    path += f"C{middle} {digits(y)} {middle} {digits(to_y)} {digits(to_x)} {digits(to_y)}"
    return element("path", [("d", path), ("fill", "none"), *stroke])


def _name(name: str, at: Point) -> str:
    shown = safe(line(of_name(name)))
    text: Attributes = [("x", at[0] - 6), ("y", at[1] + 0.3 * TEXT), ("text-anchor", "end")]
    text += [("font-size", TEXT), ("font-style", "italic"), *paint(fill=SCREEN.text)]
    return element("text", text, shown)


def _disc(place: int, spot: Point, title: str, now: int) -> str:
    """The number of a step: full once it is merged."""
    is_full = place <= now
    fill = MEETING if place == now else COLOURS[Role.MADE]
    if not is_full:
        fill = "var(--st-background-color, #fff)"
    rim = paint(fill=fill, stroke=fill if is_full else SCREEN.text)
    circle: Attributes = [("cx", spot[0]), ("cy", spot[1]), ("r", DISC), *rim]
    text: Attributes = [("x", spot[0]), ("y", spot[1] + 0.34 * NUMBER)]
    text += [("font-size", NUMBER), ("text-anchor", "middle")]
    text += paint(fill="#ffffff" if is_full else SCREEN.text)
    kind = "td-joint td-now" if place == now else "td-joint"
    tip = [element("title", [], safe(title))] if title else []
    shapes = (element("circle", circle), element("text", text, str(place)))
    return element("g", [("class", kind)], *tip, *shapes)
