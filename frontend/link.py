"""A document as a short text for an address, and back; what is no such text gets a message."""

from __future__ import annotations

import json
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping

from diagram import DiagramError
from diagram.draw.geometry import Point
from frontend.document import FIRST, LARGEST, Document, example, is_blank, reason
from frontend.programs import LONGEST_TEXT, clean, fault

LONGEST = 100_000
"""Characters of a link."""
MOST = 4 * 2 * LONGEST_TEXT + 100_000
"""Bytes that a link may unpack to: two texts of the largest characters, numbers and places."""

MOST_POINTS = 2_000
FARTHEST = 100_000
"""From the middle of a picture."""


def encode(document: Document) -> str:
    """The document in letters that an address may hold.

    >>> text = "input X[n]\\nreturn X"
    >>> decode(encode(Document(text, text, {"n": 4}))).sizes
    {'n': 4}
    """
    data: dict[str, object] = {"text": document.text}
    if document.good != document.text:
        data["good"] = document.good
    if document.sizes:
        data["sizes"] = dict(document.sizes)
    if document.name:
        data["name"] = document.name
    if document.points:
        data["points"] = {id: [round(x), round(y)] for id, (x, y) in document.points.items()}
    if document.batch:
        data["batch"] = True
    if document.unfolded:
        data["unfolded"] = list(document.unfolded)
    packed = zlib.compress(json.dumps(data, ensure_ascii=False).encode(), 9)
    return urlsafe_b64encode(packed).decode().rstrip("=")


def decode(text: str) -> Document:
    """The document of a link; DiagramError for anything else.

    >>> decode("garbage")
    Traceback (most recent call last):
    diagram.errors.DiagramError: this link holds no diagram; it may have been cut off
    """
    data = _unpacked(text)
    written = _text(data.get("text"))
    good = _text(data.get("good", written))
    if written is None or good is None:
        raise DiagramError(f"this link holds no text of at most {LONGEST_TEXT:,} characters")
    sizes, name = data.get("sizes", {}), data.get("name", "")
    if not isinstance(sizes, Mapping) or not isinstance(name, str):
        raise DiagramError("the numbers or the name in this link are not of their kind")
    faults = [fault(str(dim), number, LARGEST) for dim, number in sizes.items()]
    if any(faults):
        raise DiagramError(f"this link says that {next(filter(None, faults))}")
    if is_blank(written) or reason(written) is None:
        good = written
    elif not is_blank(good) and reason(good) is not None:
        good = example(FIRST).text
    numbers = {clean(str(dim)): number for dim, number in sizes.items()}
    places = points(data.get("points", {}))
    batch, unfolded = data.get("batch") is True, calls(data.get("unfolded", []))
    return Document(written, good, numbers, clean(name), places, batch, unfolded)


def calls(found: object) -> tuple[str, ...]:
    """The calls that a link or a file says are unfolded; DiagramError for anything else."""
    if not isinstance(found, list) or len(found) > MOST_POINTS:
        raise DiagramError("the unfolded calls are not of their kind")
    return tuple(clean(str(path)) for path in found)


def points(found: object) -> dict[str, Point]:
    """Where things of a picture are, as a link or a file says; DiagramError for anything else.

    >>> points({"X": [1, 2]})
    {'X': (1.0, 2.0)}
    """
    if not isinstance(found, Mapping) or len(found) > MOST_POINTS:
        raise DiagramError("the places of the picture are not of their kind")
    made = {}
    for id, at in found.items():
        is_point = isinstance(at, list | tuple) and len(at) == 2
        if not is_point or not all(_is_coordinate(number) for number in at):
            raise DiagramError("the places of the picture are not of their kind")
        made[clean(str(id))] = (float(at[0]), float(at[1]))
    return made


def _is_coordinate(number: object) -> bool:
    if not isinstance(number, int | float) or isinstance(number, bool):
        return False
    return abs(number) <= FARTHEST


def _text(value: object) -> str | None:
    return clean(value) if isinstance(value, str) and len(value) <= LONGEST_TEXT else None


def _unpacked(text: str) -> Mapping[str, object]:
    """What a link says, no larger than it may be."""
    if len(text) > LONGEST:
        raise DiagramError(f"a link of more than {LONGEST:,} characters is not read")
    unpacker = zlib.decompressobj()
    try:
        found = unpacker.decompress(urlsafe_b64decode(text + "=" * (-len(text) % 4)), MOST)
        data = json.loads(found) if unpacker.eof else None
    except (ValueError, zlib.error, RecursionError):
        data = None
    if not isinstance(data, dict):
        raise DiagramError("this link holds no diagram; it may have been cut off")
    return data
