"""Files: what is opened as a document, and what a document is saved as."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from diagram import DiagramError, from_conv_einsum, from_einsum, from_json, to_json
from diagram.draw.export import FORMATS
from frontend.board.picture import drawing
from frontend.document import Document, is_blank, reason
from frontend.link import calls, points
from frontend.programs import LONGEST_TEXT, opened, read
from models.placements import PLACEMENTS

MOST_BYTES = 8 * LONGEST_TEXT
"""Of a file: JSON takes more letters than the text that it means."""


def opened_file(name: str, content: bytes, before: Document) -> Document:
    """The document in a `.td` or `.json` file; DiagramError if it is none.

    A text with faults is opened as it is, to be mended.
    """
    if len(content) > MOST_BYTES:
        raise DiagramError(
            f"{name} has {len(content):,} bytes; the studio opens at most {MOST_BYTES:,}"
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DiagramError(f"{name} is not UTF-8 text") from None
    if name.lower().endswith(".json"):
        return _opened_json(text)
    return opened_text(text.replace("\r\n", "\n"), before)


def _opened_json(text: str) -> Document:
    """A program, and what was kept of its picture."""
    written = str(from_json(text))
    picture = json.loads(text).get("picture", {})
    places = points(picture.get("points", {}))
    batch, unfolded = picture.get("batch") is True, calls(picture.get("unfolded", []))
    return Document(written, written, {}, "", places, batch, unfolded)


def _json(document: Document) -> str:
    """The program, and beside it where the reader put things."""
    text = to_json(document.program)
    picture: dict[str, object] = {}
    if document.points:
        picture["points"] = {id: [round(x), round(y)] for id, (x, y) in document.points.items()}
    if document.batch:
        picture["batch"] = True
    if document.unfolded:
        picture["unfolded"] = list(document.unfolded)
    if picture:
        text = text.removesuffix("\n}") + f',\n  "picture": {json.dumps(picture)}\n}}'
    return text + "\n"


def opened_text(text: str, before: Document) -> Document:
    """A text as a document; one with faults shows the picture of the document before."""
    if len(text) > LONGEST_TEXT:
        read(text)  # says how long it may be
    return Document(text, before.good if not is_blank(text) and reason(text) else text)


SHAPE = re.compile(r"\(([^()]*)\)")


def from_equation(equation: str, shapes: str) -> Document:
    """The document of an einsum, or of a conv_einsum where letters follow a bar.

    >>> print(from_equation("ij,jk->ik", "").text.splitlines()[1])
    Y[i k] = A[i j] B[j k]
    """
    if len(equation) + len(shapes) > LONGEST_TEXT:
        raise DiagramError(f"an equation of more than {LONGEST_TEXT:,} characters is not read")
    made = from_conv_einsum if "|" in equation else from_einsum
    text = str(made(equation.strip(), *_shapes(shapes)))
    return Document(text, text)


def _shapes(text: str) -> list[tuple[int, ...]]:
    """Shapes as people write them: `(2, 3) (3, 4)`."""
    found = []
    for inside in SHAPE.findall(text):
        numbers = re.split(r"[,\s]+", inside.strip(" ,"))
        if not all(number.isdecimal() and len(number) < 12 for number in numbers if number):
            raise DiagramError(f"({inside}) is no shape; write whole numbers: (2, 3) (3, 4)")
        found.append(tuple(int(number) for number in numbers if number))
    if text.strip() and not found:
        raise DiagramError("shapes stand in brackets, one for each operand: (2, 3) (3, 4)")
    return found


@dataclass(frozen=True)
class Saved:
    """A file to be saved: its name and kind, and how its content is made."""

    label: str
    name: str
    mime: str
    write: Callable[[], str | bytes]


LABELS: Mapping[str, tuple[str, str]] = {
    "text": ("Text (.td)", "text/plain"),
    "json": ("JSON", "application/json"),
    "svg": ("SVG", "image/svg+xml"),
    "png": ("PNG", "image/png"),
    "pdf": ("PDF", "application/pdf"),
    "tikz": ("TikZ", "application/x-tex"),
    "dot": ("DOT", "text/vnd.graphviz"),
    "html": ("HTML", "text/html"),
}


def saved(document: Document) -> list[Saved]:
    """The document in every format, made when it is asked for."""
    stem = re.sub(r"\W+", "-", document.title.lower()).strip("-") or "diagram"
    return [
        Saved(label, stem + FORMATS[name].suffixes[0], mime, _writer(document, name))
        for name, (label, mime) in LABELS.items()
    ]


def _writer(document: Document, format: str) -> Callable[[], str | bytes]:
    def write() -> str | bytes:
        from diagram.draw import draw

        if format == "text":
            return document.text.rstrip() + "\n"
        if format == "json":
            return _json(document)
        if document.points or document.unfolded:
            return drawing(document).to(format)
        program = opened(document.program)
        return draw(program, PLACEMENTS.get(document.name), document.batch).to(format)

    return write
