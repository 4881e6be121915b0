"""A product over edges in the middle of a value, as matrices from the left: nothing is moved."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import fx
from torch.nn import functional

from diagram.language.size import Size
from diagram.runtime.emit import Edges, Emitter, Value

LEAST = 16
"""Entries behind the summed edges from which on this is quicker than moving the axes."""

CONVOLUTIONS = (functional.conv1d, functional.conv2d, functional.conv3d)


def beside(
    emit: Emitter, value: Value, other: Value, summed: Edges, sizes: Mapping[str, Size]
) -> Value | None:
    """other @ value for each entry before the summed edges; None where this is not for them.

    The value lies as `before summed behind`, the result as `before columns behind`. No edge of both
    is kept.
    """
    layout = value.layout
    places = [place for place, edge in enumerate(layout) if edge in summed]
    first, last = places[0], places[-1]
    columns = tuple(edge for edge in other.layout if edge not in summed)
    before, behind = layout[:first], layout[last + 1 :]
    apart = last - first + 1 != len(summed) or not before or not behind or not columns
    if apart or not _is_long(emit, behind, sizes) or not _lies_so(value.node):
        return None
    along = layout[first : last + 1]
    x = emit.grouped(value, [before, along, behind], sizes)
    matrix = emit.grouped(other, [columns, along], sizes)
    matrices = emit.method("expand", matrix, emit.volume(before, sizes), -1, -1)
    return emit.split(emit.call(torch.bmm, matrices, x), [before, columns, behind], sizes)


def _is_long(emit: Emitter, behind: Edges, sizes: Mapping[str, Size]) -> bool:
    """Whether the edges are long enough, as far as the plan knows."""
    length = 1
    for edge in behind:
        size = sizes[edge]
        known = size.dims <= emit.planned.keys()
        length *= size.value(emit.planned) if known else LEAST
    return length >= LEAST


def _lies_so(node: object) -> bool:
    """Whether a tensor lies in memory in the order of its axes, as far as the graph tells."""
    while isinstance(node, fx.Node):
        if node.op == "call_method" and node.target in ("permute", "expand", "transpose"):
            return False
        if node.op not in ("call_function", "call_method") or not node.all_input_nodes:
            return True
        reshaped = node.op == "call_method" and node.target == "reshape"
        if not reshaped and node.target not in CONVOLUTIONS:
            return True
        node = node.all_input_nodes[0]
    return False
