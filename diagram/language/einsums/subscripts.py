"""An einsum-like equation as it is written: letters in operands, each with its place."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

from diagram.errors import Fault, Span
from diagram.language.einsums.symbols import is_letter

_TOKEN = re.compile(
    r"""(?P<space>[ ]+) | (?P<dots>\.(?:[ ]*\.)*) | (?P<arrow>-[ ]*>) | (?P<comma>,) | (?P<bar>\|)
      | (?P<name>\([ ]*[^\W\d]\w*[ ]*\)) | (?P<letter>.)""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Mark:
    """A letter of an equation, or Ellipsis, as and where it is written; None cannot be read."""

    letter: Hashable
    written: str
    span: Span


@dataclass(frozen=True, slots=True)
class Term:
    """The letters of one operand, or of the output."""

    marks: tuple[Mark, ...]
    span: Span

    @property
    def dots(self) -> Mark | None:
        """Its `...`, if it has one."""
        return next((mark for mark in self.marks if mark.letter is Ellipsis), None)


@dataclass(frozen=True, slots=True)
class Equation:
    """Operands, the output where one is written, and the letters after the bar."""

    text: str
    operands: tuple[Term, ...]
    output: Term | None
    convolved: tuple[Mark, ...] = ()

    def uses(self, letter: Hashable) -> tuple[int, ...]:
        """The operands that a letter stands in."""
        return tuple(
            place
            for place, term in enumerate(self.operands)
            if any(mark.letter == letter for mark in term.marks)
        )


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    span: Span


def read_equation(text: str, faults: list[Fault], named: bool = False) -> Equation:
    """An equation; `named` says that it may hold names in brackets and a bar.

    >>> equation = read_equation("ij,jk", [])
    >>> [[mark.letter for mark in term.marks] for term in equation.operands], equation.output
    ([['i', 'j'], ['j', 'k']], None)
    """
    left, arrow, right = _cut(list(_tokens(text)), "arrow")
    stars: list[_Token] = []
    if named and arrow is None:
        left, _, _ = _cut(left, "bar")
    elif named:
        right, _, stars = _cut(right, "bar")
    end = _span(text, len(text), len(text))
    operands = tuple(_term(part, at, faults, named) for part, at in _parts(left, end))
    output = None
    if arrow is not None:
        faults += _misplaced(right, {"arrow": "`->` stands twice", "comma": _COMMA})
        output = _term(_without(right, "arrow", "comma"), arrow.span, faults, named)
    elif named:
        message = "the output is not written; convolved letters stand behind it: `x,x->x|x`"
        faults.append(Fault(message, spans=(end,)))
    convolved = _term(_without(stars, "comma"), end, faults, named).marks
    return Equation(text, operands, output, convolved)


_COMMA = "the output is one value and has no comma"


def refuse_doubled_dots(term: Term, faults: list[Fault]) -> None:
    """A fault where an operand has more than one `...`."""
    spans = tuple(mark.span for mark in term.marks if mark.letter is Ellipsis)
    if len(spans) > 1:
        faults.append(Fault("`...` stands twice in one operand", spans=spans))


def _tokens(text: str) -> Iterator[_Token]:
    for match in _TOKEN.finditer(text):
        if match.lastgroup != "space":
            span = _span(text, match.start(), match.end())
            yield _Token(str(match.lastgroup), match.group().replace(" ", ""), span)


def _span(text: str, start: int, end: int) -> Span:
    begin = text.rfind("\n", 0, start) + 1
    return Span(text.count("\n", 0, start) + 1, start - begin, end - begin)


def _cut(tokens: list[_Token], kind: str) -> tuple[list[_Token], _Token | None, list[_Token]]:
    """What stands before the first token of a kind, that token, and what stands behind it."""
    place = next((i for i, token in enumerate(tokens) if token.kind == kind), None)
    if place is None:
        return tokens, None, []
    return tokens[:place], tokens[place], tokens[place + 1 :]


def _without(tokens: Sequence[_Token], *kinds: str) -> list[_Token]:
    return [token for token in tokens if token.kind not in kinds]


def _misplaced(tokens: Sequence[_Token], messages: dict[str, str]) -> Iterator[Fault]:
    for token in tokens:
        if token.kind in messages:
            yield Fault(messages[token.kind], spans=(token.span,))


def _parts(tokens: Sequence[_Token], end: Span) -> Iterator[tuple[list[_Token], Span]]:
    """The tokens between commas, and the place where each part ends."""
    part: list[_Token] = []
    for token in tokens:
        if token.kind == "comma":
            yield part, token.span
            part = []
        else:
            part.append(token)
    yield part, end


def _term(tokens: Sequence[_Token], empty: Span, faults: list[Fault], named: bool) -> Term:
    marks = tuple(_mark(token, faults, named) for token in tokens)
    spans = [mark.span for mark in marks] or [empty]
    term = Term(marks, Span(spans[0].line, spans[0].start, spans[-1].end))
    refuse_doubled_dots(term, faults)
    return term


def _mark(token: _Token, faults: list[Fault], named: bool) -> Mark:
    reason = _refused(token, named)
    if reason is not None:
        faults.append(Fault(reason, spans=(token.span,)))
        return Mark(None, token.text, token.span)
    letter = Ellipsis if token.kind == "dots" else token.text.strip("()")
    return Mark(letter, token.text, token.span)


def _refused(token: _Token, named: bool) -> str | None:
    """Why a token is no letter, if it is none."""
    match token.kind:
        case "dots":
            return None if len(token.text) == 3 else "`...` has three dots"
        case "name" if named:
            return None
        case "name" | "bar" if not named:
            return f"`{token.text[0]}` stands in a conv_einsum only, see from_conv_einsum"
        case "bar":
            return "`|` stands once, behind the output"
        case "letter" if is_letter(token.text):
            return None
        case _:
            return f"{token.text!r} is no letter"
