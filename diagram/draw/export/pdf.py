"""A figure as PDF: one page, all of it lines and curves, text too; no date, so always the same."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence

from diagram.draw.export.faces import outlines
from diagram.draw.export.ink import Ink, Segment, Shape, Words
from diagram.draw.export.needs import needed
from diagram.draw.markup import digits

POINTS = 0.75
"""A pixel of CSS in points."""

_COMMANDS = {"M": "m", "L": "l", "C": "c", "Z": "h"}


def pdf(found: Ink) -> bytes:
    """The figure at the size that it has on a screen; DiagramError if a package is missing.

    The format: ISO 32000-1.
    """
    needed("PDF", "fontTools", "matplotlib")
    marks = [mark for group in found.groups for mark in group.marks]
    opacities = sorted({mark.opacity for mark in marks if isinstance(mark, Shape)})
    states = "".join(f"/o{place} <</ca {o:g}>> " for place, o in enumerate(opacities))
    frame = found.frame
    matrix = (POINTS, 0.0, 0.0, -POINTS, -POINTS * frame.left, POINTS * frame.bottom)
    content = [f"{_numbers(matrix)} cm"]
    for mark in marks:
        content += _words(mark) if isinstance(mark, Words) else _shape(mark, opacities)
    stream = zlib.compress("\n".join(content).encode("ascii"), 9)
    size = _numbers((POINTS * frame.width, POINTS * frame.height))
    title = found.title.encode("utf-16-be", "replace").hex().upper()
    return _file(
        (
            b"<</Type /Catalog /Pages 2 0 R /ViewerPreferences <</DisplayDocTitle true>>>>",
            b"<</Type /Pages /Kids [3 0 R] /Count 1>>",
            f"<</Type /Page /Parent 2 0 R /MediaBox [0 0 {size}] /Contents 4 0 R "
            f"/Resources <</ExtGState <<{states}>>>>>>".encode("ascii"),
            f"<</Length {len(stream)} /Filter /FlateDecode>>\nstream\n".encode("ascii")
            + stream
            + b"\nendstream",
            f"<</Title <FEFF{title}> /Producer (tensor-diagrams)>>".encode("ascii"),
        )
    )


def _shape(shape: Shape, opacities: Sequence[float]) -> Iterator[str]:
    yield "q"
    if shape.fill:
        yield f"{_colour(shape.fill)} rg /o{opacities.index(shape.opacity)} gs"
    if shape.stroke:
        ends = 1 if shape.has_round_ends else 0
        yield f"{_colour(shape.stroke)} RG {digits(shape.width)} w {ends} J"
        yield f"[{_numbers(shape.dash)}] 0 d"
    yield from _path(shape.form.path)
    yield "B" if shape.fill and shape.stroke else "f" if shape.fill else "S"
    yield "Q"


def _words(words: Words) -> Iterator[str]:
    yield f"{_colour(words.colour)} rg"
    yield from _path(outlines(words))
    yield "f"


def _path(path: Sequence[Segment]) -> Iterator[str]:
    for command, points in path:
        numbers = _numbers([number for point in points for number in point])
        yield f"{numbers} {_COMMANDS[command]}".lstrip()


def _colour(colour: str) -> str:
    """Red, green and blue from 0 to 1."""
    return " ".join(f"{int(colour[at : at + 2], 16) / 255:.3f}" for at in (1, 3, 5))


def _numbers(numbers: Sequence[float]) -> str:
    return " ".join(digits(number) for number in numbers)


def _file(objects: Sequence[bytes]) -> bytes:
    """The objects and the table of where each begins; the first is the root, the last the facts."""
    text = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"
    table = b"0000000000 65535 f \n"
    for number, content in enumerate(objects, 1):
        table += b"%010d 00000 n \n" % len(text)
        text += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    count = len(objects) + 1
    trailer = b"trailer\n<</Size %d /Root 1 0 R /Info %d 0 R>>" % (count, len(objects))
    start = b"startxref\n%d\n%%%%EOF\n" % len(text)
    return text + b"xref\n0 %d\n%b%b\n%b" % (count, table, trailer, start)
