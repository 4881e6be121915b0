"""Defs that are called: what a call sets, where weights are held, what is shared."""

from __future__ import annotations

import copy
import pickle

import torch

from diagram import compile, interpret, parse

LAYER = (
    "def layer(X[b f])\n  weight W[f g:f]\n  buffer m[f]=zeros v[f]=ones\n"
    "  Y[b g] = X[b f] W[f g]\n  Z[b f] = batch_norm[b](Y[b f], m, v)\n  return Z\n"
    "dims f=3\ninput X[b f]\n"
)


def test_a_call_sets_the_dim_of_a_bundle():
    """A dim that only a bundle names is set by name as any other."""
    text = (
        "def norm(U[b c x])\n  N[b (g s) x] = layer_norm[s x](U[b (g s) x])\n  return N\n"
        "dims g=2\ninput U[b c x]\nA = norm(U)\nB = norm(U, g=4)\nreturn A, B"
    )
    program = parse(text)
    assert parse(str(program)) == program
    value = torch.randn(2, 8, 3, dtype=torch.float64)
    found = interpret(program, value)
    for name, groups in (("A", 2), ("B", 4)):
        wanted = torch.nn.functional.group_norm(value, groups)
        torch.testing.assert_close(found[name], wanted, rtol=1e-12, atol=1e-12)


def test_each_time_has_weights_and_buffers_of_its_own():
    torch.manual_seed(0)
    module = compile(parse(f"{LAYER}Y = layer^3(X)\nreturn Y"))
    assert list(module.state_dict()) == [f"Y.{i}.{name}" for i in range(3) for name in "Wmv"]
    first, second, _ = (module.get_parameter(f"Y.{i}.W") for i in range(3))
    assert not torch.equal(first, second)
    for again in (copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        assert torch.equal(again(torch.ones(4, 3)), module(torch.ones(4, 3)))
        assert again.get_parameter("Y.0.W") is not first


def test_tied_times_share_weights_and_buffers():
    program = parse(f"{LAYER}Y = layer^3(X, tied=1)\nreturn Y")
    module = compile(program).double().eval()
    assert list(module.state_dict()) == ["Y.W", "Y.m", "Y.v"]
    x, w = torch.randn(4, 3, dtype=torch.float64), module.get_parameter("Y.W")
    scale = (1 + 1e-5) ** -0.5
    torch.testing.assert_close(module(x), x @ w @ w @ w * scale**3, rtol=1e-12, atol=1e-12)
    module.train()
    module(x)
    assert not torch.equal(module.get_buffer("Y.m"), torch.zeros(3))


def test_a_def_takes_an_index():
    program = parse(
        "def embed(T[b n] of v)\n  weight E[v f]\n  X[b n f] = one_hot[v](T)[b n v] E[v f]\n"
        "  return X\ndims v=5 f=2\nindex T[b n] of v\nX = embed(T)\nZ = embed(T, f=3)\n"
        "return X, Z"
    )
    module = compile(program)
    index = torch.tensor([[0, 4, 2]])
    x, z = module(index)
    assert torch.equal(x, module.get_parameter("X.E")[index])
    assert torch.equal(z, module.get_parameter("Z.E")[index])
    assert module.get_parameter("Z.E").shape == (5, 3)
