"""How the nodes of a picture grow together, step by step."""

from __future__ import annotations

import pytest

from diagram import Program, parse
from diagram.language.core import nodes
from diagram.planner import plan
from diagram.planner.order import ordered
from diagram.planner.together import together
from models import WILD, ZOO

MODELS = {**ZOO, **WILD}


def sizes(program: Program) -> dict[str, int]:
    return {dim: 8 for dim in ("b", "n", "m") if dim in program.dim_order}


@pytest.mark.parametrize("name", MODELS)
def test_every_source_is_brought_together_and_nothing_is_lost(name):
    program = MODELS[name].program()
    for found in (plan(program, sizes(program)), ordered(program, "written", **sizes(program))):
        steps = together(found)
        made = frozenset().union(*(step.made for step in steps))
        uses = {
            (let.name, place)
            for let in found.program.lets
            for place, node in enumerate(nodes(let.maker))
            if node.value in found.program.source
        }
        assert uses <= made
        assert all(operand <= step.made for step in steps for operand in step.operands)


@pytest.mark.parametrize("name", ZOO)
def test_what_merges_in_a_product_was_apart(name):
    program = ZOO[name].program()
    for step in together(plan(program, sizes(program))):
        if len(step.operands) == 2:
            left, right = step.operands
            assert left
            assert right
            assert not left & right


def test_fused_attention_is_seen_in_its_parts():
    program = ZOO["multi-head"].program()
    found = {step.step.result: step for step in together(plan(program, b=1, n=8))}
    halves = [sorted(operand) for operand in found["S"].operands]
    assert halves == [[("S", 0), ("S", 1)], [("S", 2), ("S", 3)]]
    assert found["A"].made == {("A", 0), *(("S", place) for place in range(4))}


def test_a_value_used_twice_in_one_product_is_two_nodes():
    text = "input A[i j]\nB[i k] = A[i j] A[k j]\nreturn B"
    (step,) = together(plan(parse(text), i=2, j=3))
    assert [[*operand] for operand in step.operands] == [[("B", 0)], [("B", 1)]]
