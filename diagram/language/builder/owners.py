"""Whose values stand in a right side: all are of one program, or of one def."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from diagram.language.builder.where import refuse

if TYPE_CHECKING:
    from diagram.language.builder.lines import Lines
    from diagram.language.builder.values import Expression, Value


def same_program(found: Iterable[Expression]) -> None:
    """Refuses values of two programs in one right side."""
    firsts = [value for part in found if (value := part.first) is not None]
    for value in firsts[1:]:
        if value.lines is not firsts[0].lines:
            inner, outer = firsts[0], value
            if inner.lines in outer.lines.around:
                inner, outer = outer, inner
            refuse(stranger(outer, inner.lines))


def stranger(value: Value, lines: Lines) -> str:
    """Why a value cannot be used in lines that did not make it."""
    if value.lines in lines.around:
        return (
            "a def sees only its parameters, its own lines and the dims; "
            f"give it `{value.name}` as a parameter"
        )
    if lines in value.lines.around:
        return f"`{value.name}` stands inside a def; a call of the def gives its result"
    return f"`{value.name}` is a value of another Builder; one program is made by one"
