"""Programs as the pages hold them: by their text, with numbers that can be set or left open."""

from __future__ import annotations

import math
from collections.abc import Mapping, MutableMapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from diagram import DiagramError, Program, parse
from diagram.language.core import Dim
from diagram.language.size import Size
from frontend.notation import grouped, letter

Store = MutableMapping[str | int, Any]
"""Streamlit's session state, or a dict in tests."""

LARGEST = 65_536
LONGEST_TEXT = 20_000


@lru_cache(maxsize=256)
def read(text: str) -> Program:
    """The program of a text, parsed once; DiagramError also for a text that is too long."""
    if len(text) > LONGEST_TEXT:
        raise DiagramError(
            f"this text has {len(text):,} characters; the studio reads at most {LONGEST_TEXT:,}"
        )
    return parse(text)


def clean(text: str) -> str:
    """A text that can be sent: halves of letters, which only JSON can hold, are replaced.

    >>> clean("a\\ud800")
    'a?'
    """
    return text.encode(errors="replace").decode()


def fault(dim: str, value: object, largest: int = LARGEST) -> str:
    """Why a value cannot be the number of a dim; empty if it can.

    >>> fault("f", 512), fault("f", 0)
    ('', 'F is 0; it must be a whole number from 1 to 65,536.')
    """
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= largest:
        return ""
    said = "empty" if value is None else grouped(value) if type(value) is int else str(value)
    if isinstance(value, float) and math.isnan(value):
        said = "not a number"
    return f"{letter(dim)} is {said}; it must be a whole number from 1 to {largest:,}."


def sized(program: Program, numbers: Mapping[str, int]) -> Program:
    """The program with other default numbers of its dims."""
    dims = {dim.name: dim for dim in program.dims}
    for name, number in numbers.items():
        dims[name] = Dim(name, Size.of(number))
    return replace(program, dims=tuple(dims.values()))


def opened(program: Program) -> Program:
    """The program with all its dims open: what a figure is drawn of, whatever the numbers."""
    dims = (Dim(dim.name) if dim.name in program.defaults else dim for dim in program.dims)
    return replace(program, dims=tuple(dims), notes=())
