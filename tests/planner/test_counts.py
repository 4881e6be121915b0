"""FLOPs and parameters of every model against counts by brute force."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from math import prod

import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from diagram import parameters, parse, plan
from diagram.language.core import Apply
from diagram.language.ops import OPS
from diagram.planner import Plan
from diagram.planner.steps import Alone, Attend, Convolve, Merge, Step
from diagram.runtime import DiagramModule
from diagram.runtime.samples import random_inputs
from models import BLOCKS, WILD, ZOO

MODELS = {**ZOO, **BLOCKS, **WILD}
FEW = {"b": 3, "n": 2, "m": 2}
"""Dims of inputs."""

FIXED = {"bloom": {"h"}}
"""Dims on which consts depend that are written out."""

CONVOLUTION = (
    "input U[b s x y]\nweight P[r s] K[r q x:3 y:2] Q[q t]\n"
    "Y[b t x y] = U[b s x y] P[r s] K[r q x y] Q[q t] corr x y (stride=2)\nreturn Y"
)


def small(model: str) -> Plan:
    """The plan for lengths at which every step can be walked through."""
    program = MODELS[model].program()
    few = {name: 2 + 2 * (place % 2) for place, name in enumerate(program.dim_order)}
    few |= {name: length for name, length in FEW.items() if name in few}
    but = program.equations.keys() | FIXED.get(model, set())
    return plan(program, {name: length for name, length in few.items() if name not in but})


def walked(edges: Iterable[str], lengths: Mapping[str, int]) -> Iterator[tuple[int, ...]]:
    """Every entry of a value, or every term of a product, one after the other."""
    return product(*(range(lengths[edge]) for edge in dict.fromkeys(edges)))


def walked_flops(step: Step, numbers: Mapping[str, int]) -> int:
    """One for each operation that loops over the step's letters do."""
    lengths = {edge: size.value(numbers) for edge, size in step.sizes.items()}
    action, count = step.action, 0
    for _ in walked(step.output, lengths) if step.scale and step.operands else ():
        count += 1
    match action:
        case Convolve(left, right, stars):
            taps = {f"{star.edges[0]} of the kernel": star.lengths[2] for star in stars}
            lengths |= {edge: size.value(numbers) for edge, size in taps.items()}
            for _ in walked((*left.edges, *right.edges, *taps), lengths):
                count += 2
        case Merge(left, right):
            edges = (*left.edges, *right.edges)
            for _ in walked(edges, lengths):
                count += 1 if {*edges} == {*step.output} else 2
        case Alone(node):
            for _ in walked(node.edges, lengths) if {*node.edges} != {*step.output} else ():
                count += 1
        case Attend():
            for _ in walked((*action.batch, *action.queries, action.m), lengths):
                count += 2 * sum(1 for _ in walked(action.depth, lengths))
                count += bool(action.scale) + len(action.masks) + bool(action.causal) + 5
                count += 2 * sum(1 for _ in walked(action.width, lengths))
        case Apply("+", _, args):
            for _ in walked(step.output, lengths):
                count += len(args) - 1
        case Apply(op, _, args):
            shrinks = {*step.output} < {*args[0].edges}
            for _ in walked(args[0].edges if shrinks else step.output, lengths):
                count += OPS[op].flops
    return count


def torch_flops(step: Step, numbers: Mapping[str, int]) -> int:
    """Those that torch counts: of products that sum; values in attention are as wide as keys."""
    lengths = {edge: size.value(numbers) for edge, size in step.sizes.items()}

    def volume(*edges: str) -> int:
        return prod(lengths[edge] for edge in {*edges})

    match step.action:
        case Merge(left, right) if {*left.edges, *right.edges} != {*step.output}:
            return 2 * volume(*left.edges, *right.edges)
        case Attend() as attend:
            depth, width = volume(*attend.depth), volume(*attend.width)
            maps = volume(*attend.batch, *attend.queries, attend.m)
            return 2 * maps * (depth + max(depth, width))
        case _:
            return 0


@pytest.mark.parametrize("model", MODELS)
def test_flops_are_those_of_loops_over_the_letters(model: str):
    found = small(model)
    assert found.flops == sum(walked_flops(step, found.numbers) for step in found.steps)


def test_flops_of_convolutions_are_those_of_loops_over_the_letters():
    found = plan(parse(CONVOLUTION), b=2, s=3, t=4, r=2, q=3, x=7, y=6)
    assert any(isinstance(step.action, Convolve) for step in found.steps)
    assert found.flops == sum(walked_flops(step, found.numbers) for step in found.steps)


@pytest.mark.parametrize("model", MODELS)
def test_products_are_those_that_torch_counts(model: str):
    """A call of the module, with attention in its parts: fused, torch counts it as nothing."""
    module = DiagramModule(small(model)).eval()
    numbers = module.plan.numbers
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), sdpa_kernel(SDPBackend.MATH), counter:
        module(*random_inputs(module, numbers, seed=0))
    expected = sum(torch_flops(step, numbers) for step in module.plan.steps)
    assert counter.get_total_flops() == expected


@pytest.mark.parametrize("model", MODELS)
def test_parameters_are_those_that_the_module_holds(model: str):
    found = small(model)
    held = sum(weight.numel() for weight in DiagramModule(found).parameters())
    assert parameters(found.program, **found.numbers).number == held
