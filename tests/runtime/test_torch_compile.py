"""torch.compile and torch.export take the modules whole, with batch and length free."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import torch
import torch._dynamo.testing
from torch import Tensor

from diagram import compile, parse
from diagram.runtime import DiagramModule
from models import ZOO, attention
from tests.models.cases import Case, load, numbers


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """Nothing that was compiled for one test serves another."""
    torch._dynamo.reset()
    yield
    torch._dynamo.reset()


def made(model: str, **lengths: int) -> tuple[DiagramModule, list[Tensor]]:
    case = Case(model, 1)
    values = numbers(case.program, case.sizes | lengths)
    module = compile(case.program).double()
    load(module, values)
    return module, [values[s.name] for s in case.program.sources if s.kind == "input"]


def gradients(
    module: DiagramModule, run: Callable[..., Tensor], inputs: list[Tensor]
) -> list[Tensor]:
    """The result of `run`, and gradients by all parameters of the module and by the inputs."""
    leaves = [x.clone().requires_grad_() for x in inputs]
    y = run(*leaves)
    wanted = [*module.parameters(), *leaves]
    return [y.detach(), *torch.autograd.grad(y.square().sum(), wanted)]


def close(found: list[Tensor], expected: list[Tensor]) -> None:
    for value, other in zip(found, expected, strict=True):
        assert value.shape == other.shape
        assert (value - other).abs().max() <= 1e-12 * max(1.0, other.abs().max().item())


@pytest.mark.parametrize("model", ZOO)
def test_fullgraph_without_a_backend(model: str):
    """Captured in one graph; a second length compiles once more, with a free one, and no third."""
    module, inputs = made(model)
    counter = torch._dynamo.testing.CompileCounter()
    captured = torch.compile(module, fullgraph=True, backend=counter)
    for b, n in ((2, 3), (4, 7), (5, 9), (3, 11)):
        _, inputs = made(model, b=b, n=n, m=n + 1)
        close([captured(*inputs)], [module(*inputs)])
    assert counter.frame_count <= 2


@pytest.mark.parametrize("model", ZOO)
def test_fullgraph_with_gradients(model: str):
    module, inputs = made(model)
    captured = torch.compile(module, fullgraph=True, backend="aot_eager")
    close(gradients(module, captured, inputs), gradients(module, module, inputs))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # inside torch
@pytest.mark.parametrize("model", ["multi-head", "skip-right"])
def test_inductor(model: str):
    """Fused and not fused, with torch's own code generator, forward and backward."""
    module, inputs = made(model)
    captured = torch.compile(module, fullgraph=True, dynamic=True)
    close(gradients(module, captured, inputs), gradients(module, module, inputs))
    _, others = made(model, b=3, n=6)
    close(gradients(module, captured, others), gradients(module, module, others))


def test_masks_are_captured():
    text = str(attention.multi_head(f=6, h=2, d=3)).replace(
        "softmax[m](S)", "softmax[m](mask(causal[n m](S, window=2), M[b m]))"
    )
    program = parse(text.replace("input  X[b n f]", "input  X[b n f] M[b m:n]"))
    module = compile(program).double()
    x = torch.randn(2, 5, 6, dtype=torch.float64)
    keep = torch.tensor([[1, 1, 0, 1, 1], [0, 1, 1, 1, 1]], dtype=torch.float64)
    captured = torch.compile(module, fullgraph=True, backend="aot_eager")
    assert (captured(x, keep) - module(x, keep)).abs().max() <= 1e-12


@pytest.mark.parametrize("model", ["multi-head", "lossless", "cross-attention", "grouped-query"])
def test_export_with_free_batch_and_length(model: str):
    module, inputs = made(model)
    batch, length, keys = (torch.export.Dim(name, max=4096) for name in ("batch", "n", "m"))
    shapes = [{0: batch, 1: dim} for dim, _ in zip((length, keys), inputs, strict=False)]
    exported = torch.export.export(module, tuple(inputs), dynamic_shapes={"inputs": tuple(shapes)})
    for b, n, m in ((2, 3, 3), (5, 9, 4), (1, 2, 30)):
        _, others = made(model, b=b, n=n, m=m)
        with torch.no_grad():
            assert (exported.module()(*others) - module(*others)).abs().max() <= 1e-12


