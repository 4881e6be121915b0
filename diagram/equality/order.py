"""One order of a graph's vertices for all graphs that are the same but for numbering.

Refine, and where colours leave a choice, try each vertex of a class and keep the least result
(McKay 1981). Pieces that hang together only through vertices told apart are ordered one by one, so
that many equal parts (heads, layers) cost their sum and not their product.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from diagram.equality.colour import Colouring, digest
from diagram.equality.graph import Graph
from diagram.errors import DiagramError

MOST_WORK = 500_000
"""Looks at vertices before giving up, beside those of the first colouring."""

Found = tuple[tuple[int, ...], list[int]]
"""A certificate, equal for equal pieces only, and the vertices in order."""


def ordered(graph: Graph) -> Found:
    """The certificate of a graph and its vertices in order; DiagramError if it takes too long."""
    colouring = Colouring(graph)
    vertices = range(len(graph.labels))
    colours = colouring.refined(vertices, dict(enumerate(colouring.start)))
    colouring.work = 0
    return _Search(colouring).piece(list(vertices), colours)


class _Search:
    def __init__(self, colouring: Colouring) -> None:
        self.colouring = colouring

    def piece(self, vertices: Sequence[int], colours: Mapping[int, int]) -> Found:
        """Orders vertices that nothing outside tells apart further."""
        fixed, rest = _parted(vertices, colours)
        fixed.sort(key=lambda vertex: colours[vertex])
        pieces = list(self._pieces(rest))
        if len(pieces) == 1 and not fixed:
            return self._chosen(pieces[0], colours)
        found = sorted((self.piece(piece, colours) for piece in pieces), key=lambda pair: pair[0])
        certificate = [colours[vertex] for vertex in fixed]
        for inner, order in found:
            certificate += [len(inner), *inner]
            fixed += order
        return tuple(certificate), fixed

    def _pieces(self, vertices: Sequence[int]) -> Iterator[list[int]]:
        """The connected pieces, each in topological order."""
        waiting = set(vertices)
        for first in vertices:
            if first not in waiting:
                continue
            waiting.discard(first)
            piece, open_ = [first], [first]
            while open_:
                at = open_.pop()
                for _, to in (*self.colouring.arcs[at], *self.colouring.back[at]):
                    if to in waiting:
                        waiting.discard(to)
                        piece.append(to)
                        open_.append(to)
            yield sorted(piece)

    def _chosen(self, piece: Sequence[int], colours: Mapping[int, int]) -> Found:
        """The least result of telling apart each vertex of a class.

        Where going down the first way at hand ends alike for two of them, a symmetry takes one to
        the other, and each vertex to one with which all goes alike.
        """
        best: Found | None = None
        leaves: dict[tuple[int, ...], dict[int, int]] = {}
        alike = _Alike()
        cell = _cell(piece, colours)
        for place, vertex in enumerate(cell):
            if any(alike.first(vertex) == alike.first(other) for other in cell[:place]):
                continue
            marked = self._marked(piece, colours, vertex)
            leaf = self._leaf(piece, marked)
            key = tuple(sorted(leaf))
            if key in leaves:
                alike.join((leaves[key][colour], at) for colour, at in leaf.items())
                continue
            leaves[key] = leaf
            found = self.piece(piece, marked)
            best = found if best is None or found[0] < best[0] else best
        assert best is not None
        return best

    def _leaf(self, piece: Sequence[int], colours: Mapping[int, int]) -> dict[int, int]:
        """The vertex of each colour after telling apart one after another until all are."""
        while len(set(colours.values())) < len(piece):
            colours = self._marked(piece, colours, _cell(piece, colours)[0])
        return {colours[vertex]: vertex for vertex in piece}

    def _marked(
        self, piece: Sequence[int], colours: Mapping[int, int], vertex: int
    ) -> dict[int, int]:
        if self.colouring.work > MOST_WORK:
            raise DiagramError(
                "this program has too many parts that are alike to compare it; compare smaller ones"
            )
        changed = {at: colours[at] for at in piece}
        changed[vertex] = digest("marked", changed[vertex])
        return self.colouring.refined(piece, changed, [vertex])


class _Alike:
    """Vertices that symmetries take to each other."""

    def __init__(self) -> None:
        self.up: dict[int, int] = {}

    def first(self, vertex: int) -> int:
        """The one that stands for all that are like this one."""
        while (above := self.up.get(vertex, vertex)) != vertex:
            self.up[vertex] = self.up.get(above, above)
            vertex = above
        return vertex

    def join(self, pairs: Iterable[tuple[int, int]]) -> None:
        for one, two in pairs:
            self.up[self.first(one)] = self.first(two)


def _parted(vertices: Sequence[int], colours: Mapping[int, int]) -> tuple[list[int], list[int]]:
    """The vertices that have a colour of their own, and the others."""
    counts: dict[int, int] = {}
    for vertex in vertices:
        counts[colours[vertex]] = counts.get(colours[vertex], 0) + 1
    alone = [vertex for vertex in vertices if counts[colours[vertex]] == 1]
    return alone, [vertex for vertex in vertices if counts[colours[vertex]] > 1]


def _cell(piece: Sequence[int], colours: Mapping[int, int]) -> list[int]:
    """The smallest class of more than one vertex, the one of the least colour among equals."""
    cells: dict[int, list[int]] = {}
    for vertex in piece:
        cells.setdefault(colours[vertex], []).append(vertex)
    return min(
        (cell for cell in cells.values() if len(cell) > 1),
        key=lambda cell: (len(cell), colours[cell[0]]),
    )
