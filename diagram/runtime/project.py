"""Projections: products of a value with weights, the bias that is added in the same call.

Several small ones of one value are packed into one product: what it saves in calls is more than
what it costs to copy their weights side by side. What weights make by themselves may be kept.
"""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import fx

from diagram.language.core import Apply, Node, axes
from diagram.language.size import Size
from diagram.planner.steps import Merge, Plan, Step
from diagram.runtime.beside import beside
from diagram.runtime.emit import Edges, Emitter, Value
from diagram.runtime.feed import python_name

MOST = 32768
"""Elements of all weights up to which copying them side by side pays, by measurement on a CPU."""

PACKED = "+"
"""The edge along which weights lie side by side; no letter is written so."""


@dataclass(frozen=True, slots=True)
class Projection:
    """A merge of a value with a weight: they share summed edges only."""

    step: Step
    value: Node
    weight: Node
    bias: Node | None = None
    """What is added to all rows alike, in the letters of the step."""
    total: str = ""
    """The sum that it is then left out of, where it stands as `added`."""
    added: Node | None = None

    @property
    def summed(self) -> Edges:
        return tuple(edge for edge in self.value.edges if edge in self.weight.edges)

    @property
    def columns(self) -> Edges:
        return tuple(edge for edge in self.weight.edges if edge not in self.value.edges)

    @property
    def place(self) -> tuple[object, ...]:
        """Alike for projections of the same axes of the same value."""
        summed = tuple(i for i, edge in enumerate(self.value.edges) if edge in self.weight.edges)
        return self.value.value, summed, self.bias is None


def projections(plan: Plan, weights: Collection[str]) -> list[list[Projection]]:
    """All projections of a plan; those that stand together and project one value, in one list."""
    found = {p.step.result: p for step in plan.steps if (p := _projection(step, weights))}
    found |= {p.step.result: p for p in _with_bias(plan, found, weights)}
    groups: list[list[Projection]] = []
    apart = True
    for step in plan.steps:
        projection = found.get(step.result)
        if projection is None:
            apart = apart or all(projection.total != step.result for projection in groups[-1])
        elif apart or projection.place != groups[-1][0].place:
            groups.append([projection])
            apart = False
        else:
            groups[-1].append(projection)
    return groups


def _projection(step: Step, weights: Collection[str]) -> Projection | None:
    if not isinstance(step.action, Merge):
        return None
    value, weight = step.action.left, step.action.right
    if value.value in weights:
        value, weight = weight, value
    shared = {*value.edges} & {*weight.edges}
    if value.value in weights or weight.value not in weights or not shared:
        return None
    if shared & {*step.output} or not {*weight.edges} - shared or not {*value.edges} - shared:
        return None
    return Projection(step, value, weight)


def _with_bias(
    plan: Plan, found: dict[str, Projection], weights: Collection[str]
) -> Iterator[Projection]:
    """Those whose only reader adds a weight of their columns."""
    reads = Counter(node.value for step in plan.steps for node in step.operands)
    reads.update(result.node.value for result in plan.outputs)
    for step in plan.steps:
        if not isinstance(step.action, Apply) or step.action.op != "+":
            continue
        left = [node for node in step.action.args if node.value in weights]
        for use in step.action.args:
            made = found.get(use.value)
            if made is None or reads[use.value] > 1 or made.step.scale:
                continue
            names = dict(zip(use.edges, made.step.output, strict=True))
            for added in left:
                own = [names.get(edge, "") for edge in added.edges]
                if sorted(own) == sorted(made.columns):
                    left.remove(added)
                    bias = Node(added.value, axes(own))
                    yield replace(made, bias=bias, total=step.result, added=added)
                    break


def added(groups: Iterable[Iterable[Projection]]) -> dict[str, list[Node]]:
    """What the sums need not add, as it stands in them, by their names."""
    found: dict[str, list[Node]] = {}
    for one in (one for group in groups for one in group):
        if one.added is not None:
            found.setdefault(one.total, []).append(one.added)
    return found


def project(
    emit: Emitter, group: Sequence[Projection], use: Callable[[Node], Value], kept: bool
) -> dict[str, Value]:
    """The values that a list of projections makes, by the names of their steps.

    `kept` says that what weights make by themselves is made once: then packing always pays.
    """
    sides = [_side(emit, one, group[0], use) for one in group]
    if len(sides) == 1:
        return {side.one.step.result: _single(emit, side) for side in sides}
    elements = sum(_volume(emit, side, side.weight.layout) for side in sides)
    if kept or elements <= MOST:
        return dict(_packed(emit, sides))
    return {side.one.step.result: _single(emit, side) for side in sides}


@dataclass(frozen=True, slots=True)
class _Side:
    """One projection, its values in the graph and the order of its edges in a product."""

    one: Projection
    x: Value
    weight: Value
    bias: Value | None
    summed: Edges
    columns: Edges
    letters: Mapping[str, str]
    """For the axes of the value the letters of the first projection beside it."""

    @property
    def sizes(self) -> Mapping[str, Size]:
        return self.one.step.sizes


def _side(emit: Emitter, one: Projection, first: Projection, use: Callable[[Node], Value]) -> _Side:
    x, weight = use(one.value), use(one.weight)
    summed = tuple(edge for edge in x.layout if edge in one.summed)
    columns = tuple(edge for edge in weight.layout if edge not in summed)
    bias = use(one.bias) if one.bias else None
    letters = dict(zip(one.value.edges, first.value.edges, strict=True))
    return _Side(one, x, weight, bias, summed, columns, letters)


