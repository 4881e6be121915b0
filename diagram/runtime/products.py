"""Diagrams merged node after node, in the plainest way; convolved edges by dense indicators."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from diagram.language.check import derive
from diagram.language.convolve import opened
from diagram.language.core import (
    Diagram,
    Program,
)
from diagram.runtime import kernels
from diagram.runtime.scale import scale_number

Axes = tuple[str, ...]


def diagram_value(
    program: Program,
    name: str,
    diagram: Diagram,
    values: Mapping[str, Tensor],
    numbers: Mapping[str, int],
    like: Tensor,
) -> Tensor:
    """The value of a let's diagram; its bundles joined."""
    operands = _operands(program, name, diagram, values, numbers, like)
    lengths = {
        edge: length
        for value, edges in operands
        for edge, length in zip(edges, value.shape, strict=True)
    }
    factor = scale_number(diagram.scale, {**numbers, **lengths}, name.partition("~")[0])
    if not operands:
        value = torch.full((), factor, dtype=like.dtype, device=like.device)
    else:
        value = _merged(operands, diagram.kept)
        value = value * factor if diagram.scale else value
    if all(len(axis) == 1 for axis in diagram.output):
        return value
    return value.reshape([math.prod(lengths[e] for e in axis) for axis in diagram.output])


def _operands(
    program: Program,
    name: str,
    diagram: Diagram,
    values: Mapping[str, Tensor],
    numbers: Mapping[str, int],
    like: Tensor,
) -> list[tuple[Tensor, Axes]]:
    """The nodes' values, bundles opened, and the dense indicators of convolved edges."""
    if diagram.is_plain:
        return [(values[node.value], node.edges) for node in diagram.nodes]
    found = derive(program)
    sizes = found.edges.get(name, {})
    lengths = [
        {
            axis[0]: leg.size
            for axis, leg in zip(node.axes, found.legs[node.value], strict=True)
            if len(axis) == 1
        }
        for node in diagram.nodes
    ]
    nodes, indicators = opened(diagram, lengths, found.equations)
    operands = []
    for node in nodes:
        value = values[node.value]
        if not node.is_plain:
            pairs = zip(node.axes, value.shape, strict=True)
            shape = [
                length if len(axis) == 1 else sizes[edge].value(numbers)
                for axis, length in pairs
                for edge in axis
            ]
            value = value.reshape(shape)
        operands.append((value, node.edges))
    for made in indicators:
        extents = tuple(size.value(numbers) for size in made.lengths)
        steps = tuple(size.value(numbers) for size in (made.conv.stride, made.conv.up, made.tap))
        offset = made.offset.value(numbers)
        dense = kernels.indicator(extents, steps, offset, made.is_circular, like)  # type: ignore[arg-type]
        operands.append((dense, made.edges))
    return operands


def _merged(operands: Sequence[tuple[Tensor, Axes]], output: Axes) -> Tensor:
    """The operands merged one after another; edges that `output` lacks are summed."""
    waiting = list(operands)
    value, edges = waiting.pop(0)
    while waiting:
        other, others = waiting.pop(_next(edges, [edges for _, edges in waiting], output))
        needed = {*output, *(e for _, left in waiting for e in left)}
        kept = tuple(e for e in dict.fromkeys((*edges, *others)) if e in needed)
        value = merge([(value, edges), (other, others)], kept)
        edges = kept
    return merge([(value, edges)], output)


def _next(edges: Axes, waiting: Sequence[Axes], kept: Sequence[str]) -> int:
    """The first operand with an edge that can be summed once it has joined; else the first."""
    for place, own in enumerate(waiting):
        others = {e for i, other in enumerate(waiting) if i != place for e in other}
        if any(e in edges and e not in others and e not in kept for e in own):
            return place
    return 0


def merge(operands: Sequence[tuple[Tensor, Axes]], output: Axes) -> Tensor:
    """One einsum: the product of these values, edges that the output lacks summed."""
    numbering: dict[str, int] = {}
    arguments: list[Tensor | list[int]] = []
    dtype = operands[0][0].dtype
    for value, _ in operands[1:]:
        dtype = torch.promote_types(dtype, value.dtype)
    for value, edges in operands:
        arguments += [value.to(dtype), [numbering.setdefault(e, len(numbering)) for e in edges]]
    return torch.einsum(*arguments, [numbering[e] for e in output])
