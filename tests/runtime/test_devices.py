"""One code for every device and dtype: on `meta` no tensor may be made elsewhere on the way."""

from __future__ import annotations

import random

import pytest
import torch
from torch import Tensor

from diagram.runtime import DiagramModule
from diagram.runtime.samples import random_inputs, small_sizes
from models import BLOCKS, ZOO
from tests.runtime.collected import PROGRAMS, module_of

DTYPES = [(torch.bfloat16, 0.1), (torch.float16, 0.02)]
"""Each with the largest error that its rounding may make in a few layers."""


def values(result: object) -> list[Tensor]:
    several = result if isinstance(result, tuple) else (result,)
    return [value for value in several if isinstance(value, Tensor)]


def inputs_of(module: DiagramModule, seed: int = 0) -> list[Tensor]:
    return random_inputs(module, small_sizes(module, {}, random.Random(seed), least=2), seed)


def close(found: object, expected: object, error: float) -> None:
    for one, other in zip(values(found), values(expected), strict=True):
        off = (one.float() - other.float()).detach().abs()
        assert off.numel() == 0 or off.max() <= error * other.detach().abs().max()


@pytest.mark.parametrize("name", PROGRAMS)
def test_meta(name: str):
    """Shapes and dtypes as on the CPU, in training too."""
    module = module_of(name)
    inputs = inputs_of(module)
    for train in (False, True):
        expected = values(module.train(train)(*inputs))
        there = module_of(name).to("meta").train(train)
        found = values(there(*(x.to("meta") for x in inputs)))
        for one, other in zip(found, expected, strict=True):
            assert one.device.type == "meta"
            assert (one.shape, one.dtype) == (other.shape, other.dtype)


@pytest.mark.parametrize(("dtype", "error"), DTYPES, ids=["bfloat16", "float16"])
@pytest.mark.parametrize("name", [*ZOO, *BLOCKS])
def test_half_precision(name: str, dtype: torch.dtype, error: float):
    """The same weights and inputs, rounded; forward and backward."""
    module = module_of(name).to(dtype)
    exact = module_of(name).double()
    exact.load_state_dict(module.state_dict())
    inputs = inputs_of(module)
    found = module(*inputs)
    close(found, exact(*(x.double() if x.is_floating_point() else x for x in inputs)), error)
    assert all(value.dtype == dtype for value in values(found))
    torch.stack([value.float().square().mean() for value in values(found)]).sum().backward()  # type: ignore[no-untyped-call]
    assert all(p.grad is None or bool(p.grad.isfinite().all()) for p in module.parameters())


@pytest.mark.parametrize(("dtype", "error"), DTYPES, ids=["bfloat16", "float16"])
@pytest.mark.parametrize("name", [*ZOO, *BLOCKS])
def test_autocast(name: str, dtype: torch.dtype, error: float):
    """Weights stay in float32, products are made in the lower precision; in training too."""
    module = module_of(name)
    inputs = inputs_of(module)
    with torch.autocast("cpu", dtype):
        found = module(*inputs)
    close(found, module(*inputs), error)
    torch.stack([value.float().square().mean() for value in values(found)]).sum().backward()  # type: ignore[no-untyped-call]
    assert all(p.grad is None or p.grad.dtype == torch.float32 for p in module.parameters())


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
def test_cuda():
    """Values and gradients on a GPU, against the interpreter there."""
    for name in PROGRAMS:
        assert module_of(name).cuda().verify().values < 1e-9, name


@pytest.mark.parametrize("name", ["minilm", "lossless", "conv2d stride 2 pad 1 bias"])
def test_default_dtype_and_device_serve(name: str):
    torch.set_default_dtype(torch.float64)
    try:
        module = module_of(name)
        assert module.verify(module.forward).values < 1e-12
    finally:
        torch.set_default_dtype(torch.float32)
    with torch.device("meta"):
        module = module_of(name)
        assert all(p.device.type == "meta" for p in module.parameters())
