"""Legs with a letter of their own: ends of bundles, arms of stars, legs of calls.

The legs of other nodes are one with the edge they are on. These are not: a bundle is several edges,
an arm of a star has a length of its own, and two values of a call that share a letter do not meet.
"""

from __future__ import annotations

from collections.abc import Iterator

from diagram.language.core import Apply, Axis, Call, Diagram, Let, Maker, nodes
from diagram.language.ops import OPS, OneHot


def at(place: int, axis: int) -> str:
    """The letter of a leg of the node at a place, if it has its own."""
    return f"{place}/{axis}"


def out(axis: int) -> str:
    """The letter of a bundled leg of the result."""
    return f"out/{axis}"


def is_apart(maker: Maker, axis: Axis) -> bool:
    """Whether the leg of a node on this axis has a letter of its own."""
    return len(axis) != 1 or isinstance(maker, Call) or axis[0] in convolved(maker)


def convolved(maker: Maker) -> tuple[str, ...]:
    """The edges with a star."""
    return tuple(conv.edge for conv in maker.convs) if isinstance(maker, Diagram) else ()


def letter_at(maker: Maker, place: int, axis: int) -> str:
    """The letter of a node's leg: its edge, or its own."""
    names = nodes(maker)[place].axes[axis]
    return at(place, axis) if is_apart(maker, names) else names[0]


def letter_out(maker: Maker, axis: int) -> str:
    """The letter of a leg of the result."""
    names = maker.output[axis]
    return names[0] if len(names) == 1 else out(axis)


def letters_out(maker: Maker) -> tuple[str, ...]:
    """The letters of the legs of the result."""
    return tuple(letter_out(maker, axis) for axis in range(len(maker.output)))


def bundles(let: Let) -> Iterator[tuple[str, Axis]]:
    """The letter and the edges of each bundle of a let, those of its result last."""
    for place, node in enumerate(nodes(let.maker)):
        for axis, names in enumerate(node.axes):
            if len(names) != 1:
                yield at(place, axis), names
    for axis, names in enumerate(let.maker.output):
        if len(names) != 1:
            yield out(axis), names


def added(maker: Maker) -> tuple[str, ...]:
    """The leg that an op puts on its value."""
    if isinstance(maker, Apply) and isinstance(OPS.get(maker.op), OneHot):
        return maker.legs
    return ()


def arms(maker: Maker, edge: str) -> tuple[str, ...]:
    """The letters of the legs on a convolved edge."""
    return tuple(
        at(place, axis)
        for place, node in enumerate(nodes(maker))
        for axis, names in enumerate(node.axes)
        if names == (edge,)
    )
