"""Text as outlines, from the fonts that matplotlib ships: no machine has to have any."""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import Any

from diagram.draw.export.ink import Segment, Words, raised
from diagram.draw.geometry import Point
from diagram.draw.label import DROP, LIFT, SMALL

UPRIGHT = ("STIXGeneral", "DejaVuSerif", "DejaVuSans")
ITALIC = ("STIXGeneralItalic", "STIXGeneral", "DejaVuSerif-Italic", "DejaVuSans")
"""The first that has a letter gives it; the last knows Hebrew, Arabic, Armenian and more."""

_ONE_AT_A_TIME = Lock()
"""Fonts are read when first asked for, which is not safe in threads."""


@dataclass(frozen=True, slots=True)
class Glyph:
    """The outline of a sign, y upwards, and how far it takes the pen; both in em."""

    outline: tuple[Segment, ...]
    advance: float


def outlines(words: Words) -> tuple[Segment, ...]:
    """The outline of a label in its place.

    >>> from diagram.draw.label import of_name
    >>> found = outlines(Words(of_name("WQ"), 0.0, 0.0, 10.0, "#000000"))
    >>> [command for command, _ in found].count("M")
    3
    """
    with _ONE_AT_A_TIME:
        placed = list(_placed(words))
    wide = placed[-1][2] if placed else 0.0
    left = words.x if words.starts else words.x - wide / 2
    return tuple(
        (command, tuple((left + at + size * x, words.y - lift - size * y) for x, y in points))
        for glyph, (at, lift, size), _ in placed
        for command, points in glyph.outline
    )


def _placed(words: Words) -> Iterator[tuple[Glyph, tuple[float, float, float], float]]:
    """Each glyph; where it stands, how far it is lifted and its size; where the next stands."""
    at = 0.0
    for piece in words.label:
        size = words.size * (SMALL if piece.level else 1.0)
        lift = {1: LIFT, 0: 0.0, -1: -DROP}[piece.level] * words.size
        for char in unicodedata.normalize("NFC", piece.text):
            glyph = _glyph(char, piece.italic)
            place = (at, lift, size)
            at += glyph.advance * size
            yield glyph, place, at


@lru_cache(maxsize=2048)
def _glyph(char: str, italic: bool) -> Glyph:
    if unicodedata.category(char) in ("Cf", "Mn", "Cc"):
        return Glyph((), 0.0)
    for name in ITALIC if italic else UPRIGHT:
        face = _face(name)
        if ord(char) in face.letters:
            return face.glyph(face.letters[ord(char)])
    return _unknown(char)


def _unknown(char: str) -> Glyph:
    """The number of a letter that no font has, in a box, as browsers print it."""
    code = f"{ord(char):04X}"
    half = (len(code) + 1) // 2
    wide = 0.14 + 0.3 * half
    found = [*_frame(0.04, -0.2, wide - 0.04, 0.86), *_frame(wide - 0.08, -0.16, 0.08, 0.82)]
    for place, digit in enumerate(code):
        row, column = divmod(place, half)
        x, y = 0.09 + 0.3 * column, (0.4, -0.1)[row]
        found += [
            (command, tuple((x + 0.52 * px, y + 0.58 * py) for px, py in points))
            for command, points in _glyph(digit, False).outline
        ]
    return Glyph(tuple(found), wide)


def _frame(left: float, bottom: float, right: float, top: float) -> list[Segment]:
    corners: tuple[Point, ...] = ((left, bottom), (right, bottom), (right, top), (left, top))
    first, *rest = corners
    return [("M", (first,)), *(("L", (corner,)) for corner in rest), ("Z", ())]


class _Face:
    """One font file."""

    def __init__(self, path: Path) -> None:
        from fontTools.ttLib import TTFont

        # Some of the files say that they were made in 1904; fontTools warns of it.
        logging.getLogger("fontTools.ttLib.tables._h_e_a_d").setLevel(logging.ERROR)
        self._font: Any = TTFont(BytesIO(path.read_bytes()))
        self._glyphs: Any = self._font.getGlyphSet()
        self.letters: dict[int, str] = self._font.getBestCmap()

    def glyph(self, name: str) -> Glyph:
        from fontTools.pens.recordingPen import DecomposingRecordingPen

        unit = float(self._font["head"].unitsPerEm)
        pen: Any = DecomposingRecordingPen(self._glyphs)
        self._glyphs[name].draw(pen)
        segments = tuple(_segments(pen.value, unit))
        return Glyph(segments, float(self._glyphs[name].width) / unit)


@lru_cache
def _face(name: str) -> _Face:
    # Asked of the import system, for to import matplotlib takes longer than all the rest.
    found = find_spec("matplotlib")
    assert found is not None
    assert found.submodule_search_locations is not None
    folder = Path(found.submodule_search_locations[0], "mpl-data", "fonts", "ttf")
    return _Face(folder / f"{name}.ttf")


def _segments(drawn: Any, unit: float) -> Iterator[Segment]:
    """What a pen of fontTools recorded, as lines and cubics in em."""
    from fontTools.pens.basePen import decomposeQuadraticSegment

    here = (0.0, 0.0)
    for command, given in drawn:
        points = [(xy[0] / unit, xy[1] / unit) for xy in given if xy is not None]
        match command:
            case "moveTo" | "lineTo":
                yield {"moveTo": "M", "lineTo": "L"}[command], (points[0],)
            case "qCurveTo":
                if given[-1] is None:  # no point lies on the curve: it starts between two handles
                    (x, y), (other_x, other_y) = points[0], points[-1]
                    here = ((x + other_x) / 2, (y + other_y) / 2)
                    yield "M", (here,)
                    points.append(here)
                for handle, end in decomposeQuadraticSegment(points):
                    yield "C", raised(here, handle, end)
                    here = end
            case "closePath":
                yield "Z", ()
            case _:
                raise AssertionError(f"a font with {command}")
        here = points[-1] if points else here
