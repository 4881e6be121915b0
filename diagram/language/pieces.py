"""The pieces of the canonical text: declarations, legs, scalars, options, clauses."""

from __future__ import annotations

from collections.abc import Sequence

from diagram.language.core import (
    ONE,
    ZERO,
    Axis,
    Conv,
    Init,
    Leg,
    Scalar,
    Source,
)
from diagram.language.size import Size, number_text

WIDTH = 100


def clause(conv: Conv) -> tuple[str, str]:
    """The word and the options of a clause."""
    options = [
        f"{name}={option_text(value)}"
        for name, value, usual in (
            ("stride", conv.stride, ONE),
            ("dilation", conv.dilation, ONE),
            ("up", conv.up, ONE),
            ("shift", conv.shift, ZERO),
        )
        if value != usual
    ]
    if isinstance(conv.pad, tuple):
        left, right = conv.pad
        options.append(f"pad={left}" if left == right else f"pad=({left}, {right})")
    elif conv.pad != "valid":
        options.append(f"pad={conv.pad}")
    return str(conv.kind), ", ".join(options)


def axes_text(axes: Sequence[Axis]) -> str:
    """Legs in their brackets: `[b (g s) x]`."""
    names = (axis[0] if len(axis) == 1 else "(" + " ".join(axis) + ")" for axis in axes)
    return f"[{' '.join(names)}]"


def dim_text(name: str, size: Size | None) -> str:
    """A dim as its line has it: `f=512`, `k = 4*f`."""
    if size is None:
        return name
    return f"{name} = {size}" if size.dims else f"{name}={size}"


def source_text(source: Source) -> str:
    """A declaration: `WQ[f h d]=normal(0.02)`."""
    text = f"{source.name}[{' '.join(_leg(leg) for leg in source.legs)}]"
    text += f" of {_length(source.of)}" if source.of is not None else ""
    return text + (f"={_init(source.init)}" if source.init else "")


def _leg(leg: Leg) -> str:
    if leg.size == Size.of(leg.name.rstrip("'")):
        return leg.name
    return f"{leg.name}:{_length(leg.size)}"


def _length(size: Size) -> str:
    text = str(size)
    return text if _is_word(text) else f"({text})"


def _init(init: Init) -> str:
    numbers = " ".join(number_text(number) for number in init.numbers)
    if init.name == "numbers":
        return f"({numbers})"
    return f"{init.name}({numbers})" if numbers else init.name


def _is_word(text: str) -> bool:
    return all(c.isalnum() or c in "_'." for c in text)


def scalar_text(scalar: Scalar) -> str:
    """What stands after `*` or `/`."""
    if scalar.root:
        return f"sqrt({scalar.size})"
    number = scalar.size.number
    text = str(scalar.size) if number is None else number_text(number)
    return text if _is_word(text.removeprefix("-")) else f"({text})"


def option_text(value: Size | str | bool) -> str:
    """The value of an option."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Size) and value.number is not None:
        return number_text(value.number)
    return str(value)


def packed(head: str, entries: Sequence[str]) -> list[str]:
    """Entries behind the head, on as many lines as they need."""
    lines = [head + entries[0]]
    for entry in entries[1:]:
        if len(lines[-1]) + 1 + len(entry) > WIDTH:
            lines.append(head + entry)
        else:
            lines[-1] += f" {entry}"
    return lines
