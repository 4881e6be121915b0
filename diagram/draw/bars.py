"""A chart of bars as SVG: one bar a step, that of the step that is shown in a colour of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from diagram.draw.groups import COLOURS, Role
from diagram.draw.markup import digits, element, paint, safe
from diagram.draw.style import SCREEN

Attributes = list[tuple[str, str | float]]

WIDE, HIGH = 170.0, 110.0
"""Of the field of bars."""
LEFT, TOP, BELOW, RIGHT = 58.0, 8.0, 20.0, 4.0
TEXT = 12.5
GAP = 0.22
"""Of the room of a bar, what is left free."""
MOST_LABELS = 8
FAINT = "0.16"


@dataclass(frozen=True, slots=True)
class Bar:
    """How high a bar is, and what a pointer on it tells."""

    value: int
    title: str


def bars(found: Sequence[Bar], marks: Sequence[tuple[int, str]], now: int = 0) -> str:
    """The bars in order, for the screen; `now` is the one that is shown, counted from 1.

    `marks` are heights with their texts, each a line across. Values may be larger than any float.

    >>> svg = bars([Bar(3, "A B"), Bar(10**400, "A B C")], [(0, "0"), (10**400, "1e400")], now=2)
    >>> svg.count("<rect"), svg.count("<title>"), "td-now" in svg
    (4, 2, True)
    """
    most = max([1, *(bar.value for bar in found), *(height for height, _ in marks)])
    across, down = LEFT + WIDE + RIGHT, TOP + HIGH + BELOW
    attributes: Attributes = [
        ("xmlns", "http://www.w3.org/2000/svg"),
        ("class", "td-bars"),
        ("viewBox", f"0 0 {digits(across)} {digits(down)}"),
        ("width", across),
        ("height", down),
        ("font-size", TEXT),
        ("style", f"font-family:inherit;fill:{SCREEN.text}"),
    ]
    lines = (_mark(_height(value, most), text) for value, text in marks)
    drawn = (_bar(place, len(found), bar, most, now) for place, bar in enumerate(found, 1))
    return element("svg", attributes, *lines, *drawn, *_labels(len(found)))


def _height(value: int, most: int) -> float:
    """How far down a value is in the picture."""
    return TOP + HIGH * (1.0 - value / most)


def _mark(y: float, text: str) -> str:
    line: Attributes = [("x1", LEFT), ("y1", y), ("x2", LEFT + WIDE), ("y2", y)]
    line += [("stroke-opacity", FAINT), *paint(stroke=SCREEN.text)]
    return element("line", line) + _text(LEFT - 7.0, y + 0.34 * TEXT, "end", text)


def _bar(place: int, count: int, bar: Bar, most: int, now: int) -> str:
    """A bar, and over its whole height a place for the pointer."""
    room = WIDE / count
    x, y = LEFT + room * (place - 1), _height(bar.value, most)
    colour = COLOURS[Role.RIGHT if place == now else Role.LEFT]
    bare: Attributes = [("x", x), ("y", TOP), ("width", room), ("height", HIGH)]
    full: Attributes = [("x", x + room * GAP / 2), ("y", y), ("width", room * (1.0 - GAP))]
    full += [("height", TOP + HIGH - y), ("fill", colour)]
    shapes = (
        element("title", [], safe(bar.title)),
        element("rect", [*bare, ("fill-opacity", "0")]),
        element("rect", full),
    )
    return element("g", [("class", "td-now" if place == now else "td-bar")], *shapes)


def _labels(count: int) -> Iterator[str]:
    """The numbers of the steps, as many as can be read."""
    for place in _shown(count):
        x = LEFT + WIDE / count * (place - 0.5)
        yield _text(x, TOP + HIGH + 0.2 * BELOW + TEXT, "middle", str(place))


def _shown(count: int) -> Iterable[int]:
    step = next(s for s in _round_steps() if count <= MOST_LABELS * s)
    return range(1, count + 1) if step == 1 else range(step, count + 1, step)


def _round_steps(unit: int = 1000) -> Iterator[int]:
    """1, 2, 5, 10, ..., 500, and the same in units, units of units, ..."""
    power = 1
    while True:
        yield from (number * ten * power for ten in (1, 10, 100) for number in (1, 2, 5))
        power *= unit


def ticks(most: int, unit: int = 1000, parts: int = 4) -> list[int]:
    """Round numbers of `unit` from 0 up to the first that is not below `most`.

    >>> ticks(7), ticks(0), ticks(1_300), ticks(1_300, unit=1024)
    ([0, 2, 4, 6, 8], [0, 1], [0, 500, 1000, 1500], [0, 500, 1000, 1500])
    """
    step = next(s for s in _round_steps(unit) if s * parts >= most)
    last = max(1, -(-most // step))
    return [step * place for place in range(last + 1)]


def _text(x: float, y: float, anchor: str, text: str) -> str:
    return element("text", [("x", x), ("y", y), ("text-anchor", anchor)], safe(text))
