"""Errors: what a person who wrote a diagram is told, all faults at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text: `line` from 1, columns `start` to `end` from 0."""

    line: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Fault:
    """One problem: what is wrong, in which statement, and where in the text."""

    message: str
    where: str = ""
    spans: tuple[Span, ...] = ()


class DiagramError(ValueError):
    """Something is wrong with a diagram or with what was given to it; `faults` holds every problem.

    >>> str(DiagramError([Fault("nothing is returned")]))
    'nothing is returned'
    """

    def __init__(
        self, faults: Sequence[Fault] | str, text: str = "", of: str = "in the program"
    ) -> None:
        self.faults = (Fault(faults),) if isinstance(faults, str) else tuple(faults)
        self.text = text
        self.of = of
        super().__init__(report(self.faults, text, of))

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.faults, self.text, self.of)


class SizeError(DiagramError):
    """Numbers that were bound to dims or legs do not fit the diagram."""


class FileError(DiagramError):
    """A file cannot be read as what it should be."""


def report(faults: Sequence[Fault], text: str = "", of: str = "in the program") -> str:
    """All faults as one text, each with its line and carets under the guilty letters."""
    if len(faults) == 1 and not faults[0].spans:
        return _headline(faults[0])
    count = "1 problem" if len(faults) == 1 else f"{len(faults)} problems"
    lines = text.split("\n")
    blocks = [_block(fault, lines) for fault in sorted(faults, key=_position)]
    return "\n".join([f"{count} {of}:", *blocks])


def _position(fault: Fault) -> tuple[int, int]:
    return (fault.spans[0].line, fault.spans[0].start) if fault.spans else (0, 0)


def _headline(fault: Fault) -> str:
    places = [f"line {fault.spans[0].line}"] if fault.spans else []
    places += [fault.where] if fault.where else []
    return f"{', '.join(places)}: {fault.message}" if places else fault.message


def _block(fault: Fault, lines: Sequence[str]) -> str:
    rows = ["  " + _headline(fault)]
    for number in dict.fromkeys(span.line for span in fault.spans):
        if 0 < number <= len(lines):
            rows += _marked(lines[number - 1], [s for s in fault.spans if s.line == number])
    return "\n".join(rows)


def _marked(line: str, spans: Iterable[Span], width: int = 160) -> list[str]:
    """The line and a row of carets; a very long line is cut around the first caret."""
    spans = list(spans)
    cut = max(0, spans[0].start - width // 2) if len(line) > width else 0
    shown = line[cut : cut + width].replace("\t", " ")
    marks = [" "] * (len(shown) + 1)
    for span in spans:
        for column in range(span.start - cut, max(span.end, span.start + 1) - cut):
            if 0 <= column < len(marks):
                marks[column] = "^"
    return ["    " + shown.rstrip(), "    " + "".join(marks).rstrip()]


def suggest(name: str, known: Iterable[str], similar: bool = False) -> str:
    """`; did you mean `S`?` where a known name is close to this one, else nothing.

    Short names are close by their first letter too, unless they must be `similar`.
    """
    known = [k for k in known if "~" not in k]
    close = [k for k in known if k.lower() == name.lower()]
    close = close or difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    if not close and not similar:
        close = [k for k in known if k[:1] == name[:1]]
    return f"; did you mean `{close[0]}`?" if close else ""
