"""The options of `plan`: what each changes, and how they come together."""

from __future__ import annotations

import pytest
import torch

import diagram
import models
from diagram import DiagramError, Program
from diagram.planner import Attend, Plan

CHAIN = "input A[i j] B[j k] C[k l] D[l m]\nY[i m] = A[i j] B[j k] C[k l] D[l m]\nreturn Y"
SIZES = {"i": 9, "j": 8, "k": 7, "l": 6, "m": 5}


def chain() -> Program:
    return diagram.parse(CHAIN)


def letters(found: Plan) -> list[str]:
    return [step.letters for step in found.steps]


def test_an_order_by_hand_stands_first_and_the_rest_is_as_cheap_as_it_can_be():
    found = diagram.plan(chain(), SIZES, order=[(1, 2)])
    assert letters(found)[0] == "j k, k l -> j l"
    whole = [diagram.plan(chain(), SIZES, order=[(1, 2), *rest]) for rest in
             ([(0, 2), (0, 1)], [(1, 2), (0, 1)])]  # fmt: skip
    assert found.flops == min(each.flops for each in whole)
    assert letters(diagram.plan(chain(), SIZES, order={"Y": [(1, 2)]})) == letters(found)


def test_a_plan_in_the_written_order_is_compiled():
    module = diagram.compile(chain(), SIZES, order="written")
    assert letters(module.plan)[0] == "i j, j k -> i k"
    values = [torch.randint(-3, 4, s).double() for s in ((9, 8), (8, 7), (7, 6), (6, 5))]
    assert torch.equal(module(*values), values[0] @ values[1] @ values[2] @ values[3])


def test_what_is_ordered_by_hand_is_not_fused_and_all_else_is():
    program = models.multi_head()
    sizes = {"b": 2, "n": 64}
    fused = diagram.plan(program, sizes)
    assert any(isinstance(step.action, Attend) for step in fused.steps)
    apart = diagram.plan(program, sizes, order={"S": [(0, 1)]})
    assert not any(isinstance(step.action, Attend) for step in apart.steps)
    other = diagram.from_einsum("ij,jk->ik")
    assert len(diagram.plan(other, order=[(0, 1)]).steps) == 1


@pytest.mark.parametrize(
    "order",
    [[(0, 9)], {"Z": [(0, 1)]}, 3, "forward", [(0, 0)], [("a", "b")], [[]], [3], {"Y": 3}, {3: 3}],
)
def test_impossible_orders_are_refused(order: object):
    with pytest.raises(DiagramError):
        diagram.plan(chain(), SIZES, order=order)  # type: ignore[arg-type]


def test_dims_come_by_name_or_as_a_mapping():
    program = diagram.parse("input A[memory order]\nY[memory] = A[memory order]\nreturn Y")
    assert diagram.plan(program, {"memory": 3, "order": 4}).flops == 12
    with pytest.raises(DiagramError, match="give dims as a mapping"):
        diagram.plan(program, memory="2GiB")
    with pytest.raises(DiagramError, match="given twice"):
        diagram.plan(chain(), {"i": 3}, i=3)


@pytest.mark.parametrize("objective", ["flops", "time", "memory", "measure"])
@pytest.mark.parametrize("train", [False, True])
def test_every_objective_computes_the_same(objective: str, train: bool):
    module = diagram.compile(chain(), SIZES, objective=objective, train=train)  # type: ignore[arg-type]
    values = [torch.randint(-3, 4, s).double() for s in ((9, 8), (8, 7), (7, 6), (6, 5))]
    assert torch.equal(module(*values), values[0] @ values[1] @ values[2] @ values[3])


def test_each_objective_is_best_at_its_own():
    sizes = {"i": 2, "j": 300, "k": 300, "l": 300, "m": 2}
    plans = {o: diagram.plan(chain(), sizes, objective=o) for o in ("flops", "memory")}
    assert plans["flops"].flops <= plans["memory"].flops
    assert plans["memory"].peak <= plans["flops"].peak


def test_to_measure_every_dim_needs_a_number():
    with pytest.raises(DiagramError, match="to measure, every dim needs a number"):
        diagram.compile(chain(), objective="measure")


def test_folding_counts_what_each_call_does():
    text = "input X[n f]\nweight V[f k] W[k g]\nY[n g] = X[n f] V[f k] W[k g]\nreturn Y"
    program, sizes = diagram.parse(text), {"n": 4, "f": 8, "k": 8, "g": 8}
    plain, folded = diagram.plan(program, sizes), diagram.plan(program, sizes, fold=True)
    assert plain.flops == 2 * 2 * 4 * 64
    assert folded.flops == 2 * 4 * 64
    assert [step.once for step in folded.steps] == [True, False]
    assert "once" in str(folded)
    wide = diagram.plan(program, {**sizes, "k": 2}, fold=True)
    assert not any(step.once for step in wide.steps)  # it does not pay
