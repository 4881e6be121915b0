"""Colours of a graph: vertices that differ in what is around them get different ones.

Colour refinement (Weisfeiler and Leman 1968), in sweeps along the arcs and back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b

from diagram.equality.graph import Graph, Label


def digest(*parts: object) -> int:
    """A number for these parts, the same in every process."""
    return int.from_bytes(blake2b(repr(parts).encode(), digest_size=8).digest(), "big")


class Colouring:
    """A graph whose labels and arcs are numbers; every vertex has a colour, which is a number too.

    `work` counts the vertices that were coloured.
    """

    def __init__(self, graph: Graph) -> None:
        known: dict[Label, int] = {}

        def number(label: Label) -> int:
            if label not in known:
                known[label] = digest(label)
            return known[label]

        self.arcs = [[(number(label), to) for label, to in arcs] for arcs in graph.arcs]
        self.back: list[list[tuple[int, int]]] = [[] for _ in graph.arcs]
        for vertex, arcs in enumerate(self.arcs):
            for label, to in arcs:
                self.back[to].append((label, vertex))
        self.start = [number(label) for label in graph.labels]
        self.work = 0

    def refined(self, vertices: Sequence[int], colours: Mapping[int, int]) -> dict[int, int]:
        """Colours that no further sweep parts, of vertices in topological order."""
        found = {vertex: colours[vertex] for vertex in vertices}
        count = len(set(found.values()))
        while True:
            for ordered, arcs in ((vertices, self.arcs), (vertices[::-1], self.back)):
                self._sweep(ordered, arcs, found)
            now = len(set(found.values()))
            if now == count:
                return found
            count = now

    def _sweep(
        self, vertices: Sequence[int], arcs: Sequence[list[tuple[int, int]]], found: dict[int, int]
    ) -> None:
        self.work += len(vertices)
        for vertex in vertices:
            around = sorted((label, found[to]) for label, to in arcs[vertex] if to in found)
            found[vertex] = digest(found[vertex], around)
