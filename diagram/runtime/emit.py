"""Writing a torch.fx graph: values with layouts, lengths of edges, and moves of axes.

A layout is the order in which a value's edges lie in its tensor. Moves that change nothing are not
written. Lengths that are fixed become numbers in the code, others are read off an input's shape.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from torch import fx

from diagram.errors import SizeError
from diagram.language.core import Program, Scalar
from diagram.language.findings import may_be_negative
from diagram.language.size import Atom, Divisor, Floor, Size
from diagram.runtime import kernels
from diagram.runtime.scale import scale_number

Length = int | fx.Node
Edges = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Value:
    """A tensor in the graph (or a plain number, with no edges) and the layout of its edges."""

    node: fx.Node | float
    layout: Edges


class Emitter:
    """The graph that is being written."""

    def __init__(self, program: Program, numbers: Mapping[str, int]) -> None:
        self.graph = fx.Graph()
        self.program = program
        self.numbers = numbers
        self.planned: Mapping[str, int] = numbers
        """Numbers that the plan was made for; others may come when it runs."""
        self.told: dict[Size, tuple[fx.Node, int]] = {}
        """For a size the input and the axis that has this length."""
        self._like: fx.Node | None = None
        self.lines: list[fx.Node] = []
        """Nodes that have a line of their own in the source."""
        self._lengths: dict[Size, fx.Node] = {}
        self._splits: dict[fx.Node, tuple[fx.Node, tuple[int, ...]]] = {}
        """For a tensor whose axes were split the one before, and of how many edges each was."""

    @property
    def like(self) -> fx.Node:
        """A tensor of the module's dtype and device."""
        if self._like is None:
            self._like = self.graph.get_attr(like_name(self.program))
        return self._like

    @like.setter
    def like(self, node: fx.Node) -> None:
        self._like = self._like or node

    def named(self, node: fx.Node, name: str) -> fx.Node:
        """The node under a name as near to this one as the graph allows."""
        node._rename(name.replace("'", "_prime"))
        return node

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
        return self._read(size, kernels.quotient)

    def _read(self, size: Size, divide: Callable[..., object]) -> Length:
        if not size.dims - self.numbers.keys():
            return size.value(self.numbers)
        if size in self.told:
            return self._told(size)
        total: Length = 0
        below = math.lcm(*(factor.denominator for _, factor in size.terms))
        divisors = _divisors(size)
        for monomial, factor in sorted(size.terms, key=lambda found: found[1] < 0):
            term: Length = abs(int(factor * below))
            for atom, power in {**dict.fromkeys(divisors, 0), **dict(monomial)}.items():
                for _ in range(power + divisors.get(atom, 0)):
                    term = self._times(term, self._atom(atom))
            if isinstance(total, int) and isinstance(term, int):
                total += term if factor > 0 else -term
            elif factor > 0 and total == 0:
                total = term
            else:
                total = self.call(operator.add if factor > 0 else operator.sub, total, term)
        divisor: Length = below
        for atom, power in divisors.items():
            for _ in range(power):
                divisor = self._times(divisor, self._atom(atom))
        return total if divisor == 1 else self.call(divide, total, divisor)

    def _told(self, size: Size) -> Length:
        """A length read off an input's shape."""
        if size not in self._lengths:
            source, axis = self.told[size]
            node = self.method("size", source, axis)
            name = str(size)
            self._lengths[size] = self.named(node, name if name.isidentifier() else "length")
        return self._lengths[size]

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
        """A dim: its number, the length of an input's leg, or what its equation says.

        Raises SizeError where nothing tells it.
        """
        if name in self.numbers:
            return self.numbers[name]
        if Size.of(name) in self.told:
            return self._told(Size.of(name))
        if name in self.program.equations:
            return self.length(self.program.equations[name])
        raise SizeError(f"no input tells dim `{name}`; give it: compile(program, {name}=8)")

    def knows(self, size: Size) -> bool:
        """Whether the inputs tell every dim of a size."""
        equated = size.replace(self.program.equations)
        return any(
            all(d in self.numbers or Size.of(d) in self.told for d in found.dims)
            for found in (size, equated)
        )

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
        fixed = [s for s in scale if not s.size.dims - self.numbers.keys()]
        result: float | fx.Node = scale_number(fixed, self.numbers)
        for scalar in scale:
            if scalar not in fixed:
                value: object = self._read(scalar.size, operator.truediv)
                if scalar.root:
                    signed = may_be_negative(scalar.size)
                    root = (kernels.root, value) if signed else (operator.pow, value, 0.5)
                    value = self.call(*root)
                sign = operator.truediv if scalar.inverse else operator.mul
                result = self.call(sign, result, value)
        return result

    # -- moves of axes ------------------------------------------------------------------------

    def tensor(self, value: Value) -> fx.Node:
        """The value as a tensor, also where it is a plain number."""
        if isinstance(value.node, fx.Node):
            return value.node
        return self.call(kernels.filled, value.node, (), self.like)

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
        node, axes = self._unsplit(value, groups)
        cut = _cut(groups, axes)
        assert cut is not None
        order = [axis for group in cut for axis in group]
        if order != axes:
            node = self.method("permute", node, *(axes.index(axis) for axis in order))
        if all(len(group) == 1 for group in cut):
            return node
        return self.reshaped(node, [self.volume(group, sizes) for group in groups])

    def split(
        self, node: fx.Node, groups: Sequence[Sequence[str]], sizes: Mapping[str, Size]
    ) -> Value:
        """Undoes `grouped`: one axis for each edge again."""
        layout = tuple(edge for group in groups for edge in group)
        if all(len(group) == 1 for group in groups):
            return Value(node, layout)
        made = self.reshaped(node, self.lengths(layout, sizes))
        if all(groups):
            self._splits[made] = node, tuple(len(group) for group in groups)
        return Value(made, layout)

    def _unsplit(
        self, value: Value, groups: Sequence[Sequence[str]]
    ) -> tuple[fx.Node, list[Edges]]:
        """The tensor and the edges of its axes: before it was split, if no group parts an axis."""
        node = self.tensor(value)
        if node in self._splits:
            before, counts = self._splits[node]
            edges = iter(value.layout)
            axes = [tuple(islice(edges, count)) for count in counts]
            if _cut(groups, axes) is not None:
                return before, axes
        return node, [(edge,) for edge in value.layout]

    def drop_splits(self) -> None:
        """Erases the splits that nothing reads; what was made to be split takes their names."""
        for node, (before, _) in self._splits.items():
            if not node.users:
                self.graph.erase_node(node)
                heirs = [] if before.op in ("placeholder", "get_attr") else [before]
                for heir in heirs:
                    heir.name = node.name
                lines = ((heirs if line is node else [line]) for line in self.lines)
                self.lines = [line for kept in lines for line in kept]

    def reshaped(self, node: fx.Node, shape: Sequence[Length]) -> fx.Node:
        """The tensor in another shape; `reshape` takes no shape of nothing but as a tuple."""
        return self.method("reshape", node, *shape) if shape else self.method("reshape", node, ())


def _cut(groups: Sequence[Sequence[str]], axes: Sequence[Edges]) -> list[list[Edges]] | None:
    """The axes of which each group consists; None where one is a part of an axis."""
    first = {axis[0]: axis for axis in axes}
    found: list[list[Edges]] = []
    for group in groups:
        found.append([])
        left = tuple(group)
        while left:
            axis = first.get(left[0], ())
            if not axis or left[: len(axis)] != axis:
                return None
            found[-1].append(axis)
            left = left[len(axis) :]
    return found


def _divisors(size: Size) -> dict[Atom, int]:
    """The powers by which every term can be multiplied so that no quotient is left in any."""
    found: dict[Atom, int] = {}
    for monomial, _ in size.terms:
        for atom, power in monomial:
            if power < 0:
                found[atom] = max(found.get(atom, 0), -power)
    return found


def like_name(program: Program) -> str:
    """The name of an empty buffer that knows dtype and device where nothing else does."""
    return own_name(program, "_like")


def own_name(program: Program, name: str) -> str:
    """A name for something of ours beside a program's sources."""
    while name in program.source:
        name += "_"
    return name
