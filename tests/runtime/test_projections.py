"""Products with weights: packed or not, with what is added, they are what the interpreter says."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Iterator

import pytest
import torch
import torch._dynamo
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from diagram import compile, interpret, parse
from diagram.runtime import DiagramModule, project
from models import attention

LENGTHS = {"a": 2, "b": 3, "f": 4, "g": 2, "h": 3, "k": 2, "l": 3}


ADDED = {
    "nothing": "{}",
    "bias": "{} + B",
    "bias twice": "{} + B + B",
    "less": "{} - B",
    "scaled": "{} * 2 + B",
    "more": "1 + {} + B + X.sum",
}
"""What stands right of `=`, the product in braces."""


@st.composite
def programs(draw: st.DrawFn) -> str:
    """One value, several weights that share some of its legs, and what is added to the products."""
    legs = draw(st.permutations("abfg"))[: draw(st.integers(2, 4))]
    count = draw(st.integers(1, len(legs) - 1))
    summed, rows = legs[:count], legs[count:]
    x = f"X[{' '.join(draw(st.permutations(legs)))}]"
    lines = [f"input {x}", f"X.sum[{' '.join(rows)}] = {x}"]
    numbers = range(draw(st.integers(1, 4)))
    for number in numbers:
        columns = draw(st.permutations("hkl"))[: draw(st.integers(1, 3))]
        weight = f"W{number}[{' '.join(draw(st.permutations([*summed, *columns])))}]"
        bias = f"B{number}[{' '.join(draw(st.permutations(columns)))}]"
        right = ADDED[draw(st.sampled_from([*ADDED]))].replace("B", f"B{number}")
        lines.insert(1, f"weight {weight}" + (f" {bias}" if "B" in right else ""))
        result = " ".join(draw(st.permutations([*rows, *columns])))
        lines.append(f"Y{number}[{result}] = {right.format(f'{x} {weight}')}")
    return "\n".join([*lines, f"return {', '.join(f'Y{number}' for number in numbers)}"])


def whole(shape: tuple[int, ...]) -> Tensor:
    return torch.randint(-4, 5, shape).double()


def given_whole(text: str) -> tuple[DiagramModule, list[Tensor]]:
    """A module with whole numbers for its weights, and inputs of them."""
    program = parse(text)
    used = {leg.name for source in program.sources for leg in source.legs}
    module = compile(program, {name: LENGTHS[name] for name in used}).double()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(whole(tuple(parameter.shape)))
    sources = [source for source in program.sources if source.kind == "input"]
    inputs = [whole(tuple(LENGTHS[leg.name] for leg in source.legs)) for source in sources]
    return module, inputs


Run = Callable[..., tuple[Tensor, ...]]


def compiled(module: DiagramModule) -> Run:
    def run(*inputs: Tensor) -> tuple[Tensor, ...]:
        made = module(*inputs)
        return made if isinstance(made, tuple) else (made,)

    return run


def interpreted(module: DiagramModule) -> Run:
    def run(*inputs: Tensor) -> tuple[Tensor, ...]:
        values = interpret(module.program, *inputs, **dict(module.named_parameters()))
        return tuple(values[name] for name in module.program.outputs)

    return run


def outcome(run: Run, module: DiagramModule, inputs: list[Tensor]) -> list[Tensor]:
    """Results, and gradients by inputs and weights, weighed by whole numbers."""
    leaves = [x.clone().requires_grad_() for x in inputs]
    results = run(*leaves)
    weighing = [torch.arange(1.0, y.numel() + 1).double().reshape(y.shape) for y in results]
    wanted = [*leaves, *module.parameters()]
    return [*(y.detach() for y in results), *torch.autograd.grad(results, wanted, weighing)]


@pytest.fixture(params=[0, 10**6], ids=["apart", "packed"])
def most(request: pytest.FixtureRequest) -> Iterator[int]:
    """Weights are packed never, and always."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(project, "MOST", request.param)
        yield request.param


@pytest.mark.usefixtures("most")
@settings(max_examples=60, deadline=None)
@given(programs())
def test_projections_are_exact_with_their_gradients(text: str):
    torch.manual_seed(0)
    module, inputs = given_whole(text)
    for value, expected in zip(
        outcome(compiled(module), module, inputs),
        outcome(interpreted(module), module, inputs),
        strict=True,
    ):
        assert torch.equal(value, expected)


@settings(max_examples=40, deadline=None)
@given(programs())
def test_packed_and_kept_they_are_exact(text: str):
    torch.manual_seed(0)
    module, inputs = given_whole(text)
    folded = compile(module.program, module.fixed, fold=True).double().eval()
    folded.load_state_dict(module.state_dict())
    with torch.no_grad():
        for value, expected in zip(
            compiled(folded)(*inputs), interpreted(module)(*inputs), strict=True
        ):
            assert torch.equal(value, expected)


