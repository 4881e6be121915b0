"""Attention with scalar queries and keys: within the tolerance of the exact form."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional

import diagram
import models
from diagram import DiagramError
from diagram.runtime.interpolated.kernel import interpolated


def exact(q: Tensor, k: Tensor, v: Tensor, scale: float, causal: bool) -> Tensor:
    attend = functional.scaled_dot_product_attention
    return attend(q.double(), k.double(), v.double(), is_causal=causal, scale=scale)


def error(found: Tensor, expected: Tensor, v: Tensor) -> float:
    """The largest error of a component relative to its largest value."""
    largest = v.double().abs().amax((2, 3)).clamp_min(1e-300)
    return float(((found.double() - expected).abs().amax((2, 3)) / largest).max())


@settings(max_examples=40)
@given(
    st.integers(1, 700),
    st.sampled_from([0.0, 0.1, 1.0, 2.0, 3.0]),
    st.sampled_from([-30.0, 0.0, 5.0]),
    st.booleans(),
    st.sampled_from([1e-2, 1e-4]),
    st.integers(0, 2**32 - 1),
)
def test_the_error_stays_below_the_tolerance(
    n: int, spread: float, shift: float, causal: bool, tolerance: float, seed: int
):
    generator = torch.Generator().manual_seed(seed)
    q, k, v = (torch.randn(2, 3, n, 1, generator=generator) for _ in range(3))
    q, k = q.exp() * spread + shift / 10, k * spread + shift  # queries are skewed
    found = interpolated(q, k, v, tolerance, 1.0, causal)
    assert error(found, exact(q, k, v, 1.0, causal), v) <= tolerance


def test_long_sequences_are_interpolated_and_right():
    torch.manual_seed(0)
    q, k, v = (torch.randn(1, 4, 4096, 1) for _ in range(3))
    for causal in (False, True):
        expected = exact(q, k, v, 1.0, causal)
        assert error(interpolated(q, k, v, 1e-4, 1.0, causal), expected, v) <= 1e-4


def adversaries() -> dict[str, tuple[Tensor, Tensor, Tensor]]:
    """Queries, keys and values of which each has its own way to be hard."""
    torch.manual_seed(3)
    n = 2500
    q, k, v = (torch.randn(1, 2, n, 1) for _ in range(3))
    signs, one = torch.sign(k), torch.zeros_like(k)
    one[:, :, 7] = 1.0
    heavy = torch.tan(1.5 * torch.rand_like(k))
    return {
        "two keys": (5 * q, signs, signs),
        "a needle": (30 * q, torch.round(k).clamp(-1, 1), (k.abs() < 0.5).float()),
        "an outlier": (10 * q, one, one),
        "one sum of nearly all": (q, 0.3 + 0.7 * one, torch.full_like(v, 0.1)),
        "heavy tails": (heavy, k, v),
        "far keys": (q + 20, k + 1000, v),
        "wide": (3 * q, 3 * k, v),
        "equal keys": (100 * q, torch.full_like(k, 7.0), v),
        "equal queries": (torch.full_like(q, 7.0), k, v),
        "hardly different": (1e-30 * q, 1e-30 * k, v),
        "sorted": (q.sort(2)[0], k.sort(2)[0], v),
        "sorted apart": (4 * q.sort(2)[0], 4 * k.sort(2, descending=True)[0], v),
        "large values": (3 * q.sort(2)[0], 3 * k.sort(2)[0], 1e12 * v),
        "small values": (3 * q.sort(2)[0], 3 * k.sort(2, descending=True)[0], 1e-25 * v),
    }


@pytest.mark.parametrize("name", list(adversaries()))
def test_no_logits_break_the_tolerance(name: str):
    q, k, v = adversaries()[name]
    for causal in (False, True):
        found = interpolated(q, k, v, 1e-4, 1.0, causal)
        assert error(found, exact(q, k, v, 1.0, causal), v) <= 1e-4


def test_rounding_does_not_grow_with_the_length():
    torch.manual_seed(4)
    q, k = torch.randn(1, 1, 2**16, 1), torch.full((1, 1, 2**16, 1), 0.3)
    k[..., 0, :] = 1.0  # all others lie in one piece, and 0.1 is rounded alike again and again
    v = torch.full_like(k, 0.1)
    for causal in (False, True):
        assert float((interpolated(q, k, v, 1e-4, 1.0, causal) / 0.1 - 1).abs().max()) <= 1e-4


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(("spread", "shift"), [(1.0, 0.0), (2.0, 0.0), (1.0, 3.0)])
def test_gradients_are_near_those_of_the_exact_form(causal: bool, spread: float, shift: float):
    torch.manual_seed(1)
    q, k = (torch.randn(1, 3, 1200, 1, dtype=torch.float64) * spread + shift for _ in range(2))
    v, upstream = (torch.randn(1, 3, 1200, 2, dtype=torch.float64) for _ in range(2))
    given = [each.requires_grad_() for each in (q, k, v)]
    ours = torch.autograd.grad(interpolated(q, k, v, 1e-6, 1.0, causal), given, upstream)
    theirs = torch.autograd.grad(exact(q, k, v, 1.0, causal), given, upstream)
    for one, other in zip(ours, theirs, strict=True):
        assert float((one - other).abs().max()) <= 2e-5 * float(other.abs().max())


@pytest.mark.parametrize("causal", [False, True])
def test_gradients_in_float32_are_near_those_of_the_exact_form(causal: bool):
    torch.manual_seed(5)
    given = [torch.randn(1, 16, 2048, 1).requires_grad_() for _ in range(3)]
    q, k, v = given
    upstream = torch.randn(1, 16, 2048, 1)
    ours = torch.autograd.grad(interpolated(q, k, v, 1e-4, 1.0, causal), given, upstream)
    theirs = torch.autograd.grad(exact(q, k, v, 1.0, causal), given, upstream.double())
    for one, other in zip(ours, theirs, strict=True):
        assert float((one - other).abs().max()) <= 2e-4 * float(other.abs().max())


@pytest.mark.parametrize("causal", [False, True])
def test_memory_is_linear(causal: bool):
    torch.manual_seed(6)
    given = [torch.randn(1, 1, 2**17, 1).requires_grad_() for _ in range(3)]
    q, k, v = given
    made = interpolated(q, k, v, 1e-3, 1.0, causal)  # all pairs would take 64 GiB
    slopes = torch.autograd.grad(made.sum(), given)
    assert all(bool(each.isfinite().all()) for each in slopes)
    # Where the values are 1, so is the result.
    assert float((slopes[2].sum() - 2**17).abs()) <= 2**17 * 1e-4


def test_cross_attention_and_hidden_keys():
    torch.manual_seed(2)
    q, k, v = torch.randn(2, 3, 500, 1), torch.randn(2, 3, 700, 1), torch.randn(2, 3, 700, 1)
    seen = torch.rand(2, 1, 1, 700) < 0.7
    found = interpolated(q, k, v, 1e-4, 1.0, attn_mask=seen)
    attend = functional.scaled_dot_product_attention
    expected = attend(q.double(), k.double(), v.double(), seen, scale=1.0)
    assert error(found, expected, v) <= 1e-4


def test_causal_attention_with_hidden_keys():
    torch.manual_seed(7)
    given = [torch.randn(1, 3, 1203, 1, dtype=torch.float64).requires_grad_() for _ in range(3)]
    q, k, v = given
    seen = torch.rand(1, 1, 1, 1203) < 0.7
    seen[..., 0] = True
    attend, mask = functional.scaled_dot_product_attention, seen.expand(1, 1, 1203, 1203).tril()
    upstream = torch.randn_like(v)
    made = interpolated(q, k, v, 1e-6, 1.0, is_causal=True, attn_mask=seen)
    expected = attend(q, k, v, mask, scale=1.0)
    assert error(made.detach(), expected.detach(), v.detach()) <= 1e-6
    ours, theirs = (torch.autograd.grad(each, given, upstream) for each in (made, expected))
    for one, other in zip(ours, theirs, strict=True):
        assert float((one - other).abs().max()) <= 2e-5 * float(other.abs().max())


def test_the_lossless_form_is_found_by_structure():
    program = models.ZOO["lossless"].program(f=12, r=6)
    module = diagram.compile(program, tolerance=1e-4).double()
    assert "_interpolated(" in module.code
    x = torch.randn(2, 400, 12, dtype=torch.float64)
    expected = diagram.interpret(program, x, **module.state_dict())["Y"]
    torch.testing.assert_close(module(x), expected, rtol=0, atol=1e-3)
    assert "_interpolated(" not in diagram.compile(program).code
    multi = diagram.compile(models.multi_head(), tolerance=1e-4)
    assert "_interpolated(" not in multi.code  # its queries are vectors


def test_torch_compiles_it_whole():
    program = models.ZOO["lossless"].program(f=12, r=6)
    module = diagram.compile(program, tolerance=1e-4)
    compiled = torch.compile(module, fullgraph=True, backend="eager")
    x = torch.randn(2, 300, 12)
    torch.testing.assert_close(compiled(x), module(x), rtol=0, atol=1e-3)


@pytest.mark.parametrize("tolerance", [0, 1, -0.1, float("nan"), "small", True])
def test_a_tolerance_is_a_number_between_0_and_1(tolerance: object):
    with pytest.raises(DiagramError, match="a number between 0 and 1 is expected"):
        diagram.compile(models.ZOO["lossless"].program(), tolerance=tolerance)  # type: ignore[arg-type]
