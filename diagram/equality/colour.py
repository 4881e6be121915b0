"""Colours of a graph: vertices that differ in what is around them get different ones.

Colour refinement (Weisfeiler and Leman 1968), in sweeps along the arcs and back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b

from diagram.equality.graph import Graph, Label

Ends = tuple[int, int]
"""An arc at one of its ends: its label as a number, and the vertex at the other."""


SIZES = ("dim", "number", "size", "term", "floor", "divisor")


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
        self.back: list[list[Ends]] = [[] for _ in graph.arcs]
        for vertex, arcs in enumerate(self.arcs):
            for label, to in arcs:
                self.back[to].append((label, vertex))
        self.start = [number(label) for label in graph.labels]
        self.sizes = {at for at, label in enumerate(graph.labels) if label[0] in SIZES}
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

    def reached(self, pinned: Mapping[int, int], back: bool) -> list[int]:
        """The colours by all that arcs lead to, or lead from; pinned ones stay."""
        found = {at: pinned.get(at, colour) for at, colour in enumerate(self.start)}
        vertices = [at for at in found if at not in pinned]
        self._sweep(vertices[::-1] if back else vertices, self.back if back else self.arcs, found)
        return list(found.values())

    def near(self, rounds: int, pinned: Mapping[int, int]) -> list[list[int]]:
        """For each radius up to this the colours by what is within it; pinned ones stay.

        Sizes do not look at what has them: all that has the same dim is not near for that.
        """
        found = [[pinned.get(at, colour) for at, colour in enumerate(self.start)]]
        for _ in range(rounds):
            old = found[-1]
            now = list(old)
            for at in range(len(old)):
                if at not in pinned:
                    ways = (self.arcs[at], [] if at in self.sizes else self.back[at])
                    around = [sorted((label, old[to]) for label, to in way) for way in ways]
                    now[at] = digest(old[at], around)
            found.append(now)
        return found

    def _sweep(
        self, vertices: Sequence[int], arcs: Sequence[list[Ends]], found: dict[int, int]
    ) -> None:
        self.work += len(vertices)
        for vertex in vertices:
            around = sorted((label, found[to]) for label, to in arcs[vertex] if to in found)
            found[vertex] = digest(found[vertex], around)
