"""torch.compile(fullgraph=True) of every program: no break, at any batch and length."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator

import pytest
import torch
from torch import Tensor
from torch._dynamo.testing import CompileCounterWithBackend

from diagram.runtime import DiagramModule
from diagram.runtime.samples import free_dims, random_inputs, small_sizes
from models import ZOO
from tests.runtime.collected import PROGRAMS, module_of

OTHERS = [name for name in PROGRAMS if name not in ZOO]
"""The zoo is in test_torch_compile.py."""


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    torch._dynamo.reset()
    yield
    torch._dynamo.reset()


def outcome(
    run: Callable[..., object], inputs: list[Tensor], weights: Iterable[Tensor] = ()
) -> list[Tensor]:
    """The values and, where they are wanted, the gradients by inputs and weights."""
    wanted = torch.is_grad_enabled()
    leaves = [x.clone().requires_grad_(wanted and x.is_floating_point()) for x in inputs]
    found = run(*leaves)
    values = [x for x in (found if isinstance(found, tuple) else (found,)) if isinstance(x, Tensor)]
    learned = [x for x in (*leaves, *weights) if x.requires_grad]
    terms = [value.square().sum() for value in values if wanted and value.requires_grad]
    gradients: Iterable[Tensor | None] = (
        torch.autograd.grad(terms, learned, allow_unused=True) if terms else ()
    )
    return [value.detach() for value in values] + [g for g in gradients if g is not None]


def same(found: list[Tensor], expected: list[Tensor]) -> None:
    for one, other in zip(found, expected, strict=True):
        assert one.shape == other.shape
        if other.numel():
            assert (one - other).abs().max() <= 1e-10 * max(1.0, float(other.abs().max()))


def sizes_of(module: DiagramModule, count: int) -> Iterator[dict[str, int]]:
    draw = random.Random(0)
    for turn in range(count):
        yield small_sizes(module, {}, draw, least=2 if turn else 1, spread=6 if turn else 0)


@pytest.mark.parametrize("name", OTHERS)
def test_one_graph_at_any_length(name: str):
    """Values without gradients; torch compiles for lengths of 1, for the first, then for all."""
    module = module_of(name).double()
    counter = CompileCounterWithBackend("aot_eager")
    compiled = torch.compile(module, fullgraph=True, backend=counter)
    with torch.no_grad():
        for seed, sizes in enumerate(sizes_of(module, 6)):
            inputs = random_inputs(module, sizes, seed)
            same(outcome(compiled, inputs), outcome(module, inputs))
    assert counter.frame_count <= (4 if free_dims(module) else 1)


@pytest.mark.parametrize("name", OTHERS[::4])
def test_gradients(name: str):
    module = module_of(name).double()
    weights = list(module.parameters())
    compiled = torch.compile(module, fullgraph=True, backend="aot_eager")
    for seed, sizes in enumerate(sizes_of(module, 2)):
        inputs = random_inputs(module, sizes, seed)
        same(outcome(compiled, inputs, weights), outcome(module, inputs, weights))
