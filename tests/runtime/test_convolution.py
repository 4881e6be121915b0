"""Convolved edges are torch's convolutions, and what torch lacks obeys the laws of convolution."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional as F

from diagram import DiagramError, Program, compile, interpret, parse
from diagram.runtime.export import python_source
from tests.runtime.test_export import executed

LEGS = "xyz"
CONV: Sequence[Callable[..., Tensor]] = (F.conv1d, F.conv2d, F.conv3d)
TRANSPOSED: Sequence[Callable[..., Tensor]] = (
    F.conv_transpose1d,
    F.conv_transpose2d,
    F.conv_transpose3d,
)
RANDOMS = st.randoms(use_true_random=True)


def whole(*shape: int) -> Tensor:
    return torch.randint(-3, 4, shape).double()


def values_of(program: Program, *inputs: Tensor, **sizes: int) -> Tensor:
    """Interpreted and compiled, which must be equal to the last bit."""
    named: dict[str, Any] = dict(sizes)
    found: Tensor = interpret(program, *inputs, **named)[program.outputs[0]]
    module = compile(program, sizes).double()
    assert torch.equal(module(*inputs), found)
    return found


def each(random: Random, count: int, least: int, most: int) -> list[int]:
    return [random.randint(least, most) for _ in range(count)]


def network(random: Random, rank: int, groups: int, transposed: bool, clauses: str) -> Program:
    """One layer; sizes are symbolic where they can be."""
    legs = " ".join(LEGS[:rank])
    kernel = " ".join(f"{leg}:k{leg}" for leg in LEGS[:rank])
    text = f"dims g s t b, c = g*s, o = g*t\ninput U[b c {legs}]\n"
    if transposed:
        text += f"input K[c t {kernel}]\n"
        node = f"K[(g s) t {legs}]"
    else:
        text += f"input K[o s {kernel}]\n"
        node = f"K[(g t) s {legs}]"
    return parse(text + f"Y[b (g t) {legs}] = U[b (g s) {legs}] {node} {clauses}\nreturn Y")


@given(RANDOMS)
def test_convolution_is_that_of_torch(random: Random):
    rank = random.choice((1, 1, 2, 2, 3))
    groups, b, s, t = each(random, 4, 1, 3)
    kernel = each(random, rank, 1, 3)
    stride, dilation = each(random, rank, 1, 3), each(random, rank, 1, 2)
    lengths = [random.randint(d * (k - 1) + 1, d * (k - 1) + 5)
               for k, d in zip(kernel, dilation, strict=True)]  # fmt: skip
    kind = random.choice(("number", "number", "same", "valid"))
    if kind == "same":
        stride = [1] * rank
    pads = each(random, rank, 0, 2)
    clauses = []
    for leg, n, d, p in zip(LEGS, stride, dilation, pads, strict=False):
        pad = {"number": str(p), "same": "same", "valid": "valid"}[kind]
        clauses.append(f"corr {leg} (stride={n}, dilation={d}, pad={pad})")
    padding: list[int] | str = pads if kind == "number" else kind
    program = network(random, rank, groups, False, " ".join(clauses))
    u, k = whole(b, groups * s, *lengths), whole(groups * t, s, *kernel)
    with torch.no_grad():
        expected = same_padded(CONV[rank - 1], u, k, stride, padding, dilation, groups)
    assert torch.equal(values_of(program, u, k, g=groups, s=s, t=t), expected)


def same_padded(
    conv: Callable[..., Tensor],
    u: Tensor,
    k: Tensor,
    stride: list[int],
    padding: list[int] | str,
    dilation: list[int],
    groups: int,
) -> Tensor:
    """torch's own; it warns where `same` has more zeros right than left, which is what we do."""
    if padding == "same":
        reach = [d * (n - 1) for n, d in zip(k.shape[2:], dilation, strict=True)]
        sides = [side for r in reversed(reach) for side in (r // 2, r - r // 2)]
        u, padding = F.pad(u, sides), "valid"
    return conv(u, k, None, stride, padding, dilation, groups)


@given(RANDOMS)
def test_transposed_convolution_is_that_of_torch(random: Random):
    """Zeros between the entries, the kernel flipped; torch's padding is cut off the full one."""
    rank = random.choice((1, 1, 2, 2, 3))
    groups, b, s, t = each(random, 4, 1, 3)
    kernel, stride = each(random, rank, 1, 3), each(random, rank, 1, 3)
    dilation = each(random, rank, 1, 2)
    reach = [d * (k - 1) for d, k in zip(dilation, kernel, strict=True)]
    pads = [random.randint(0, r) for r in reach]
    more = [random.randint(0, max(n, d) - 1) for n, d in zip(stride, dilation, strict=True)]
    lengths = each(random, rank, 2, 4)
    pads = [p if n > p else 0 for n, p in zip(lengths, pads, strict=True)]
    clauses = " ".join(
        f"conv {leg} (up={n}, dilation={d}, pad=({d}*(k{leg} - 1) - {p}, {d}*(k{leg} - 1) - {p} "
        f"+ {m}))"
        for leg, n, d, p, m in zip(LEGS, stride, dilation, pads, more, strict=False)
    )
    program = network(random, rank, groups, True, clauses)
    u, k = whole(b, groups * s, *lengths), whole(groups * s, t, *kernel)
    expected = TRANSPOSED[rank - 1](u, k, None, stride, pads, more, groups, dilation)
    assert torch.equal(values_of(program, u, k, g=groups, s=s, t=t), expected)


@given(RANDOMS)
def test_circular_padding_is_that_of_torch(random: Random):
    """torch pads round about and centres the kernel: its padding is the shift."""
    k, d = random.randint(1, 3), random.randint(1, 2)
    p = random.randint(0, d * (k - 1))
    u, kernel = whole(2, 3, random.randint(d * (k - 1) + 1, 9)), whole(4, 3, k)
    padded = F.pad(u, (p, d * (k - 1) - p), mode="circular")
    text = (
        "input U[b s x] K[t s x:k]\n"
        f"Y[b t x] = U[b s x] K[t s x] corr x (pad=circular, dilation={d}, shift={p})\nreturn Y"
    )
    assert torch.equal(values_of(parse(text), u, kernel), F.conv1d(padded, kernel, dilation=d))


def test_a_layer_with_circular_padding():
    layer = nn.Conv2d(3, 4, 3, padding=1, padding_mode="circular", bias=False).double()
    text = (
        "input U[b s x y] K[t s x:3 y:3]\n"
        "Y[b t x y] = U[b s x y] K[t s x y] corr x y (pad=circular, shift=1)\nreturn Y"
    )
    u = torch.randn(2, 3, 5, 6, dtype=torch.float64)
    found = interpret(parse(text), u, layer.weight)["Y"]
    assert (found - layer(u)).abs().max() <= 1e-12


DEPTHWISE = """
input U[b s x y] K[s x:3 y:3]
Y[b s x y] = U[b s x y] K[s x y] corr x y (pad=1)
return Y
"""


def test_depthwise():
    u, k = whole(2, 5, 6, 7), whole(5, 3, 3)
    assert torch.equal(
        values_of(parse(DEPTHWISE), u, k), F.conv2d(u, k[:, None], padding=1, groups=5)
    )


def test_average_pooling_is_a_correlation_with_ones():
    text = (
        "input U[b c x y]\nconst I[x:2 y:3]=ones\n"
        "Y[b c x y] = U[b c x y] I[x y] / 6 corr x (stride=2) corr y (stride=3)\nreturn Y"
    )
    u = torch.randn(2, 3, 7, 9, dtype=torch.float64)
    found = interpret(parse(text), u)["Y"]
    assert (found - F.avg_pool2d(u, (2, 3))).abs().max() <= 1e-12
    assert (compile(parse(text)).double()(u) - found).abs().max() <= 1e-12


# -- several kernels ------------------------------------------------------------------------------

ONE_BY_ONE = """
input U[b x] K[x:k] L[x:l]
A[b x] = U[b x] K[x] conv x (pad={pad})
Y[b x] = A[b x] L[x] conv x (pad={pad})
return Y
"""
COMPOSED = """
input U[b x] K[x:k] L[x:l]
M[x] = K[x] L[x] conv x (pad=full)
Y[b x] = U[b x] M[x] conv x (pad={pad})
return Y
"""
AT_ONCE = """
input U[b x] K[x:k] L[x:l]
Y[b x] = U[b x] K[x] L[x] conv x (pad={pad})
return Y
"""


@pytest.mark.parametrize("pad", ["full", "circular"])
@given(n=st.integers(5, 9), k=st.integers(1, 3), m=st.integers(1, 3))
def test_convolution_is_associative(pad: str, n: int, k: int, m: int):
    """Kernel after kernel, the kernels composed first, or all in one product."""
    values = [torch.randn(*shape, dtype=torch.float64) for shape in ((2, n), (k,), (m,))]
    found = [
        run(parse(text.format(pad=pad)), values)
        for text in (ONE_BY_ONE, COMPOSED, AT_ONCE)
        for run in (
            lambda program, inputs: interpret(program, *inputs)["Y"],
            lambda program, inputs: compile(program).double()(*inputs),
        )
    ]
    for other in found[1:]:
        assert other.shape == found[0].shape
        assert (other - found[0]).abs().max() <= 1e-12


@pytest.mark.parametrize(
    "clause",
    [
        "corr x",
        "corr x (pad=full)",
        "corr x (pad=circular)",
        "conv x",
        "conv x (pad=same)",
        "conv x (pad=1)",
        "conv x (pad=full, stride=2)",
        "conv x (pad=full, dilation=2)",
        "conv x (pad=full, up=2)",
        "conv x (pad=circular, shift=1)",
        "conv x (pad=circular, stride=2)",
    ],
)
def test_more_than_one_kernel_is_refused_elsewhere(clause: str):
    with pytest.raises(DiagramError) as caught:
        parse(f"input U[x] K[x:3] L[x:2]\nY[x] = U[x] K[x] L[x] {clause}\nreturn Y")
    (fault,) = caught.value.faults
    assert fault.message == (
        "edge `x` has 2 kernels; that is possible for conv with pad=full or pad=circular and no "
        "other option: merge the kernels in a line of their own"
    )


# -- gradients, modules, layers -------------------------------------------------------------------


@pytest.mark.parametrize("pad", ["valid", "same", "full", "circular", "1", "(0, 2)"])
@pytest.mark.parametrize(("n", "k"), [(0, 3), (3, 0), (0, 1), (0, 0)])
def test_nothing_of_length_0_is_convolved(pad: str, n: int, k: int):
    """As torch refuses it; a batch of none is one like others."""
    program = parse(f"input U[b x] K[k]\nY[b x] = U[b x] K[x] conv x (pad={pad})\nreturn Y")
    inputs = whole(2, n), whole(k)
    with pytest.raises(DiagramError, match="must be at most"):
        interpret(program, *inputs)
    with pytest.raises(DiagramError, match="is more than"):
        compile(program)(*inputs)
    assert values_of(program, whole(0, 5), whole(3)).shape[0] == 0


@pytest.mark.parametrize(
    "clause",
    [
        "corr x (stride=2, pad=(1, 2))",
        "corr x (dilation=2, pad=same)",
        "conv x (up=3, pad=full)",
        "conv x (stride=2, dilation=2, up=2, pad=2)",
        "corr x (pad=circular, stride=2, shift=1)",
        "conv x (pad=circular)",
    ],
)
def test_gradients(clause: str):
    text = "input U[b s x] K[t s x:3]\n"
    program = parse(text + f"Y[b t x] = U[b s x] K[t s x] {clause}\nreturn Y")
    module = compile(program).double()
    u = torch.randn(1, 2, 7, dtype=torch.float64, requires_grad=True)
    k = torch.randn(2, 2, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(module, (u, k))
    assert torch.autograd.gradgradcheck(module, (u, k), fast_mode=True)


def test_gradients_of_a_chain_and_of_a_convolved_edge_that_is_summed():
    text = (
        "input U[b x] K[x:3] L[x:2]\nA[b x] = U[b x] K[x] L[x] conv x (pad=full)\n"
        "Y[b] = A[b x] K[x] corr x\nreturn Y"
    )
    module = compile(parse(text)).double()
    shapes = ((2, 4), (3,), (2,))
    values = [torch.randn(*s, dtype=torch.float64, requires_grad=True) for s in shapes]
    assert torch.autograd.gradcheck(module, values)


BLOCK = """
dims   c=4
def conv3(U[b s x y])
  weight K[t s i:3 j:3]
  buffer mean[t]=zeros var[t]=ones
  weight G[t]=ones B[t]=zeros
  V[b t x y] = U[b s x y] K[t s x y] corr x y (pad=1)
  N[b t x y] = batch_norm[b x y](V, mean, var)[b t x y] G[t] + B
  return N
input  U[b s:3 x y]
H = conv3(U, t=c)
A = relu(H)
Z = conv3(A, t=c)
P = max_pool[x y](Z, size=2)
return P
"""


class Block(nn.Module):
    """The same, by torch."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4))
        self.second = nn.Sequential(nn.Conv2d(4, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4))

    def forward(self, u: Tensor) -> Tensor:
        return F.max_pool2d(self.second(torch.relu(self.first(u))), 2)


NAMES = {"0.weight": "K", "1.weight": "G", "1.bias": "B", "1.running_mean": "mean",
         "1.running_var": "var"}  # fmt: skip


def state(block: Block) -> dict[str, Tensor]:
    """A torch block's state under our names: paths of the calls."""
    found: dict[str, Tensor] = {}
    for path, layer in (("H", block.first), ("Z", block.second)):
        own = layer.state_dict()
        found |= {f"{path}.{name}": own[key].clone() for key, name in NAMES.items()}
    return found


def test_batch_norm_trains_as_that_of_torch():
    torch.manual_seed(0)
    block, module = Block().double(), compile(parse(BLOCK)).double()
    assert module.state_dict().keys() == state(block).keys()
    module.load_state_dict(state(block))
    for step in range(3):
        u = torch.randn(5, 3, 6, 7, dtype=torch.float64) * (step + 1)
        found, expected = module(u), block(u)
        assert (found - expected).abs().max() <= 1e-12
        (gradient,) = torch.autograd.grad(
            found.square().sum(), [dict(module.named_parameters())["H.K"]]
        )
        (wanted,) = torch.autograd.grad(
            expected.square().sum(), [dict(block.named_parameters())["first.0.weight"]]
        )
        assert (gradient - wanted).abs().max() <= 1e-9
        for name, value in state(block).items():
            assert (module.state_dict()[name] - value).abs().max() <= 1e-12
    module.eval()
    block.eval()
    u = torch.randn(1, 3, 4, 4, dtype=torch.float64)
    before = {name: value.clone() for name, value in module.state_dict().items()}
    assert (module(u) - block(u)).abs().max() <= 1e-12
    values: dict[str, Any] = dict(module.state_dict())
    assert (interpret(parse(BLOCK), u, **values)["P"] - block(u)).abs().max() <= 1e-12
    assert all(torch.equal(module.state_dict()[name], v) for name, v in before.items())


def test_batch_norm_in_training_is_interpreted():
    module = compile(parse(BLOCK)).double()
    u = torch.randn(2, 3, 4, 4, dtype=torch.float64)
    values: dict[str, Any] = {name: v.clone() for name, v in module.state_dict().items()}
    found = interpret(parse(BLOCK), u, train=True, **values)["P"]
    assert (found - module(u)).abs().max() <= 1e-12


@given(RANDOMS)
def test_max_pool_is_that_of_torch(random: Random):
    size, stride = random.randint(1, 4), random.randint(1, 4)
    pad = random.randint(0, size // 2)
    n, m = each(random, 2, max(1, size - 2 * pad), 9)
    u = whole(2, n, 3, m)
    text = (
        "input U[b x c y]\n"
        f"Y[c b x y] = max_pool[y x](U, size={size}, stride={stride}, pad={pad})\nreturn Y"
    )
    expected = F.max_pool2d(u.permute(0, 2, 1, 3), size, stride, pad).permute(1, 0, 2, 3)
    assert torch.equal(values_of(parse(text), u), expected)


def agree(one: nn.Module, other: nn.Module, inputs: Sequence[Tensor]) -> None:
    """In training and after it: results, and the buffers that training moved."""
    for training in (True, False):
        a, b = one.train(training)(*inputs), other.train(training)(*inputs)
        assert a.shape == b.shape
        assert (a - b).abs().max() <= 1e-12
        for name, value in other.state_dict().items():
            assert (one.state_dict()[name] - value).abs().max() <= 1e-12


TEXTS: Mapping[str, tuple[str, tuple[int, ...]]] = {
    "block": (BLOCK, (2, 3, 6, 8)),
    "depthwise": ("input U[b s:3 x y]\nweight K[s:3 x:3 y:3]\nY[b s x y] = U[b s x y] K[s x y] "
                  "corr x y (pad=1, stride=2)\nreturn Y", (2, 3, 6, 8)),
    "transposed": ("input U[b s:3 x]\nweight K[s:3 t:2 x:4]\nY[b t x] = U[b s x] K[s t x] "
                   "conv x (up=2, pad=2)\nreturn Y", (2, 3, 6)),
    "circular": ("input U[b s:3 x]\nweight K[s:3 t:2 x:4] L[t:2 x:2]\nY[b t x] = U[b s x] K[s t x] "
                 "L[t x] conv x (pad=circular)\nreturn Y", (2, 3, 6)),
    "layers": ("dims f=4\ndef layer(X[b n f])\n  weight W[f k] V[k f]\n  Y[b n f] = X + "
               "gelu(X[b n f] W[f k])[b n k] V[k f]\n  return Y\ninput X[b n f]\n"
               "Y = layer^2(X, k=2*f)\nZ = layer^2(Y, k=3, tied=1)\nreturn Z", (2, 3, 4)),
    "patches": ("dims p=2 f=5\ninput U[b c:3 x y]\nweight W[c:3 p p' f]\n"
                "Y[b (n m) f] = U[b c (n p) (m p')] W[c p p' f]\nreturn Y", (2, 3, 4, 6)),
}  # fmt: skip


@pytest.mark.parametrize("name", TEXTS)
def test_exported_file_runs_equal(name: str):
    text, shape = TEXTS[name]
    program = parse(text)
    module = compile(program).double()
    other: nn.Module = executed(python_source(program))().double()
    other.load_state_dict(module.state_dict())
    agree(other, module, [torch.randn(shape, dtype=torch.float64)])


def test_the_exported_file_asks_whether_it_trains():
    assert "self.training" in python_source(parse(BLOCK))


@pytest.mark.parametrize("name", TEXTS)
def test_modules_copy_and_pickle(name: str):
    text, shape = TEXTS[name]
    module = compile(parse(text)).double()
    again = pickle.loads(pickle.dumps(module))
    agree(again, module, [torch.randn(shape, dtype=torch.float64)])


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # inside torch
@pytest.mark.parametrize("name", ["block", "layers"])
def test_torch_compile(name: str):
    text, shape = TEXTS[name]
    module = compile(parse(text)).double()
    again = pickle.loads(pickle.dumps(module))
    fast: Callable[..., Tensor] = torch.compile(again)
    x = torch.randn(shape, dtype=torch.float64)
    for training in (True, False):
        module.train(training)
        again.train(training)
        assert (fast(x) - module(x)).abs().max() <= 1e-12
    for key, value in module.state_dict().items():
        assert (again.state_dict()[key] - value).abs().max() <= 1e-12
