"""Numbers and sizes that Python hands over, and how they are written."""

from __future__ import annotations

import numbers
from collections.abc import Iterable, Sequence
from fractions import Fraction

from diagram.language.builder.text import one_line, read
from diagram.language.builder.where import refuse, said
from diagram.language.core import Scalar
from diagram.language.expressions import PADS
from diagram.language.size import Size, number_text
from diagram.language.syntax import DimText

Number = int | float | Fraction
Length = int | str | Size
"""A size from Python: a whole number, a text such as `"h*d"`, or a Size."""
Pad = Length | tuple[Length, Length]
"""The zeros on both sides of a signal, those left and right, or a word such as `"same"`."""


def fraction(number: object, what: str = "a number") -> Fraction:
    """A number as a person wrote it: 0.1 is a tenth."""
    if isinstance(number, bool) or not isinstance(number, numbers.Real):
        refuse(f"expected {what}, not {said(number)}")
    try:
        if isinstance(number, numbers.Rational):
            return Fraction(number)
        return Fraction(repr(float(number)))
    except (ValueError, OverflowError):
        refuse(f"{number} is no number of the language")


def size(given: object) -> Size:
    """A size from a number, or from a text of the language."""
    if isinstance(given, Size):
        return given
    if not isinstance(given, str):
        return Size.of(fraction(given, "a size"))
    found = read("dims _ = ", given)
    assert isinstance(found, tuple)
    sizes = [dim.size for dim in found if isinstance(dim, DimText)]
    if len(sizes) != 1 or sizes[0] is None:
        refuse(f'a size is written as in "h*d" or "(x - 1)//2", not {said(given)}')
    return sizes[0].size


def scalar_text(scalar: Scalar) -> str:
    """A factor behind `*` or `/`."""
    if scalar.root:
        return f"sqrt({scalar.size})"
    return length_text(scalar.size)


def leading_text(scale: Sequence[Scalar]) -> str:
    """Scalars that are a term of their own: a number stands first."""
    first, *rest = scale
    number = first.size.number
    named = rest and not rest[0].inverse and rest[0].size.number is None
    if number is None or number < 0 or first.root or first.inverse or named:
        refuse('a term without values is a number, divided perhaps: 1 / ops.sqrt("d")')
    behind = [f" {'/' if s.inverse else '*'} {scalar_text(s)}" for s in rest]
    return number_text(number).replace("/", " / ") + "".join(behind)


def length_text(found: Size) -> str:
    """A size where one word or a bracket stands."""
    text = number_text(found.number) if found.number is not None else str(found)
    is_word = all(c.isalnum() or c in "_'." for c in text.removeprefix("-"))
    return text if is_word else f"({text})"


def pad_text(pad: object) -> str:
    """What an option of a convolution is."""
    if isinstance(pad, tuple) and len(pad) == 2:
        return f"({size(pad[0])}, {size(pad[1])})"
    return pad if isinstance(pad, str) and pad in PADS else str(size(pad))


def init_text(given: object) -> str:
    """Initial numbers: a rule, or numbers row-major."""
    if isinstance(given, str):
        return one_line(given)
    found = [fraction(number) for number in _flat(given)]
    for number in found:
        if "/" in number_text(number):
            refuse(f"{number} has no end as a decimal; compute it in the network")
    return f"({' '.join(number_text(number) for number in found)})"


def _flat(given: object) -> Iterable[object]:
    """The entries of nested sequences, or of an array, in order."""
    if hasattr(given, "tolist"):
        given = given.tolist()
    if isinstance(given, Iterable) and not isinstance(given, str):
        for part in given:
            yield from _flat(part)
    else:
        yield given