def _single(emit: Emitter, side: _Side) -> Value:
    found = None if side.bias else beside(emit, side.x, side.weight, side.summed, side.sizes)
    if found is not None:
        return found
    matrix = emit.grouped(side.weight, [side.summed, side.columns], side.sizes)
    bias = emit.grouped(side.bias, [side.columns], side.sizes) if side.bias else None
    return _product(emit, side.x, side.summed, side.columns, (matrix, bias), side.sizes)


def _product(
    emit: Emitter,
    x: Value,
    summed: Edges,
    columns: Edges,
    weights: tuple[fx.Node, fx.Node | None],
    sizes: Mapping[str, Size],
) -> Value:
    """x @ matrix + bias; rows are one axis where they would be reshaped anyway."""
    matrix, bias = weights
    rows = tuple(edge for edge in x.layout if edge not in summed)
    is_flat = bias is not None or len(summed) > 1 or len(columns) > 1
    groups = [rows] if is_flat else [(edge,) for edge in rows]
    a = emit.grouped(x, [*groups, summed], sizes)
    if bias is not None:
        made = emit.call(torch.addmm, bias, a, matrix)
    else:  # the general product costs a microsecond more
        made = emit.call(torch.mm if len(groups) == 1 else torch.matmul, a, matrix)
    return emit.split(made, [*groups, columns], sizes)


def _packed(emit: Emitter, sides: Sequence[_Side]) -> Iterator[tuple[str, Value]]:
    """One product with the weights side by side, cut into the values.

    Last columns in which all weights are alike stay as they are; all before them lie side by side.
    """
    first = sides[0]
    alike = _alike(emit, sides)
    fronts = [side.columns[: len(side.columns) - alike] for side in sides]
    lengths = [_volume(emit, s, front) for s, front in zip(sides, fronts, strict=True)]
    columns = (PACKED, *first.columns[len(fronts[0]) :])
    sizes = {**first.sizes, PACKED: Size.of(sum(lengths))}
    weights = _stacked(emit, sides, fronts, columns, sizes)
    value = _product(emit, first.x, first.summed, columns, weights, sizes)
    orders = {_order(s, front, columns) for s, front in zip(sides, fronts, strict=True)}
    layout = orders.pop() if len(orders) == 1 else value.layout
    layout = layout if sorted(layout) == sorted(value.layout) else value.layout
    along = layout.index(PACKED)
    parts = emit.method("split_with_sizes", emit.ordered(value, layout), lengths, along)
    for place, (side, front) in enumerate(zip(sides, fronts, strict=True)):
        name = side.one.step.result
        part = emit.call(operator.getitem, parts, place)
        if len(front) > 1:
            emit.lines.append(emit.named(part, python_name(f"{name}_flat")))
        own = {common: letter for letter, common in side.letters.items()}
        own |= zip(columns[1:], side.columns[len(front) :], strict=True)
        groups = [front if edge == PACKED else (own[edge],) for edge in layout]
        yield name, emit.split(part, groups, side.sizes)


def _volume(emit: Emitter, side: _Side, edges: Edges) -> int:
    """Entries of a part of a weight, whose lengths are all known."""
    volume = emit.volume(edges, side.sizes)
    assert isinstance(volume, int)
    return volume


def _alike(emit: Emitter, sides: Sequence[_Side]) -> int:
    """How many last columns have the same lengths in all weights; each has one more at least."""
    most = min(len(side.columns) for side in sides) - 1
    lengths = [emit.lengths(side.columns[len(side.columns) - most :], side.sizes) for side in sides]
    for count in range(most, 0, -1):
        if all(found[-count:] == lengths[0][-count:] for found in lengths):
            return count
    return 0


def _order(side: _Side, front: Edges, columns: Edges) -> Edges:
    """The order in which the plan has the result, in the letters of the first projection."""
    names = {**side.letters, **dict.fromkeys(front, PACKED)}
    names |= zip(side.columns[len(front) :], columns[1:], strict=True)
    order = [names[edge] for edge in side.one.step.output]
    return tuple(edge for i, edge in enumerate(order) if i == 0 or edge != order[i - 1])


def _stacked(
    emit: Emitter,
    sides: Sequence[_Side],
    fronts: Sequence[Edges],
    columns: Edges,
    sizes: Mapping[str, Size],
) -> tuple[fx.Node, fx.Node | None]:
    """All weights as one matrix, and what is added as one vector."""
    summed = sides[0].summed
    blocks: list[fx.Node] = []
    biases: list[fx.Node] = []
    for side, front in zip(sides, fronts, strict=True):
        groups = [front, *((edge,) for edge in side.columns[len(front) :])]
        rows = [(edge,) for edge in side.summed]
        blocks.append(emit.grouped(side.weight, [*rows, *groups], side.sizes))
        if side.bias is not None:
            biases.append(emit.grouped(side.bias, groups, side.sizes))
    block = Value(emit.call(torch.cat, blocks, len(summed)), (*summed, *columns))
    matrix = emit.grouped(block, [summed, columns], sizes)
    if not biases:
        return matrix, None
    return matrix, emit.grouped(Value(emit.call(torch.cat, biases), columns), [columns], sizes)
