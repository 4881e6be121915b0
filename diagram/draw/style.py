"""How things look: measures in pixels, and colours for exports and for the screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from diagram.draw.scene import Frame, Look

FONT = "KaTeX_Main,'STIX Two Text','DejaVu Serif',serif"

RADIUS = 26.0
JUNCTION = 5.0
PLUS = 9.0
STAR = 10.0
JOINT = 6.0
DOT = 5.0
UNIT = 100.0
"""One step of a placement's grid."""

NODE_TEXT, LEG_TEXT, TITLE_TEXT, DOT_TEXT, NOTE_TEXT = 21.0, 17.0, 16.0, 16.0, 14.0
PADDING = 26.0
"""From a region's contents to its border."""

MARGIN = 16.0
"""From the drawing to the edge of the picture."""


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours: text and lines, fills and rims of nodes, regions, and one hue per dim."""

    text: str
    background: str | None
    node_text: str
    fills: Mapping[Look, tuple[str, str]]
    frames: Mapping[Frame, str]
    hues: tuple[str, ...]


_FILLS: Mapping[Look, tuple[str, str]] = {
    Look.INPUT: ("#dbe8fb", "#3f74b8"),
    Look.WEIGHT: ("#fdebc8", "#b9770f"),
    Look.CONST: ("#e9e9e6", "#7d7d78"),
    Look.RESULT: ("#e4dff5", "#7a63c0"),
    Look.CALL: ("#dff0e6", "#2f7d57"),
}
"""Pale discs with dark text: they read on white and on black."""

_FRAMES: Mapping[Frame, str] = {
    Frame.BARRIER: "#b3261e",
    Frame.SUM: "#1d6b52",
    Frame.GROUP: "#5c5c5c",
    Frame.DEFINITION: "#5c5c5c",
    Frame.UNFOLDED: "#2f7d57",
}

_HUES = ("#0b5fa5", "#b3480a", "#1b7a3d", "#a3216b", "#6a4bc4", "#8a6500", "#0d7680", "#b3261e")

FIRST_HUES = ("f", "h", "d", "n", "r", "m", "k", "e")
"""Dims that have the same hue in every picture, so that figures side by side agree."""


def hue_places(dims: Sequence[str]) -> dict[str, int]:
    """Which hue each dim has: its own where it has one, else the first that no other took.

    >>> hue_places(["h", "x"])
    {'h': 1, 'x': 0}
    """
    count = len(_HUES)
    found = {dim: FIRST_HUES.index(dim) for dim in dims if dim in FIRST_HUES}
    for place, dim in enumerate(dims):
        if dim not in found:
            free = [hue for hue in range(count) if hue not in found.values()]
            found[dim] = free[0] if free else place % count
    return found


PRINT = Theme("#222222", "#ffffff", "#1a1a1a", _FILLS, _FRAMES, _HUES)

_TEXT = "var(--st-text-color, #222)"


def _adapted(colour: str) -> str:
    """A hue that is mixed with the colour of text, so that it stands out on light and on dark."""
    return f"color-mix(in srgb, {colour} 62%, {_TEXT})"


SCREEN = Theme(
    _TEXT,
    None,
    "#1a1a1a",
    _FILLS,
    {frame: _adapted(colour) for frame, colour in _FRAMES.items()},
    tuple(_adapted(colour) for colour in _HUES),
)
