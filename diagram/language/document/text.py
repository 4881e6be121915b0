"""JSON text to plain data and back: numbers stay as written, doubled keys are kept in mind.

Data are `Entries` for objects, lists, text, whole numbers, true and false, None, and `Literal` for
every other number.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from diagram.errors import DiagramError, Fault, Span
from diagram.language.reader import LONGEST
from diagram.language.tokens import MOST_CHARACTERS

WIDTH = 100
OF = "in the document"


@dataclass(frozen=True, slots=True)
class Literal:
    """A number as it is written: with a point, with an exponent, very long, or none (NaN)."""

    text: str


class Entries(dict[str, object]):
    """An object of a document; `doubled` are the keys that stand in it more than once."""

    doubled: tuple[str, ...] = ()


def data_of(text: str) -> object:
    """The data that a JSON text says, or one DiagramError with the place of what is no JSON."""
    if not isinstance(text, str):
        raise DiagramError(f"from_json reads a text, not {type(text).__name__}")
    if len(text) > MOST_CHARACTERS:
        raise DiagramError(f"a text of more than {MOST_CHARACTERS:,} characters is not read")
    text = text.removeprefix("\ufeff")
    try:
        return json.loads(
            text,
            parse_float=Literal,
            parse_constant=Literal,
            parse_int=_whole,
            object_pairs_hook=_entries,
        )
    except RecursionError:
        raise DiagramError("this JSON is nested too deeply to be meant") from None
    except json.JSONDecodeError as error:
        span = Span(error.lineno, error.colno - 1, error.colno)
        message = f"this is not JSON: {error.msg[:1].lower()}{error.msg[1:]}"
        raise DiagramError([Fault(message, spans=(span,))], text, OF) from None


def _whole(text: str) -> int | Literal:
    return int(text) if len(text) <= LONGEST else Literal(text)


def _entries(pairs: Sequence[tuple[str, object]]) -> Entries:
    found = Entries(pairs)
    if len(found) < len(pairs):
        counts = Counter(key for key, _ in pairs)
        found.doubled = tuple(key for key, count in counts.items() if count > 1)
    return found


def text_of(data: object, column: int = 0) -> str:
    """Data as JSON that people read: a list or an object on one line where it fits.

    >>> print(text_of({"name": "X", "legs": ["b", "n"]}))
    {"name": "X", "legs": ["b", "n"]}
    """
    short = json.dumps(data, ensure_ascii=False)
    if len(short) + column <= WIDTH or not isinstance(data, dict | list) or not data:
        return short
    inner, outer = " " * (column + 2), " " * column
    if isinstance(data, list):
        rows = [text_of(item, column + 2) for item in data]
        return f"[\n{inner}" + f",\n{inner}".join(rows) + f"\n{outer}]"
    rows = [f"{json.dumps(key)}: {text_of(item, column + 2)}" for key, item in data.items()]
    return f"{{\n{inner}" + f",\n{inner}".join(rows) + f"\n{outer}}}"
