"""Modules within memory limits: the same values and gradients, whatever is sliced or made again."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from hypothesis import assume, given, reject
from hypothesis import strategies as st
from torch import Tensor, nn

from diagram import DiagramError, compile, interpret, parse, plan
from diagram.language.inline import inline
from diagram.planner import Plan
from diagram.planner.steps import Slice
from diagram.planner.within import narrowed
from diagram.runtime import DiagramModule
from diagram.runtime.export import plan_source
from diagram.runtime.exported import exported_program
from diagram.runtime.feed import inputs_of
from diagram.runtime.samples import random_inputs
from diagram.runtime.sliced import sliced
from models import ZOO
from tests.models.cases import Case
from tests.runtime.by_numpy import Definition, Unfit
from tests.runtime.random_networks import networks
from tests.runtime.random_programs import DIMS, Written, lengths, several
from tests.runtime.test_random import by_numpy

SEEDS = st.integers(0, 2**16)
PARTS = st.floats(0, 1)


@pytest.fixture(autouse=True)
def fresh():
    torch._dynamo.reset()
    yield
    torch._dynamo.reset()


def limited(found: Plan, part: float) -> Plan:
    """The plan for a limit between the least that is known to do and what it takes."""
    least = narrowed([found], 0).memory
    return narrowed([found], least + int(part * (found.memory - least)))


def outcome(module: Any, inputs: Sequence[Tensor]) -> list[Tensor]:
    """Values, and gradients of real inputs and parameters."""
    leaves = [x.clone().requires_grad_() if x.is_floating_point() else x for x in inputs]
    made = module(*leaves)
    outputs = list(made) if isinstance(made, tuple) else [made]
    learned = [*(x for x in leaves if x.requires_grad), *module.parameters()]
    wanted = [y for y in outputs if y.requires_grad]
    loss = [(y * (3 + torch.arange(y.numel()).reshape(y.shape) % 2)).sum() for y in wanted]
    found: Sequence[Tensor | None] = ()
    if loss:
        found = torch.autograd.grad(loss, learned, allow_unused=True)
    gradients = [g if g is not None else torch.zeros(()) for g in found]
    return [*(y.detach() for y in outputs), *gradients]


def same(module: nn.Module, other: nn.Module, inputs: Sequence[Tensor]) -> None:
    """Equal to the last bit, forward without gradients and with them."""
    other.load_state_dict(module.state_dict())
    with torch.no_grad():
        made, expected = other(*inputs), module(*inputs)
    if isinstance(made, Tensor):
        made, expected = (made,), (expected,)
    for value, wanted in zip(made, expected, strict=True):
        assert torch.equal(value, wanted)
    for value, wanted in zip(outcome(other, inputs), outcome(module, inputs), strict=True):
        assert torch.equal(value, wanted)


def close(found: Sequence[Tensor], expected: Sequence[Tensor]) -> None:
    for value, wanted in zip(found, expected, strict=True):
        torch.testing.assert_close(value, wanted, rtol=1e-10, atol=1e-10)


# -- the same values ------------------------------------------------------------------------------


@pytest.mark.slow
@given(networks(), SEEDS, PARTS, st.booleans())
def test_random_networks(
    network: tuple[Definition, dict[str, int], bool], seed: int, part: float, train: bool
):
    written, lengths, _ = network
    program = parse("\n".join(written.lines()))
    try:
        _, drawn = by_numpy(written, lengths, seed)
    except Unfit:
        reject()
    dims = inline(program).dim_order
    whole = plan(program, {d: n for d, n in lengths.items() if d in dims}, train=train)
    assume(whole.steps and not whole.assumed)
    found = limited(whole, part)
    assume(found.slices or found.recomputed)
    module = DiagramModule(whole).double()
    module.load_state_dict({name: drawn.tensors[name] for name in module.state_dict()})
    inputs = [drawn.tensors[source.name] for source in inputs_of(whole.program)]
    same(module, DiagramModule(found).double(), inputs)


@pytest.mark.slow
@given(several(), lengths(), lengths(), SEEDS, PARTS, st.booleans())
def test_random_programs_at_other_lengths(
    written: Written,
    planned: dict[str, int],
    other: dict[str, int],
    seed: int,
    part: float,
    train: bool,
):
    """Planned for some lengths, run at others that no count of slices need divide."""
    fixed = {d: planned[d] for d in DIMS if d in written.fixed or d not in written.told}
    whole = plan(parse(written.text), {d: 3 * n for d, n in planned.items()} | fixed, train=train)
    here = other | fixed
    assume(whole.steps and written.is_exact(here))
    found = limited(whole, part)
    assume(found.slices or found.recomputed)
    numbers = written.numbers(here, seed)
    module = DiagramModule(whole).double()
    module.load_state_dict({name: torch.from_numpy(numbers[name]) for name in module.state_dict()})
    inputs = [torch.from_numpy(numbers[name]) for name in written.inputs]
    same(module, DiagramModule(found).double(), inputs)


def sizes(model: str, b: int, n: int) -> dict[str, int]:
    """Of a model's free dims."""
    return {"b": b, "n": n} | ({"m": n + 3} if "m" in Case(model, 5).program.dim_order else {})