@pytest.mark.filterwarnings("ignore:There is a performance drop")
def test_function_transforms():
    """Per-sample gradients by vmap over grad, as torch.func has them."""
    module, (x,) = made("multi-head", b=4)
    weights = {name: value.detach() for name, value in module.named_parameters()}

    def loss(weights: dict[str, Tensor], x: Tensor) -> Tensor:
        y = torch.func.functional_call(module, weights, (x.unsqueeze(0),))
        assert isinstance(y, Tensor)
        return y.square().sum()

    found = torch.func.vmap(torch.func.grad(loss), in_dims=(None, 0))(weights, x)
    for entry in range(4):
        alone = torch.func.grad(loss)(weights, x[entry])
        for name, value in alone.items():
            assert (found[name][entry] - value).abs().max() <= 1e-10


def test_autocast():
    module = compile(attention.multi_head(f=8, h=2, d=4))
    x = torch.randn(2, 3, 8)
    with torch.autocast("cpu", torch.bfloat16):
        y = module(x)
    assert y.dtype == torch.bfloat16
    assert (y.float() - module(x)).abs().max() <= 0.05


OPS = """
dims   f=6 h=2 d=3 v=7
index  T[b n] of v
input  U[b n f] M[b m:n]
weight E[v f] WQ[f h d] WK[f h d] WV[f h d] WO[h d f]
buffer R[f]=range
const  I[n m:n]=eye C[n]=range K[f f']=eye O[n]=ones
X[b n f] = one_hot[v](T)[b n v] E[v f] + U
S[b h n m] = X[b n f] WQ[f h d] X[b m g] WK[g h d] / sqrt(d)
A = softmax[m](mask(causal[n m](S, window=3), M))
V[b n f] = A[b h n m] X[b m g] WV[g h d] WO[h d f] + I[n a] C[a] + R
P[b n m] = softmax[m](causal[n m](X[b n f] X[b m f], shift=1))
Y[b n g] = gelu(layer_norm[f](V))[b n f] K[f g] + P[b n m] X[b m g] O[m]
Z[f] = cumsum[f](max[b n](Y[b n f]) * 2)
return Y, Z
"""


def test_every_device_of_the_inputs_is_kept():
    """On `meta` a tensor that is made on the CPU on the way would not mix; shapes are right."""
    module = compile(parse(OPS)).to("meta")
    tokens = torch.empty(2, 5, dtype=torch.int64, device="meta")
    x, keep = torch.empty(2, 5, 6, device="meta"), torch.empty(2, 5, device="meta")
    y, z = module(tokens, x, keep)
    assert (y.device.type, z.device.type) == ("meta", "meta")
    assert (y.shape, z.shape) == ((2, 5, 6), (6,))


def test_all_ops_are_captured_with_gradients():
    module = compile(parse(OPS)).double()
    x = torch.randn(2, 5, 6, dtype=torch.float64)
    tokens, keep = torch.randint(0, 7, (2, 5)), torch.tensor([[1, 1, 0, 1, 1], [0, 1, 1, 1, 1]])

    def run(each: Callable[..., tuple[Tensor, Tensor]]) -> list[Tensor]:
        y, z = each(tokens, x, keep)
        gradients = torch.autograd.grad(y.square().sum() + z.sum(), list(module.parameters()))
        return [y, z, *gradients]

    close(run(torch.compile(module, fullgraph=True, backend="aot_eager")), run(module))


@pytest.mark.parametrize("model", ZOO)
def test_meta_tensors(model: str):
    """Shapes without numbers: what tools use to count and to shard."""
    module, inputs = made(model)
    y = module.to("meta")(*(x.to("meta") for x in inputs))
    assert (y.device.type, y.shape) == ("meta", inputs[0].shape)
