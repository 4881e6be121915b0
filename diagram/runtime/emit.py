"""Writing a torch.fx graph: values with layouts, lengths of edges, and moves of axes.

A layout is the order in which a value's edges lie in its tensor. Moves that change nothing are not
written. Lengths that are fixed become numbers in the code, others are read off an input's shape.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import fx

from diagram.language.core import Scalar
from diagram.language.size import Divisor, Floor, Size

Length = int | fx.Node
Edges = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Value:
    """A tensor in the graph (or a plain number, with no edges) and the layout of its edges."""

    node: fx.Node | float
    layout: Edges


class Emitter:
    """The graph that is being written."""

    def __init__(self, numbers: Mapping[str, int]) -> None:
        self.graph = fx.Graph()
        self.numbers = numbers
        self.dims: dict[str, tuple[fx.Node, int]] = {}
        self.like: fx.Node | None = None
        self._lengths: dict[str, fx.Node] = {}

    # -- calls --------------------------------------------------------------------------------

    def call(self, function: object, *args: object, **kwargs: object) -> fx.Node:
        """A call of a function, in the code as it is."""
        return self.graph.call_function(function, args, kwargs)  # type: ignore[arg-type]

    def method(self, name: str, node: fx.Node, *args: object) -> fx.Node:
        """A call of a tensor's method."""
        return self.graph.call_method(name, (node, *args))  # type: ignore[arg-type]

    # -- lengths ------------------------------------------------------------------------------

    def length(self, size: Size) -> Length:
        """A size as a number, or as what computes it when the module runs."""
        if not size.dims - self.numbers.keys():
            return size.value(self.numbers)
        total: Length = 0
        denominator = math.lcm(*(factor.denominator for _, factor in size.terms))
        for monomial, factor in size.terms:
            above: Length = int(factor * denominator)
            below: Length = 1
            for atom, power in monomial:
                for _ in range(abs(power)):
                    if power > 0:
                        above = self._times(above, self._atom(atom))
                    else:
                        below = self._times(below, self._atom(atom))
            term = above if below == 1 else self.call(operator.floordiv, above, below)
            total = term if total == 0 else self.call(operator.add, total, term)
        return total if denominator == 1 else self.call(operator.floordiv, total, denominator)

    def _atom(self, atom: str | Floor | Divisor) -> Length:
        match atom:
            case str():
                return self.dim(atom)
            case Floor(over, by):
                return self.call(operator.floordiv, self.length(over), self.length(by))
            case Divisor(size):
                return self.length(size)

    def _times(self, left: Length, right: Length) -> Length:
        if isinstance(left, int) and isinstance(right, int):
            return left * right
        if left == 1:
            return right
        return left if right == 1 else self.call(operator.mul, left, right)

    def dim(self, name: str) -> Length:
        """A dim: its number, or the length of the input's leg that tells it."""
        if name in self.numbers:
            return self.numbers[name]
        if name not in self._lengths:
            source, axis = self.dims[name]
            self._lengths[name] = self.method("size", source, axis)
            self._lengths[name]._rename(name.replace("'", "_prime"))
        return self._lengths[name]

    def lengths(self, edges: Sequence[str], sizes: Mapping[str, Size]) -> list[Length]:
        return [self.length(sizes[edge]) for edge in edges]

    def volume(self, edges: Sequence[str], sizes: Mapping[str, Size]) -> Length:
        """The product of the lengths of these edges."""
        total: Length = 1
        for edge in edges:
            total = self._times(total, self.length(sizes[edge]))
        return total

    def scale(self, scale: Sequence[Scalar]) -> float | fx.Node:
        """The scale as a number, or as what computes it when the module runs."""
        number = 1.0
        running: list[tuple[Scalar, fx.Node]] = []
        for scalar in scale:
            if scalar.size.dims - self.numbers.keys():
                length = self.length(scalar.size)
                assert isinstance(length, fx.Node)
                running.append((scalar, length))
            else:
                value = float(scalar.size.ratio(self.numbers)) ** (0.5 if scalar.root else 1.0)
                number = number / value if scalar.inverse else number * value
        result: float | fx.Node = number
        for scalar, length in running:
            value = self.call(operator.pow, length, 0.5) if scalar.root else length
            result = self.call(operator.truediv if scalar.inverse else operator.mul, result, value)
        return result

    # -- moves of axes ------------------------------------------------------------------------

    def tensor(self, value: Value) -> fx.Node:
        """The value as a tensor, also where it is a plain number."""
        if isinstance(value.node, fx.Node):
            return value.node
        from diagram.runtime.kernels import filled

        if self.like is None:
            return self.call(torch.full, (), value.node)
        return self.call(filled, value.node, (), self.like)

    def ordered(self, value: Value, layout: Sequence[str]) -> fx.Node:
        """The tensor with its edges in this order."""
        node = self.tensor(value)
        if value.layout == tuple(layout):
            return node
        return self.method("permute", node, *(value.layout.index(edge) for edge in layout))

    def aligned(self, value: Value, layout: Sequence[str]) -> fx.Node | float:
        """The tensor so that it broadcasts against that layout; a plain number as it is."""
        return self.broadcast(value, layout) if isinstance(value.node, fx.Node) else value.node

    def broadcast(self, value: Value, layout: Sequence[str]) -> fx.Node:
        """The tensor so that it broadcasts against that layout."""
        present = [edge for edge in layout if edge in value.layout]
        node = self.ordered(value, present)
        missing = [place for place, edge in enumerate(layout) if edge not in value.layout]
        leading = len(layout) - len(present)
        if missing == list(range(leading)):
            return node
        for place in missing:
            node = self.method("unsqueeze", node, place)
        return node

    def grouped(
        self, value: Value, groups: Sequence[Sequence[str]], sizes: Mapping[str, Size]
    ) -> fx.Node:
        """One axis for each group of edges, in this order; an empty group has length 1."""
        layout = [edge for group in groups for edge in group]
        node = self.ordered(value, layout)
        if all(len(group) == 1 for group in groups):
            return node
        return self.method("reshape", node, *(self.volume(group, sizes) for group in groups))

    def split(
        self, node: fx.Node, groups: Sequence[Sequence[str]], sizes: Mapping[str, Size]
    ) -> Value:
        """Undoes `grouped`: one axis for each edge again."""
        layout = tuple(edge for group in groups for edge in group)
        if not all(len(group) == 1 for group in groups):
            node = self.method("reshape", node, *self.lengths(layout, sizes))
        return Value(node, layout)