def pair(model: str, part: float, train: bool) -> tuple[DiagramModule, DiagramModule]:
    """A small model whole and in slices, with the same weights."""
    whole = plan(Case(model, 5).program, sizes(model, 4, 24), train=train)
    module, other = DiagramModule(whole).double(), DiagramModule(limited(whole, part)).double()
    other.load_state_dict(module.state_dict())
    return module, other


@pytest.mark.parametrize("train", [False, True])
@pytest.mark.parametrize("part", [0.0, 0.5])
@pytest.mark.parametrize("model", ZOO)
def test_the_zoo_at_any_length(model: str, part: float, train: bool):
    module, other = pair(model, part, train)
    for b, n in ((4, 24), (3, 17), (1, 1), (5, 2), (0, 4)):
        inputs = [x.double() for x in random_inputs(module, sizes(model, b, n), seed=0)]
        close(outcome(other, inputs), outcome(module, inputs))


def test_no_length_at_all():
    """A sum over nothing is zero, and a slice of nothing is nothing."""
    text = (
        "input X[n f]\nweight W[f k]\nA[n k] = exp(X[n f] W[f k])\nY[k] = A[n k] A[n k]\nreturn Y"
    )
    whole = plan(parse(text), n=64, f=2, k=4)
    found = narrowed([whole], 0)
    assert found.slices
    module = DiagramModule(found)
    assert torch.equal(module(torch.empty(0, 2)), torch.zeros(4))


def test_slices_inside_slices():
    text = "input A[i k] B[j k]\nS[i j] = A[i k] B[j k]\nE[i j] = exp(S)\nY[] = E[i j]\nreturn Y"
    whole = plan(parse(text), i=64, j=64, k=2)
    found = narrowed([whole], 200)
    assert len(found.slices) > 1
    assert found.slices[0].steps.start <= found.slices[1].steps.start
    module = DiagramModule(found).double()
    assert module.code.count("def ") == 1 + len(found.slices)
    a, b = torch.randn(61, 2).double(), torch.randn(33, 2).double()
    torch.testing.assert_close(module(a, b), (a @ b.T).exp().sum())


def test_a_value_that_is_read_whole_and_in_slices():
    """Each use cuts for itself: X is cut for the queries only."""
    text = "input X[n d]\nS[n m] = X[n d] X[m d]\nA[n m] = exp(S)\nY[n d] = A[n m] X[m d]\nreturn Y"
    whole = plan(parse(text), n=32, d=4)
    found = narrowed([whole], 0)
    assert found.slices
    x = torch.randn(19, 4).double()
    torch.testing.assert_close(DiagramModule(found).double()(x), (x @ x.T).exp() @ x)


def test_dropout_in_slices_drops_and_scales():
    text = (
        "input X[n f]\nweight W[f k]\nA[n k] = dropout(exp(X[n f] W[f k]), p=0.5)\n"
        "Y[k] = A[n k]\nreturn Y"
    )
    whole = plan(parse(text), n=512, f=2, k=4, train=True)
    found = narrowed([whole], 0)
    module = DiagramModule(found)
    module.load_state_dict({"W": torch.zeros(2, 4)})
    drawn: Tensor = module(torch.ones(512, 2))
    assert not torch.equal(drawn, torch.full((4,), 512.0))
    assert (drawn / 512 - 1).abs().max() < 0.3
    torch.autograd.grad(drawn.sum(), list(module.parameters()))
    assert torch.equal(module.eval()(torch.ones(512, 2)), torch.full((4,), 512.0))


def test_a_plan_can_be_interpreted_and_taught():
    program = ZOO["skip-right"].program(f=8, h=2, d=3)
    whole = plan(program, b=2, n=6)
    found = narrowed([whole], 0)
    module = DiagramModule(found)
    inputs = random_inputs(module, found.numbers, seed=0)
    values = {name: value.detach() for name, value in module.state_dict().items()}
    values["X"] = inputs[0]
    stepwise = interpret(program, **values, order=found).values["Y"]
    torch.testing.assert_close(module(*inputs), stepwise)


# -- the function that runs -----------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 2, 3, 4, 7, 9])
@pytest.mark.parametrize("wanted", [False, True])
def test_sliced(count: int, wanted: bool):
    """Slices side by side along any axis, laid out as they come, and sums of slices."""

    def body(x: Tensor, y: Tensor, factor: int) -> tuple[Tensor, ...]:
        return (x * factor).transpose(0, 1), x.sum(0) @ y, y.sum(1) + x.sum()

    x = torch.arange(21.0).reshape(7, 3).requires_grad_(wanted)
    y = torch.arange(12.0).reshape(3, 4).requires_grad_(wanted)
    found = sliced(body, count, (0, None, None), (1, None, None), x, y, 2)
    slices = len(x.chunk(count))
    expected = (x * 2).T, x.sum(0) @ y, slices * y.sum(1) + x.sum()
    for value, other in zip(found, expected, strict=True):
        assert torch.equal(value, other)
    assert found[0].stride() == body(x, y, 2)[0].stride()
    if wanted:
        leaves = (x, y)
        ours = torch.autograd.grad([v.square().sum() for v in found], leaves)
        theirs = torch.autograd.grad([v.square().sum() for v in expected], leaves)
        assert all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))


