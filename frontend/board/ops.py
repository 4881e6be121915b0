"""What the browser says was done, as edits; what it cannot have meant is none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from diagram.draw.geometry import Point
from diagram.language.core import Kind
from frontend.edit.edits import (
    AddLeg,
    AddSource,
    AddUse,
    Cut,
    Delete,
    Edit,
    Give,
    Join,
    Keep,
    Move,
    Rename,
    Scale,
    Wrap,
)

FARTHEST = 100_000.0
LONGEST = 400
"""Letters of a path, or of what is written."""
MOST = 500
"""Things that one edit is of."""

WISHES = ("undo", "redo", "new", "arrange", "batch")
"""What is asked of the document, and is no edit of its program."""


@dataclass(frozen=True, slots=True)
class Fold:
    """A call of a def is written out in its place, or becomes a box again."""

    path: str


@dataclass(frozen=True, slots=True)
class Op:
    """The number of an op in its log, the last one that its picture had, and what is wanted."""

    number: int
    seen: int
    act: Edit | Fold | str


class Odd(Exception):
    """It is not of its kind."""


def op(found: object) -> Op | None:
    """An op as the browser wrote it.

    >>> op({"n": 3, "seen": 1, "kind": "cut", "path": "S/0/1"})
    Op(number=3, seen=1, act=Cut(path='S/0/1'))
    >>> op({"n": 3, "seen": 1, "kind": "cut"})
    """
    if not isinstance(found, Mapping):
        return None
    number, seen, kind = found.get("n"), found.get("seen"), found.get("kind")
    if type(number) is not int or type(seen) is not int or not isinstance(kind, str):
        return None
    if kind in WISHES:
        return Op(number, seen, kind)
    try:
        if kind == "fold":
            return Op(number, seen, Fold(_text(found, "path")))
        return Op(number, seen, READERS[kind](found)) if kind in READERS else None
    except Odd:
        return None


def _text(found: Mapping[str, object], key: str) -> str:
    value = found.get(key)
    if not isinstance(value, str) or len(value) > LONGEST:
        raise Odd
    return value


def _paths(found: Mapping[str, object]) -> tuple[str, ...]:
    value = found.get("paths")
    if not isinstance(value, list) or not value or len(value) > MOST:
        raise Odd
    return tuple(_text({"path": path}, "path") for path in value)


def _point(value: object) -> Point:
    if not isinstance(value, list) or len(value) != 2:
        raise Odd
    x, y = value
    if type(x) not in (int, float) or type(y) not in (int, float):
        raise Odd
    if not (abs(x) <= FARTHEST and abs(y) <= FARTHEST):
        raise Odd
    return (float(x), float(y))


def _points(found: Mapping[str, object]) -> tuple[tuple[str, Point], ...]:
    value = found.get("points")
    if not isinstance(value, Mapping) or not value or len(value) > MOST:
        raise Odd
    return tuple((_text({"path": path}, "path"), _point(at)) for path, at in value.items())


def _kind(found: Mapping[str, object]) -> Kind:
    value = found.get("source")
    if value not in tuple(Kind):
        raise Odd
    return Kind(str(value))


READERS: Mapping[str, Callable[[Mapping[str, object]], Edit]] = {
    "add": lambda o: AddSource(_kind(o), _text(o, "text"), _point(o.get("at"))),
    "again": lambda o: AddUse(_text(o, "path"), _point(o.get("at"))),
    "leg": lambda o: AddLeg(_text(o, "path"), _text(o, "text")),
    "join": lambda o: Join(_text(o, "one"), _text(o, "other"), o.get("kept") is True),
    "cut": lambda o: Cut(_text(o, "path")),
    "keep": lambda o: Keep(_text(o, "path"), o.get("kept") is True),
    "delete": lambda o: Delete(_paths(o)),
    "rename": lambda o: Rename(_text(o, "path"), _text(o, "text")),
    "wrap": lambda o: Wrap(_paths(o), _text(o, "op")),
    "scale": lambda o: Scale(_text(o, "path"), _text(o, "text")),
    "give": lambda o: Give(_text(o, "path")),
    "move": lambda o: Move(_points(o)),
}
