"""What a figure paints, read off its SVG, so that every other format shows the same."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from diagram.draw.geometry import Box, Point
from diagram.draw.label import Label, Piece

SPACE = "{http://www.w3.org/2000/svg}"
KAPPA = 0.5523
"""Handles of a cubic that is a quarter of a circle, in radii."""

Segment = tuple[str, tuple[Point, ...]]
"""`M` and `L` with a point, `C` with three, `Z` with none; as in SVG, absolute."""


@dataclass(frozen=True, slots=True)
class Circle:
    """A circle."""

    centre: Point
    radius: float

    @property
    def path(self) -> tuple[Segment, ...]:
        x, y = self.centre
        r = self.radius
        return Rectangle(Box(x - r, y - r, x + r, y + r), r).path


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A rectangle whose corners are quarters of circles."""

    box: Box
    radius: float

    @property
    def path(self) -> tuple[Segment, ...]:
        left, top, right, bottom = self.box.left, self.box.top, self.box.right, self.box.bottom
        r = min(self.radius, self.box.width / 2, self.box.height / 2)
        k = r * (1.0 - KAPPA)
        corners: list[Segment] = [
            ("M", ((left + r, top),)),
            ("L", ((right - r, top),)),
            ("C", ((right - k, top), (right, top + k), (right, top + r))),
            ("L", ((right, bottom - r),)),
            ("C", ((right, bottom - k), (right - k, bottom), (right - r, bottom))),
            ("L", ((left + r, bottom),)),
            ("C", ((left + k, bottom), (left, bottom - k), (left, bottom - r))),
            ("L", ((left, top + r),)),
            ("C", ((left, top + k), (left + k, top), (left + r, top))),
        ]
        return (*(corner for corner in corners if r or corner[0] != "C"), ("Z", ()))


@dataclass(frozen=True, slots=True)
class Path:
    """Lines and cubics."""

    path: tuple[Segment, ...]


Form = Circle | Rectangle | Path


@dataclass(frozen=True, slots=True)
class Shape:
    """A form that is filled, stroked or both; colours are `#rrggbb`, lengths pixels."""

    form: Form
    fill: str | None
    opacity: float
    stroke: str | None
    width: float
    dash: tuple[float, ...]
    has_round_ends: bool


@dataclass(frozen=True, slots=True)
class Words:
    """A label, centred on `x` or starting there, its baseline at `y`."""

    label: Label
    x: float
    y: float
    size: float
    colour: str
    starts: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """What belongs to one thing of the scene; `kind` is its SVG class, `id` its path."""

    kind: str
    id: str
    marks: tuple[Shape | Words, ...]


@dataclass(frozen=True, slots=True)
class Ink:
    """All of a figure, in the order in which it is painted."""

    frame: Box
    title: str
    groups: tuple[Group, ...]


def ink(svg: str) -> Ink:
    """What an SVG of ours paints, without what is there only to be hit by a pointer.

    >>> found = ink('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" aria-label="a">'
    ...             '<g class="td-dot" data-path="S"><circle cx="3" cy="4" r="1" fill="#123456"/>'
    ...             '</g></svg>')
    >>> found.groups[0].marks[0].form
    Circle(centre=(3.0, 4.0), radius=1.0)
    """
    root = ElementTree.fromstring(svg)
    left, top, width, height = (float(v) for v in root.attrib["viewBox"].split())
    groups = []
    for child in root:
        marks = tuple(mark for element in child.iter() for mark in _marks(element))
        groups.append(Group(child.get("class", ""), child.get("data-path", ""), marks))
    return Ink(Box(left, top, left + width, top + height), root.attrib["aria-label"], tuple(groups))


def _marks(element: Element) -> Iterator[Shape | Words]:
    at = element.attrib
    match element.tag.removeprefix(SPACE):
        case "circle":
            form: Form = Circle((float(at["cx"]), float(at["cy"])), float(at["r"]))
        case "rect":
            form = _rectangle(at)
        case "path":
            form = Path(tuple(_segments(at["d"])))
        case "text":
            yield _words(element)
            return
        case "g" | "title" | "tspan":
            return
        case other:
            raise AssertionError(f"no other format knows how to paint <{other}>")
    shape = _shape(form, at)
    if shape.fill or shape.stroke:
        yield shape


def _rectangle(at: Mapping[str, str]) -> Circle | Rectangle:
    """Where its corners meet it is a circle, as most nodes are."""
    left, top, width, height = (float(at[name]) for name in ("x", "y", "width", "height"))
    radius = float(at.get("rx", "0"))
    if width == height == 2 * radius:
        return Circle((left + radius, top + radius), radius)
    return Rectangle(Box(left, top, left + width, top + height), radius)


def _shape(form: Form, at: Mapping[str, str]) -> Shape:
    return Shape(
        form,
        _colour(at.get("fill", "none")),
        float(at.get("fill-opacity", "1")),
        _colour(at.get("stroke", "none")),
        float(at.get("stroke-width", "1")),
        tuple(float(length) for length in at.get("stroke-dasharray", "").split()),
        at.get("stroke-linecap") == "round",
    )


def _colour(text: str) -> str | None:
    return None if text in ("none", "transparent") else text


def _words(element: Element) -> Words:
    at, size = element.attrib, float(element.attrib["font-size"])
    pieces, below = [], 0.0
    for span in element:
        below += float(span.get("dy", "0"))
        level = -1 if below > 0.005 * size else 1 if below < -0.005 * size else 0
        pieces.append(Piece(span.text or "", level, span.get("font-style") == "italic"))
    starts = at["text-anchor"] == "start"
    return Words(tuple(pieces), float(at["x"]), float(at["y"]), size, at["fill"], starts)


def raised(start: Point, handle: Point, end: Point) -> tuple[Point, Point, Point]:
    """A quadratic as the rest of a cubic: its two handles and its end.

    >>> raised((0.0, 0.0), (3.0, 0.0), (3.0, 3.0))
    ((2.0, 0.0), (3.0, 1.0), (3.0, 3.0))
    """
    one, two = ((x + (handle[0] - x) * 2 / 3, y + (handle[1] - y) * 2 / 3) for x, y in (start, end))
    return one, two, end


def _segments(text: str) -> Iterator[Segment]:
    """The commands that our figures use, as lines and cubics."""
    x = y = 0.0
    for command, given in re.findall(r"([A-Za-z])([^A-Za-z]*)", text):
        numbers = [float(number) for number in given.split()]
        points = list(zip(numbers[::2], numbers[1::2], strict=False))
        match command:
            case "M" | "L" | "C" | "Z":
                segment = (command, tuple(points))
            case "Q":
                segment = ("C", raised((x, y), *points))
            case "H":
                segment = ("L", ((numbers[0], y),))
            case "h":
                segment = ("L", ((x + numbers[0], y),))
            case "v":
                segment = ("L", ((x, y + numbers[0]),))
            case _:
                raise AssertionError(f"no other format knows the path command {command}")
        x, y = segment[1][-1] if segment[1] else (x, y)
        yield segment
