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
class Entry:
    """One line of the legend: a dim with its swatch, or a note (`dim` is empty)."""

    dim: str
    tip: str
    text: Text

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
    found: list[tuple[str, str, Label, float]] = []
    if dims:
        for dim, shown, length in scene.dims:
            text = (*shown, *roman(f" = {length}")) if length else shown
            tip = f"{dim} = {length}" if length else dim
            found.append((dim, tip, text, SWATCH + 6.0))
    if scene.note:
        found.append(("", scene.note, roman(scene.note), 0.0))
    frame = layout.frame
    if not found:
        return Legend((), frame.grown(MARGIN))
    widest = max(w + label.width(t) * NOTE_TEXT for _, _, t, w in found)
    right = max(frame.right, frame.left + widest)
    entries = []
    x, y = frame.left, frame.bottom + LINE + 4.0
    for dim, tip, text, extra in found:
        width = label.width(text) * NOTE_TEXT
        if x > frame.left and x + extra + width > right:
            x, y = frame.left, y + LINE
        entries.append(Entry(dim, tip, Text(text, x + extra + width / 2, y, NOTE_TEXT)))
        x += extra + width + 22.0
    whole = Box(frame.left, frame.top, right, y + 0.3 * NOTE_TEXT)
    return Legend(tuple(entries), whole.grown(MARGIN))