def test_second_derivatives():
    text = "input X[n f]\nweight W[f k]\nA[n k] = sin(X[n f] W[f k])\nY[k] = A[n k]\nreturn Y"
    module = DiagramModule(narrowed([plan(parse(text), n=64, f=2, k=3)], 0)).double()
    x = torch.randn(5, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradgradcheck(module, (x,))


# -- every way out --------------------------------------------------------------------------------

FEW = ("multi-head", "skip-right", "lossless", "linear-factored")


@pytest.mark.slow
@pytest.mark.parametrize("train", [False, True])
@pytest.mark.parametrize("model", ["multi-head", "skip-right"])
def test_one_graph_of_torch_compile(model: str, train: bool):
    _, module = pair(model, 0.5, train)
    inputs = [x.double() for x in random_inputs(module, sizes(model, 4, 24), seed=0)]
    captured: Any = torch.compile(module, fullgraph=True, backend="aot_eager")
    with torch.no_grad():
        close([captured(*inputs)], [module(*inputs)])
    close(outcome(captured, inputs), outcome(module, inputs))


@pytest.mark.parametrize("model", FEW)
def test_torch_export_with_free_lengths(model: str):
    _, module = pair(model, 0.5, False)
    exported = exported_program(module.eval()).module()
    for b, n in ((4, 24), (6, 33)):
        inputs = [x.double() for x in random_inputs(module, sizes(model, b, n), seed=0)]
        close([exported(*inputs)], [module(*inputs)])


@pytest.mark.parametrize("train", [False, True])
@pytest.mark.parametrize("model", FEW)
def test_exported_python(model: str, train: bool):
    """One file that imports torch alone, with the nested functions and what runs them."""
    _, module = pair(model, 0.3, train)
    text = plan_source(module.plan)
    scope: dict[str, type[nn.Module]] = {}
    exec(text, scope)
    other = scope["Module"]().double()
    inputs = [x.double() for x in random_inputs(module, sizes(model, 3, 17), seed=0)]
    same(module, other, inputs)
    imports = {line for line in text.splitlines() if line.startswith(("import", "from"))}
    assert imports <= {
        "import torch",
        "from torch import Tensor, nn",
        "from torch.nn import functional as F",
    }


def test_copies_and_pickles():
    module, other = pair("multi-head", 0.3, False)
    inputs = [x.double() for x in random_inputs(module, sizes("multi-head", 3, 17), seed=0)]
    for found in (copy.deepcopy(other), pickle.loads(pickle.dumps(other))):
        close(outcome(found, inputs), outcome(other, inputs))


def test_the_source_shows_the_slices():
    text = "input X[n f]\nweight W[f k]\nA[n k] = exp(X[n f] W[f k])\nY[k] = A[n k]\nreturn Y"
    whole = plan(parse(text), n=64, f=2, k=4)
    cut = Slice(range(3), ("n", "n", "n"), 8)
    module = DiagramModule(
        Plan(whole.program, whole.steps, whole.outputs, whole.numbers, (), slices=(cut,))
    )
    assert module.code.splitlines()[4:] == [
        "    def A_part(X, W):",
        "        A_1 = torch.mm(X, W)",
        "        A = torch.exp(A_1)",
        "        del A_1",
        "        Y_1 = torch.sum(A, [0])",
        "        del A",
        "        return (Y_1,)",
        "    Y_1 = _sliced(A_part, 8, (0, None), (None,), X, self.W)[0]",
        "    return Y_1",
    ]


# -- limits that are given ------------------------------------------------------------------------


def test_a_module_keeps_its_limit_and_its_initial_numbers():
    program = ZOO["multi-head"].program()
    torch.manual_seed(0)
    free = compile(program, b=2, n=64)
    torch.manual_seed(0)
    found = compile(program, b=2, n=64, memory="600 kB")
    assert found.plan.slices
    assert found.plan.memory <= 600_000
    for value, other in zip(found.parameters(), free.parameters(), strict=True):
        assert torch.equal(value, other)


def test_a_module_that_fits_is_the_one_without_a_limit():
    program = ZOO["multi-head"].program()
    assert compile(program, b=2, n=64, memory="1 GB").code == compile(program, b=2, n=64).code


@pytest.mark.parametrize("train", [False, True])
def test_what_is_told_to_be_enough_is(train: bool):
    program = ZOO["skip-right"].program(f=64, h=4, d=8)
    with pytest.raises(DiagramError, match=r"memory=\d+ is enough") as raised:
        compile(program, b=2, n=32, memory=1000, train=train)
    enough = int(str(raised.value).rpartition("memory=")[2].split()[0])
    assert compile(program, b=2, n=32, memory=enough, train=train).plan.memory <= enough
