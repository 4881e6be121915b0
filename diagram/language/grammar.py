"""One statement's tokens to its shape: a recursive descent over the grammar of the language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from diagram.errors import Span
from diagram.language.core import Option
from diagram.language.ops import OPS
from diagram.language.reader import (
    KINDS,
    STARS,
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
    AxisText,
    Bracket,
    ConvOption,
    ConvText,
    DefText,
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

STATEMENTS = ("dims", "return", "def", *KINDS)
MOST_TIMES = 1_000
"""How often a def may be called over and over."""
PADS = ("valid", "same", "full", "circular")


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
    if token.text == "^":
        return (
            "did not expect `^` here; a def is called n times over in a line of its own: Y = f^6(X)"
        )
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


# -- lets -----------------------------------------------------------------------------------------


def _let(reader: Reader) -> LetText:
    name = reader.word("a statement: dims, a source, NAME[legs] = ..., or return")
    written = _axes(reader) if reader.here.text == "[" else None
    reader.expect("=", f" after `{name.text}`")
    if reader.look(1).text == "^":
        return LetText(name, written, _repeated(reader))
    return LetText(name, written, _expression(reader))


def _repeated(reader: Reader) -> Expression:
    """`layer^6(X)`: a def called several times over."""
    name = reader.word("a def")
    reader.expect("^")
    span = reader.here.span
    times = read_number(reader)
    if times.denominator != 1 or not 1 <= times <= MOST_TIMES:
        raise reader.error(f"a def is called 1 to {MOST_TIMES:,} times over", span)
    if reader.here.text != "(":
        raise reader.error(f"`^` calls a def over and over: {name.text}^6(X); a power is square(X)")
    call = replace(_values(reader, name, ()), times=int(times))
    return Expression((Term(False, (call,), (), name.span),))


def _axes(reader: Reader) -> tuple[AxisText, ...]:
    """Legs of a use or of a left side, bundles among them."""
    reader.expect("[")
    found: list[AxisText] = []
    while not reader.takes("]"):
        span = reader.here.span
        if reader.takes("("):
            words: list[Word] = []
            while not reader.takes(")"):
                words.append(_edge(reader, "an edge of the bundle or `)`"))
                reader.takes(",")
            found.append(AxisText(tuple(words), _through(span, words)))
        else:
            found.append(AxisText((_edge(reader, "an edge or `]`"),), span))
        reader.takes(",")
    return tuple(found)


def _edge(reader: Reader, what: str) -> Word:
    if reader.here.text == ":":
        raise reader.error("a use names edges only; lengths stand in declarations")
    if reader.here.text == "=":
        raise reader.error("legs bind in the order of the declaration; write the edge alone")
    return reader.word(what)


def _through(span: Span, words: Sequence[Word]) -> Span:
    """From a bracket to the end of the words after it, where they stand on its line."""
    last = words[-1].span if words else span
    return Span(span.line, span.start, last.end) if last.line == span.line else span


def _legs(reader: Reader) -> tuple[Word, ...]:
    """Legs that an op names, or that leave a bracket: plain ones."""
    found = _axes(reader)
    for axis in found:
        if len(axis.words) != 1:
            raise reader.error(
                "bundles stand at a value or on the left; name legs one by one here", axis.span
            )
    return tuple(axis.words[0] for axis in found)


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
    convs: list[ConvText] = []
    while reader.here.text in STARS:
        convs.append(_conv(reader))
    return Term(negative, tuple(factors), tuple(scale), span, tuple(convs))


def _conv(reader: Reader) -> ConvText:
    """`corr x y (stride=2, pad=1)`."""
    token = reader.step()
    kind = Word(token.text, token.span)
    edges = [reader.word(f"the edge that `{kind.text}` convolves")]
    while reader.takes(",") or (reader.here.kind == "name" and reader.here.text not in STARS):
        edges.append(reader.word("an edge"))
    options: list[tuple[Word, ConvOption]] = []
    if reader.takes("("):
        while not reader.takes(")"):
            name = reader.word("an option: stride, dilation, up, pad or shift")
            reader.expect("=")
            options.append((name, _conv_option(reader)))
            if reader.here.text != ")":
                reader.expect(",", " or `)`")
    return ConvText(kind, tuple(edges), tuple(options))


def _conv_option(reader: Reader) -> ConvOption:
    if reader.here.text in PADS:
        return reader.step().text
    start = reader.at
    if reader.takes("("):
        left = read_size(reader)
        if reader.takes(","):
            right = read_size(reader)
            reader.expect(")", " to close the pair")
            return (left, right)
    reader.at = start
    return read_size(reader)


def _begins_factor(reader: Reader, ahead: int) -> bool:
    token = reader.look(ahead)
    return token.text == "(" or (token.kind == "name" and token.text not in STARS)


def _factor(reader: Reader) -> Factor:
    if reader.here.text == "(":
        span = reader.step().span
        reader.inside()
        inside = _expression(reader)
        reader.expect(")", " to close the bracket")
        reader.outside()
        return Bracket(inside, _maybe_legs(reader), span)
    if _is_call(reader):
        return _call(reader)
    name = reader.word("a value")
    return Use(name, _axes(reader) if reader.here.text == "[" else None)


def _maybe_legs(reader: Reader) -> tuple[Word, ...] | None:
    return _legs(reader) if reader.here.text == "[" else None


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
    return _values(reader, op, _legs(reader) if reader.here.text == "[" else ())


def _values(reader: Reader, op: Word, legs: tuple[Word, ...]) -> OpCall:
    """`(values, option=...)[axes]`."""
    reader.expect("(", f" and the values of `{op.text}`")
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
    return OpCall(op, legs, tuple(args), tuple(options), _maybe_legs(reader))


def _option(reader: Reader) -> Option:
    if reader.here.text in ("true", "false"):
        return reader.step().text == "true"
    return read_size(reader)
