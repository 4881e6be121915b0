"""Steps that run in slices, or are made again for the gradients, as nested functions."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from torch import fx

from diagram.language.core import Node
from diagram.language.size import Size
from diagram.planner.steps import Plan, Slice, Step
from diagram.runtime.emit import Emitter, Length, Value
from diagram.runtime.feed import Feed, python_name
from diagram.runtime.sliced import recomputed, sliced
from diagram.runtime.source import Body, reserve


class Inner(Emitter):
    """The graph of a nested function: what it reads of the outer one is an argument."""

    def __init__(self, outer: Emitter) -> None:
        super().__init__(outer.program, outer.numbers)
        self.outer = outer
        self.given: dict[tuple[fx.Node, int | None], fx.Node] = {}
        """Arguments by the outer node, and the axis along which it is cut."""

    @property
    def like(self) -> fx.Node:
        """A tensor of the module's dtype and device."""
        return self.take(self.outer.like)

    @like.setter
    def like(self, node: fx.Node) -> None:
        raise AssertionError("inner functions read no sources")

    def take(self, node: fx.Node, axis: int | None = None) -> fx.Node:
        """The argument for a node of the outer graph, or for a slice of it."""
        if (node, axis) not in self.given:
            last = next(reversed(self.given.values()), None)
            point = self.graph.inserting_after(last) if last else self.graph.inserting_before()
            with point:
                made = self.graph.create_node("placeholder", node.name, name=node.name)
            self.given[node, axis] = made
        return self.given[node, axis]

    def _read(self, size: Size, divide: Callable[..., object]) -> Length:
        if size in self.told:
            return self._told(size)
        found = self.outer._read(size, divide)
        return found if isinstance(found, int) else self.take(found)

    def _told(self, size: Size) -> Length:
        """The length of a slice, read off an argument."""
        if size not in self._lengths:
            source, axis = self.told[size]
            shape = self.call(getattr, source, "shape")
            self._lengths[size] = self.named(self.call(operator.getitem, shape, axis), "length")
        return self._lengths[size]


@dataclass
class Frame:
    """A nested function that is being written."""

    steps: range
    cut: Slice | None
    emit: Inner
    length: Size
    """What stands for the length of a slice."""
    values: dict[str, Value] = field(default_factory=dict)

    def leg(self, place: int) -> str | None:
        """The edge that is cut in a step."""
        return self.cut.leg(place) if self.cut else None


class Blocks(Feed):
    """The part of the lowering that writes nested functions."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self.frames: list[Frame] = []
        self._outermost = self.values
        self.place = 0
        """The step that is being lowered."""

    def names(self, value: str) -> tuple[str, ...]:
        """The legs of a value, in its own order."""
        raise NotImplementedError

    def lower(self, step: Step) -> Value:
        """One step, in the graph that is being written."""
        raise NotImplementedError

    def run_steps(self) -> None:
        """All steps; those in slices, and those that are made again, in functions of their own."""
        blocks: list[Slice | range] = [*self.plan.slices, *self.plan.recomputed]
        self._run(range(len(self.plan.steps)), blocks)

    def _run(self, steps: range, blocks: Sequence[Slice | range]) -> None:
        """Steps in order; `blocks` are inside them, outer ones first."""
        self.place = steps.start
        while self.place < steps.stop:
            here = [block for block in blocks if _steps(block).start == self.place]
            if not here:
                step = self.plan.steps[self.place]
                before = len(self.emit.graph.nodes)
                self.values[step.result] = self.lower(self._cut(step))
                for node in islice(self.emit.graph.nodes, before, None):
                    node.meta["step"] = step.result
                self.place += 1
                continue
            first = here[0]
            inside = [b for b in blocks if b is not first and _is_inside(b, first)]
            self._function(first, inside)

    def _cut(self, step: Step) -> Step:
        """The step with the lengths of slices."""
        legs = ((frame.leg(self.place), frame.length) for frame in self.frames)
        cut = {leg: length for leg, length in legs if leg is not None}
        return replace(step, sizes={**step.sizes, **cut}) if cut else step

    def _function(self, block: Slice | range, inside: Sequence[Slice | range]) -> None:
        """A block as a nested function, and its call."""
        outer, values = self.emit, self.values
        steps, cut = _steps(block), block if isinstance(block, Slice) else None
        first = python_name(self.plan.steps[steps.start].of)
        name = outer.graph._graph_namespace.create_name(f"{first}_part", None)
        inner = Inner(outer)
        reserve(inner.graph, name)
        frame = Frame(steps, cut, inner, Size.of(f"~{len(self.frames)}"))
        self.frames.append(frame)
        self.emit, self.values = inner, frame.values
        self._run(steps, inside)
        left = [place for place in steps if self._leaves(place, steps)]
        made = [frame.values[self.plan.steps[place].result] for place in left]
        inner.graph.output(tuple(inner.tensor(value) for value in made))
        self.frames.pop()
        self.emit, self.values = outer, values
        body = Body(name, inner.graph, tuple(node.name for node in inner.lines))
        read = [node for node, _ in inner.given]
        if cut is None:
            call = outer.call(recomputed, body, *read)
        else:
            pairs = zip(left, made, strict=True)
            joined = tuple(_axis(value, cut.leg(place)) for place, value in pairs)
            axes = tuple(axis for _, axis in inner.given)
            call = outer.call(sliced, body, cut.count, axes, joined, *read)
        if len(left) > 1:
            outer.lines.append(outer.named(call, f"{name}s"))
        for number, (place, value) in enumerate(zip(left, made, strict=True)):
            result = self.plan.steps[place].result
            node = outer.named(outer.call(operator.getitem, call, number), python_name(result))
            outer.lines.append(node)
            self.values[result] = Value(node, value.layout)

    def _leaves(self, place: int, steps: range) -> bool:
        """Whether a value is read outside the block that makes it."""
        name = self.plan.steps[place].result
        if any(result.node.value == name for result in self.plan.outputs):
            return True
        rest = (*self.plan.steps[: steps.start], *self.plan.steps[steps.stop :])
        return any(node.value == name for step in rest for node in step.operands)

    def found(self, node: Node) -> Value:
        """A value under its own legs, or the slice of it that a use reads."""
        return self._found(node, len(self.frames))

    def _found(self, node: Node, depth: int) -> Value:
        if not depth:
            return self._outermost[node.value]
        frame = self.frames[depth - 1]
        if node.value in frame.values:
            return frame.values[node.value]
        value = self._found(node, depth - 1)
        if not isinstance(value.node, fx.Node):
            return value
        names = zip(node.axes, self.names(node.value), strict=True)
        leg = next((name for axis, name in names if axis == (frame.leg(self.place),)), None)
        axis = None if leg is None else value.layout.index(leg)
        taken = frame.emit.take(value.node, axis)
        if axis is not None:
            frame.emit.told.setdefault(frame.length, (taken, axis))
        return Value(taken, value.layout)


def _steps(block: Slice | range) -> range:
    return block.steps if isinstance(block, Slice) else block


def _is_inside(block: Slice | range, outer: Slice | range) -> bool:
    inner, around = _steps(block), _steps(outer)
    return around.start <= inner.start and inner.stop <= around.stop


def _axis(value: Value, leg: str) -> int | None:
    """The axis of a tensor on which a leg lies."""
    return value.layout.index(leg) if leg in value.layout else None
