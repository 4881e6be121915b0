"""A pattern as einops writes it: axes in order, some of them several legs in brackets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import EllipsisType

from diagram.errors import Fault, Span
from diagram.language.einsums.symbols import is_name

_TOKEN = re.compile(
    r"(?P<space>\s+)|(?P<dots>\.+|…)|(?P<arrow>->)|(?P<sign>[(),])|(?P<word>\w+)|(?P<other>.)", re.S
)


@dataclass(frozen=True, slots=True)
class Word:
    """The name of a leg, a number of entries, or Ellipsis, where it stands."""

    name: str | int | EllipsisType
    span: Span


@dataclass(frozen=True, slots=True)
class Group:
    """One axis: its words; more than one, or none, stand in brackets."""

    words: tuple[Word, ...]
    span: Span


Side = tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Pattern:
    """What stands before the arrow, an operand each, and what behind it."""

    text: str
    operands: tuple[Side, ...]
    result: Side


def read_pattern(text: str, faults: list[Fault]) -> Pattern:
    """A pattern; every fault of its signs.

    >>> pattern = read_pattern("(h d) n -> n d", [])
    >>> [[word.name for word in group.words] for group in pattern.operands[0]]
    [['h', 'd'], ['n']]
    """
    tokens = [(str(m.lastgroup), m.group(), _span(text, m)) for m in _TOKEN.finditer(text)]
    tokens = [token for token in tokens if token[0] != "space"]
    arrows = [place for place, token in enumerate(tokens) if token[0] == "arrow"]
    if not arrows:
        end = Span(1, len(text), len(text))
        faults.append(Fault("a pattern is written `legs before -> legs after`", spans=(end,)))
        return Pattern(text, (), ())
    faults += [Fault("`->` stands twice", spans=(tokens[place][2],)) for place in arrows[1:]]
    before, after = tokens[: arrows[0]], tokens[arrows[0] + 1 :]
    operands = [_side(part, faults) for part in _parts(before)]
    for _, _, span in (token for token in after if token[1] == ","):
        faults.append(Fault("the result is one value and has no comma", spans=(span,)))
    result = _side([t for t in after if t[0] != "arrow" and t[1] != ","], faults)
    return Pattern(text, tuple(operands), result)


def words(side: Side) -> Iterator[Word]:
    """All words of a side, brackets opened."""
    return (word for group in side for word in group.words)


Token = tuple[str, str, Span]


def _span(text: str, match: re.Match[str]) -> Span:
    begin = text.rfind("\n", 0, match.start()) + 1
    line = text.count("\n", 0, match.start()) + 1
    return Span(line, match.start() - begin, match.end() - begin)


def _parts(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    part: list[Token] = []
    for token in tokens:
        if token[1] == ",":
            yield part
            part = []
        else:
            part.append(token)
    yield part


def _side(tokens: Sequence[Token], faults: list[Fault]) -> Side:
    groups: list[Group] = []
    opened: list[Word] | None = None
    start = Span(1, 0, 0)
    for kind, text, span in tokens:
        if text == "(" and opened is None:
            opened, start = [], span
        elif text == ")" and opened is not None:
            groups.append(Group(tuple(opened), Span(start.line, start.start, span.end)))
            opened = None
        elif kind == "sign":
            message = "brackets inside brackets" if text == "(" else "`)` closes nothing"
            faults.append(Fault(message, spans=(span,)))
        elif (word := _word(kind, text, span, faults)) is not None:
            found = (word,) if word.name != 1 else ()
            if opened is None:
                groups.append(Group(found, span))
            else:
                opened += found
    if opened is not None:
        faults.append(Fault("`(` is not closed", spans=(start,)))
    _refuse_doubled(groups, faults)
    return tuple(groups)


def _word(kind: str, text: str, span: Span, faults: list[Fault]) -> Word | None:
    if text in ("...", "…"):
        return Word(Ellipsis, span)
    if text.isdecimal() and text.isascii() and 0 < len(text) < 19 and int(text) > 0:
        return Word(int(text), span)
    if is_name(text):
        return Word(text, span)
    message = "`...` has three dots" if kind == "dots" else f"{text[:40]!r} cannot name a leg"
    faults.append(Fault(message, spans=(span,)))
    return None


def _refuse_doubled(groups: Sequence[Group], faults: list[Fault]) -> None:
    first: dict[object, Word] = {}
    for word in words(tuple(groups)):
        one = first.setdefault(word.name, word)
        if one is not word and not isinstance(word.name, int):
            written = "..." if word.name is Ellipsis else word.name
            message = f"`{written}` stands twice on one side"
            faults.append(Fault(message, spans=(one.span, word.span)))
