"""Wires of one part: letters become nets; wires pass nets of two ends, others are items.

A net is one letter of one let. It is linked to the legs on it, to the nets of the inlined lets
that hand it a leg, and to the net of the let that it is handed to, or to the open.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from diagram.draw.scene import OPEN

Net = tuple[str, str]
"""A let and one of its letters, one of its own (stubs.py) among them."""


@dataclass(frozen=True, slots=True)
class Leg:
    """A leg of a drawn node, by its path and its node's id."""

    path: str
    item: str


@dataclass(frozen=True, slots=True)
class Open:
    """The open end of a result's leg."""

    path: str


Vertex = Net | Leg | Open


@dataclass(frozen=True, slots=True)
class Link:
    """Two vertices that touch; `path` is the leg of the let `home` that joins them."""

    ends: tuple[Vertex, Vertex]
    path: str
    home: str


@dataclass(frozen=True, slots=True)
class Run:
    """A wire to be: between two items, or from one to the open, through `nets`; named at `at`."""

    id: str
    ends: tuple[str, str]
    at: Net
    nets: tuple[Net, ...]
    legs: tuple[str, str]


def id_of(net: Net) -> str:
    """An edge's path: `S:h`."""
    return f"{net[0]}:{net[1]}"


def junctions(links: Sequence[Link]) -> dict[Net, int]:
    """The nets that are no single wire, with their number of ends: all that have not two."""
    return {net: ends for net, ends in _ends(links).items() if ends != 2}


def _ends(links: Sequence[Link]) -> dict[Net, int]:
    count: dict[Net, int] = {}
    for link in links:
        for end in link.ends:
            if isinstance(end, tuple):
                count[end] = count.get(end, 0) + 1
    return count


def runs(
    links: Sequence[Link], depth: Mapping[str, int], solid: Collection[Net]
) -> tuple[Run, ...]:
    """Every wire once, in the order of the links.

    `depth` says how deep a let is inlined, `solid` nets are drawn as items.
    """
    touching: dict[Vertex, list[int]] = {}
    for place, link in enumerate(links):
        for end in link.ends:
            touching.setdefault(end, []).append(place)

    def walk(vertex: Vertex, place: int) -> tuple[list[Vertex], list[int]]:
        vertices, places = [vertex], [place]
        while True:
            one, two = links[place].ends
            vertex = two if one == vertex else one
            vertices.append(vertex)
            if not isinstance(vertex, tuple) or vertex in solid:
                return vertices, places
            place = next(at for at in touching[vertex] if at != place)
            places.append(place)

    seen: set[int] = set()
    found = []
    for place, link in enumerate(links):
        for start in link.ends:
            if place not in seen and (not isinstance(start, tuple) or start in solid):
                vertices, places = walk(start, place)
                seen |= set(places)
                found.append(_run(vertices, [links[p] for p in places], depth))
    return tuple(found)


def _run(vertices: list[Vertex], links: list[Link], depth: Mapping[str, int]) -> Run:
    if _rank(vertices[0], depth) > _rank(vertices[-1], depth):
        vertices, links = vertices[::-1], links[::-1]
    first, last = vertices[0], vertices[-1]
    nets = tuple(v for v in vertices if isinstance(v, tuple))
    ends = (_item(first), _item(last))
    legs = (_leg(first), _leg(last))
    match first, last:
        case Leg(path), tuple():
            return Run(path, ends, nets[0], nets, legs)
        case tuple(), Open(path):
            return Run(path, ends, nets[-1], nets, legs)
        case tuple(), _:
            outer = min(links, key=lambda link: depth[link.home])
            return Run(outer.path, ends, min(nets, key=lambda net: depth[net[0]]), nets, legs)
        case _:
            at = min(nets, key=lambda net: depth[net[0]])
            return Run(id_of(at), ends, at, nets, legs)


def _rank(vertex: Vertex, depth: Mapping[str, int]) -> tuple[int, int]:
    """Legs come first, then nets, inner ones before outer ones, then the open."""
    match vertex:
        case Leg():
            return 0, 0
        case Open():
            return 2, 0
        case let, _:
            return 1, -depth[let]


def _item(vertex: Vertex) -> str:
    match vertex:
        case Leg(_, item):
            return item
        case Open():
            return OPEN
        case net:
            return id_of(net)


def _leg(vertex: Vertex) -> str:
    return vertex.path if isinstance(vertex, Leg) else ""
