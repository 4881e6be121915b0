"""Text to statements: tokens with their places, comments set aside, deeper lines joined."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from diagram.errors import Fault, Span

MOST_CHARACTERS = 10_000_000
DEEPEST = 60

_TOKEN = re.compile(
    r"""[ \t\r\f\v\u00a0]*
        (?: (?P<symbol>//|[\[\]()=+\-*/,:^])
          | (?P<name>[^\W\d]\w*(?:\.\w+)*[']*)
          | (?P<number>(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?)
          | (?P<comment>\#.*) | (?P<end>\Z) | (?P<other>.) )""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Token:
    """A word, number or symbol, normalised (NFKC), with its place in the text as written."""

    kind: str
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Comment:
    """A `#` note; `above` says that it has a line to itself."""

    text: str
    line: int
    above: bool


@dataclass(frozen=True, slots=True)
class Statement:
    """The tokens of one statement and the notes that stand at it.

    `spoiled` says that a fault was found in its characters or brackets: what else cannot be read in
    it follows from that.
    """

    tokens: tuple[Token, ...]
    comments: tuple[Comment, ...]
    spoiled: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its tokens, its note, and how deep it begins."""

    tokens: tuple[Token, ...]
    comment: Comment | None
    indent: int
    spoiled: bool


def statements(text: str, faults: list[Fault]) -> list[Statement]:
    """The statements of a text; characters that mean nothing become faults."""
    if len(text) > MOST_CHARACTERS:
        faults.append(Fault(f"a text of more than {MOST_CHARACTERS:,} characters is not read"))
        return []
    rows = text.split("\n")
    return list(_joined([_line(n, row, faults) for n, row in enumerate(rows, 1)], faults))


def _line(number: int, written: str, faults: list[Fault]) -> Line:
    found: list[Token] = []
    comment = None
    row, columns = _normalised(written)
    before = len(faults)
    for match in _TOKEN.finditer(row):
        kind = str(match.lastgroup)
        start, end = match.span(kind)
        span = Span(number, columns[start], columns[end])
        if kind == "comment":
            note = written[columns[start] + 1 :].strip()
            comment = Comment(note, number, above=not found) if note else None
        elif kind == "other":
            faults.append(Fault(f"the character {row[start]!r} means nothing here", spans=(span,)))
        elif kind != "end":
            found.append(Token(kind, match[kind], span))
    return Line(tuple(found), comment, len(row) - len(row.lstrip()), len(faults) > before)


def _normalised(written: str) -> tuple[str, Sequence[int]]:
    """The row in NFKC, and for each of its characters the column where it was written."""
    if written.isascii():
        return written, range(len(written) + 1)
    text, columns, at = "", [], 0
    while at < len(written):
        end = at + 1
        while end < len(written) and unicodedata.combining(written[end]):
            end += 1
        piece = unicodedata.normalize("NFKC", written[at:end])
        text += piece
        columns += [at] * len(piece)
        at = end
    return text, [*columns, len(written)]


def _joined(lines: Sequence[Line], faults: list[Fault]) -> Iterator[Statement]:
    """Lines to statements: a deeper line goes on with the one before, and so do open brackets."""
    taken: list[Line] = []
    waiting: list[Comment] = []
    comments: list[Comment] = []
    depth = 0
    for line in lines:
        noted = [line.comment] if line.comment else []
        if not line.tokens:
            waiting += noted
            if line.spoiled and taken:
                taken[-1] = replace(taken[-1], spoiled=True)
            continue
        level = bool(taken) and (line.indent <= taken[0].indent or _is_def(taken[0].tokens))
        if taken and level and (depth <= 0 or _begins_statement(line.tokens)):
            yield _statement(taken, comments, depth, faults)
            taken, comments, depth = [], [], 0
        taken.append(line)
        comments += [*waiting, *noted]
        waiting = []
        depth += sum((t.text in "([") - (t.text in ")]") for t in line.tokens)
    if taken:
        yield _statement(taken, comments + waiting, depth, faults)


def _is_def(tokens: Sequence[Token]) -> bool:
    """Whether a line begins a def: the deeper lines after it are statements of their own."""
    return tokens[0].text == "def"


def _statement(
    lines: Sequence[Line], comments: Sequence[Comment], depth: int, faults: list[Fault]
) -> Statement:
    tokens = tuple(token for line in lines for token in line.tokens)
    if depth > 0:
        faults.append(_unclosed(tokens))
    spoiled = depth > 0 or any(line.spoiled for line in lines)
    return Statement(tokens, tuple(comments), spoiled)


def _begins_statement(tokens: Sequence[Token]) -> bool:
    """Whether a line clearly starts anew, so that a bracket left open does not eat the program."""
    first = tokens[0].text
    if first in ("dims", "input", "index", "weight", "buffer", "const", "return", "def"):
        return True
    closing = next((i for i, t in enumerate(tokens) if t.text == "]"), 0)
    after = tokens[closing + 1 : closing + 2]
    return tokens[0].kind == "name" and bool(after) and after[0].text == "="


def _unclosed(tokens: Sequence[Token]) -> Fault:
    opened: list[Token] = []
    for token in tokens:
        if token.text in ("(", "["):
            opened.append(token)
        elif token.text in (")", "]") and opened:
            opened.pop()
    guilty = opened[-1] if opened else tokens[-1]
    return Fault(f"`{guilty.text}` is not closed", spans=(guilty.span,))
