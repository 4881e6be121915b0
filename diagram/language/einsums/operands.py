"""From letters with lengths to inputs and their uses: one name for a letter, wherever it stands."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

from diagram.language.core import ONE, Dim, Kind, Leg, Node, Source, axes
from diagram.language.einsums.broadcast import Place
from diagram.language.einsums.symbols import numbered, operand_names
from diagram.language.size import Size

Own = Mapping[tuple[int, Hashable], Leg]
"""Legs that are declared otherwise than their letter says: by operand and letter."""


def declare(
    operands: Sequence[Sequence[Place]],
    names: Mapping[Hashable, str],
    lengths: Mapping[Hashable, int],
    own: Own,
) -> tuple[tuple[Source, ...], tuple[Node, ...]]:
    """Inputs A, B, ... and a use of each; a leg of length 1 that broadcasts has its own edge."""
    taken = {*names.values(), *(leg.name for leg in own.values())}
    sources: list[Source] = []
    nodes: list[Node] = []
    for place, (name, legs) in enumerate(zip(operand_names(), operands, strict=False)):
        edges: list[str] = []
        declared: list[Leg] = []
        for leg in legs:
            edge = names[leg.letter]
            size = Size.of(edge)
            if _broadcasts(leg, lengths) and (place, leg.letter) not in own:
                edge, size = numbered(edge, taken), ONE
                taken.add(edge)
            plain = Leg(edge + "'" * edges.count(edge), size)
            declared.append(own.get((place, leg.letter), plain))
            edges.append(edge)
        sources.append(Source(Kind.INPUT, name, tuple(declared)))
        nodes.append(Node(name, axes(edges)))
    return tuple(sources), tuple(nodes)


def _broadcasts(leg: Place, lengths: Mapping[Hashable, int]) -> bool:
    return leg.length == 1 and lengths[leg.letter] != 1


def defaults(names: Mapping[Hashable, str], lengths: Mapping[Hashable, int]) -> tuple[Dim, ...]:
    """A dim for each letter whose length is told."""
    return tuple(Dim(names[letter], Size.of(length)) for letter, length in lengths.items())
