"""The tokens of one statement, read one after another; numbers, sizes and scalars."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from diagram.errors import DiagramError, Fault, SizeError, Span
from diagram.language.core import Kind
from diagram.language.size import Size, fits, total
from diagram.language.syntax import ScalarText, SizeText, Word
from diagram.language.tokens import DEEPEST, Token

KINDS = tuple(kind.value for kind in Kind)
RESERVED = ("dims", "return", "def", "conv", "corr", "of", *KINDS)
STARS = ("conv", "corr")
LONGEST = 400
"""Characters of a number: any that fits in a size is shorter, however it is written out."""


class Reader:
    """The tokens of one statement and how far they are read."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        last = tokens[-1].span
        end = Token("end", "the end of the line", Span(last.line, last.end, last.end + 1))
        self.tokens = (*tokens, end)
        self.at = 0
        self.depth = 0

    @property
    def here(self) -> Token:
        return self.tokens[self.at] if self.at < len(self.tokens) else self.tokens[-1]

    def look(self, ahead: int) -> Token:
        return self.tokens[min(self.at + ahead, len(self.tokens) - 1)]

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
            raise self.error(f"expected `{text}`{why}, found {said(self.here)}")
        return self.step()

    def word(self, what: str) -> Word:
        token = self.here
        if token.kind != "name":
            raise self.error(f"expected {what}, found {said(token)}")
        if token.text in RESERVED:
            raise self.error(f"`{token.text}` is a word of the language; expected {what}")
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


def said(token: Token) -> str:
    """A token as messages quote it."""
    return token.text if token.kind == "end" else f"`{token.text[:40]}`"


def read_size_text(reader: Reader, read: Callable[[Reader], Size]) -> SizeText:
    """What `read` reads, with its place."""
    span = reader.here.span
    return SizeText(read(reader), span)


def read_size(reader: Reader) -> Size:
    """`size = part { ( "+" | "-" ) part }`."""
    parts = [_part(reader)]
    while reader.here.text in ("+", "-"):
        parts.append(_part(reader) if reader.step().text == "+" else -_part(reader))
    try:
        return total(parts)
    except SizeError as error:
        raise reader.error(str(error)) from None


def _part(reader: Reader) -> Size:
    size = read_atom(reader)
    while reader.here.text in ("*", "/", "//"):
        sign = reader.step()
        other = read_atom(reader)
        try:
            size = _combined(size, sign.text, other)
        except DiagramError as error:
            raise reader.error(str(error), sign.span) from None
    return size


def _combined(size: Size, sign: str, other: Size) -> Size:
    if sign == "*":
        return size * other
    return size / other if sign == "/" else size // other


def read_atom(reader: Reader) -> Size:
    """`atom = number | NAME | "(" size ")" | "-" atom`."""
    if reader.takes("("):
        reader.inside()
        size = read_size(reader)
        reader.expect(")", " to close the size")
        reader.outside()
        return size
    if reader.takes("-"):
        reader.inside()
        size = -read_atom(reader)
        reader.outside()
        return size
    if reader.here.kind == "number":
        return Size.of(read_number(reader))
    return Size.of(reader.word("a dim or a number").text)


def read_number(reader: Reader) -> Fraction:
    """A number as it is written, exactly."""
    token = reader.here
    if token.kind != "number":
        raise reader.error(f"expected a number, found {said(token)}")
    mantissa, _, exponent = token.text.lower().partition("e")
    power = exponent.lstrip("+-").lstrip("0")
    if len(mantissa) > LONGEST or len(power) > 2 or not fits(number := Fraction(token.text)):
        raise reader.error("this number is too long to be meant")
    reader.step()
    return number


def read_scalar(reader: Reader) -> ScalarText:
    """`*` or `/` with what stands behind it."""
    sign = reader.step()
    if sign.text == "//":
        raise reader.error("`//` rounds sizes down; a product is divided with `/`", sign.span)
    span = reader.here.span
    if reader.here.text == "sqrt" and reader.look(1).text == "(":
        reader.step()
        reader.expect("(")
        size = read_size(reader)
        reader.expect(")", " to close sqrt")
        return ScalarText(size, True, sign.text == "/", span)
    if reader.here.kind == "name" and reader.look(1).text == "[":
        raise reader.error(
            "`*` and `/` take scalars only; tensors are multiplied by standing side by side, "
            "divided with recip(...)"
        )
    if reader.here.kind == "number":
        return ScalarText(Size.of(read_number(reader)), False, sign.text == "/", span)
    return ScalarText(read_atom(reader), False, sign.text == "/", span)
