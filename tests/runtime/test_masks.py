"""Masks: hidden keys have no weight, rows that are hidden whole give zeros, fused and not fused."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from diagram import Program, compile, interpret, parse
from diagram.planner import Attend

SIZES = {"b": 2, "n": 6, "f": 5, "h": 2, "d": 3}
TEXT = """
input  X[b n f] {declared}
weight WQ[f h d] WK[f h d] WV[f h d] WO[h d f]
S[b h n m] = X[b n f] WQ[f h d] X[b m g] WK[g h d] / sqrt(d)
A[b h n m] = softmax[m]({masked})
Y[b n f] = A[b h n m] X[b m g] WV[g h d] WO[h d f]
return {returned}
"""

MASKS = {
    # the mask's legs in the program, the shape of its numbers
    "M[m]": ("M[m:n]", (6,)),
    "M[n]": ("M[n]", (6,)),
    "M[b m]": ("M[b m:n]", (2, 6)),
    "M[b n]": ("M[b n]", (2, 6)),
    "M[h m]": ("M[h m:n]", (2, 6)),
    "M[n m]": ("M[n m:n]", (6, 6)),
    "M[m n]": ("M[m:n n]", (6, 6)),
    "M[h n m]": ("M[h n m:n]", (2, 6, 6)),
    "M[b h n m]": ("M[b h n m:n]", (2, 2, 6, 6)),
}
NEW_AXES = {
    # where the axes of b h n m are in each mask
    "M[m]": (None, None, None, slice(None)),
    "M[n]": (None, None, slice(None), None),
    "M[b m]": (slice(None), None, None, slice(None)),
    "M[b n]": (slice(None), None, slice(None), None),
    "M[h m]": (None, slice(None), None, slice(None)),
}


def program(masked: str, declared: str = "", shown: bool = False) -> Program:
    """Multi-head attention with masks; with `shown` it returns its maps and is not fused."""
    returned = "Y, A" if shown else "Y"
    return parse(TEXT.format(masked=masked, declared=declared, returned=returned))


def values(seed: int = 0) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    shapes = {"X": (2, 6, 5), "WQ": (5, 2, 3), "WK": (5, 2, 3), "WV": (5, 2, 3), "WO": (2, 3, 5)}
    return {
        name: torch.randn(shape, generator=generator, dtype=torch.float64)
        for name, shape in shapes.items()
    }


def by_hand(given: dict[str, Tensor], keep: Tensor) -> Tensor:
    """With a loop over every row: softmax of the seen keys alone; nothing seen gives zeros.

    `keep` is b h n m, or what broadcasts to it.
    """
    x = given["X"]
    keep = keep.expand(2, 2, 6, 6)
    y = 0.0 * sum(value.sum() for value in given.values()) + torch.zeros_like(x)
    for b in range(2):
        for h in range(2):
            q, k, v = (x[b] @ given[w][:, h] for w in ("WQ", "WK", "WV"))
            for n in range(6):
                seen = keep[b, h, n].nonzero().flatten()
                if seen.numel():
                    weights = torch.softmax(k[seen] @ q[n] / 3**0.5, 0)
                    y[b, n] = y[b, n] + (weights @ v[seen]) @ given["WO"][h]
    return y


def outputs(program: Program, given: dict[str, Tensor], *masks: Tensor) -> list[Tensor]:
    """The result, interpreted and compiled."""
    names = [source.name for source in program.sources if source.name.startswith("M")]
    sizes = {"f": 5, "h": 2, "d": 3}
    module = compile(program, sizes)
    weights = {name: value for name, value in given.items() if name != "X"}
    fed = (given["X"], *masks)
    compiled = torch.func.functional_call(module, weights, fed)
    interpreted = interpret(program, **given, **dict(zip(names, masks, strict=True)))["Y"]
    return [interpreted, compiled[0] if isinstance(compiled, tuple) else compiled]


def agree(program: Program, given: dict[str, Tensor], keep: Tensor, *masks: Tensor) -> None:
    """Interpreted = compiled = by hand, values and gradients."""
    leaves = {name: value.clone().requires_grad_() for name, value in given.items()}
    expected = by_hand(leaves, keep)
    wanted = torch.autograd.grad(expected.square().sum(), list(leaves.values()))
    for y in outputs(program, leaves, *masks):
        assert torch.isfinite(y).all()
        assert (y - expected).abs().max() <= 1e-12
        gradients = torch.autograd.grad(y.square().sum(), list(leaves.values()))
        for found, gradient in zip(gradients, wanted, strict=True):
            assert torch.isfinite(found).all()
            assert (found - gradient).abs().max() <= 1e-11 * max(1.0, gradient.abs().max().item())


def is_fused(program: Program) -> bool:
    plan = compile(program, f=5, h=2, d=3).plan
    return any(isinstance(step.action, Attend) for step in plan.steps)


@pytest.mark.parametrize("shown", [False, True], ids=["fused", "not fused"])
@pytest.mark.parametrize("use", MASKS)
@pytest.mark.parametrize("kind", [torch.float64, torch.bool, torch.int64], ids=str)
def test_masks_of_any_legs(use: str, shown: bool, kind: torch.dtype):
    declared, shape = MASKS[use]
    masked = program(f"mask(S, {use})", declared, shown)
    assert is_fused(masked) is not shown
    generator = torch.Generator().manual_seed(1)
    keep = torch.rand(shape, generator=generator) > 0.4
    spread = keep.T if use == "M[m n]" else keep[NEW_AXES.get(use, ...)]
    agree(masked, values(), spread, keep.to(kind))


@pytest.mark.parametrize("shown", [False, True], ids=["fused", "not fused"])
def test_rows_that_are_hidden_whole_give_zeros(shown: bool):
    masked = program("mask(S, M[b n m])", "M[b n m:n]", shown)
    keep = torch.ones(2, 6, 6)
    keep[0, 2] = 0
    keep[1] = 0
    agree(masked, values(), keep.unsqueeze(1), keep)
    for y in outputs(masked, values(), keep):
        assert (y[0, 2] == 0).all()
        assert (y[1] == 0).all()
        assert (y[0, :2] != 0).all()


def test_maps_of_hidden_rows_are_zero():
    masked = program("mask(S, M[n m])", "M[n m:n]")
    found = interpret(masked, **values(), M=torch.zeros(6, 6))
    assert (found["A"] == 0).all()
    assert torch.isneginf(found["A~1"]).all()


@pytest.mark.parametrize("shown", [False, True], ids=["fused", "not fused"])
@pytest.mark.parametrize("window", [None, 1, 2, 3, 6, 9])
@pytest.mark.parametrize("shift", [0, 1, 2, 7])
def test_causal_windows_and_shifts(window: int | None, shift: int, shown: bool):
    """Query n sees m where n + shift - window < m <= n + shift."""
    options = [f"window={window}"] * (window is not None) + [f"shift={shift}"] * bool(shift)
    masked = program(f"causal[n m]({', '.join(['S', *options])})", shown=shown)
    assert is_fused(masked) is not shown
    keep = torch.zeros(6, 6)
    for n in range(6):
        for m in range(6):
            low = float("-inf") if window is None else n + shift - window
            keep[n, m] = float(low < m <= n + shift)
    agree(masked, values(), keep)


@pytest.mark.parametrize("shown", [False, True], ids=["fused", "not fused"])
def test_causal_with_a_mask_of_padding(shown: bool):
    """The first token of an entry may be padding: then its first row sees nothing."""
    for text in ("mask(causal[n m](S), M[b m])", "causal[n m](mask(S, M[b m]))"):
        masked = program(text, "M[b m:n]", shown)
        keep = torch.tensor([[0, 1, 1, 1, 0, 0], [1, 1, 0, 1, 1, 1]])
        causal = torch.ones(6, 6).tril()
        agree(masked, values(), keep[:, None, None, :] * causal, keep)


@pytest.mark.parametrize("shown", [False, True], ids=["fused", "not fused"])
def test_two_masks(shown: bool):
    masked = program("mask(mask(S, M[b m]), M2[h n])", "M[b m:n] M2[h n]", shown)
    generator = torch.Generator().manual_seed(5)
    padding = torch.rand(2, 6, generator=generator) > 0.3
    heads = torch.rand(2, 6, generator=generator) > 0.3
    agree(masked, values(), padding[:, None, None, :] & heads[None, :, :, None], padding, heads)


def test_causal_of_queries_and_keys_of_different_numbers():
    text = (
        "input S[n m] V[m e]\nA = softmax[m](causal[n m](S, shift=2))\n"
        "Y[n e] = A[n m] V[m e]\nreturn Y"
    )
    for n, m in ((3, 5), (5, 3), (1, 4), (4, 1)):
        s = torch.randn(n, m, dtype=torch.float64)
        v = torch.randn(m, 2, dtype=torch.float64)
        keep = torch.arange(m) <= torch.arange(n)[:, None] + 2
        expected = torch.softmax(s.masked_fill(~keep, float("-inf")), -1) @ v
        found = compile(parse(text))(s, v)
        assert (found - expected).abs().max() <= 1e-12
        assert (interpret(parse(text), s, v)["Y"] - expected).abs().max() <= 1e-12


def test_causal_of_legs_in_the_other_order():
    text = "input S[m n]\nA = softmax[m](causal[n m](S))\nreturn A"
    s = torch.randn(4, 4, dtype=torch.float64)
    expected = torch.softmax(s.T.masked_fill(~torch.ones(4, 4).tril().bool(), -torch.inf), -1).T
    assert (compile(parse(text))(s) - expected).abs().max() <= 1e-12
    assert (interpret(parse(text), s)["A"] - expected).abs().max() <= 1e-12


@pytest.mark.parametrize("options", ["", ", shift=1", ", window=2"])
def test_causal_with_relative_keys(options: str):
    """The query leg stands at the keys too (Shaw et al. 2018): no attention has rows of it."""
    text = f"""
    input X[b n f] R[n m:n d]
    weight WQ[f h d] WV[f h d]
    S[b h n m] = X[b n f] WQ[f h d] R[n m d] / sqrt(d)
    A = softmax[m](causal[n m](S{options}))
    Y[b h n d] = A[b h n m] X[b m g] WV[g h d]
    return Y
    """
    relative = parse(text)
    generator = torch.Generator().manual_seed(0)
    shapes = ((2, 5, 4), (5, 5, 3), (4, 2, 3), (4, 2, 3))
    x, r, wq, wv = (torch.randn(s, generator=generator, dtype=torch.float64) for s in shapes)
    keep = torch.ones(5, 5).tril(1 if "shift" in options else 0).bool()
    if "window" in options:
        keep &= torch.ones(5, 5).triu(-1).bool()
    scores = torch.einsum("bnhd,nmd->bhnm", torch.einsum("bnf,fhd->bnhd", x, wq), r) / 3**0.5
    maps = torch.softmax(scores.masked_fill(~keep, -torch.inf), -1)
    expected = torch.einsum("bhnm,bmhd->bhnd", maps, torch.einsum("bmf,fhd->bmhd", x, wv))
    module = compile(relative, f=4, h=2, d=3)
    assert any(isinstance(step.action, Attend) for step in module.plan.steps)
    found = torch.func.functional_call(module, {"WQ": wq, "WV": wv}, (x, r))
    assert (interpret(relative, x, r, WQ=wq, WV=wv)["Y"] - expected).abs().max() <= 1e-12
    assert (found - expected).abs().max() <= 1e-12


def test_dropout_acts_in_training_alone():
    text = "input X[n]\nY = dropout(X, p=0.5)\nreturn Y"
    module = compile(parse(text))
    x = torch.ones(10_000)
    torch.manual_seed(0)
    dropped = module(x)
    assert set(dropped.unique().tolist()) == {0.0, 2.0}
    assert 0.45 < (dropped == 0).double().mean() < 0.55
    assert torch.equal(module.eval()(x), x)
    assert torch.equal(interpret(parse(text), x)["Y"], x)


def test_dropout_of_maps_keeps_attention_exact_in_evaluation():
    text = TEXT.format(declared="", masked="S", returned="Y")
    text = text.replace("Y[b n f] = A[b h n m]", "D = dropout(A, p=0.25)\nY[b n f] = D[b h n m]")
    module = compile(parse(text), f=5, h=2, d=3).double().eval()
    given = values()
    module.load_state_dict({name: given[name] for name in module.state_dict()})
    expected = by_hand(given, torch.ones(1))
    with torch.no_grad():
        assert (module(given["X"]) - expected).abs().max() <= 1e-12
        torch.manual_seed(0)
        first = module.train()(given["X"])
        assert (first - expected).abs().max() > 1e-3
        assert not torch.equal(module(given["X"]), first)
