"""Fused attention: groups of heads, masks of few axes, orders of legs; all as interpreted."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from diagram import compile, interpret, parse
from diagram.runtime import DiagramModule

LENGTHS = {"b": 2, "c": 3, "k": 2, "g": 3, "n": 4, "m": 5, "d": 4, "e": 3}


def made(text: str) -> tuple[DiagramModule, list[Tensor]]:
    torch.manual_seed(0)
    program = parse(text)
    inputs = [
        torch.randn([LENGTHS[leg.name] for leg in source.legs], dtype=torch.float64)
        for source in program.sources
    ]
    return compile(program), inputs


def attention(
    query: str, key: str, value: str, scores: str, result: str, mask: str = "S", more: str = ""
) -> str:
    """Softmax over m between two products, of inputs with these legs."""
    return (
        f"input Q[{query}] K[{key}] V[{value}]{more}\n"
        f"S[{scores}] = Q[{query}] K[{key}] / sqrt(d)\nA = softmax[m]({mask})\n"
        f"Y[{result}] = A[{scores}] V[{value}]\nreturn Y"
    )


def same(module: DiagramModule, inputs: list[Tensor]) -> None:
    expected = interpret(module.program, *inputs)["Y"]
    assert module(*inputs).shape == expected.shape
    assert (module(*inputs) - expected).abs().max() <= 1e-12


GROUPED = {
    "grouped-query": ("b k g n d", "b k m d", "b k m e", "b k g n m", "b n k g e"),
    "multi-query": ("b n g d", "b m d", "b m e", "b g n m", "b n g e"),
    "without a batch": ("g n d", "m d", "m e", "g n m", "n g e"),
    "two axes of keys": ("b c k g n d", "b c k m d", "b c k m e", "b c k g n m", "b c n k g e"),
    "keys without a batch": ("b k n d", "k m d", "k m e", "b k n m", "b n k e"),
    "groups first": ("b g k n d", "b k m d", "b k m e", "b g k n m", "b g n k e"),
}
MASKS = {
    "none": ("S", ""),
    "causal": ("causal[n m](S)", ""),
    "window": ("causal[n m](S, window=2, shift=1)", ""),
    "keys": ("mask(S, M)", " M[m]"),
    "pairs": ("mask(S, M)", " M[n m]"),
    "causal keys": ("mask(causal[n m](S), M)", " M[m]"),
}


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("name", GROUPED)
def test_groups_of_heads_share_their_keys(name: str, mask: str):
    """No key is repeated in memory, whatever is masked; n and m differ."""
    op, more = MASKS[mask]
    module, inputs = made(attention(*GROUPED[name], op, more))
    if more:
        inputs[-1] = (inputs[-1] > 0).double()
    same(module, inputs)
    assert "enable_gqa=True" in module.code
    assert "K.expand" not in module.code
    assert "K.unsqueeze" not in module.code


@pytest.mark.parametrize(
    ("mask", "axes"),
    [
        ("m", "(M != 0).reshape(1, m)"),
        ("n m", "attn_mask=M != 0"),
        ("b m", "(M != 0).reshape(b, 1, 1, m)"),
        ("k m", "(M != 0).reshape(1, k, 1, m)"),
        ("b k n m", "attn_mask=M != 0"),
    ],
)
def test_a_mask_has_no_axis_that_it_lacks(mask: str, axes: str):
    legs = ("b k n d", "b k m d", "b k m e", "b k n m", "b n k e")
    module, inputs = made(attention(*legs, "mask(S, M)", f" M[{mask}]"))
    inputs[-1] = (inputs[-1] > 0).double()
    same(module, inputs)
    assert axes in module.code


@pytest.mark.parametrize(("n", "m"), [(4, 4), (2, 5), (5, 2), (1, 3), (3, 1)])
def test_causal_needs_no_mask_at_any_lengths(n: int, m: int):
    legs = ("b k n d", "b k m d", "b k m e", "b k n m", "b n k e")
    module, _ = made(attention(*legs, "causal[n m](S)"))
    assert "is_causal=True" in module.code
    assert "attn_mask" not in module.code
    shapes = ((2, 3, n, 4), (2, 3, m, 4), (2, 3, m, 5))
    same(module, [torch.randn(shape, dtype=torch.float64) for shape in shapes])


OTHERS = {
    "values without a batch": ("b k n d", "b k m d", "k m e", "b k n m", "b n k e"),
    "values with heads of their own": ("b n d", "b m d", "b k m e", "b n m", "b n k e"),
    "keys with heads of their own": ("b n d", "b k m d", "b m e", "b k n m", "b n k e"),
    "heads before the batch": ("b k n d", "b k m d", "b k m e", "k b n m", "k n b e"),
    "queries of two legs": ("b n c d", "b m d", "b m e", "b n c m", "b c n e"),
    "depth in two legs": ("b n d c", "b m d c", "b m e", "b n m", "b e n"),
}


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("name", OTHERS)
def test_other_arrangements(name: str, causal: bool):
    module, inputs = made(attention(*OTHERS[name], "causal[n m](S)" if causal else "S"))
    same(module, inputs)


def test_batches_are_taken_in_the_order_in_which_queries_lie():
    """So nothing has to move, in whatever order the scores are written."""
    module, inputs = made(attention(*OTHERS["heads before the batch"]))
    assert ", K, V, scale=1.0" in module.code
    same(module, inputs)
