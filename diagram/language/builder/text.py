"""Pieces of text that Python hands over: each is read by the grammar, as what it should be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from diagram.errors import DiagramError, Fault
from diagram.language.builder.where import refuse, said, told
from diagram.language.grammar import sentence
from diagram.language.size import Size
from diagram.language.syntax import (
    AxisText,
    DefText,
    DimText,
    Expression,
    LetText,
    Sentence,
    TensorText,
    Term,
    Use,
)
from diagram.language.tokens import statements


def one_line(text: str) -> str:
    """A text on one line, single-spaced."""
    return " ".join(text.split())


def read(before: str, text: str, after: str = "") -> Sentence:
    """The one statement that a piece makes between these; faults are told at the piece."""
    if "#" in text:
        refuse("`#` begins a note, and a note is made with note(...)")
    faults: list[Fault] = []
    found = statements(before + one_line(text) + after, faults)
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
    found = read("", text, " = 0")
    if not isinstance(found, LetText):
        refuse(f'a left side is written as in let("S[b n m]", ...), not {said(text)}')
    return found.name.text


def parameters(text: str, name: str) -> tuple[TensorText, ...]:
    """The parameters of a def."""
    found = read(f"def {name}(", text, ")")
    assert isinstance(found, DefText)
    return found.parameters


def declared(name: str, legs: Iterable[tuple[str, Size]], of: Size | None = None) -> str:
    """A source as it is declared, with the size of each leg and without initial numbers."""
    written = " ".join(f"{_leg(leg)}:({length})" for leg, length in legs)
    return f"{name}[{written}]" + (f" of ({of})" if of is not None else "")


def _leg(name: str) -> str:
    """A leg's name with its primes behind, where that of a bundle has some inside."""
    return name.replace("'", "") + "'" * name.count("'")
