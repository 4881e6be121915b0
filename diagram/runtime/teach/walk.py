"""`walk`: a program run step after step, in the order of a plan or by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import assert_never, overload

import torch
from torch import Tensor

from diagram.errors import DiagramError
from diagram.language.convolve import Indicator
from diagram.language.core import Apply, Diagram, Let, Program, axes, flat
from diagram.language.size import Size
from diagram.notation.equations import (
    convolved_nodes,
    numbered_indicator,
    of_step,
)
from diagram.notation.names import kernel_names
from diagram.planner import cost
from diagram.planner.opened import opened_steps
from diagram.planner.order import Order, ordered
from diagram.planner.steps import (
    Alone,
    Attend,
    Convolve,
    Indicate,
    Join,
    Lookup,
    Merge,
    Number,
    Plan,
    Result,
    Split,
    Step,
    operands,
)
from diagram.runtime import kernels
from diagram.runtime.interpret import prepared
from diagram.runtime.products import merge
from diagram.runtime.run_op import applied
from diagram.runtime.scale import scale_number
from diagram.runtime.teach.step import TeachingStep


@dataclass(frozen=True, eq=False)
class Walk(Sequence[TeachingStep]):
    """The steps of a program, and the values that it returns."""

    program: Program
    steps: tuple[TeachingStep, ...]
    values: Mapping[str, Tensor]
    """What is returned, by name."""

    @property
    def flops(self) -> int:
        """FLOPs of all steps (a multiply-add is 2)."""
        return sum(step.flops for step in self.steps)

    @overload
    def __getitem__(self, place: int) -> TeachingStep: ...

    @overload
    def __getitem__(self, place: slice) -> tuple[TeachingStep, ...]: ...

    def __getitem__(self, place: int | slice) -> TeachingStep | tuple[TeachingStep, ...]:
        return self.steps[place]

    def __len__(self) -> int:
        return len(self.steps)

    def __str__(self) -> str:
        from diagram.runtime.teach.page import page

        return "\n".join(page(self))

    def _repr_html_(self) -> str:
        from diagram.runtime.teach.cell import walk_cell

        return walk_cell(self)


def walk(
    program: Program,
    given: Mapping[str, Tensor],
    sizes: Mapping[str, int],
    order: Plan | Order,
    train: bool = False,
) -> Walk:
    """Every step, from the values of the sources; the program has no defs.

    Fused attention is taught in its parts. DiagramError for a plan of another program.
    """
    values, numbers, like = prepared(program, given, sizes)
    plan = _plan(program, order, numbers)
    numbers = {**plan.numbers, **numbers}
    walker = _Walker(plan, values, numbers, like, train)
    steps = tuple(walker.steps())
    return Walk(program, steps, {r: walker.returned(r, found) for r, found in walker.results})


def _plan(program: Program, order: Plan | Order, numbers: Mapping[str, int]) -> Plan:
    if not isinstance(order, Plan):
        known = {name: numbers[name] for name in program.dim_order if name in numbers}
        return ordered(program, order, **known)
    if order.program != program:
        raise DiagramError("the order is a plan of another program; make one with plan(program)")
    return order


class _Walker:
    """The values that stand, and how each step adds its own."""

    def __init__(
        self,
        plan: Plan,
        values: dict[str, Tensor],
        numbers: Mapping[str, int],
        like: Tensor,
        train: bool,
    ) -> None:
        self.plan = plan
        self.values = values
        self.numbers = numbers
        self.like = like
        self.train = train
        self.indicators: dict[str, Indicator] = {}
        self.results: list[tuple[str, Result]] = list(
            zip(plan.program.outputs, plan.outputs, strict=True)
        )
        self.names = {
            let.name: kernel_names(plan.program, let.maker)
            for let in plan.program.lets
            if isinstance(let.maker, Diagram) and let.maker.convs
        }

    def steps(self) -> Iterator[TeachingStep]:
        """Each step once it is done."""
        for step in opened_steps(self.plan):
            value = self._value(step)
            if step.scale:
                value = value * scale_number(step.scale, self.numbers, step.of)
            self.values[step.result] = value
            if isinstance(step.action, Indicate):
                self.indicators[step.result] = numbered_indicator(
                    step.action.indicator, self.numbers
                )
            yield self._taught(step, value)

    def returned(self, name: str, found: Result) -> Tensor:
        """A returned value, its legs in the order of its declaration."""
        edges = found.node.edges
        return self.values[found.node.value].permute([edges.index(e) for e in found.order])

    # -- values -------------------------------------------------------------------------------

    def _value(self, step: Step) -> Tensor:
        match step.action:
            case Merge() | Alone() as action:
                given = [(self.values[node.value], node.edges) for node in operands(action)]
                return merge(given, step.output)
            case Convolve() as action:
                nodes, stars = convolved_nodes(action)
                given = [(self.values[node.value], node.edges) for node in nodes]
                given += [(self._indicator(star), star.edges) for star in stars]
                return merge(given, step.output)
            case Number():
                return torch.ones((), dtype=self.like.dtype, device=self.like.device)
            case Split(node):
                lengths = [step.sizes[edge].value(self.numbers) for edge in step.output]
                return self.values[node.value].reshape(lengths)
            case Join(node, groups):
                moved = merge([(self.values[node.value], node.edges)], flat(groups))
                return moved.reshape([step.sizes[e].value(self.numbers) for e in step.output])
            case Indicate(indicator):
                return self._indicator(indicator)
            case Apply() as action:
                let = Let(step.result, replace(action, output=axes(step.output)))
                assert isinstance(let.maker, Apply)
                return applied(
                    self.plan.program,
                    let,
                    let.maker,
                    self.values,
                    self.numbers,
                    self.like,
                    self.train,
                )
            case Attend() | Lookup():
                raise AssertionError("what is fused is opened before it is taught")
            case _:
                assert_never(step.action)

    def _indicator(self, found: Indicator) -> Tensor:
        number = numbered_indicator(found, self.numbers)
        first, second, third = (size.value({}) for size in number.lengths)
        stride, up, tap = (s.value({}) for s in (number.conv.stride, number.conv.up, number.tap))
        offset = number.offset.value({})
        return kernels.indicator(
            (first, second, third), (stride, up, tap), offset, number.is_circular, self.like
        )

    # -- what is told -------------------------------------------------------------------------

    def _taught(self, step: Step, value: Tensor) -> TeachingStep:
        shapes = {
            name: tuple(self.values[name].shape)
            for name in (*(node.value for node in step.operands), step.result)
        }
        joints = {
            node.value: self.indicators[node.value].edges[0].partition(":")[0]
            for node in step.operands
            if node.value in self.indicators and isinstance(step.action, Merge)
        }
        lengths = self._lengths(step)
        sizes = {edge: Size.of(length) for edge, length in lengths.items()}
        return TeachingStep(
            step,
            of_step(step, self.indicators, sizes, self.numbers, self.train),
            lengths,
            shapes,
            value,
            self._flops(step, sizes),
            joints,
            self._names(step),
        )

    def _lengths(self, step: Step) -> dict[str, int]:
        """The length of each edge, in the result where it has it; in an op's values by place."""
        found: dict[str, int] = {}
        for place, node in enumerate(step.operands):
            for axis, length in zip(node.axes, self.values[node.value].shape, strict=True):
                if len(axis) == 1:
                    found[axis[0]] = length
                    if isinstance(step.action, Apply):
                        found[f"{axis[0]}:{place}"] = length
        if isinstance(step.action, Join):
            groups = flat(step.action.groups)
            found = {edge: found[edge] for edge in groups}
        return found | dict(zip(step.output, self.values[step.result].shape, strict=True))

    def _flops(self, step: Step, sizes: Mapping[str, Size]) -> int:
        if not step.flops.dims - self.numbers.keys():
            return step.flops.value(self.numbers)
        return cost.flops(step.action, step.output, bool(step.scale), sizes).value(self.numbers)

    def _names(self, step: Step) -> Mapping[str, str]:
        return self.names.get(step.result.partition(":")[0], {})