# -- when, and what of it is seen -----------------------------------------------------------------


def lines(module: DiagramModule, word: str) -> int:
    return sum(word in line for line in module.code.splitlines())


def test_small_weights_are_packed_and_large_ones_are_not():
    small, large = (compile(attention.multi_head(f, 4, f // 4)) for f in (64, 256))
    assert lines(small, "torch.cat(") == 1
    assert lines(small, ".split_with_sizes(") == 1
    assert lines(large, "torch.cat(") == 0
    assert lines(compile(attention.multi_head(256, 4, 64), fold=True), "torch.cat(") == 1


def test_heads_lie_side_by_side_where_they_are_not_of_one_number():
    code = compile(attention.grouped_query(32, 2, 2, 8)).code
    assert "torch.cat([self.WQ.reshape(32, 4, 8), self.WK, self.WV], 1)" in code
    assert ".split_with_sizes([4, 2, 2], 1)" in code


def test_only_what_stands_together_is_packed():
    """Two projections with one between them that rests on the first are made one by one."""
    text = (
        "dims f=4 h=3\ninput X[n f]\nweight V[f h] W[h f] U[f h]\n"
        "A[n h] = relu(X[n f] V[f h])[n h]\nB[n f] = A[n h] W[h f]\nC[n h] = X[n f] U[f h]\n"
        "return B, C"
    )
    assert "torch.cat" not in compile(parse(text)).code


def test_biases_are_added_in_the_same_call():
    module = compile(attention.multi_head(256, 4, 64, bias=True))
    assert lines(module, "torch.addmm(") == 4
    assert lines(module, " + ") == 0
    packed = compile(attention.multi_head(16, 2, 8, bias=True))
    assert "torch.addmm(torch.cat([self.BQ, self.BK, self.BV]).reshape(48)" in packed.code
    assert lines(packed, "torch.addmm(") == 2


def test_a_product_that_is_read_twice_keeps_its_value():
    text = (
        "input X[n f]\nweight W[f h] B[h]\nP[n h] = X[n f] W[f h]\nQ[n h] = P + B\n"
        "R[n h] = P[n h] Q[n h]\nreturn R"
    )
    module = compile(parse(text), f=2, h=3).double()
    assert "addmm" not in module.code
    x = whole((4, 2))
    assert torch.equal(module(x), interpreted(module)(x)[0])


@pytest.mark.usefixtures("most")
def test_weights_are_parameters_of_their_own():
    module = compile(attention.multi_head(f=6, h=2, d=3, bias=True))
    names = ["WQ", "WK", "WV", "WO", "BQ", "BK", "BV", "BO"]
    assert list(module.state_dict()) == names
    module(torch.randn(2, 5, 6)).sum().backward()
    assert all(parameter.grad is not None for parameter in module.parameters())
    with torch.no_grad():
        x = torch.randn(2, 5, 6)
        before = module(x)
        module.get_parameter("BV").add_(1)
        assert not torch.equal(module(x), before)


@pytest.mark.usefixtures("most")
@pytest.mark.filterwarnings("ignore:There is a performance drop")
@pytest.mark.parametrize("bias", [False, True])
def test_packed_modules_are_copied_captured_and_mapped(bias: bool):
    module = compile(attention.multi_head(f=6, h=2, d=3, bias=bias)).double()
    x = torch.randn(4, 5, 6, dtype=torch.float64)
    expected = module(x)
    for other in (copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        assert torch.equal(other(x), expected)
    torch._dynamo.reset()
    captured = torch.compile(module, fullgraph=True, backend="aot_eager")
    assert (captured(x) - expected).abs().max() <= 1e-12
    weights = {name: value.detach() for name, value in module.named_parameters()}

    def alone(x: Tensor) -> Tensor:
        made = torch.func.functional_call(module, weights, (x.unsqueeze(0),))
        assert isinstance(made, Tensor)
        return made[0]

    assert (torch.func.vmap(alone)(x) - expected).abs().max() <= 1e-12


def test_half_precision_adds_biases_too():
    module = compile(attention.multi_head(f=16, h=2, d=8, bias=True)).to(torch.bfloat16)
    x = torch.randn(2, 5, 16, dtype=torch.bfloat16)
    exact = copy.deepcopy(module).double()
    y, expected = module(x), exact(x.double())
    assert y.dtype == torch.bfloat16
    assert (y - expected).abs().max() <= 0.05 * expected.abs().max()
