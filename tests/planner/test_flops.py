"""FLOPs of the attention models by hand (a multiply-add is 2, softmax 5 an entry)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from diagram import plan
from models import ZOO, attention

Formula = Callable[..., int]

SIZES = (
    {"b": 1, "n": 16, "m": 24, "f": 64, "e": 48, "h": 4, "k": 2, "g": 2, "d": 16, "r": 4},
    {"b": 8, "n": 128, "m": 100, "f": 512, "e": 256, "h": 8, "k": 2, "g": 4, "d": 64, "r": 8},
    {"b": 2, "n": 1024, "m": 77, "f": 512, "e": 768, "h": 8, "k": 4, "g": 2, "d": 64, "r": 16},
)

SCALED = 6
"""Softmax and the scale."""


def attend(maps: int, depth: int, width: int, entry: int) -> int:
    """For each entry of the maps `depth` multiply-adds, softmax, and `width` for the values."""
    return maps * (2 * depth + entry + 2 * width)


def single_head(b: int, n: int, f: int, d: int, **_: int) -> int:
    return 4 * 2 * b * n * f * d + attend(b * n * n, d, d, SCALED)


def multi_head(b: int, n: int, f: int, h: int, d: int, **_: int) -> int:
    return 4 * 2 * b * n * f * h * d + attend(b * h * n * n, d, d, SCALED)


def lossless(b: int, n: int, f: int, r: int, **_: int) -> int:
    """No scale; a score is a product of one term, which runs as a multiply-add."""
    return 4 * 2 * b * n * f * r + attend(b * r * n * n, 1, 1, 5)


def tunable_head(b: int, n: int, f: int, r: int, **_: int) -> int:
    """The core meets the queries first: b n r^2 products, then r terms for every score."""
    return 4 * 2 * b * n * f * r + b * n * r * r + attend(b * r * n * n, r, 1, SCALED)


def skip_left(b: int, n: int, f: int, h: int, d: int, **_: int) -> int:
    """One map for every (h, e); the vectors meet each other, then the queries."""
    maps = b * h * d * n * n
    return 4 * 2 * b * n * f * h * d + d * d + b * n * h * d * d + attend(maps, d, 1, SCALED)


def skip_right(b: int, n: int, f: int, h: int, d: int, **_: int) -> int:
    """Scores of every head, scaled where that is least, then mixed: softmax stands alone."""
    maps = b * h * n * n
    scale = min(maps, b * n * h * d)
    return 4 * 2 * b * n * f * h * d + 2 * maps * d + 2 * maps * h + 5 * maps + 2 * maps * d + scale


def cross_attention(b: int, n: int, m: int, f: int, e: int, h: int, d: int, **_: int) -> int:
    queries, keys = 2 * b * n * f * h * d, 2 * b * m * e * h * d
    return 2 * queries + 2 * keys + attend(b * h * n * m, d, d, SCALED)


def grouped_query(b: int, n: int, f: int, k: int, g: int, d: int, **_: int) -> int:
    queries, keys = 2 * b * n * f * k * g * d, 2 * b * n * f * k * d
    return 2 * queries + 2 * keys + attend(b * k * g * n * n, d, d, SCALED)


def multi_query(b: int, n: int, f: int, h: int, d: int, **_: int) -> int:
    queries, keys = 2 * b * n * f * h * d, 2 * b * n * f * d
    return 2 * queries + 2 * keys + attend(b * h * n * n, d, d, SCALED)


def linear_quadratic(b: int, n: int, f: int, h: int, d: int, **_: int) -> int:
    scale = min(b * n * h * d, b * h * n * n)
    return 4 * 2 * b * n * f * h * d + 2 * 2 * b * h * n * n * d + scale


def linear_factored(b: int, n: int, f: int, h: int, d: int, **_: int) -> int:
    """Keys with values, projected first or tokens with tokens first; then the same for the rest."""
    project, inner, grown = 2 * b * n * f * h * d, 2 * b * n * h * d * d, 2 * b * f * h * d * d
    squares, cores = 2 * b * n * f * f, 2 * b * f * f * h * d
    scale = b * h * d * min(n, d)
    keys = min(2 * project + inner, squares + cores + grown)
    rest = min(
        2 * project + inner,  # ((X WQ) G) WO
        2 * project + grown,  # (X WQ) (G WO)
        squares + cores + grown,  # X (WQ (G WO))
    )
    return keys + scale + rest


BY_HAND: Mapping[str, Formula] = {
    "single-head": single_head,
    "multi-head": multi_head,
    "lossless": lossless,
    "tunable-head": tunable_head,
    "skip-left": skip_left,
    "skip-right": skip_right,
    "cross-attention": cross_attention,
    "grouped-query": grouped_query,
    "multi-query": multi_query,
    "linear-quadratic": linear_quadratic,
    "linear-factored": linear_factored,
}


@pytest.mark.parametrize("sizes", SIZES, ids=lambda s: f"b={s['b']} n={s['n']}")
@pytest.mark.parametrize("model", ZOO)
def test_flops_of_the_zoo(model: str, sizes: dict[str, int]):
    program = ZOO[model].program()
    known = {name: size for name, size in sizes.items() if name in program.dim_order}
    assert plan(program, known).flops == BY_HAND[model](**sizes)


@pytest.mark.parametrize("sizes", SIZES, ids=lambda s: f"b={s['b']} n={s['n']}")
def test_flops_of_biases(sizes: dict[str, int]):
    """One addition for every entry of Q, K, V and Y."""
    b, n, f, h, d = (sizes[name] for name in "bnfhd")
    found = plan(attention.multi_head(bias=True), b=b, n=n, f=f, h=h, d=d)
    assert found.flops == multi_head(b, n, f, h, d) + 3 * b * n * h * d + b * n * f


@pytest.mark.parametrize("model", ZOO)
def test_steps_add_up(model: str):
    """The total is that of the steps, as formula and as number; bytes are 4 for each element."""
    program = ZOO[model].program()
    numbers = {name: size for name, size in SIZES[0].items() if name in program.dim_order}
    found = plan(program, numbers)
    assert found.flops == sum(step.flops.value(numbers) for step in found.steps)
    assert found.flops_size.value(numbers) == found.flops
    lengths = {step.result: step.elements.value(numbers) for step in found.steps}
    for source in program.sources:
        lengths[source.name] = 1
        for leg in source.legs:
            lengths[source.name] *= leg.size.value(numbers)
    for step in found.steps:
        read = sum(lengths[node.value] for node in step.operands)
        assert step.bytes.value(numbers) == 4 * (read + lengths[step.result])


def test_lossless_scores_cost_as_much_as_multi_head_at_the_same_width():
    """N M R terms in the scores, whatever the heads; but R maps in place of H."""
    sizes = {"b": 1, "n": 64}
    many = plan(attention.multi_head(f=32, h=4, d=8), sizes).flops
    lossless_flops = plan(attention.lossless(f=32, r=32), sizes).flops
    maps = 64 * 64
    assert lossless_flops - many == maps * (32 * 5 - 4 * SCALED)
