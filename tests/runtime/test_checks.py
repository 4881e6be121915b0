"""Whether inputs fit is asked at every call, whatever went well before, however it is called."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable

import numpy as np
import pytest
import torch
import torch._dynamo
from torch import Tensor, nn
from torch.nn.utils import parametrize, prune

from diagram import DiagramError, SizeError, compile, from_einsum, parse
from diagram.runtime import DiagramModule

LAYER = parse("input X[b n f]\nweight W[f g]\nY[b n g] = X[b n f] W[f g]\nreturn Y")
CHAIN = from_einsum("ij,jk,kl->il")
PAIR = parse("input X[b n f] Z[b m f]\nS[b n m] = X[b n f] Z[b m f]\nreturn S")


def refused(module: nn.Module, *inputs: object) -> str:
    with pytest.raises(DiagramError) as raised:
        module(*inputs)
    return str(raised.value)


BAD: dict[str, tuple[DiagramModule, list[Tensor], list[object], str]] = {
    "a length": (
        compile(LAYER, f=3, g=2),
        [torch.ones(2, 5, 3)],
        [torch.ones(2, 5, 4)],
        "axis 2 of X has length 4, but 3 is expected; its shape is (2, 5, 4)",
    ),
    "an axis more": (
        compile(LAYER, f=3, g=2),
        [torch.ones(2, 5, 3)],
        [torch.ones(1, 2, 5, 3)],
        "X[b n 3] has 3 legs, but its shape is (1, 2, 5, 3)",
    ),
    "whole numbers": (
        compile(LAYER, f=3, g=2),
        [torch.ones(2, 5, 3)],
        [torch.ones(2, 5, 3, dtype=torch.int64)],
        "input X holds torch.int64; floating-point numbers are expected",
    ),
    "complex numbers": (
        compile(LAYER, f=3, g=2),
        [torch.ones(2, 5, 3)],
        [torch.ones(2, 5, 3, dtype=torch.complex64)],
        "input X holds torch.complex64; floating-point numbers are expected",
    ),
    "a batch of 1, which torch would repeat": (
        compile(PAIR),
        [torch.ones(4, 2, 3), torch.ones(4, 5, 3)],
        [torch.ones(4, 2, 3), torch.ones(1, 5, 3)],
        "dim `b` is 1 in Z, but 4 in X",
    ),
    "a length in a chain": (
        compile(CHAIN),
        [torch.ones(2, 3), torch.ones(3, 4), torch.ones(4, 5)],
        [torch.ones(2, 3), torch.ones(3, 4), torch.ones(1, 5)],
        "dim `k` is 1 in C, but 4 in B",
    ),
    "a vector in a chain": (
        compile(CHAIN),
        [torch.ones(2, 3), torch.ones(3, 4), torch.ones(4, 5)],
        [torch.ones(2, 3), torch.ones(3, 4), torch.ones(4)],
        "C[k l] has 2 legs, but its shape is (4,)",
    ),
    "a batch in a chain": (
        compile(CHAIN),
        [torch.ones(2, 3), torch.ones(3, 4), torch.ones(4, 5)],
        [torch.ones(7, 2, 3), torch.ones(3, 4), torch.ones(4, 5)],
        "A[i j] has 2 legs, but its shape is (7, 2, 3)",
    ),
    "whole numbers in a chain": (
        compile(CHAIN),
        [torch.ones(2, 3), torch.ones(3, 4), torch.ones(4, 5)],
        [torch.ones(2, 3), torch.ones(3, 4, dtype=torch.int64), torch.ones(4, 5)],
        "input B holds torch.int64; floating-point numbers are expected",
    ),
    "nothing but whole numbers in a chain": (
        compile(CHAIN),
        [torch.ones(2, 3), torch.ones(3, 4), torch.ones(4, 5)],
        [torch.ones(shape, dtype=torch.int64) for shape in ((2, 3), (3, 4), (4, 5))],
        "3 problems with the inputs:\n"
        "  input A holds torch.int64; floating-point numbers are expected\n"
        "  input B holds torch.int64; floating-point numbers are expected\n"
        "  input C holds torch.int64; floating-point numbers are expected",
    ),
    "an array": (
        compile(CHAIN),
        [torch.ones(2, 3), torch.ones(3, 4), torch.ones(4, 5)],
        [torch.ones(2, 3), torch.ones(3, 4), np.ones((4, 5), dtype=np.float32)],
        "input C is of type ndarray; a torch tensor is expected",
    ),
    "a list": (
        compile(CHAIN),
        [torch.ones(2, 3), torch.ones(3, 4), torch.ones(4, 5)],
        [[[1.0]], torch.ones(3, 4), torch.ones(4, 5)],
        "input A is of type list; a torch tensor is expected",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_what_does_not_fit_is_refused_after_what_does(name: str):
    module, good, bad, message = BAD[name]
    for _ in range(2):
        module(*good)
        assert refused(module, *bad) == message
    module(*good)


COPIES: dict[str, Callable[[DiagramModule], DiagramModule]] = {
    "copied": copy.deepcopy,
    "pickled": lambda module: pickle.loads(pickle.dumps(module)),
    "of another dtype and back": lambda module: module.double().float(),
}


@pytest.mark.parametrize("made", COPIES.values(), ids=list(COPIES))
@pytest.mark.parametrize("name", BAD)
def test_copies_refuse_it_too(name: str, made: Callable[[DiagramModule], DiagramModule]):
    module, good, bad, message = BAD[name]
    module(*good)
    assert refused(made(copy.deepcopy(module)), *bad) == message


def test_other_lengths_are_no_surprise():
    module = compile(CHAIN)
    for i, j, k, n in ((2, 3, 4, 5), (1, 1, 1, 1), (7, 2, 3, 6), (0, 2, 3, 1), (2, 0, 3, 1)):
        a, b, c = torch.randn(i, j), torch.randn(j, k), torch.randn(k, n)
        assert torch.allclose(module(a, b, c), a @ b @ c, atol=1e-5)


# -- mixed tensors --------------------------------------------------------------------------------


def test_mixed_dtypes_name_the_input_and_the_weight():
    module = compile(LAYER, f=3, g=2)
    module(torch.ones(2, 5, 3))
    told = "`.to(torch.float64)` makes them alike"
    module.double()
    assert refused(module, torch.ones(2, 5, 3)) == (
        f"input X holds torch.float32, but weight W holds torch.float64; {told}"
    )
    module(torch.ones(2, 5, 3, dtype=torch.float64))
    module.half()
    assert "holds torch.float32, but weight W holds torch.float16" in refused(
        module, torch.ones(2, 5, 3)
    )


def test_mixed_devices_name_both():
    program = parse("input A[i] B[i]\nC = A + B\nreturn C")
    assert refused(compile(program), torch.ones(2), torch.ones(2, device="meta")) == (
        "input B is on 'meta', but input A is on 'cpu'; `.to('cpu')` makes them alike"
    )


def test_masks_may_hold_other_numbers():
    program = parse("input S[n m] M[m]\nA = softmax[m](mask(S, M))\nreturn A")
    module = compile(program)
    for kind in (torch.bool, torch.int64, torch.float64, torch.float32):
        assert module(torch.zeros(1, 2), torch.tensor([1, 0]).to(kind)).tolist() == [[1, 0]]


def test_errors_of_torch_that_say_nothing_of_inputs_are_its_own():
    module = compile(LAYER, f=3, g=2)
    module.W = nn.Parameter(torch.ones(5, 2))
    with pytest.raises(RuntimeError) as raised:
        module(torch.ones(2, 5, 3))
    assert not isinstance(raised.value, DiagramError)


# -- ways to call ---------------------------------------------------------------------------------


def test_under_transforms_of_functions():
    module = compile(LAYER, f=3, g=2)
    weights: dict[str, Tensor] = dict(module.named_parameters())

    def call(x: Tensor) -> Tensor:
        made = torch.func.functional_call(module, weights, (x,))
        assert isinstance(made, Tensor)
        return made

    assert call(torch.ones(2, 5, 3)).shape == (2, 5, 2)
    assert torch.func.vmap(call)(torch.ones(7, 2, 5, 3)).shape == (7, 2, 5, 2)
    for bad in (torch.ones(7, 2, 5, 4), torch.ones(7, 5, 3)):
        with pytest.raises(SizeError):
            torch.func.vmap(call)(bad)


def test_under_a_compiler_at_other_lengths():
    torch._dynamo.reset()
    for module, inputs in (
        (compile(LAYER, f=3, g=2), [(2, 5, 3)]),
        (compile(PAIR), [(2, 4, 3)] * 2),
    ):
        captured = torch.compile(module, fullgraph=True, backend="eager")
        for b in (2, 4, 6):
            x = [torch.randn(b, *shape[1:]) for shape in inputs]
            assert torch.equal(captured(*x), module(*x))
    torch._dynamo.reset()


def test_as_the_graph_that_is_shown():
    module = compile(PAIR)
    shown = torch.fx.GraphModule(module, module.graph)
    x, z = torch.randn(2, 3, 4), torch.randn(2, 5, 4)
    assert torch.equal(shown(x, z), module(x, z))
    with pytest.raises(SizeError, match="dim `b` is 1 in Z, but 2 in X"):
        shown(x, z[:1])


@pytest.mark.filterwarnings("ignore")
def test_traced_by_the_old_compiler():
    module = compile(LAYER, f=3, g=2)
    traced = torch.jit.trace(module, (torch.randn(2, 5, 3),))  # type: ignore[no-untyped-call]
    x = torch.randn(4, 1, 3)
    assert torch.equal(traced(x), module(x))


def test_weights_may_be_made_of_others():
    """Parametrised and pruned weights are no parameters any more, but attributes."""

    class Doubled(nn.Module):
        def forward(self, weight: Tensor) -> Tensor:
            return 2 * weight

    module, x = compile(LAYER, f=3, g=2), torch.randn(2, 5, 3)
    expected = 2 * module(x)
    parametrize.register_parametrization(module, "W", Doubled())
    assert torch.allclose(module(x), expected)
    pruned = compile(LAYER, f=3, g=2)
    prune.l1_unstructured(pruned, "W", amount=0.5)  # type: ignore[no-untyped-call]
    weight = pruned.W
    assert isinstance(weight, Tensor)
    assert torch.equal(pruned(x), x @ weight)
    assert weight.count_nonzero() == 3


@pytest.mark.parametrize(
    "name", ["if", "self", "torch", "F", "ValueError", "length", "X", "é", "n_"]
)
def test_legs_may_have_any_name(name: str):
    """Lengths are named after legs, but for names that mean something else."""
    program = parse(f"input X[n {name}] Z[m {name}]\nS[n m] = X[n {name}] Z[m {name}]\nreturn S")
    module = compile(program)
    x, z = torch.randn(2, 3), torch.randn(4, 3)
    assert torch.allclose(module(x, z), x @ z.T)
    assert f"dim `{name}` is 1 in Z, but 3 in X" in refused(module, x, z[:, :1])


def test_the_first_lines_say_what_is_expected():
    code = compile(LAYER, f=3, g=2).code.splitlines()
    assert code[1:4] == [
        "    b, n, f = X.shape",
        "    if f != 3 or not X.is_floating_point():",
        "        raise ValueError('expected X[b n 3]')",
    ]


def test_what_torch_refuses_itself_is_not_asked_before():
    code = compile(CHAIN).code
    assert ".shape" not in code
    assert code.count("is_floating_point") == 1
    assert code.count("torch.mm(") == 2
