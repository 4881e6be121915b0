"""Right sides of one statement: legs, products, ops, clauses of convolution, sums."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from diagram.errors import Span
from diagram.language.core import Option
from diagram.language.ops import OPS
from diagram.language.reader import (
    STARS,
    Reader,
    read_number,
    read_scalar,
    read_size,
    said,
)
from diagram.language.size import Size
from diagram.language.syntax import (
    AxisText,
    Bracket,
    ConvOption,
    ConvText,
    Expression,
    Factor,
    OpCall,
    ScalarText,
    Term,
    Use,
    Word,
)

MOST_TIMES = 1_000
"""How often a def may be called over and over."""
PADS = ("valid", "same", "full", "circular")


def repeated(reader: Reader) -> Expression:
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


def axes(reader: Reader) -> tuple[AxisText, ...]:
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
    found = axes(reader)
    for axis in found:
        if len(axis.words) != 1:
            raise reader.error(
                "bundles stand at a value or on the left; name legs one by one here", axis.span
            )
    return tuple(axis.words[0] for axis in found)


def expression(reader: Reader) -> Expression:
    """A sum of products."""
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
    while reader.here.kind == "name" and reader.here.text not in STARS:
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
        inside = expression(reader)
        reader.expect(")", " to close the bracket")
        reader.outside()
        return Bracket(inside, _maybe_legs(reader), span)
    if _is_call(reader):
        return _call(reader)
    name = reader.word("a value")
    return Use(name, axes(reader) if reader.here.text == "[" else None)


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
            args.append(expression(reader))
        if reader.here.text != ")":
            reader.expect(",", " or `)`")
    reader.outside()
    return OpCall(op, legs, tuple(args), tuple(options), _maybe_legs(reader))


def _option(reader: Reader) -> Option:
    if reader.here.text in ("true", "false"):
        return reader.step().text == "true"
    return read_size(reader)
