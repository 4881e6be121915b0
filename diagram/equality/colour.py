"""Colours of a graph: vertices that differ in what is around them get different ones.

Colour refinement (Weisfeiler and Leman 1968): a class is parted by what is around its vertices,
the largest part keeps its colour (Hopcroft 1971), and who is near the others is looked at again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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

    `work` counts how often a vertex was looked at.
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

    # -- refinement ---------------------------------------------------------------------------

    def refined(
        self, vertices: Sequence[int], colours: Mapping[int, int], near: Iterable[int] | None = None
    ) -> dict[int, int]:
        """Colours that what is around a vertex parts no further.

        Where they were such before but for a few vertices, these are what it begins `near`.
        """
        found = {vertex: colours[vertex] for vertex in vertices}
        classes: dict[int, set[int]] = {}
        for vertex, colour in found.items():
            classes.setdefault(colour, set()).add(vertex)
        around: dict[int, int] = {}
        """For each colour what is around its vertices, those aside that wait."""
        waiting = set(vertices) if near is None else self._beside(near, found)
        while waiting:
            touched: dict[int, set[int]] = {}
            for vertex in waiting:
                if len(classes[found[vertex]]) > 1:  # a class of one is parted no further
                    touched.setdefault(found[vertex], set()).add(vertex)
            parts = {}
            for colour, members in touched.items():
                looked_at = members if colour in around else classes[colour]
                self.work += len(looked_at)
                parts[colour] = self._parts(looked_at, found)
            waiting = set()
            for colour, grouped in parts.items():
                waiting |= _part(colour, grouped, classes, around, found)
            waiting = self._beside(waiting, found)
        self.work += len(vertices)
        # Each colour now says what is around it, so that equal ones mean equal surroundings.
        return {vertex: digest(found[vertex], self._around(vertex, found)) for vertex in vertices}

    def _around(self, vertex: int, found: Mapping[int, int]) -> int:
        ways = (self.arcs[vertex], self.back[vertex])
        return digest(
            [sorted((label, found[to]) for label, to in way if to in found) for way in ways]
        )

    def _beside(self, vertices: Iterable[int], found: Mapping[int, int]) -> set[int]:
        ways = ((*self.arcs[vertex], *self.back[vertex]) for vertex in vertices)
        return {to for way in ways for _, to in way if to in found}

    def _parts(self, vertices: Iterable[int], found: Mapping[int, int]) -> dict[int, set[int]]:
        """The vertices by what is around them."""
        parts: dict[int, set[int]] = {}
        for vertex in vertices:
            parts.setdefault(self._around(vertex, found), set()).add(vertex)
        return parts

    # -- other colours ------------------------------------------------------------------------

    def reached(self, pinned: Mapping[int, int], back: bool) -> list[int]:
        """The colours by all that arcs lead to, or lead from; pinned ones stay."""
        found = [pinned.get(at, colour) for at, colour in enumerate(self.start)]
        order = range(len(found))[:: -1 if back else 1]
        ways = self.back if back else self.arcs
        for at in order:
            if at not in pinned:
                around = sorted((label, found[to]) for label, to in ways[at])
                found[at] = digest(found[at], around)
        return found

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


def _part(
    colour: int,
    parts: dict[int, set[int]],
    classes: dict[int, set[int]],
    around: dict[int, int],
    found: dict[int, int],
) -> set[int]:
    """Parts a class by what is around its vertices; gives those of a new colour.

    What is not among the parts is as it was.
    """
    whole = classes[colour]
    counts = {key: len(members) for key, members in parts.items()}
    rest = len(whole) - sum(counts.values())
    if rest:
        counts[around[colour]] = counts.get(around[colour], 0) + rest
    largest = max(counts, key=lambda key: (counts[key], key))
    if rest and largest != around[colour]:
        known = set().union(*parts.values())
        parts.setdefault(around[colour], set()).update(whole - known)
    changed: set[int] = set()
    for key, members in parts.items():
        if key != largest:
            fresh = digest(colour, key)
            classes[fresh], around[fresh] = members, key
            whole -= members
            found.update(dict.fromkeys(members, fresh))
            changed |= members
    around[colour] = largest
    return changed
