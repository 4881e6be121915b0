"""Initial numbers: fans read off the diagram, rules as written, scores of order 1."""

from __future__ import annotations

import math

import pytest
import torch

from diagram import compile, interpret, parse
from diagram.runtime.init import fans
from models import ZOO, attention


def bound_of(fan_in: int, fan_out: int) -> float:
    """Glorot and Bengio 2010: uniform with variance 2 / (fan in + fan out)."""
    return math.sqrt(6 / (fan_in + fan_out))


def test_linear_layer_has_the_fans_of_xavier():
    program = parse("input X[n f]\nweight W[f h]\nY[n h] = X[n f] W[f h]\nreturn Y")
    assert fans(program, "W", {"f": 300, "h": 200}) == (300, 200)
    weight = compile(program, f=300, h=200).get_parameter("W")
    expected = torch.nn.init.xavier_uniform_(torch.empty(200, 300))
    assert weight.abs().max().item() == pytest.approx(bound_of(300, 200), rel=1e-3)
    assert weight.std().item() == pytest.approx(expected.std().item(), rel=0.02)
    assert abs(weight.mean().item()) < 1e-3


@pytest.mark.parametrize("bias", [False, True])
def test_output_projection_of_multi_head_has_the_fans_of_xavier(bias: bool):
    """W^O sums over heads and over d: its fan in is h d, its fan out f."""
    program = attention.multi_head(f=48, h=4, d=8, bias=bias)
    assert fans(program, "WO", {"f": 48, "h": 4, "d": 8}) == (32, 48)


@pytest.mark.parametrize("model", [name for name in ZOO if name != "cross-attention"])
def test_projections_have_fan_in_f(model: str):
    program = ZOO[model].program()
    numbers = {dim: 3 + place for place, dim in enumerate(program.dim_order)} | {"f": 97}
    for name in ("WQ", "WK", "WV"):
        found = fans(program, name, numbers)
        assert found is not None
        assert found[0] == 97


@pytest.mark.parametrize("model", ZOO)
def test_output_projections_have_fan_out_f_and_the_rest_in(model: str):
    program = ZOO[model].program()
    numbers = {dim: 3 + place for place, dim in enumerate(program.dim_order)} | {"f": 97}
    *inside, _ = (leg.size.value(numbers) for leg in program.source["WO"].legs)
    assert fans(program, "WO", numbers) == (math.prod(inside), 97)


@pytest.mark.parametrize("model", ["single-head", "multi-head", "cross-attention", "multi-query"])
def test_scores_and_results_start_at_order_one(model: str):
    """Unit inputs give scores and results that are neither lost nor huge."""
    program = ZOO[model].program()
    torch.manual_seed(0)
    module = compile(program)
    inputs = [torch.randn(2, 32, 512) for s in program.sources if s.kind == "input"]
    found = interpret(program, *inputs, **dict(module.named_parameters()))
    assert 0.2 < found["S"].var().item() < 5
    assert 0.005 < found["Y"].var().item() < 5


def test_biases_start_at_zero():
    module = compile(attention.multi_head(f=8, h=2, d=4, bias=True))
    for name in ("BQ", "BK", "BV", "BO"):
        assert (getattr(module, name) == 0).all()


def test_a_weight_that_stands_in_a_sum_alone_starts_at_zero():
    program = parse("input X[n f]\nweight B[f]\nY[n f] = X + B\nreturn Y")
    assert (compile(program, f=5).get_parameter("B") == 0).all()


def test_rules_are_kept():
    program = parse(
        "input X[f]\n"
        "weight Z[f]=zeros O[f]=ones E[f f']=eye N[f f']=normal(0.02) U[f f']=uniform(-3 -2)\n"
        "weight Q[f f']=orthogonal P[k:2]=(1.5 -2) L[f s:5]=eye\n"
        "buffer R[f]=range\n"
        "Y[f] = X[f] Z[f] O[f] E[f a] N[a b] U[b c] Q[c d] P[k] L[f s] R[f]\n"
        "return Y"
    )
    module = compile(program, f=40)
    held = module.state_dict()
    assert torch.equal(held["Z"], torch.zeros(40))
    assert torch.equal(held["O"], torch.ones(40))
    assert torch.equal(held["E"], torch.eye(40))
    assert torch.equal(held["L"], torch.eye(40, 5))
    assert torch.equal(held["P"], torch.tensor([1.5, -2.0]))
    assert torch.equal(held["R"], torch.arange(40.0))
    assert held["N"].std().item() == pytest.approx(0.02, rel=0.1)
    assert -3 <= held["U"].min().item() < -2.9
    assert -2.1 < held["U"].max().item() <= -2
    assert torch.allclose(held["Q"] @ held["Q"].T, torch.eye(40), atol=1e-5)
    assert isinstance(module.E, torch.nn.Parameter)
    assert not isinstance(module.R, torch.nn.Parameter)


def test_a_seed_gives_the_same_numbers():
    program = attention.multi_head(f=8, h=2, d=4)
    torch.manual_seed(3)
    first = compile(program).state_dict()
    torch.manual_seed(3)
    second = compile(program).state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not torch.equal(first["WQ"], first["WK"])
