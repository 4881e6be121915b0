"""Below the drawing: which dims there are, and what is not drawn."""

from __future__ import annotations

from dataclasses import dataclass

from diagram.draw import label
from diagram.draw.geometry import Box
from diagram.draw.label import Label, roman
from diagram.draw.layout import Layout
from diagram.draw.scene import Scene
from diagram.draw.shapes import Text
from diagram.draw.style import MARGIN, NOTE_TEXT

LINE = 24.0
SWATCH = 22.0


@dataclass(frozen=True, slots=True)
class Line:
    """What an entry says, before it has a place."""

    dim: str
    tip: str
    text: Label
    star: bool = False

    @property
    def width(self) -> float:
        sign = SWATCH + 6.0 if self.dim or self.star else 0.0
        return sign + label.width(self.text) * NOTE_TEXT


@dataclass(frozen=True, slots=True)
class Entry:
    """One of the legend: a dim with its swatch, what a star says, or a note."""

    dim: str
    tip: str
    text: Text
    star: bool = False

    @property
    def swatch(self) -> Box:
        left = self.text.box.left - SWATCH - 6.0
        middle = self.text.y - 0.3 * self.text.size
        return Box(left, middle, left + SWATCH, middle)


@dataclass(frozen=True, slots=True)
class Legend:
    """All entries, and the frame of the whole picture."""

    entries: tuple[Entry, ...]
    frame: Box


def legend(scene: Scene, layout: Layout, dims: bool) -> Legend:
    """The legend of a picture; `dims` says whether wires have the colours of their dims."""
    found = [Line("", text, roman(text), star=True) for text in scene.stars]
    if dims:
        found += [_line(dim, shown, length) for dim, shown, length in scene.dims]
    if scene.note:
        found.append(Line("", scene.note, roman(scene.note)))
    frame = layout.frame
    if not found:
        return Legend((), frame.grown(MARGIN))
    right = max(frame.right, frame.left + max(line.width for line in found))
    entries = []
    x, y = frame.left, frame.bottom + LINE + 4.0
    for line in found:
        if x > frame.left and x + line.width > right:
            x, y = frame.left, y + LINE
        half = label.width(line.text) * NOTE_TEXT / 2
        place = Text(line.text, x + line.width - half, y, NOTE_TEXT)
        entries.append(Entry(line.dim, line.tip, place, line.star))
        x += line.width + 22.0
    whole = Box(frame.left, frame.top, right, y + 0.3 * NOTE_TEXT)
    return Legend(tuple(entries), whole.grown(MARGIN))


def _line(dim: str, shown: Label, length: str) -> Line:
    text = (*shown, *roman(f" = {length}")) if length else shown
    return Line(dim, f"{dim} = {length}" if length else dim, text)
