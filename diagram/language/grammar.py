"""One statement's tokens to its shape: a recursive descent over the grammar of the language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from diagram.errors import suggest
from diagram.language.expressions import axes, expression, repeated
from diagram.language.reader import (
    KINDS,
    Reader,
    read_atom,
    read_number,
    read_size,
    read_size_text,
    said,
)
from diagram.language.syntax import (
    DefText,
    DimText,
    LegText,
    LetText,
    ReturnText,
    Sentence,
    SizeText,
    TensorText,
    Word,
)
from diagram.language.tokens import Token

STATEMENTS = ("dims", "return", "def", *KINDS)


def sentence(tokens: Sequence[Token]) -> Sentence:
    """Reads one statement; DiagramError with one fault where it cannot."""
    reader = Reader(tokens)
    first = reader.here.text
    result: Sentence
    if first == "dims":
        result = _dims(reader)
    elif first in KINDS:
        result = _sources(reader)
    elif first == "return":
        result = _return(reader)
    elif first == "def":
        result = _def(reader)
    else:
        if first in ("for", "while", "if"):
            raise reader.error("loops and conditions are not in the language")
        meant = suggest(first, STATEMENTS, similar=True)
        if meant and reader.look(1).kind == "name":
            raise reader.error(f"a line cannot begin with `{first}`{meant}")
        result = _let(reader)
    if reader.at < len(tokens):
        raise reader.error(_unexpected(reader))
    return result


def _unexpected(reader: Reader) -> str:
    token = reader.here
    if token.text == "^":
        return (
            "did not expect `^` here; a def is called n times over in a line of its own: Y = f^6(X)"
        )
    if token.text in ("[", "="):
        return f"did not expect {said(token)} here; a let is written NAME[legs] = right side"
    return f"did not expect {said(token)} here"


def _dims(reader: Reader) -> tuple[DimText, ...]:
    reader.step()
    entries = [_dim(reader)]
    while reader.takes(",") or reader.here.kind == "name":
        entries.append(_dim(reader))
    return tuple(entries)


def _dim(reader: Reader) -> DimText:
    name = reader.word("the name of a dim")
    return DimText(name, read_size_text(reader, read_size) if reader.takes("=") else None)


def _sources(reader: Reader) -> tuple[TensorText, ...]:
    kind = reader.step().text
    tensors = [_tensor(reader, kind)]
    while reader.takes(",") or reader.here.kind == "name":
        tensors.append(_tensor(reader, kind))
    return tuple(tensors)


def _tensor(reader: Reader, kind: str) -> TensorText:
    name = reader.word(f"the name of the {kind}")
    reader.expect("[", f" and the legs of `{name.text}`")
    legs: list[LegText] = []
    while not reader.takes("]"):
        if reader.here.text == "(":
            raise reader.error("a declaration names its legs one by one; bundles stand in uses")
        leg = reader.word("a leg or `]`")
        legs.append(LegText(leg, _leg_size(reader) if reader.takes(":") else None))
        reader.takes(",")
    of = _bound(reader) if reader.takes("of") else None
    return TensorText(kind, name, tuple(legs), of, _init(reader) if reader.takes("=") else None)


def _bound(reader: Reader) -> SizeText:
    if reader.here.kind not in ("name", "number") and reader.here.text != "(":
        raise reader.error(f"expected the dim that bounds the index, found {said(reader.here)}")
    return read_size_text(reader, read_atom)


def _leg_size(reader: Reader) -> SizeText:
    return read_size_text(reader, read_atom)


def _init(reader: Reader) -> tuple[Word, tuple[Fraction, ...]]:
    span = reader.here.span
    if reader.here.text == "(":
        return Word("numbers", span), _numbers(reader)
    name = reader.word("initial numbers: zeros, ones, eye, normal(0.02) or (1 0 2)")
    if name.text == "numbers":
        raise reader.error("numbers are written without a name: (1 0 2)", span)
    return name, _numbers(reader) if reader.here.text == "(" else ()


def _numbers(reader: Reader) -> tuple[Fraction, ...]:
    reader.expect("(")
    numbers: list[Fraction] = []
    while not reader.takes(")"):
        negative = reader.takes("-")
        number = read_number(reader)
        numbers.append(-number if negative else number)
        reader.takes(",")
    return tuple(numbers)


def _return(reader: Reader) -> ReturnText:
    reader.step()
    names = [reader.word("the name of what is returned")]
    while reader.takes(",") or reader.here.kind == "name":
        names.append(reader.word("the name of what is returned"))
    return ReturnText(tuple(names))


def _def(reader: Reader) -> DefText:
    column = reader.step().span.start
    name = reader.word("the name of the def")
    reader.expect("(", f" and the parameters of `{name.text}`")
    parameters: list[TensorText] = []
    while not reader.takes(")"):
        start = reader.here.span
        found = _tensor(reader, "input")
        if found.init is not None:
            raise reader.error("a parameter has no initial numbers; it is given", start)
        parameters.append(replace(found, kind="index") if found.of else found)
        reader.takes(",")
    reader.takes(":")
    return DefText(name, tuple(parameters), column)


def _let(reader: Reader) -> LetText:
    name = reader.word("a statement: dims, a source, NAME[legs] = ..., or return")
    written = axes(reader) if reader.here.text == "[" else None
    reader.expect("=", f" after `{name.text}`")
    if reader.look(1).text == "^":
        return LetText(name, written, repeated(reader))
    return LetText(name, written, expression(reader))
