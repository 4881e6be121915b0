"""Interpreted and compiled agree where lengths are known only when the module runs."""

from __future__ import annotations

from itertools import product

import pytest
import torch

from diagram import DiagramError, SizeError, compile, interpret, parse
from diagram.runtime.export import python_source


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
        compile(weights, dict.fromkeys("nmopqr", 10**59))


CONDITIONS = [
    ("Y[x] = X[x] K[x] corr x (pad=(p-3))", "`pad` of edge `x` in Y"),
    ("Y[x] = X[x] K[x] corr x (stride=(p-2))", "`stride` of edge `x` in Y"),
    ("Y[x] = X[x] K[x] conv x (dilation=(p-2))", "`dilation` of edge `x` in Y"),
    ("Y[x] = X[x] K[x] corr x (up=(p-2))", "`up` of edge `x` in Y"),
    ("Y[x] = max_pool[x](X, size=2, stride=(p-2))", "`stride` in Y"),
    ("const C[e:(p-3)]=ones\nY[x e] = X[x] C[e]", "the length of leg `e` of C"),
]


@pytest.mark.parametrize(("line", "where"), CONDITIONS)
def test_sizes_that_are_too_small_are_refused_when_they_are_known(line: str, where: str):
    program = parse(f"input X[x] K[k] P[p]\n{line}\nZ[p] = P[p] * 2\nreturn Y, Z")
    x, k, p = torch.ones(6), torch.ones(3), torch.ones(2)
    with pytest.raises(SizeError) as told:
        interpret(program, x, k, p)
    assert where in str(told.value)
    module = compile(program)
    with pytest.raises(SizeError) as told:
        module(x, k, p)
    assert str(told.value).startswith(where)
    assert torch.equal(module(x, k, torch.ones(4))[0], interpret(program, x, k, torch.ones(4))["Y"])


def test_a_root_is_real():
    program = parse("input X[n]\nY[] = X[n] / sqrt((n-2)/2)\nreturn Y")
    module = compile(program)
    assert interpret(program, torch.ones(4))["Y"] == module(torch.ones(4)) == 4
    assert torch.isclose(module(torch.ones(5)), torch.tensor(5 / 1.5**0.5))
    for run in (module, lambda x: interpret(program, x)):
        with pytest.raises(SizeError, match=r"the root of .* is not real"):
            run(torch.ones(1))


def test_a_product_divided_by_no_length_is_refused():
    program = parse("input X[n]\nY[] = X[n] / n\nreturn Y")
    for run in (compile(program), lambda x: interpret(program, x)):
        with pytest.raises(SizeError, match="a product is divided by"):
            run(torch.ones(0))


def test_weights_may_be_numbered_under_one_name():
    program = parse("input X[n]\nweight W.0[n] W.1[n]\nY[n] = X[n] W.0[n] + W.1[n]\nreturn Y")
    module = compile(program, n=3)
    weights = dict(module.state_dict())
    assert sorted(weights) == ["W.0", "W.1"]
    x = torch.arange(3.0)
    assert torch.equal(module(x), interpret(program, x, **weights)["Y"])


@pytest.mark.parametrize("name", ["forward", "training", "W.forward"])
def test_a_file_refuses_names_that_torch_has(name: str):
    program = parse(f"input X[n]\nweight {name}[n]\nY[n] = X[n] {name}[n]\nreturn Y")
    for make in (compile, python_source):
        with pytest.raises(DiagramError, match="a torch module cannot hold"):
            make(program, n=3)


CONVOLUTIONS = list(product(("corr", "conv"), (1, 2), (1, 2), (1, 3), ((0, 0), (2, 1))))


@pytest.mark.parametrize(("kind", "stride", "dilation", "up", "pad"), CONVOLUTIONS)
def test_a_convolution_on_bundles_diagonals_and_groups_is_its_definition(
    kind: str, stride: int, dilation: int, up: int, pad: tuple[int, int]
):
    program = parse(
        "input U[a a' c:4 x:5] K[g:2 t:3 s:2 k:3]\n"
        f"Y[a (t g) x] = U[a a (g s) x] K[g t s x] {kind} x "
        f"(stride={stride}, dilation={dilation}, up={up}, pad={pad})\nreturn Y"
    )
    assert parse(str(program)) == program
    draw = torch.Generator().manual_seed(1)
    u, k = (torch.randint(-3, 4, s, generator=draw).double() for s in ((2, 2, 4, 5), (2, 3, 2, 3)))
    length = (up * 4 + sum(pad) - dilation * 2) // stride + 1
    made = torch.zeros(2, 3, 2, length, dtype=torch.float64)
    first = dilation * 2 - pad[0] if kind == "conv" else -pad[0]
    tap = dilation if kind == "conv" else -dilation
    signal = torch.einsum("aagsx->agsx", u.reshape(2, 2, 2, 2, 5))
    for i, j, q in product(range(length), range(5), range(3)):
        if i * stride + first == j * up + q * tap:
            made[..., i] += torch.einsum("ags,gts->atg", signal[..., j], k[..., q])
    expected = made.reshape(2, 6, length)
    assert torch.equal(interpret(program, u, k)["Y"], expected)
    assert torch.equal(compile(program)(u, k), expected)


@pytest.mark.parametrize("name", ["1x", "class", "A):\n    import os"])
def test_a_file_has_a_class_that_python_can_read(name: str):
    with pytest.raises(DiagramError, match="is no name for a class"):
        python_source(parse("input X[n]\nreturn X"), name)
