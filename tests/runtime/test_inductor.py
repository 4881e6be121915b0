"""pytorch/pytorch#196468: torch's compiler takes what only looks like attention for attention.

Its patterns do not look at axes. A softmax between two products is one along the last axis to them,
and any permutation of query, key and value the usual one of heads and rows; torch 2.13 says nothing
and is wrong where no gradients are wanted. Compiled diagrams keep out of both.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from diagram import DiagramError, compile, parse
from diagram.runtime import DiagramModule
from diagram.runtime.samples import random_inputs

pytestmark = [
    pytest.mark.skipif(
        not any(map(shutil.which, ("g++", "clang++", "c++"))), reason="torch wants a C++ compiler"
    ),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # inside torch
]


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    torch._dynamo.reset()
    yield
    torch._dynamo.reset()


def by_hand(axis: int) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """Product, scale, softmax along an axis of `b h n m`, product."""

    def attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        scores = torch.matmul(query, key.transpose(-2, -1)) / 2.0
        return torch.matmul(torch.softmax(scores, dim=axis), value)

    return attend


def diagrammed(leg: str, scores: str = "b h n m") -> DiagramModule:
    """The same as a diagram, with the legs of its scores in this order."""
    text = "input Q[b h n d:4] K[b h m d:4] V[b h m e]\n"
    text += f"S[{scores}] = Q[b h n d] K[b h m d] / 2\nA = softmax[{leg}](S)\n"
    return compile(parse(f"{text}Y[b h n e] = A[{scores}] V[b h m e]\nreturn Y"))


def permuted(query: str, key: str, value: str, dropout: bool = False) -> DiagramModule:
    """Attention on inputs whose legs lie in these orders; dropout keeps it from being fused."""
    text = f"input Q[{query}] K[{key}] V[{value}]\nS[b h n m] = Q[{query}] K[{key}] / 2\n"
    maps = "dropout(softmax[m](S), p=0.1)" if dropout else "softmax[m](S)"
    text += f"A = {maps}\nY[b h n e] = A[b h n m] V[{value}]\nreturn Y"
    return compile(parse(text)).eval()


def inputs() -> list[Tensor]:
    generator = torch.Generator().manual_seed(0)
    shapes = (3, 5, 2, 4), (3, 5, 7, 4), (3, 5, 7, 6)
    return [torch.randn(shape, generator=generator) for shape in shapes]


def off(found: Tensor, expected: Tensor) -> float:
    """The largest difference, relative to the largest entry."""
    return float((found - expected).abs().max() / expected.abs().max())


def is_wrong(axis: int) -> bool:
    """Whether this torch has the error."""
    with torch.no_grad():
        compiled = torch.compile(by_hand(axis))(*inputs())
    return off(compiled, by_hand(axis)(*inputs())) > 0.1


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_torch_is_wrong_and_verify_says_so(axis: int):
    """The function by hand is right; what torch compiles of it is not."""
    if not is_wrong(axis):
        pytest.skip("this torch computes it right")
    module = diagrammed("bhn"[axis])
    assert module.verify(by_hand(axis)).values < 1e-5
    torch._dynamo.reset()
    with pytest.raises(DiagramError, match="`Y` without gradients differs from the interpreter's"):
        module.verify(torch.compile(by_hand(axis)))


def test_torch_mistakes_permutations_and_verify_says_so():
    """Of four heads, rows and keys; of other numbers it cannot make sense, and raises."""

    def attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        q, k, v = (x.permute(1, 0, 2, 3) for x in (query, key, value))
        return functional.scaled_dot_product_attention(q, k, v, scale=0.5).permute(1, 0, 2, 3)

    module = permuted("b h n d", "b h m d", "b h m e")
    sizes = dict.fromkeys("bhnmd", 4) | {"e": 6}
    assert module.verify(attend, sizes).values < 1e-5
    numbers = [torch.randn(4, 4, 4, width) for width in (4, 4, 6)]
    with torch.no_grad():
        if off(torch.compile(attend)(*numbers), attend(*numbers)) < 0.1:
            pytest.skip("this torch computes it right")
    torch._dynamo.reset()
    with pytest.raises(DiagramError, match="`Y` without gradients differs from the interpreter's"):
        module.verify(torch.compile(attend), sizes)


@pytest.mark.parametrize("leg", list("bhnm"))
def test_diagrams_are_right_whichever_leg_the_softmax_is_along(leg: str):
    """Without gradients, where torch is wrong."""
    expected = by_hand("bhnm".index(leg))(*inputs())
    for scores in ("b h n m", "m n h b", "h m b n", "n h m b"):
        module = diagrammed(leg, scores)
        torch._dynamo.reset()
        with torch.no_grad():
            found = torch.compile(module, fullgraph=True)(*inputs())
        assert off(found, expected) < 1e-5, scores


@pytest.mark.slow
@pytest.mark.parametrize("dropout", [False, True], ids=["fused", "with dropout"])
@pytest.mark.parametrize(
    "legs",
    [
        ("b n h d", "b m h d", "b m h e"),
        ("h b n d", "h b m d", "h b m e"),
        ("n b h d", "m b h d", "m b h e"),
        ("h n b d", "m b d h", "b h e m"),
        ("b n d h", "d b h m", "e b m h"),
    ],
    ids=", ".join,
)
def test_diagrams_are_right_however_attention_is_permuted(legs: tuple[str, ...], dropout: bool):
    """Also where all lengths are alike, so that what is mistaken would fit."""
    query, key, value = legs
    module = permuted(query, key, value, dropout)
    for lengths in ((4, 4, 4, 4, 4, 6), (2, 3, 4, 5, 6, 6)):
        sizes = dict(zip("bhnmde", lengths, strict=True))
        numbers = random_inputs(module, sizes, seed=0)
        torch._dynamo.reset()
        with torch.no_grad():
            assert off(torch.compile(module, fullgraph=True)(*numbers), module(*numbers)) < 1e-5


@pytest.mark.slow
@pytest.mark.parametrize("leg", list("nm"))
def test_diagrams_prove_themselves_once_they_are_compiled(leg: str):
    """Values and gradients, at several sizes."""
    module = diagrammed(leg)
    found = module.verify(torch.compile(module, fullgraph=True))
    assert found.values < 1e-5
    assert found.gradients is not None
    assert found.gradients < 1e-5
