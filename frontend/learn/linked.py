"""A line in several notations, each cut into pieces that know their edge: one edge is lit in all.

The picture knows dims, so an edge says its dim too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from diagram import Program
from diagram.draw.letters import Letters
from diagram.language.core import Diagram, nodes
from diagram.language.inline import inline
from diagram.notation.einsum import letters_of

WORD = re.compile(r"[^\W\d]\w*′*")
INDEX = re.compile(r"(\[[^\[\]]*\])|Σ_([^\W\d]\w*′*)")
EQUATION = re.compile(r"'[^']*->[^']*'")


@dataclass(frozen=True)
class Piece:
    """A part of a text; `edges` are those that it names, or that the value it names has.

    `look` is `low` for indices and `value` for values: empty for all else.
    """

    text: str
    edges: tuple[str, ...] = ()
    look: str = ""


@dataclass(frozen=True)
class Edge:
    """A letter of a line; it is summed or kept."""

    name: str
    dim: str
    is_summed: bool


@dataclass(frozen=True)
class Line:
    """What the pieces of a let's notations are looked up in.

    `letters` are the edges by their letters in einsum, `values` the edges that each value has.
    """

    edges: tuple[Edge, ...]
    letters: Mapping[str, str]
    values: Mapping[str, tuple[str, ...]]

    def edge(self, word: str) -> str:
        """The edge that a word names, itself or with a prime or a dash for one more of it."""
        names = {edge.name for edge in self.edges}
        return next((name for name in (word, word.rstrip("′_")) if name in names), "")


def line_of(program: Program, let: str, index: str) -> Line:
    """The edges of a let as its index notation writes them, in order.

    >>> from diagram import parse
    >>> text = "input A[i j] x[j]\\ny[i] = A[i j] x[j]\\nreturn y"
    >>> [(e.name, e.is_summed) for e in line_of(parse(text), "y", "y[i] = Σ_j A[i,j] x[j]").edges]
    [('i', False), ('j', True)]
    """
    found = inline(program)
    maker = found.let[let].maker
    letters = Letters(found)
    known = letters.lengths[let]
    written = [word for part in INDEX.finditer(index) for word in WORD.findall(_inside(part))]
    short = [w.rstrip("′") if w not in known and w.rstrip("′") in known else w for w in written]
    summed = {part[2].rstrip("′") for part in INDEX.finditer(index) if part[2]}
    kept = set(WORD.findall(index.partition("=")[0].partition("[")[2]))
    edges = tuple(
        Edge(name, letters.dim(let, name), name in summed - kept) for name in dict.fromkeys(short)
    )
    values = {let: tuple(edge.name for edge in edges if not edge.is_summed)}
    for node in nodes(maker):
        values[node.value] = (*values.get(node.value, ()), *node.edges)
    terms = [e for node in nodes(maker) for e in node.edges] if isinstance(maker, Diagram) else []
    return Line(edges, {letter: edge for edge, letter in letters_of(terms).items()}, values)


def _inside(part: re.Match[str]) -> str:
    return part[1] or part[2]


def pieces(notation: str, text: str, line: Line) -> list[Piece]:
    """A text in one of the notations, cut where it names an edge.

    >>> line = Line((Edge("i", "i", False), Edge("j", "j", True)), {"i": "i", "j": "j"}, {})
    >>> pieces("einsum", "np.einsum('ij->i', A)", line)[1:5]
    [Piece(text='i', edges=('i',), look=''), Piece(text='j', edges=('j',), look=''), \
Piece(text='->', edges=(), look=''), Piece(text='i', edges=('i',), look='')]
    """
    cut = {"index": _index, "einsum": _einsum}.get(notation, _code)
    return _joined(cut(text, line))


def _joined(found: Iterator[Piece]) -> list[Piece]:
    """Neighbours that name nothing become one."""
    joined: list[Piece] = []
    for piece in found:
        last = joined[-1] if joined else None
        if last and not piece.edges and not last.edges and piece.look == last.look:
            joined[-1] = Piece(last.text + piece.text, (), piece.look)
        elif piece.text:
            joined.append(piece)
    return joined


def _index(text: str, line: Line) -> Iterator[Piece]:
    at = 0
    for part in INDEX.finditer(text):
        yield Piece(text[at : part.start()] + ("" if part[1] else "Σ"))
        yield from _words(_inside(part).strip("[]"), line, "low")
        at = part.end()
    yield Piece(text[at:])


def _words(text: str, line: Line, look: str = "") -> Iterator[Piece]:
    at = 0
    for word in WORD.finditer(text):
        edge = line.edge(word[0])
        yield Piece(text[at : word.start()], (), look)
        yield Piece(word[0], (edge,) if edge else (), look)
        at = word.end()
    yield Piece(text[at:], (), look)


def _einsum(text: str, line: Line) -> Iterator[Piece]:
    """The letters of an equation; where there is none, loops stand in its place."""
    at = 0
    for found in EQUATION.finditer(text):
        yield from _code(text[at : found.start()], line)
        for sign in found[0]:
            edge = line.edge(line.letters.get(sign, sign)) if sign.isalpha() else ""
            yield Piece(sign, (edge,) if edge else ())
        at = found.end()
    yield from _code(text[at:], line)


def _code(text: str, line: Line) -> Iterator[Piece]:
    """Words that are edges, and values, which their edges light."""
    at = 0
    for word in re.finditer(r"(?<=Σ_)[^\W\d]\w*′*|(?!Σ_)[^\W\d]\w*′*", text):
        yield Piece(text[at : word.start()])
        yield _word(word, text, line)
        at = word.end()
    yield Piece(text[at:])


def _word(found: re.Match[str], text: str, line: Line) -> Piece:
    word = found[0]
    after, before = text[found.end() : found.end() + 1], text[found.start() - 1 : found.start()]
    is_called = (after != "" and after in "[(.") or before == "."
    edge = "" if is_called else line.edge(word)
    if edge and word not in line.values:
        return Piece(word, (edge,))
    if word in line.values and before != "." and after != "(":
        held = dict.fromkeys(line.edge(edge) for edge in line.values[word])
        return Piece(word, tuple(edge for edge in held if edge), "value")
    return Piece(word)
