"""Random programs: interpreted = compiled = numpy, to the last bit where the numbers are whole."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import Tensor

from diagram import compile, interpret, parse
from tests.runtime.random_programs import (
    DIMS,
    Attention,
    Numbers,
    Written,
    attentions,
    lengths,
    several,
    single,
)

EXAMPLES = settings().max_examples
SEEDS = st.integers(0, 2**16)


def tensors(values: Mapping[str, Numbers]) -> dict[str, Tensor]:
    return {name: torch.from_numpy(value) for name, value in values.items()}


def module_of(written: Written | Attention, sizes: Mapping[str, int]) -> torch.nn.Module:
    program = parse(written.text)
    known = {dim: n for dim, n in sizes.items() if dim in program.dim_order}
    return compile(program, **known).double()


def run(module: torch.nn.Module, inputs: list[str], values: Mapping[str, Tensor]) -> list[Tensor]:
    module.load_state_dict({name: values[name] for name in module.state_dict()})
    with torch.no_grad():
        result = module(*(values[name] for name in inputs))
    return list(result) if isinstance(result, tuple) else [result]


def check_exact(written: Written, sizes: list[dict[str, int]], seed: int) -> None:
    """At each of the sizes, with one module for all: lengths that no weight has are free."""
    program = parse(written.text)
    fixed = {dim: sizes[0][dim] for dim in DIMS if dim in written.fixed or dim not in written.told}
    module = module_of(written, fixed)
    for each in sizes:
        here = {**each, **fixed}
        assume(written.is_exact(here))
        numbers = written.numbers(here, seed)
        expected = written.results(numbers, here)
        values = tensors(numbers)
        free = {dim: here[dim] for dim in DIMS if dim not in written.told}
        oracle = interpret(program, **values, **free)
        for name, value in expected.items():
            assert np.array_equal(oracle[name].numpy(), value), f"interpreted {name}"
        for name, found in zip(written.outputs, run(module, written.inputs, values), strict=True):
            assert found.dtype == torch.float64
            assert np.array_equal(found.detach().numpy(), expected[name]), f"compiled {name}"


@settings(max_examples=4 * EXAMPLES)
@given(single(), lengths(), lengths(), SEEDS)
def test_one_diagram(written: Written, first: dict[str, int], second: dict[str, int], seed: int):
    check_exact(written, [first, second], seed)


@settings(max_examples=4 * EXAMPLES)
@given(several(), lengths(), lengths(), SEEDS)
def test_diagrams_ops_and_sums(
    written: Written, first: dict[str, int], second: dict[str, int], seed: int
):
    check_exact(written, [first, second], seed)


@given(single(), lengths(least=0), SEEDS)
def test_lengths_of_zero(written: Written, sizes: dict[str, int], seed: int):
    """A sum over nothing is 0, a value with a leg of length 0 has no entries."""
    assume(0 in sizes.values())
    check_exact(written, [sizes], seed)


@given(single(), lengths(), SEEDS)
def test_gradients(written: Written, sizes: dict[str, int], seed: int):
    """Gradients through a plan are those of the interpreter, also exact."""
    assume(written.is_exact(sizes, scale=2.0**12))
    program = parse(written.text)
    free = {dim: sizes[dim] for dim in DIMS if dim not in written.told}
    module = module_of(written, sizes)
    values = {
        name: value.requires_grad_()
        for name, value in tensors(written.numbers(sizes, seed)).items()
    }
    held = {name: values[name] for name in written.held}
    given = tuple(values[name] for name in written.inputs)
    outputs = [
        interpret(program, **values, **free)["Y"],
        torch.func.functional_call(module, held, given),
    ]
    gradients = []
    for y in outputs:
        weighing = torch.arange(1.0, y.numel() + 1, dtype=torch.float64).reshape(y.shape)
        used = [value for name, value in values.items() if f"{name}[" in written.lines[0]]
        gradients.append(torch.autograd.grad((y * weighing).sum(), used))
    for interpreted, compiled in zip(*gradients, strict=True):
        assert torch.equal(interpreted, compiled)


@settings(max_examples=4 * EXAMPLES)
@given(attentions(), st.fixed_dictionaries({dim: st.integers(1, 4) for dim in "bhnmdefo"}), SEEDS)
def test_softmax_between_products(attention: Attention, sizes: dict[str, int], seed: int):
    """Fused or not, under any letters and masks: compiled = interpreted, values and gradients."""
    program = parse(attention.text)
    values = {
        name: value.requires_grad_(not name.startswith("M"))
        for name, value in tensors(attention.numbers(sizes, seed)).items()
    }
    module = module_of(attention, sizes)
    given = tuple(values[name] for name in attention.inputs)
    held = {name: value for name, value in values.items() if name not in attention.inputs}
    expected = interpret(program, **values)["Y"]
    found = torch.func.functional_call(module, held, given)
    largest = max(1.0, expected.abs().max().item())
    assert found.shape == expected.shape
    assert (found - expected).abs().max().item() <= 1e-12 * largest
    leaves = [value for value in values.values() if value.requires_grad]
    for wanted, got in zip(
        torch.autograd.grad(expected.square().sum(), leaves),
        torch.autograd.grad(found.square().sum(), leaves),
        strict=True,
    ):
        assert torch.isfinite(wanted).all()
        assert (got - wanted).abs().max().item() <= 1e-11 * max(1.0, wanted.abs().max().item())
