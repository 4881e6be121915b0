"""One pairwise merge as torch calls: matmul where an edge is summed, else a broadcast product."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import fx

from diagram.language.size import Size
from diagram.runtime.beside import beside
from diagram.runtime.emit import Edges, Emitter, Value

Sizes = Mapping[str, Size]


def merge(
    emit: Emitter,
    left: Value,
    right: Value,
    output: Edges,
    sizes: Sizes,
    weights: tuple[bool, bool],
    thrifty: bool = False,
) -> Value:
    """The product of two values; edges that `output` lacks are summed.

    `weights` says which of the two are parameters: they stand right in a matmul, as a matrix;
    `thrifty` that no more is to be in memory than the two and the result.
    """
    shared = [edge for edge in left.layout if edge in right.layout]
    summed = tuple(edge for edge in shared if edge not in output)
    batch = tuple(edge for edge in shared if edge in output)
    if not summed:
        return _elementwise(emit, left, right)
    if _is_swapped(left, right, output, summed, weights):
        left, right = right, left
    rows = tuple(edge for edge in left.layout if edge not in shared)
    columns = tuple(edge for edge in right.layout if edge not in shared)
    summed = _summed_order(left.layout, right.layout, summed)
    if batch and not rows and not columns and not thrifty:
        # Rows with rows: as products of matrices they are several times slower.
        return alone(emit, _elementwise(emit, left, right), output)
    if batch:
        return _batched(emit, left, right, (batch, rows, summed, columns), sizes)
    found = beside(emit, left, right, summed, sizes)
    if found is not None:
        return found
    a = emit.grouped(left, [*((edge,) for edge in rows), summed], sizes)
    b = emit.grouped(right, [summed, columns] if columns else [summed], sizes)
    groups = [*((edge,) for edge in rows), *([columns] if columns else [])]
    multiply = torch.mm if len(groups) == 2 and columns else torch.matmul
    return emit.split(emit.call(multiply, a, b), groups, sizes)


def _is_swapped(
    left: Value, right: Value, output: Edges, summed: Edges, weights: tuple[bool, bool]
) -> bool:
    """Whether right @ left is better: weights stand right; else fewer axes move, then after."""
    if weights[0] != weights[1]:
        return weights[0]
    moves = _moves(left, right, output, summed), _moves(right, left, output, summed)
    return moves[1] < moves[0]


def _moves(left: Value, right: Value, output: Edges, summed: Edges) -> tuple[int, bool]:
    """How many of both must have their axes moved for left @ right, and whether the result has."""
    shared = {*left.layout} & {*right.layout}
    batch = tuple(edge for edge in left.layout if edge in shared and edge in output)
    rows = tuple(edge for edge in left.layout if edge not in shared)
    columns = tuple(edge for edge in right.layout if edge not in shared)
    summed = _summed_order(left.layout, right.layout, summed)
    moved = (left.layout != (*batch, *rows, *summed)) + (
        right.layout != (*batch, *summed, *columns)
    )
    return moved, output != (*batch, *rows, *columns)


def _summed_order(left: Edges, right: Edges, summed: Edges) -> Edges:
    """The order of summed edges in which at least one side need not move."""
    if tuple(edge for edge in left if edge in summed) == left[len(left) - len(summed) :]:
        return tuple(edge for edge in left if edge in summed)
    return tuple(edge for edge in right if edge in summed)


def _batched(
    emit: Emitter,
    left: Value,
    right: Value,
    roles: tuple[Edges, Edges, Edges, Edges],
    sizes: Sizes,
) -> Value:
    batch, rows, summed, columns = roles
    each = [(edge,) for edge in batch]
    a = emit.grouped(left, [*each, rows, summed], sizes)
    b = emit.grouped(right, [*each, summed, columns], sizes)
    return emit.split(emit.call(torch.matmul, a, b), [*each, rows, columns], sizes)


def _elementwise(emit: Emitter, left: Value, right: Value) -> Value:
    if len(right.layout) > len(left.layout) or not isinstance(left.node, fx.Node):
        left, right = right, left
    if not isinstance(left.node, fx.Node):
        assert not isinstance(right.node, fx.Node)
        return Value(left.node * right.node, ())
    layout = (*left.layout, *(edge for edge in right.layout if edge not in left.layout))
    product = emit.call(torch.mul, emit.aligned(left, layout), emit.aligned(right, layout))
    return Value(product, layout)


def alone(emit: Emitter, value: Value, output: Sequence[str]) -> Value:
    """One value: diagonals of doubled edges taken, edges that `output` lacks summed."""
    node: fx.Node = emit.tensor(value)
    layout = list(value.layout)
    for edge in dict.fromkeys(value.layout):
        while layout.count(edge) > 1:
            first = layout.index(edge)
            second = layout.index(edge, first + 1)
            node = emit.call(torch.diagonal, node, 0, first, second)
            layout = [e for i, e in enumerate(layout) if i not in (first, second)] + [edge]
    gone = [place for place, edge in enumerate(layout) if edge not in output]
    if gone:
        node = emit.call(torch.sum, node, gone)
    return Value(node, tuple(edge for edge in layout if edge in output))
