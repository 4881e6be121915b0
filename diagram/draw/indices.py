"""The indices of a product in index notation: `(g s)` of a bundle, `2x+i−1` of a signal."""

from __future__ import annotations

from collections.abc import Mapping

from diagram.language.check import types
from diagram.language.convolve import kernels_of, padding
from diagram.language.core import Axis, Conv, Diagram, Program, Star
from diagram.language.size import Size, total

Taps = Mapping[tuple[str, int], str]
"""For a convolved edge and a kernel on it, by its place, the index of the kernel's entries."""


def indices(program: Program, diagram: Diagram) -> list[list[str]]:
    """Those of each node."""
    inner = taps(program, diagram)
    found = []
    for place, node in enumerate(diagram.nodes):
        own = [of_axis(axis) for axis in node.axes]
        for conv in diagram.convs:
            for at, axis in enumerate(node.axes):
                if axis == (conv.edge,):
                    tap = inner.get((conv.edge, place))
                    own[at] = tap or _signal(program, diagram, conv, inner)
        found.append(own)
    return found


def taps(program: Program, diagram: Diagram) -> Taps:
    """Kernels' own indices: the names of their legs, or primed letters where those are taken."""
    found: dict[tuple[str, int], str] = {}
    taken = {*diagram.edges}
    for conv in diagram.convs:
        for place in diagram.uses(conv.edge)[1:]:
            node = diagram.nodes[place]
            name = types(program)[node.value][node.axes.index((conv.edge,))].name
            while name in taken:
                name = f"{name if name == conv.edge else conv.edge}'"
                name = name if name not in taken else f"{name}'"
            taken.add(name)
            found[conv.edge, place] = name
    return found


def of_axis(axis: Axis) -> str:
    """An edge, or a bundle in brackets."""
    return axis[0] if len(axis) == 1 else f"({' '.join(axis)})"


def _signal(program: Program, diagram: Diagram, conv: Conv, inner: Taps) -> str:
    """Which entry of the signal meets the kernels' in an entry of the result (see `Conv`)."""
    places = diagram.uses(conv.edge)
    lengths = [
        types(program)[diagram.nodes[p].value][diagram.nodes[p].axes.index((conv.edge,))].size
        for p in places
    ]
    names = [inner[conv.edge, place] for place in places[1:]]
    reach = conv.dilation * total(Size.of(name) for name in names)
    at = Size.of(conv.edge) * conv.stride
    circular, flipped = conv.pad == "circular", conv.kind is Star.CONV
    left = conv.shift if circular else padding(conv, lengths[1:])[0]
    if flipped and not circular:
        left = left - conv.dilation * (kernels_of(lengths[1:]) - 1)
    at = at - reach if flipped else at + reach
    at = at + left if circular and flipped else at - left
    text = at.formula((conv.edge, *names)).replace("-", "−")
    text = text if any(len(name.rstrip("'")) > 1 for name in at.dims) else text.replace(" ", "")
    text = text if conv.up == Size.of(1) else f"({text})/{conv.up}"
    return f"{text} mod {lengths[0]}" if circular else text
