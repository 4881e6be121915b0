"""Plans for training: FLOPs of gradients, what is kept for them, and what is made again."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from diagram import parse, plan
from diagram.language.core import Apply
from diagram.planner import Attend, Plan
from diagram.planner.within import narrowed
from models import BLOCKS, ZOO
from tests.runtime.random_programs import Written, lengths, several

MLP = (
    "input X[b f]\nweight W[f k] V[k g]\nH[b k] = X[b f] W[f k]\nA[b k] = gelu(H)\n"
    "Y[b g] = A[b k] V[k g]\nreturn Y"
)


def trained(text: str, memory: int | None = None, **sizes: int) -> Plan:
    return plan(parse(text), sizes, train=True, memory=memory)


# -- FLOPs ----------------------------------------------------------------------------------------


def test_both_gradients_of_a_product_cost_as_much_as_it_does():
    text = "input X[n f]\nweight W[f h]\nY[n h] = X[n f] W[f h]\nreturn Y"
    assert plan(parse(text), n=3, f=4, h=5).flops == 2 * 3 * 4 * 5
    assert trained(text, n=3, f=4, h=5).flops == 3 * 2 * 3 * 4 * 5


def test_fused_attention_makes_its_map_again():
    """Its products, 4 n m d forward, cost 10 n m d back: two and a half times as much."""
    text = (
        "input Q[n d] K[m d] V[m d]\nA[n m] = softmax[m](Q[n d] K[m d])\n"
        "Y[n d] = A[n m] V[m d]\nreturn Y"
    )
    forward, both = plan(parse(text), n=8, m=6, d=4), trained(text, n=8, m=6, d=4)
    assert isinstance(both.steps[0].action, Attend)
    entries = 5 * 8 * 6
    assert forward.flops == 4 * 8 * 6 * 4 + entries
    assert both.flops == forward.flops + 10 * 8 * 6 * 4 + 3 * entries


@pytest.mark.parametrize("model", ZOO)
def test_formulas_and_numbers_agree(model: str):
    found = plan(ZOO[model].program(), b=2, n=24, train=True)
    numbers = {**found.numbers, "m": found.numbers.get("m", 16)}
    forward = plan(ZOO[model].program(), b=2, n=24)
    value = found.flops_size.value(numbers)
    assert 3 * forward.flops_size.value(numbers) <= value <= 3.5 * forward.flops_size.value(numbers)


def test_what_needs_no_gradient_costs_none():
    text = (
        "index T[n] of v\nconst c[v] d[v]\nA[v] = c[v] d[v]\n"
        "Y[n] = one_hot[v](T)[n v] A[v]\nreturn Y"
    )
    assert trained(text, n=5, v=7).flops == plan(parse(text), n=5, v=7).flops


# -- what is alive --------------------------------------------------------------------------------


def test_what_a_layer_keeps():
    """gelu keeps H, the second product A, and who called it Y; and the gradients of each step."""
    b, f, k, g = 8, 4, 16, 4
    found = trained(MLP, b=b, f=f, k=k, g=g)
    h, y = b * k, b * g
    kept = {"H": y, "A": y + h, "Y": y + h + h}
    gradients = {"H": h, "A": h + h, "Y": h + y}
    alive = {name: kept[name] + gradients[name] for name in kept}
    assert {step.result: step.alive for step in found.steps} == alive
    assert found.peak == alive["Y"]


def test_what_is_made_again_is_not_kept():
    """A is made of H for its gradients: only H is kept, and the first product is not repeated."""
    sizes = {"b": 8, "f": 4, "k": 16, "g": 4}
    free = trained(MLP, **sizes)
    found = trained(MLP, memory=free.memory - 4, **sizes)
    assert found.recomputed
    assert found.memory < free.memory
    again = found.flops - free.flops
    (block,) = found.recomputed
    run = found.steps[block.start : block.stop - 1]
    assert again == sum(step.flops.value(found.numbers) for step in run)


def test_dropout_may_be_made_again_and_batch_norm_not():
    text = (
        "input X[b c n]\nbuffer m[e] v[e]\nweight W[c d] V[d e]\nA[b d n] = X[b c n] W[c d]\n"
        "B[b d n] = dropout(gelu(A), p=0.5)\nC[b e n] = B[b d n] V[d e]\n"
        "Y[b e n] = batch_norm[b n](C, m, v)\nZ[b e n] = gelu(gelu(gelu(Y)))\nreturn Z"
    )
    free = trained(text, b=8, c=4, d=64, e=4, n=8)
    found = narrowed([free], 0)
    assert found.memory < free.memory
    norm = next(i for i, s in enumerate(found.steps) if _is(s.action, "batch_norm"))
    blocks = [*found.recomputed, *(each.steps for each in found.slices)]
    assert blocks
    assert not any(norm in block for block in blocks)


def _is(action: object, op: str) -> bool:
    return isinstance(action, Apply) and action.op == op


# -- limits ---------------------------------------------------------------------------------------


def is_sound(found: Plan, before: Plan) -> None:
    assert {step.result for step in found.steps} == {step.result for step in before.steps}
    blocks = [*found.recomputed, *(each.steps for each in found.slices)]
    for number, one in enumerate(blocks):
        for other in blocks[:number]:
            apart = one.stop <= other.start or other.stop <= one.start
            nested = other.start <= one.start and one.stop <= other.stop
            is_remade = one in found.recomputed or other in found.recomputed
            assert apart or (nested and not is_remade)
    assert found.flops >= before.flops


@pytest.mark.parametrize("part", [0.0, 0.3, 0.7])
@pytest.mark.parametrize("model", ["multi-head", "skip-right", "linear-quadratic", "tunable-head"])
def test_limits_for_the_zoo(model: str, part: float):
    before = plan(ZOO[model].program(), b=2, n=32, train=True)
    least = narrowed([before], 0).memory
    limit = least + int(part * (before.memory - least))
    found = narrowed([before], limit)
    is_sound(found, before)
    assert found.memory <= limit


@given(several(), lengths(), st.floats(0, 1))
def test_limits_for_random_programs(written: Written, sizes: Mapping[str, int], part: float):
    before = plan(parse(written.text), {k: 2 * n for k, n in sizes.items()}, train=True)
    assume(before.steps)
    least = narrowed([before], 0).memory
    limit = least + int(part * (before.memory - least))
    found = narrowed([before], limit)
    is_sound(found, before)
    assert found.memory <= limit


def test_layers_are_made_again_for_a_third_of_the_memory():
    """At most one forward pass more: a transformer's layers are kept at their borders."""
    before = plan(BLOCKS["minilm"].program(), b=4, n=64, train=True)
    found = plan(BLOCKS["minilm"].program(), b=4, n=64, train=True, memory=before.memory // 3)
    assert found.memory <= before.memory // 3
    assert not found.slices
    forward = plan(BLOCKS["minilm"].program(), b=4, n=64).flops
    assert before.flops < found.flops < before.flops + forward


def test_looser_limits_cost_no_more():
    program = BLOCKS["minilm"].program()
    before = plan(program, b=4, n=64, train=True)
    costs = [
        plan(program, b=4, n=64, train=True, memory=int(part * before.memory)).flops
        for part in (0.3, 0.5, 0.7, 0.9, 1.0)
    ]
    assert costs == sorted(costs, reverse=True)
    assert costs[-1] == before.flops
