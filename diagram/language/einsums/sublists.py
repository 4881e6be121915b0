"""numpy's interleaved format: shapes and lists of letters in turn, then the output's letters."""

from __future__ import annotations

from collections.abc import Sequence

from diagram.errors import Fault, Span
from diagram.language.einsums.subscripts import Equation, Mark, Term, refuse_doubled_dots


def read_sublists(arguments: Sequence[object], faults: list[Fault]) -> Equation:
    """The equation that the lists say; letters are of any kind that can be told apart.

    >>> read_sublists([(2, 3), [0, 1], (3, 4), [1, 2], [0, 2]], []).text
    '[0, 1], [1, 2] -> [0, 2]'
    """
    has_output = len(arguments) % 2 == 1
    lists = [*arguments[1::2], *(arguments[-1:] if has_output else [])]
    text = ""
    terms: list[Term] = []
    for place, found in enumerate(lists):
        last = has_output and place == len(lists) - 1
        text += " -> " if last else ", " if place else ""
        term, written = _sublist(found, len(text), faults)
        refuse_doubled_dots(term, faults)
        text += written
        terms.append(term)
    output = terms.pop() if has_output else None
    return Equation(text, tuple(terms), output)


def _sublist(found: object, at: int, faults: list[Fault]) -> tuple[Term, str]:
    """A list of letters with its places, and how it is shown."""
    if not isinstance(found, list | tuple):
        written = _shown(found)
        span = Span(1, at, at + len(written))
        message = "behind each shape stands a list of letters: from_einsum((2, 3), [0, 1])"
        faults.append(Fault(message, spans=(span,)))
        return Term((Mark(None, written, span),), span), written
    text = "["
    marks: list[Mark] = []
    for item in found:
        text += ", " if marks else ""
        marks.append(_mark(item, at + len(text), faults))
        text += marks[-1].written
    text += "]"
    return Term(tuple(marks), Span(1, at, at + len(text))), text


def _mark(item: object, at: int, faults: list[Fault]) -> Mark:
    written = "..." if item is Ellipsis else _shown(item)
    span = Span(1, at, at + len(written))
    if item is None or not _is_hashable(item):
        faults.append(Fault(f"{written} cannot name a leg", spans=(span,)))
        return Mark(None, written, span)
    return Mark(item, written, span)


def _shown(item: object) -> str:
    return " ".join(repr(item).split())[:20]


def _is_hashable(item: object) -> bool:
    try:
        hash(item)
    except TypeError:
        return False
    return True
