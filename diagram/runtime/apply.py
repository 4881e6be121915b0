"""Ops as torch calls, in the layout of their first value."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import fx
from torch.nn import functional

from diagram.language.core import Apply, Diagram, Option, Program, nodes
from diagram.language.size import Size
from diagram.planner.steps import Step
from diagram.runtime import kernels
from diagram.runtime.emit import Emitter, Value


def apply(
    emit: Emitter, step: Step, action: Apply, values: Sequence[Value], may_hide: bool
) -> Value:
    """The result of an op; `may_hide` says that its value may hold minus infinity throughout.

    Sums and dropout are not among the ops here: they are made with the graph.
    """
    first, *others = values
    node, layout = emit.tensor(first), first.layout
    places = tuple(layout.index(leg) for leg in action.legs if leg in layout)
    options = {name: _option(emit, value) for name, value in action.options}
    match action.op:
        case "softmax" | "log_softmax" as op:
            layout = (*(edge for edge in layout if edge not in action.legs), *action.legs)
            kernel: object = getattr(kernels, f"masked_{op}") if may_hide else getattr(torch, op)
            node = emit.ordered(first, layout)
            if kernel is torch.softmax and _meets_product(emit.program, step.result):
                made = emit.call(kernel, emit.method("unsqueeze", node, 0), -1)
                return Value(emit.method("squeeze", made, 0), layout)
            return Value(emit.call(kernel, node, -1), layout)
        case "max" | "min" | "mean" as op:
            kernel = {"max": torch.amax, "min": torch.amin, "mean": torch.mean}[op]
            rest = tuple(edge for edge in layout if edge not in action.legs)
            return Value(emit.call(kernel, node, places), rest)
        case "one_hot":
            length = emit.length(step.sizes[action.legs[0]])
            made = emit.call(kernels.one_hot, node, length, emit.like)
            return Value(made, (*layout, *action.legs))
        case "max_pool":
            size = options["size"]
            stride, pad = options.get("stride", size), options.get("pad", 0)
            return Value(emit.call(kernels.max_pool, node, places, size, stride, pad), layout)
        case "concat":
            parts = [node, *(emit.ordered(other, layout) for other in others)]
            return Value(emit.call(torch.cat, parts, places[0]), layout)
        case "slice":
            length = emit.length(step.sizes[action.legs[0]])
            start = options.get("start", 0)
            return Value(emit.call(kernels.narrow, node, places[0], start, length), layout)
        case "layer_norm" if sorted(places) == list(range(len(layout) - len(places), len(layout))):
            shape = emit.lengths(layout[len(layout) - len(places) :], step.sizes)
            return Value(emit.call(functional.layer_norm, node, shape, **options), layout)
        case _:
            return Value(_keeping(emit, action, node, layout, others, options), layout)


def _meets_product(program: Program, name: str) -> bool:
    """Whether a product reads a softmax, which torch's compiler may take for attention.

    It does so whatever the axes are (pytorch/pytorch#196468), unless there is a move between.
    """
    readers = [let.maker for let in program.lets if name in {n.value for n in nodes(let.maker)}]
    return any(
        len(maker.nodes) > 1
        if isinstance(maker, Diagram)
        else isinstance(maker, Apply) and maker.op == "dropout"
        for maker in readers
    )


def _keeping(
    emit: Emitter,
    action: Apply,
    node: fx.Node,
    layout: tuple[str, ...],
    others: Sequence[Value],
    options: dict[str, object],
) -> fx.Node:
    """An op whose result has the layout of its value."""
    places = tuple(layout.index(leg) for leg in action.legs)
    match action.op:
        case "cumsum":
            return emit.call(torch.cumsum, node, places[0])
        case "sort":
            return emit.call(kernels.sort, node, places[0], bool(options.get("descending", False)))
        case "layer_norm" | "rms_norm" | "unit" | "causal" as op:
            return emit.call(getattr(kernels, op), node, places, **options)
        case "mask":
            return emit.call(kernels.mask, node, emit.broadcast(others[0], layout))
        case op:
            return emit.call(kernels.ELEMENTWISE[op], node)


def _option(emit: Emitter, value: Option) -> object:
    if not isinstance(value, Size):
        return value
    if value.number is None:
        return emit.length(value)
    return int(value.number) if value.number.denominator == 1 else float(value.number)
