"""pytorch/pytorch#196468: torch's compiler takes any softmax between two products for attention.

It computes the softmax along the last axis, whatever axis was asked for, and says nothing; torch
2.13 does so where no gradients are wanted. Compiled diagrams have the softmax leg last.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from itertools import permutations

import pytest
import torch
from torch import Tensor

from diagram import DiagramError, compile, parse
from diagram.runtime import DiagramModule

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


@pytest.mark.parametrize("leg", list("bhnm"))
def test_diagrams_are_right_whichever_leg_the_softmax_is_along(leg: str):
    """In every order of the legs of the scores, without gradients, where torch is wrong."""
    expected = by_hand("bhnm".index(leg))(*inputs())
    for scores in permutations("bhnm"):
        module = diagrammed(leg, " ".join(scores))
        torch._dynamo.reset()
        with torch.no_grad():
            found = torch.compile(module, fullgraph=True)(*inputs())
        assert off(found, expected) < 1e-5, scores


@pytest.mark.slow
@pytest.mark.parametrize("leg", list("bhnm"))
def test_diagrams_prove_themselves_once_they_are_compiled(leg: str):
    """Values and gradients, at several sizes."""
    module = diagrammed(leg)
    found = module.verify(torch.compile(module, fullgraph=True))
    assert found.values < 1e-5
    assert found.gradients is not None
    assert found.gradients < 1e-5
