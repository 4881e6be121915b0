"""One statement's tokens to its shape: a recursive descent over the grammar of the language."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from diagram.errors import DiagramError, Fault, Span
from diagram.language.core import Kind, Option
from diagram.language.ops import OPS
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
from diagram.language.tokens import DEEPEST, Token

KINDS = tuple(kind.value for kind in Kind)
RESERVED = ("dims", "return", "def", "conv", "corr", "of", *KINDS)
LATER = {
    "def": "`def` is not read by this version; write the lines out",
    "conv": "convolved edges are not read by this version",
    "corr": "convolved edges are not read by this version",
}
_END = Token("end", "the end of the line", Span(0, 0, 0))


class Reader:
    """The tokens of one statement and how far they are read."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = tokens
        self.at = 0
        self.depth = 0

    @property
    def here(self) -> Token:
        return self.look(0)

    def look(self, ahead: int) -> Token:
        if self.at + ahead < len(self.tokens):
            return self.tokens[self.at + ahead]
        last = self.tokens[-1].span
        return Token("end", _END.text, Span(last.line, last.end, last.end + 1))

    def step(self) -> Token:
        token = self.here
        self.at += 1
        return token

    def takes(self, *texts: str) -> bool:
        """Steps over one of these symbols or words, if it stands here."""
        if self.here.text in texts and self.here.kind != "end":
            self.at += 1
            return True
        return False

    def expect(self, text: str, why: str = "") -> Token:
        if self.here.text != text:
            raise self.error(f"expected `{text}`{why}, found {_said(self.here)}")
        return self.step()

    def word(self, what: str) -> Word:
        token = self.here
        if token.kind != "name":
            raise self.error(f"expected {what}, found {_said(token)}")
        if token.text in RESERVED:
            reason = LATER.get(token.text, f"`{token.text}` is a word of the language")
            raise self.error(f"{reason}; expected {what}")
        self.at += 1
        return Word(token.text, token.span)

    def error(self, message: str, span: Span | None = None) -> DiagramError:
        return DiagramError([Fault(message, spans=(span or self.here.span,))])

    def inside(self) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.error(f"brackets nested deeper than {DEEPEST}")

    def outside(self) -> None:
        self.depth -= 1


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
        result = _let(reader)
    if reader.at < len(tokens):
        raise reader.error(_unexpected(reader))
    return result


def _unexpected(reader: Reader) -> str:
    token = reader.here
    if token.text in LATER:
        return LATER[token.text]
    first = reader.tokens[0].span.line
    if token.span.line != first and reader.depth == 0:
        return (
            f"did not expect {_said(token)} here; this line continues line {first}, "
            "because it is deeper"
        )
    if token.text in ("[", "="):
        return f"did not expect {_said(token)} here; a let is written NAME[legs] = right side"
    return f"did not expect {_said(token)} here"


def _said(token: Token) -> str:
    return token.text if token.kind == "end" else f"`{token.text[:40]}`"


# -- dims, sources, return ------------------------------------------------------------------------


def _dims(reader: Reader) -> tuple[DimText, ...]:
    reader.step()
    entries = [_dim(reader)]
    while reader.takes(",") or reader.here.kind == "name":
        entries.append(_dim(reader))
    return tuple(entries)


def _dim(reader: Reader) -> DimText:
    name = reader.word("the name of a dim")
    return DimText(name, _size_text(reader, _size) if reader.takes("=") else None)


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
    return _size_text(reader, _atom)


def _init(reader: Reader) -> tuple[Word, tuple[Fraction, ...]]:
    span = reader.here.span
    if reader.here.text == "(":
        return Word("numbers", span), _numbers(reader)
    name = reader.word("initial numbers: zeros, ones, eye, normal(0.02) or (1 0 2)")
    return name, _numbers(reader) if reader.here.text == "(" else ()


def _numbers(reader: Reader) -> tuple[Fraction, ...]:
    reader.expect("(")
    numbers: list[Fraction] = []
    while not reader.takes(")"):
        negative = reader.takes("-")
        number = _number(reader)
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
        scale.append(ScalarText(Size.of(_number(reader)), False, False, number.span))
        if reader.here.text == "*" and _begins_factor(reader, 1):
            reader.step()
    while _begins_factor(reader, 0):
        factors.append(_factor(reader))
    if not factors and not scale:
        raise reader.error(f"expected a value, an op or a number, found {_said(reader.here)}")
    while reader.here.text in ("*", "/", "//"):
        scale.append(_scalar(reader))
        if _begins_factor(reader, 0):
            raise reader.error(
                f"did not expect {_said(reader.here)} after a scalar; values stand side by side, "
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
    glued = reader.look(ahead).span.start == reader.look(ahead - 1).span.end
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
    return _size(reader)


# -- scalars, sizes, numbers ----------------------------------------------------------------------


def _scalar(reader: Reader) -> ScalarText:
    sign = reader.step()
    if sign.text == "//":
        raise reader.error("`//` rounds sizes down; a product is divided with `/`", sign.span)
    span = reader.here.span
    if reader.here.text == "sqrt" and reader.look(1).text == "(":
        reader.step()
        reader.expect("(")
        size = _size(reader)
        reader.expect(")", " to close sqrt")
        return ScalarText(size, True, sign.text == "/", span)
    if reader.here.kind == "name" and reader.look(1).text == "[":
        raise reader.error(
            "`*` and `/` take scalars only; tensors are multiplied by standing side by side, "
            "divided with recip(...)"
        )
    if reader.here.kind == "number":
        return ScalarText(Size.of(_number(reader)), False, sign.text == "/", span)
    return ScalarText(_atom(reader), False, sign.text == "/", span)


def _size_text(reader: Reader, read: Callable[[Reader], Size]) -> SizeText:
    span = reader.here.span
    return SizeText(read(reader), span)


def _size(reader: Reader) -> Size:
    size = _part(reader)
    while reader.here.text in ("+", "-"):
        size = size + _part(reader) if reader.step().text == "+" else size - _part(reader)
    return size


def _part(reader: Reader) -> Size:
    size = _atom(reader)
    while reader.here.text in ("*", "/", "//"):
        sign = reader.step()
        other = _atom(reader)
        try:
            size = _combined(size, sign.text, other)
        except DiagramError as error:
            raise reader.error(str(error), sign.span) from None
    return size


def _combined(size: Size, sign: str, other: Size) -> Size:
    if sign == "*":
        return size * other
    return size / other if sign == "/" else size // other


def _atom(reader: Reader) -> Size:
    if reader.takes("("):
        reader.inside()
        size = _size(reader)
        reader.expect(")", " to close the size")
        reader.outside()
        return size
    if reader.takes("-"):
        return -Size.of(_number(reader))
    if reader.here.kind == "number":
        return Size.of(_number(reader))
    return Size.of(reader.word("a dim or a number").text)


def _number(reader: Reader) -> Fraction:
    token = reader.here
    if token.kind != "number":
        raise reader.error(f"expected a number, found {_said(token)}")
    mantissa, _, exponent = token.text.lower().partition("e")
    if len(mantissa) > 40 or (exponent and abs(int(exponent[:6])) > 40):
        raise reader.error("this number is too long to be meant")
    reader.step()
    return Fraction(token.text)
