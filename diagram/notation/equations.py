"""The equations of a let, and of a step of a plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import assert_never

from diagram.language.check import derive
from diagram.language.convolve import Indicator, opened, replaced
from diagram.language.core import (
    Apply,
    Call,
    Diagram,
    Let,
    Node,
    Program,
    Scalar,
    axes,
    legs_of,
)
from diagram.language.size import Size
from diagram.notation import ops
from diagram.notation.formula import Equation
from diagram.notation.products import constant, indicator_equation, product, regrouped
from diagram.planner.steps import (
    Alone,
    Attend,
    Convolve,
    Indicate,
    Join,
    Lookup,
    Merge,
    Number,
    Split,
    Step,
    operands,
)

Equations = tuple[Equation, ...]
Numbers = Mapping[str, int]


def of_let(program: Program, let: Let, numbers: Numbers, train: bool = False) -> Equations:
    """A let's equation, then those of what stands in it; the program has no defs.

    Lengths are numbers where all their dims have one, else they stay as they are.
    """
    match let.maker:
        case Diagram() as diagram:
            nodes, indicators = convolved(program, diagram, numbers)
            left = (let.name, diagram.output)
            lengths = let_lengths(program, let, numbers)
            scale = numbered_scale(diagram.scale, {**sizes_of(numbers), **lengths})
            if not nodes:
                return (constant(let.name, scale),)
            return (product(left, nodes, indicators, scale, lengths),)
        case Apply() as apply:
            lengths = let_lengths(program, let, numbers)
            return ops.equations(let.name, numbered_options(apply, numbers), lengths, train)
        case Call():
            raise AssertionError("defs are written out before their equations")
        case _:
            assert_never(let.maker)


def convolved(
    program: Program, diagram: Diagram, numbers: Numbers
) -> tuple[tuple[Node, ...], list[Indicator]]:
    """A diagram's nodes with ends of their own on convolved edges, and what joins these."""
    found = derive(program)
    lengths = [
        {
            axis[0]: leg.size
            for axis, leg in zip(node.axes, found.legs[node.value], strict=True)
            if len(axis) == 1
        }
        for node in diagram.nodes
    ]
    nodes, indicators = opened(diagram, lengths, found.equations)
    return nodes, [numbered_indicator(indicator, numbers) for indicator in indicators]


def let_lengths(program: Program, let: Let, numbers: Numbers) -> dict[str, Size]:
    """The length of every edge of a let; those of an op's values also by place (`m:0`)."""
    found = derive(program)
    put = sizes_of(numbers)
    lengths: dict[str, Size] = dict(found.edges.get(let.name, {}))
    maker = let.maker
    uses = maker.nodes if isinstance(maker, Diagram) else maker.args
    if isinstance(maker, Diagram):
        uses, indicators = convolved(program, maker, {})
        for indicator in indicators:
            lengths |= zip(indicator.edges, indicator.lengths, strict=True)
    for place, node in enumerate(uses):
        for axis, leg in zip(node.axes, found.legs[node.value], strict=True):
            if len(axis) == 1:
                lengths.setdefault(axis[0], leg.size)
                if not isinstance(maker, Diagram):
                    lengths[f"{axis[0]}:{place}"] = leg.size
    names = legs_of(maker.output)
    made = {name: leg.size for name, leg in zip(names, found.legs[let.name], strict=True)}
    plain = {axis[0] for axis in maker.output if len(axis) == 1}
    lengths |= {name: size for name, size in made.items() if name in plain}
    return {edge: size.replace(put) for edge, size in lengths.items()}


def sizes_of(numbers: Numbers) -> dict[str, Size]:
    """Numbers as sizes, to be put for dims."""
    return {name: Size.of(value) for name, value in numbers.items()}


def numbered_scale(scale: Sequence[Scalar], put: Mapping[str, Size]) -> tuple[Scalar, ...]:
    """The scale with sizes put for edges and dims."""
    return tuple(replace(scalar, size=scalar.size.replace(put)) for scalar in scale)


def numbered_indicator(indicator: Indicator, numbers: Numbers) -> Indicator:
    """The indicator with numbers put for dims."""
    put = sizes_of(numbers)
    first, second, third = (size.replace(put) for size in indicator.lengths)
    conv = replaced(indicator.conv, put)
    return replace(indicator, lengths=(first, second, third), conv=conv)


def numbered_options(apply: Apply, numbers: Numbers) -> Apply:
    """The op with numbers put for the dims in its options."""
    put = sizes_of(numbers)
    options = tuple(
        (name, value.replace(put) if isinstance(value, Size) else value)
        for name, value in apply.options
    )
    return replace(apply, options=options)


def of_step(
    step: Step,
    indicators: Mapping[str, Indicator],
    found: Mapping[str, Size],
    numbers: Numbers,
    train: bool = False,
) -> Equations:
    """A step's equation; `indicators` are by the names of the steps that made them.

    `found` are the lengths of edges; those of an op's values also by place (`m:0`). A fused
    attention is opened before.
    """
    lengths = dict(found)
    scale = numbered_scale(step.scale, sizes_of(numbers))
    left = (step.result, axes(step.output))
    match step.action:
        case Merge() | Alone() as action:
            nodes, joints = _parted(action, indicators)
            return (product(left, nodes, joints, scale, lengths),)
        case Convolve() as action:
            nodes, stars = convolved_nodes(action)
            joints = [numbered_indicator(star, numbers) for star in stars]
            for joint in joints:
                lengths |= zip(joint.edges, joint.lengths, strict=True)
            return (product(left, nodes, joints, scale, lengths),)
        case Number():
            return (constant(step.result, scale),)
        case Split(node):
            return (regrouped(left, (node.value, _named(node, step.output)), lengths),)
        case Join(node, groups):
            return (regrouped((step.result, groups), (node.value, node.axes), lengths),)
        case Indicate(indicator):
            joint = numbered_indicator(indicator, numbers)
            return (indicator_equation(step.result, joint, lengths),)
        case Apply() as apply:
            return ops.equations(step.result, numbered_options(apply, numbers), lengths, train)
        case Attend() | Lookup():
            raise AssertionError("what is fused is opened before it is shown")
        case _:
            assert_never(step.action)


def _parted(
    action: Merge | Alone, indicators: Mapping[str, Indicator]
) -> tuple[list[Node], list[Indicator]]:
    """The values that a step reads, and the indicators; alone these are values."""
    given = operands(action)
    nodes = [node for node in given if node.value not in indicators]
    if not nodes:
        return list(given), []
    joints = [
        replace(indicators[node.value], edges=three(node.edges))
        for node in given
        if node.value in indicators
    ]
    return nodes, joints


def convolved_nodes(action: Convolve) -> tuple[list[Node], list[Indicator]]:
    """Signal and kernel with ends of their own on convolved edges, and what joins these."""
    along = {star.edges[0] for star in action.stars}
    nodes = [
        Node(node.value, axes([f"{e}:{end}" if e in along else e for e in node.edges]))
        for end, node in enumerate((action.left, action.right))
    ]
    stars = [
        replace(star, edges=(edge, f"{edge}:0", f"{edge}:1"))
        for star in action.stars
        for edge in star.edges[:1]
    ]
    return nodes, stars


def three(edges: Sequence[str]) -> tuple[str, str, str]:
    """The ends of an indicator."""
    result, signal, kernel = edges
    return result, signal, kernel


def _named(node: Node, output: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """The axes of a value under the names of a split's result, in which none stands twice."""
    names = iter(output)
    return tuple(tuple(next(names) for _ in axis) for axis in node.axes)
