"""A number of bytes as people write it: `2GiB`, `500 MB`, `65536`."""

from __future__ import annotations

import operator
import re
from fractions import Fraction

from diagram.errors import DiagramError

UNITS = {
    "B": 1,
    **{f"{sign}B": 1000**power for power, sign in enumerate(("k", "M", "G", "T", "P"), 1)},
    **{f"{sign}iB": 1024**power for power, sign in enumerate(("K", "M", "G", "T", "P"), 1)},
}
"""Units by their sign: powers of 1000, and with an `i` powers of 1024."""

WRITTEN = re.compile(r"([0-9]{1,30}(?:\.[0-9]{1,30})?) ?([A-Za-z]*)", re.ASCII)
EXAMPLE = "write a number of bytes, or text like '2GiB', '500 MB', '64KiB'"


def bytes_of(limit: object) -> int:
    """The bytes of a limit: a whole number, or a number with a unit.

    Raises DiagramError for what is none, or not above zero.

    >>> bytes_of("64KiB"), bytes_of("1.5 MB"), bytes_of(4096)
    (65536, 1500000, 4096)
    """
    number = _text(limit) if isinstance(limit, str) else _whole(limit)
    if number is None:
        raise DiagramError(f"the memory limit is {_said(limit)}; {EXAMPLE}")
    if number < 1:
        raise DiagramError(f"the memory limit is {_said(limit)}, not above zero; {EXAMPLE}")
    return number


def _text(limit: str) -> int | None:
    found = WRITTEN.fullmatch(limit.strip())
    unit = UNITS.get(found[2] or "B") if found else None
    return None if found is None or unit is None else int(Fraction(found[1]) * unit)


def _whole(limit: object) -> int | None:
    if isinstance(limit, bool):
        return None
    try:
        return operator.index(limit)  # type: ignore[arg-type]
    except TypeError:
        return None


def _said(limit: object) -> str:
    try:
        said = repr(limit)
    except ValueError:  # a number of more digits than Python prints
        return "a number too long to be meant"
    return said if len(said) <= 40 else f"{said[:40]}..."
