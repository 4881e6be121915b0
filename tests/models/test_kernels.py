"""Kernels in factors: how many numbers they hold (MATH C), and that they are kernels."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

from diagram import compile, interpret, parameters, parse
from diagram.language.core import Program
from models import ZOO

FACTORS = {
    "svd": ("A[s y:3 r] B[r x:3 t]", "A[s y r] B[r x t]"),
    "cp": ("A[s r] C[r x:3 y:3] B[r t]", "A[s r] C[r x y] B[r t]"),
    "tucker": ("A[s a] C[a e x:3 y:3] B[e t]", "A[s a] C[a e x y] B[e t]"),
    "train": ("A[s a] H[a x:3 e] W[e y:3 r] B[r t]", "A[s a] H[a x e] W[e y r] B[r t]"),
    "reshaped cp": ("P[i k r] Q[j l r] O[x:3 y:3 r]", "P[i k r] Q[j l r] O[x y r]"),
    "reshaped tucker": (
        "A[i a] B[j e] C[x:3 y:3 a e u v] D[u k] E[v l]",
        "A[i a] B[j e] C[x y a e u v] D[u k] E[v l]",
    ),
    "reshaped train": (
        "P[i k a] Q[j l a e] R[m n e r] O[x:3 y:3 r]",
        "P[i k a] Q[j l a e] R[m n e r] O[x y r]",
    ),
}
"""What is declared, and the product that is the kernel, from s or (i j m) to t or (k l n)."""


def sides(name: str) -> tuple[str, str]:
    if not name.startswith("reshaped"):
        return "s", "t"
    return ("(i j m)", "(k l n)") if name.endswith("train") else ("(i j)", "(k l)")


def layer(name: str, kernel_first: bool) -> Program:
    """A layer that holds the factors; the kernel is made first, or all is one diagram."""
    declared, product = FACTORS[name]
    here, there = sides(name)
    dims = "dims " + ", ".join(
        f"{whole}={'*'.join(split.strip('()').split())}"
        for whole, split in (("s", here), ("t", there))
        if split != whole
    )
    clause = "corr x y (pad=1)"
    lines = [f"input U[b s x y]\nweight {declared}"]
    if kernel_first:
        lines.append(f"K[{there} {here} x y] = {product}")
        lines.append(f"Y[b t x y] = U[b s x y] K[t s x y] {clause}")
    else:
        lines.append(f"Y[b {there} x y] = U[b {here} x y] {product} {clause}")
    return parse("\n".join([dims * (dims != "dims "), *lines, "return Y"]).lstrip())


COUNTS = [
    ("svd", {"s": 64, "t": 64, "r": 5}, 1920),
    ("cp", {"s": 64, "t": 64, "r": 14}, 1918),
    ("tucker", {"s": 64, "t": 64, "a": 9, "e": 9}, 1881),
    ("train", {"s": 64, "t": 64, "a": 10, "e": 10, "r": 10}, 1880),
    ("reshaped cp", {**dict.fromkeys("ijkl", 8), "r": 14}, 1918),
    ("reshaped cp", {**dict.fromkeys("ijkl", 8), "r": 49}, 6713),
    ("reshaped tucker", {**dict.fromkeys("ijkl", 8), "a": 4, "e": 4, "u": 4, "v": 3}, 1848),
    ("reshaped train", {**dict.fromkeys("ijmkln", 4), **dict.fromkeys("aer", 8)}, 2248),
]


@pytest.mark.parametrize(("name", "ranks", "count"), COUNTS)
def test_parameters(name: str, ranks: dict[str, int], count: int):
    assert parameters(layer(name, kernel_first=False), **ranks).number == count


def test_parameters_of_attention():
    numbers = {"multi-head": 1_048_576, "tunable-head": 1_310_720}
    for name, number in numbers.items():
        program = ZOO[name].program()
        sizes = {"f": 512, "h": 8, "d": 64, "r": 512}
        known = {dim: n for dim, n in sizes.items() if dim in program.dim_order}
        assert parameters(program, **known).number == number


@pytest.mark.parametrize("name", FACTORS)
def test_factors_are_the_layer_of_their_kernel(name: str):
    """Exactly: one diagram, and the kernel made first; interpreted, and compiled."""
    lengths = dict(zip("stijmklnaeruv", (3, 4, 2, 3, 1, 2, 2, 2, 2, 3, 2, 2, 3), strict=True))
    generator = torch.Generator().manual_seed(0)
    results = []
    held: dict[str, torch.Tensor] = {}
    for kernel_first in (False, True):
        program = layer(name, kernel_first)
        sizes: dict[str, Any] = {d: n for d, n in lengths.items() if d in program.dim_order}
        for of in ("s", "t") if name.startswith("reshaped") else ():
            sizes.pop(of)
        module = compile(program, sizes).double()
        for weight, value in module.state_dict().items():
            numbers = torch.randint(-2, 3, value.shape, generator=generator).double()
            held.setdefault(weight, numbers)
        module.load_state_dict(held)
        here = math.prod(lengths[d] for d in sides(name)[0].strip("()").split())
        x = torch.arange(2.0 * here * 30, dtype=torch.float64).reshape(2, here, 6, 5) % 7
        results += [module(x), interpret(program, x, **held, **sizes)["Y"]]
    assert all(torch.equal(found, results[0]) for found in results)


def test_a_kronecker_product_has_full_rank_and_is_one_outer_product():
    text = """
    input A[i j] B[k l]
    K[(i k) (j l)] = A[i j] B[k l]
    R[(i j) (k l)] = K[(i k) (j l)]
    return K, R
    """
    a, b = np.random.default_rng(0).standard_normal((2, 4, 4))
    found = interpret(parse(text), a, b)
    ranks = [int(torch.linalg.matrix_rank(found[name])) for name in "KR"]
    assert ranks == [16, 1]


LAYER = """
input U[b s x y] K[t s v w]
Y[b t x y] = U[b s x y] K[t s x y] conv x y (pad=circular)
return Y
"""


def test_singular_values_are_those_of_all_frequencies():
    """A circular layer is one matrix for each frequency, and not its flattened kernel."""
    s, t, n = 2, 3, 4
    kernel = torch.randn(
        t, s, 3, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0)
    )
    every = torch.eye(s * n * n, dtype=torch.float64).reshape(-1, s, n, n)
    matrix = interpret(parse(LAYER), every, kernel)["Y"].reshape(len(every), -1)
    by_frequency = torch.fft.fft2(kernel, (n, n)).permute(2, 3, 0, 1)
    expected = torch.linalg.svdvals(by_frequency).flatten().sort().values
    found = torch.linalg.svdvals(matrix)[: len(expected)].sort().values
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-10)
    flat = torch.linalg.svdvals(kernel.reshape(t, -1))[0]
    assert abs(float(found[-1] - flat)) > 0.1


def test_orthogonal_rows_of_a_flat_kernel_shorten_by_its_length():
    """RKO: sqrt(t / s) / k of the norm is left, MATH 5.4."""
    channels, k = 64, 3
    random = torch.Generator().manual_seed(0)
    rows = torch.linalg.qr(torch.randn(channels * k * k, channels, generator=random))[0].T
    kernel = rows.reshape(channels, channels, k, k) / k
    x = torch.randn(16, channels, 16, 16, generator=random)
    y = compile(parse(LAYER))(x, kernel)
    ratios = y.flatten(1).norm(dim=1) / x.flatten(1).norm(dim=1)
    assert float(ratios.mean()) == pytest.approx(1 / k, rel=0.01)
