"""What stands in an equation: its names, and the entries whose index may meet none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from diagram.language.size import Size
from diagram.notation.formula import Entry, Equation, Range
from diagram.notation.index import Index


def parts(found: object) -> Iterator[object]:
    """Everything in an equation, itself first; sizes are not looked into."""
    yield found
    if isinstance(found, tuple):
        for item in found:
            yield from parts(item)
    elif is_dataclass(found) and not isinstance(found, Size):
        for field in fields(found):
            yield from parts(getattr(found, field.name))


def edges_in(equation: Equation) -> list[str]:
    """The names that indices and sums run over, in order."""
    found: list[str] = []
    for part in parts(equation):
        if isinstance(part, Index):
            found += (edge for edge, _ in part.terms)
        elif isinstance(part, Range):
            found.append(part.name)
    return list(dict.fromkeys(found))


def padded(equation: Equation) -> tuple[str, ...]:
    """The values of which an index may be that of no entry."""
    return tuple(
        dict.fromkeys(
            part.value
            for part in parts(equation.right)
            if isinstance(part, Entry) and any(index.is_partial for index in part.indices)
        )
    )
