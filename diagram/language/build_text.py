"""Pieces of text that Python hands over, read by the grammar, and where in Python they stand."""

from __future__ import annotations

import inspect
import numbers
import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import NoReturn

from diagram.errors import DiagramError, Fault, Span
from diagram.language.core import Scalar
from diagram.language.grammar import PADS, sentence
from diagram.language.size import Size, number_text
from diagram.language.syntax import (
    AxisText,
    DefText,
    DimText,
    Expression,
    LetText,
    Sentence,
    SizeText,
    TensorText,
    Term,
    Use,
)
from diagram.language.tokens import statements

Number = int | float | Fraction
Length = int | str | Size
"""A size from Python: a whole number, a text such as `"h*d"`, or a Size."""
Pad = Length | tuple[Length, Length]
"""The zeros on both sides of a signal, those left and right, or a word such as `"same"`."""

ROOM = f"{Path(__file__).parent.parent}{os.sep}"


# -- where ----------------------------------------------------------------------------------------


def python_line() -> tuple[str, int]:
    """The file and the line of Python that called into this package."""
    frame = inspect.currentframe()
    while frame is not None and frame.f_code.co_filename.startswith(ROOM):
        frame = frame.f_back
    return (Path(frame.f_code.co_filename).name, frame.f_lineno) if frame else ("Python", 0)


def refuse(*messages: str) -> NoReturn:
    """Raises what is wrong with a call, with its line of Python."""
    file, line = python_line()
    faults = [Fault(message, f"line {line} of {file}") for message in messages]
    raise DiagramError(faults, of=f"in {file}")


def told(faults: Iterable[Fault], text: str, before: int = 0, columns: int = 0) -> DiagramError:
    """Faults of a text, told at the line of Python that made it.

    The text stood `before` lines and `columns` columns deep in what was read.
    """
    file, line = python_line()
    moved = [_moved(fault, line, file, before, columns) for fault in faults]
    return DiagramError(moved, "\n" * (line - 1) + text, f"in {file}")


def _moved(fault: Fault, line: int, file: str, before: int, columns: int) -> Fault:
    spans = tuple(
        Span(s.line - before + line - 1, max(0, s.start - columns), max(0, s.end - columns))
        for s in fault.spans
        if s.line > before
    )
    if spans:
        return replace(fault, spans=spans)
    where = f"line {line} of {file}" + (f", {fault.where}" if fault.where else "")
    return Fault(fault.message, where)


# -- pieces ---------------------------------------------------------------------------------------


def said(given: object) -> str:
    """What was given, as messages quote it."""
    if given is None or isinstance(given, str | int | float):
        return repr(given)[:60]
    return type(given).__name__


def one_line(text: str) -> str:
    """A text on one line, single-spaced."""
    return " ".join(text.split())


def read(before: str, text: str, after: str = "") -> Sentence:
    """The one statement that a piece makes between these; faults are told at the piece."""
    faults: list[Fault] = []
    found = statements(before + one_line(text) + after, faults)
    if not faults and any(statement.comments for statement in found):
        refuse("`#` begins a note, and a note is made with note(...)")
    try:
        if not faults:
            return sentence(found[0].tokens)
    except DiagramError as error:
        faults = list(error.faults)
    raise told(faults, one_line(text) + after, columns=len(before)) from None


@lru_cache(maxsize=4096)
def _axes(legs: str) -> tuple[AxisText, ...] | None:
    match read("_ = _", f"[{legs}]"):
        case LetText(right=Expression(terms=(Term(factors=(Use(axes=axes),), scale=()),))):
            return axes
    return None


def axes_text(legs: object, example: str = '["b n f"]') -> str:
    """The legs after a value, `b (g c)`."""
    axes = _axes(one_line(legs)) if isinstance(legs, str) else None
    if axes is None:
        refuse(f"legs are one text of names, as in {example}, not {said(legs)}")
    return " ".join(_axis(axis.names) for axis in axes)


def _axis(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"({' '.join(names)})"


def names_of(legs: object) -> tuple[str, ...]:
    """Legs one by one, as an op or a convolution names them."""
    text = axes_text(legs)
    if "(" in text:
        refuse("bundles stand at a value or on the left; name legs one by one here")
    return tuple(text.split())


def declaration(kind: str, text: object) -> tuple[TensorText, ...]:
    """The sources that a text declares."""
    example = f'{kind}("X[b n f]")'
    if not isinstance(text, str):
        refuse(f"a declaration is a text, as in {example}, not {said(text)}")
    if not text.strip():
        refuse(f"nothing is declared; write {example}")
    found = read(f"{kind} ", text)
    assert isinstance(found, tuple)
    return tuple(tensor for tensor in found if isinstance(tensor, TensorText))


def dim_entries(text: str) -> dict[str, str]:
    """The dims that a text such as `f=512 h` sets, each as it is set."""
    found = read("dims ", text)
    assert isinstance(found, tuple)
    dims = [entry for entry in found if isinstance(entry, DimText)]
    sizes = {dim.name.text: f"=({dim.size.size})" if dim.size else "" for dim in dims}
    return {name: name + size for name, size in sizes.items()}


def left_side(text: object) -> str:
    """The name on a left side such as `S[b h n m]`."""
    if not isinstance(text, str):
        refuse(f'a left side is a text, as in let("S[b n m]", ...), not {said(text)}')
    match read("", text, " = 0"):
        case LetText(name=name):
            return name.text
        case _:
            refuse(f'a left side is written as in let("S[b n m]", ...), not {said(text)}')


def parameters(text: str, name: str) -> tuple[TensorText, ...]:
    """The parameters of a def."""
    match read(f"def {name}(", text, ")"):
        case DefText(parameters=found):
            return found
        case _:
            refuse(f'parameters are written as in define("X[b n f]"), not {said(text)}')


# -- numbers and sizes ----------------------------------------------------------------------------


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
    match found[0] if isinstance(found, tuple) and len(found) == 1 else None:
        case DimText(size=SizeText(size=size)):
            return size
    refuse(f'a size is written as in "h*d" or "(x - 1)//2", not {said(given)}')


def declared(name: str, legs: Iterable[tuple[str, Size]], of: Size | None = None) -> str:
    """A source as it is declared, with the size of each leg and without initial numbers."""
    written = " ".join(f"{_leg(leg)}:({length})" for leg, length in legs)
    return f"{name}[{written}]" + (f" of ({of})" if of is not None else "")


def _leg(name: str) -> str:
    """A leg's name with its primes behind, where that of a bundle has some inside."""
    return name.replace("'", "") + "'" * name.count("'")


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
