"""One statement's tokens to its shape: a recursive descent over the grammar of the language."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from diagram.language.core import Option
from diagram.language.ops import OPS
from diagram.language.reader import (
    KINDS,
    LATER,
    Reader,
    read_atom,
    read_number,
    read_scalar,
    read_size,
    read_size_text,
    said,
)
from diagram.language.size import Size
from diagram.language.syntax import (
    Bracket,
    DimText,
    Expression,
    Factor,
    LegText,
    LetText,
    OpCall,
    ReturnText,
    ScalarText,
    Sentence,
    SizeText,
    TensorText,
    Term,
    Use,
    Word,
)
from diagram.language.tokens import Token

STATEMENTS = ("dims", "return", *KINDS)


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
    else:
        if first in LATER:
            raise reader.error(LATER[first])
        if first in ("for", "while", "if"):
            raise reader.error("loops and conditions are not in the language")
        if first.lower() in STATEMENTS and reader.look(1).kind == "name":
            raise reader.error(
                f"a line cannot begin with `{first}`; did you mean `{first.lower()}`?"
            )
        result = _let(reader)
    if reader.at < len(tokens):
        raise reader.error(_unexpected(reader))
    return result


def _unexpected(reader: Reader) -> str:
    token = reader.here
    if token.text in LATER:
        return LATER[token.text]
    if token.text in ("[", "="):
        return f"did not expect {said(token)} here; a let is written NAME[legs] = right side"
    return f"did not expect {said(token)} here"


# -- dims, sources, return ------------------------------------------------------------------------


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
    of = reader.word("the dim that bounds the index") if reader.takes("of") else None
    return TensorText(kind, name, tuple(legs), of, _init(reader) if reader.takes("=") else None)


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


# -- lets -----------------------------------------------------------------------------------------


def _let(reader: Reader) -> LetText:
    name = reader.word("a statement: dims, a source, NAME[legs] = ..., or return")
    written = _axes(reader) if reader.here.text == "[" else None
    reader.expect("=", f" after `{name.text}`")
    return LetText(name, written, _expression(reader))


def _axes(reader: Reader) -> tuple[Word, ...]:
    reader.expect("[")
    names: list[Word] = []
    while not reader.takes("]"):
        if reader.here.text == "(":
            raise reader.error("bundles of legs are not read by this version; split in two lines")
        if reader.here.text == ":":
            raise reader.error("a use names edges only; lengths stand in declarations")
        if reader.here.text == "=":
            raise reader.error("legs bind in the order of the declaration; write the edge alone")
        names.append(reader.word("an edge or `]`"))
        reader.takes(",")
    return tuple(names)


def _expression(reader: Reader) -> Expression:
    terms = [_term(reader, reader.takes("-"))]
    while reader.here.text in ("+", "-"):
        terms.append(_term(reader, reader.step().text == "-"))
    return Expression(tuple(terms))


def _term(reader: Reader, negative: bool) -> Term:
    span = reader.here.span
    scale: list[ScalarText] = []
    factors: list[Factor] = []
    if reader.here.kind == "number":
        number = reader.here
        scale.append(ScalarText(Size.of(read_number(reader)), False, False, number.span))
        if reader.here.text == "*" and _begins_factor(reader, 1):
            reader.step()
    while _begins_factor(reader, 0):
        factors.append(_factor(reader))
    if not factors and not scale:
        raise reader.error(f"expected a value, an op or a number, found {said(reader.here)}")
    while reader.here.text in ("*", "/", "//"):
        scale.append(read_scalar(reader))
        if _begins_factor(reader, 0):
            raise reader.error(
                f"did not expect {said(reader.here)} after a scalar; values stand side by side, "
                "scalars follow them"
            )
    return Term(negative, tuple(factors), tuple(scale), span)


def _begins_factor(reader: Reader, ahead: int) -> bool:
    token = reader.look(ahead)
    return token.text == "(" or (token.kind == "name" and token.text not in LATER)


def _factor(reader: Reader) -> Factor:
    if reader.here.text == "(":
        span = reader.step().span
        reader.inside()
        inside = _expression(reader)
        reader.expect(")", " to close the bracket")
        reader.outside()
        return Bracket(inside, _maybe_axes(reader), span)
    if _is_call(reader):
        return _call(reader)
    name = reader.word("a value")
    return Use(name, _maybe_axes(reader))


def _maybe_axes(reader: Reader) -> tuple[Word, ...] | None:
    return _axes(reader) if reader.here.text == "[" else None


def _is_call(reader: Reader) -> bool:
    """`op(` or `op[legs](`: an op's name, or any name that is called without a space meant."""
    ahead = 1
    if reader.look(1).text == "[":
        while reader.look(ahead).kind != "end" and reader.look(ahead).text != "]":
            ahead += 1
        ahead += 1
    if reader.look(ahead).text != "(":
        return False
    before, after = reader.look(ahead - 1).span, reader.look(ahead).span
    glued = (before.line, before.end) == (after.line, after.start)
    return reader.here.text in OPS or glued


def _call(reader: Reader) -> OpCall:
    op = reader.word("an op")
    legs = _axes(reader) if reader.here.text == "[" else ()
    reader.expect("(")
    reader.inside()
    args: list[Expression] = []
    options: list[tuple[Word, Option]] = []
    while not reader.takes(")"):
        if reader.here.kind == "name" and reader.look(1).text == "=":
            name = reader.word("an option")
            reader.expect("=")
            options.append((name, _option(reader)))
        elif options:
            raise reader.error("values stand before options")
        else:
            args.append(_expression(reader))
        if reader.here.text != ")":
            reader.expect(",", " or `)`")
    reader.outside()
    return OpCall(op, legs, tuple(args), tuple(options), _maybe_axes(reader))


def _option(reader: Reader) -> Option:
    if reader.here.text in ("true", "false"):
        return reader.step().text == "true"
    return read_size(reader)
