"""Where the edges of two lets part: joined and apart, kept and summed, convolved in other ways."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import permutations

from diagram.equality.match import Match, Pair, Side
from diagram.equality.words import conv_text, shown, times
from diagram.language.convolve import replaced
from diagram.language.core import Apply, Conv, Diagram, Let, Maker, Node
from diagram.language.ops import OPS
from diagram.language.size import Size

MOST_WAYS = 5
"""Uses of one value up to this many are matched in every way."""

Edges = dict[str, dict[str, str]]
"""For each edge those of the other let that it answers to, each with a leg at which it does."""


@dataclass
class Joints:
    """Compares lets one after another; remembers which legs of them answer to each other."""

    one: Side
    two: Side
    match: Match
    legs: dict[str, list[Pair]] = field(default_factory=dict)

    def compare(self, first: Let, second: Let) -> Iterator[str]:
        """What differs in the uses and edges of two lets, in words."""
        yield from self._counts(first.maker, second.maker)
        edges, twins = self.edges(self.uses(first.maker, second.maker))
        yield from _joined(edges, "joined in the first and apart in the second")
        yield from _joined(twins, "apart in the first and joined in the second")
        pairs = {edge: next(iter(found)) for edge, found in edges.items() if len(found) == 1}
        names = {edge: next(iter(found.values())) for edge, found in edges.items()}
        for edge, twin in pairs.items():
            for line in self._edge(first.maker, second.maker, edge, twin):
                yield f"{names[edge]} {line} in the second"
        self.legs[first.name] = _outputs(first.maker, second.maker, pairs)

    # -- uses ---------------------------------------------------------------------------------

    def _counts(self, first: Maker, second: Maker) -> Iterator[str]:
        """Values that are not used as often."""
        back = {two: one for one, two in self.match.values.items()}
        ones = [node.value for node in uses_of(first)]
        twos = [back.get(node.value) for node in uses_of(second)]
        for value in dict.fromkeys([*ones, *(value for value in twos if value is not None)]):
            counts = ones.count(value), twos.count(value)
            if counts[0] != counts[1]:
                said = [times(count) for count in counts]
                yield f"{shown(value)} stands {said[0]} in the first and {said[1]} in the second"
        for value in dict.fromkeys(n.value for n in uses_of(second) if n.value not in back):
            yield f"{shown(value)} stands in the second only"

    def uses(self, first: Maker, second: Maker) -> list[tuple[Node, Node]]:
        """The uses of two lets that answer to each other."""
        ones, twos = uses_of(first), uses_of(second)
        if isinstance(first, Apply) and first.op != "+":
            pairs = zip(ones, twos, strict=False)
            return [(a, b) for a, b in pairs if self.match.values.get(a.value) == b.value]
        found: list[tuple[Node, Node]] = []
        # Values used once say which edges answer to each other; those used more often then follow.
        values = [node.value for node in ones]
        for value in sorted(dict.fromkeys(values), key=values.count):
            left = [node for node in ones if node.value == value]
            right = [node for node in twos if node.value == self.match.values.get(value)]
            found += self._best(left, right, found)
        return found

    def _best(
        self, left: Sequence[Node], right: Sequence[Node], known: Sequence[tuple[Node, Node]]
    ) -> list[tuple[Node, Node]]:
        """The way to match uses of one value by which edges answer to as few as can be."""
        if len(right) <= 1 or len(right) > MOST_WAYS:
            return list(zip(left, right, strict=False))
        ways = [list(zip(left, way, strict=False)) for way in permutations(right)]

        def parted(way: Sequence[tuple[Node, Node]]) -> int:
            return sum(
                len(found) for edges in self.edges([*known, *way]) for found in edges.values()
            )

        return min(ways, key=parted)

    def edges(self, uses: Sequence[tuple[Node, Node]]) -> tuple[Edges, Edges]:
        """The edges of the first let that answer to those of the second, and back."""
        edges: Edges = {}
        twins: Edges = {}
        for node, other in uses:
            for leg, twin in self.legs_of(node.value):
                name = self.one.form.legs[node.value][leg].name
                text = f"leg {name} of {shown(node.value)}"
                for edge, twin_edge in zip(node.axes[leg], other.axes[twin], strict=False):
                    edges.setdefault(edge, {}).setdefault(twin_edge, text)
                    twins.setdefault(twin_edge, {}).setdefault(edge, text)
        return edges, twins

    def legs_of(self, value: str) -> Sequence[Pair]:
        """The legs of a value and of the one that answers to it."""
        if value in self.legs:
            return self.legs[value]
        return self.match.legs[value]

    # -- edges --------------------------------------------------------------------------------

    def _edge(self, first: Maker, second: Maker, edge: str, twin: str) -> Iterator[str]:
        """What differs at edges that answer to each other, but for `in the second`."""
        if edge in _kept(first) and twin not in _kept(second):
            yield "is kept in the first and summed"
        if edge not in _kept(first) and twin in _kept(second):
            yield "is summed in the first and kept"
        if isinstance(first, Diagram) and isinstance(second, Diagram):
            yield from self._convs(first, second, edge, twin)
        if isinstance(first, Apply) and isinstance(second, Apply) and first.op == second.op:
            yield from _named(first, second, edge, twin)

    def _convs(self, first: Diagram, second: Diagram, edge: str, twin: str) -> Iterator[str]:
        one, two = _clause(first, edge), _clause(second, twin)
        dims = {name: Size.of(other) for name, other in self.match.dims.items()}
        here = replaced(one, dims) if one else None
        if conv_text(here) != conv_text(two):
            yield f"is {conv_text(one)} in the first and {conv_text(two)}"
        elif one is not None:
            signals = first.nodes[first.uses(edge)[0]], second.nodes[second.uses(twin)[0]]
            if self.match.values.get(signals[0].value) != signals[1].value:
                names = [shown(node.value) for node in signals]
                yield f"is on an edge whose signal is {names[0]} in the first and {names[1]}"


def uses_of(maker: Maker) -> tuple[Node, ...]:
    """The uses in a let."""
    return maker.nodes if isinstance(maker, Diagram) else maker.args


def _kept(maker: Maker) -> set[str]:
    """The edges that a let keeps."""
    return {edge for axis in maker.output for edge in axis}


def _joined(edges: Edges, said: str) -> Iterator[str]:
    for found in edges.values():
        if len(found) > 1:
            legs = [*dict.fromkeys(found.values())]
            are = f"{' and '.join(legs)} are" if len(legs) > 1 else f"{legs[0]} twice is"
            yield f"{are} {said}"


def _named(first: Apply, second: Apply, edge: str, twin: str) -> Iterator[str]:
    """Whether an op names a leg in one program only, or in another place."""
    places = [
        legs.index(leg) + 1 if leg in legs else 0
        for leg, legs in ((edge, first.legs), (twin, second.legs))
    ]
    if OPS[first.op].several:
        places = [min(place, 1) for place in places]
    if places[0] != places[1]:
        said = [f"leg {place} of" if place else "not named by" for place in places]
        yield f"is {said[0]} {first.op} in the first and {said[1]} it"


def _outputs(first: Maker, second: Maker, pairs: Mapping[str, str]) -> list[Pair]:
    """The legs of two results that answer to each other."""
    there = {axis: place for place, axis in enumerate(second.output)}
    twins = [tuple(pairs.get(edge, "") for edge in axis) for axis in first.output]
    return [(place, there[twin]) for place, twin in enumerate(twins) if twin in there]


def _clause(diagram: Diagram, edge: str) -> Conv | None:
    return next((conv for conv in diagram.convs if conv.edge == edge), None)
