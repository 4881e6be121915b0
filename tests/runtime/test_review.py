"""Interpreted and compiled agree where lengths are known only when the module runs."""

from __future__ import annotations

import pytest
import torch

from diagram import DiagramError, SizeError, compile, interpret, parse


def test_written_numbers_are_kept_by_a_module():
    program = parse("input X[k]\nconst c[k]=(1 2 3)\nY[] = X[k] c[k]\nreturn Y")
    x = torch.tensor([1.0, 1.0, 2.0])
    assert interpret(program, x)["Y"] == compile(program, k=3)(x) == 9
    with pytest.raises(SizeError, match="the constants need numbers for `k`: compile"):
        compile(program)


def test_a_quotient_of_a_sum_is_divided_as_a_whole():
    text = "input X[n] Z[m:1] G[g]\nC[n] = concat[n](X[n], Z[n])\nY[g c] = C[(g c)] G[g]\nreturn Y"
    program = parse(text)
    x, z, g = torch.arange(3.0), torch.tensor([7.0]), torch.tensor([1.0, 2.0])
    expected = torch.tensor([[0.0, 1.0], [4.0, 14.0]])
    assert torch.equal(interpret(program, x, z, g)["Y"], expected)
    assert torch.equal(compile(program)(x, z, g), expected)


def test_inputs_that_python_calls_the_same_stay_apart():
    module = compile(parse("input X'[n] X_prime[n]\nY[n] = X'[n] + 2 X_prime[n]\nreturn Y"))
    one, two = torch.ones(2), torch.full((2,), 5.0)
    assert torch.equal(module(one, two), module(X_prime=one, X_prime_=two))


def test_numbers_that_are_too_large_are_refused():
    scaled = parse("dims d\ninput X[]\nY[] = X[] * (d*d*d*d*d*d)\nreturn Y")
    filled = parse("const c[n]=ones\nY[n] = c[n] * 2\nreturn Y")
    with pytest.raises(SizeError, match=r"Y: the scalar .* is too large a number"):
        interpret(scaled, torch.ones(()), d=10**59)
    with pytest.raises(SizeError, match="GiB of this machine"):
        interpret(filled, n=10**30)
    weights = parse("weight W[n m o p q r]\nY[o] = W[n m o p q r]\nreturn Y")
    with pytest.raises(DiagramError, match="GiB of this machine"):
        compile(weights, **dict.fromkeys("nmopqr", 10**59))
