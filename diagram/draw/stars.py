"""Convolved edges and bundles in words: `correlation, stride 2, pad 1`, `(G S) of C = g s`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from diagram.draw import stubs
from diagram.draw.letters import Letters
from diagram.language.core import ONE, ZERO, Conv, Diagram, Star, nodes

NAMES: Mapping[Star, str] = {Star.CORR: "correlation", Star.CONV: "convolution"}


def words(conv: Conv) -> str:
    """The kind of a star and its options.

    >>> words(Conv(Star.CORR, "x", pad=(ONE, ONE)))
    'correlation, pad 1'
    """
    found = [NAMES[conv.kind]]
    numbers = {"stride": (conv.stride, ONE), "dilation": (conv.dilation, ONE)}
    numbers |= {"up": (conv.up, ONE), "shift": (conv.shift, ZERO)}
    found += [f"{word} {size}" for word, (size, usual) in numbers.items() if size != usual]
    match conv.pad:
        case (left, right):
            found.append(f"pad {left}" if left == right else f"pad ({left}, {right})")
        case "valid":
            pass
        case word:
            found.append(f"pad {word}")
    return ", ".join(found)


def joined(letters: Letters, maker: Diagram, conv: Conv) -> str:
    """The signal and its kernels, with their lengths: `U (x = 9) with K (i = 3)`."""
    found = []
    for place in maker.uses(conv.edge):
        node = maker.nodes[place]
        leg = letters.legs[node.value][node.axes.index((conv.edge,))]
        found.append(f"{node.value.partition('~')[0]} ({letters.size_text(leg.size)})")
    return " with ".join([found[0], ", ".join(found[1:])])


def bundle_text(letters: Letters, net: tuple[str, str]) -> str:
    """The edges of a bundle and the leg that they are."""
    let = letters.program.let[net[0]]
    axis = dict(stubs.bundles(let))[net[1]]
    edges = " ".join(letters.text(let.name, edge) for edge in axis)
    where, _, place = net[1].partition("/")
    if where == "out":
        return f"({edges}) of length {letters.length(*net)}"
    node = nodes(let.maker)[int(where)]
    leg = letters.legs[node.value][int(place)]
    return f"({edges}) of leg {leg.name}, {letters.size_text(leg.size)}"


def stub_rows(letters: Letters, name: str, letter: str) -> Iterator[tuple[str, str]]:
    """What an edge with a star, an arm of it or the leg of a bundle leads to."""
    let = letters.program.let.get(name)
    if let is None:
        return
    for own, axis in stubs.bundles(let):
        if own == letter:
            yield "bundle", bundle_text(letters, (name, letter))
            yield "order", f"{axis[0]} is slowest, {axis[-1]} fastest" if axis else ""
    if not isinstance(maker := let.maker, Diagram):
        return
    for conv in maker.convs:
        if letter == conv.edge or letter in stubs.arms(maker, conv.edge):
            yield "convolved", f"{words(conv)}, of {joined(letters, maker, conv)}"
