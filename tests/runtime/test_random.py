"""Random programs: interpreted = compiled = numpy, to the last bit where the numbers are whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st
from torch import Tensor

from diagram import Program, check, compile, interpret, parse
from diagram.language.core import Kind
from diagram.language.inline import inline
from diagram.planner.rates import DEFAULT
from diagram.runtime.feed import inputs_of
from tests.runtime.by_numpy import Definition, Run, Source, Unfit
from tests.runtime.random_networks import DIMS as LONGEST
from tests.runtime.random_networks import networks
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


@pytest.fixture(autouse=True, scope="module")
def directly() -> Iterator[None]:
    """Long kernels are convolved directly: Fourier transforms round (test_fourier.py)."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("diagram.runtime.module.kept", lambda *_: replace(DEFAULT, fft=1.0))
        yield


def values_of(
    program: Program, values: Mapping[str, Tensor], sizes: Mapping[str, int]
) -> dict[str, Tensor]:
    named: dict[str, Any] = {**values, **sizes}
    found: dict[str, Tensor] = interpret(program, **named)
    return found


def tensors(values: Mapping[str, Numbers]) -> dict[str, Tensor]:
    return {name: torch.from_numpy(value) for name, value in values.items()}


def module_of(written: Written | Attention, sizes: Mapping[str, int]) -> torch.nn.Module:
    program = parse(written.text)
    known = {dim: n for dim, n in sizes.items() if dim in program.dim_order}
    return compile(program, known).double()


def run_module(
    module: torch.nn.Module, inputs: list[str], values: Mapping[str, Tensor]
) -> list[Tensor]:
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
        oracle = values_of(program, values, free)
        for name, value in expected.items():
            assert np.array_equal(oracle[name].numpy(), value), f"interpreted {name}"
        for name, found in zip(
            written.outputs, run_module(module, written.inputs, values), strict=True
        ):
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
        values_of(program, values, free)["Y"],
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
    expected = values_of(program, values, {})["Y"]
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


# -- bundles, convolved edges, brackets, defs -----------------------------------------------------


def by_numpy(written: Definition, lengths: Mapping[str, int], seed: int) -> tuple[Run, Drawn]:
    """All values of a network, and the numbers that were drawn for its sources, by path."""
    drawn = Drawn(lengths, seed)
    run = Run(written, dict(lengths), lengths, drawn)
    for source in written.sources:
        run.source(source)
    for name, maker in written.lets:
        run.let(name, maker, written.keys[name])
    return run, drawn


class Drawn:
    """Whole numbers from -3 to 3, an index's below its bound; each path is drawn once."""

    def __init__(self, lengths: Mapping[str, int], seed: int) -> None:
        self.lengths = lengths
        self.random = np.random.default_rng(seed)
        self.numbers: dict[str, Numbers] = {}
        self.whole: set[str] = set()

    def __call__(self, path: str, source: Source, shape: tuple[int, ...]) -> Numbers:
        if path not in self.numbers:
            least, most = (0, self.lengths[source.of]) if source.of else (-3, 4)
            self.numbers[path] = self.random.integers(least, most, shape).astype(np.float64)
            self.whole |= {path} if source.of else set()
        return self.numbers[path]

    @property
    def tensors(self) -> dict[str, Tensor]:
        found = tensors(self.numbers)
        return {name: v.long() if name in self.whole else v for name, v in found.items()}


def sized(program: Program, lengths: Mapping[str, int]) -> dict[str, int]:
    return {dim: n for dim, n in lengths.items() if dim in program.dim_order}


def agrees(program: Program, text: str) -> Program:
    """Round trips of the text, and of that with its defs written out, as it is read."""
    assert check(program) is program
    again = parse(str(program))
    assert again == program
    assert str(again) == str(program)
    flat = inline(program)
    read = parse(str(flat))
    assert read == flat, text
    return read


def module_agrees(
    program: Program, flat: Program, run: Run, drawn: Drawn, made: Mapping[str, int]
) -> None:
    """A module `made` with these lengths gives the values of a run, perhaps at others."""
    module = compile(program, sized(program, made)).double()
    held = {s.name for s in flat.sources if s.kind in (Kind.WEIGHT, Kind.BUFFER)}
    assert set(module.state_dict()) == held
    inputs = [source.name for source in inputs_of(flat)]
    results = run_module(module, inputs, drawn.tensors)
    for name, found in zip(program.outputs, results, strict=True):
        assert np.array_equal(found.detach().numpy(), run.values[name]), f"compiled {name}"


@settings(max_examples=4 * EXAMPLES)
@given(networks(), SEEDS)
def test_bundles_convolutions_brackets_and_defs(
    network: tuple[Definition, dict[str, int], bool], seed: int
):
    written, lengths, _ = network
    text = "\n".join(written.lines())
    program = parse(text)
    flat = agrees(program, text)
    run, drawn = by_numpy(written, lengths, seed)
    values = drawn.tensors
    computed = [s.name for s in flat.sources if s.init and s.init.name in ("ones", "eye", "range")]
    assert {*values, *computed} == set(flat.source)
    found = values_of(program, values, sized(program, lengths))
    again = values_of(flat, values, sized(flat, lengths))
    for name, value in run.shown.items():
        assert np.array_equal(found[name].numpy(), value), f"interpreted {name}"
        assert torch.equal(again[name], found[name]), f"written out {name}"
    module_agrees(program, flat, run, drawn, lengths)


@settings(max_examples=2 * EXAMPLES)
@given(networks(), SEEDS)
def test_a_module_takes_other_lengths(network: tuple[Definition, dict[str, int], bool], seed: int):
    """One module for all lengths of the dims that inputs alone have: it is made with greater."""
    written, lengths, _ = network
    program = parse("\n".join(written.lines()))
    flat = inline(program)
    random = np.random.default_rng(seed)
    free = sorted(free_dims(flat))
    less = {dim: int(random.integers(1, lengths[dim] + 1)) for dim in free}
    assume(any(less[dim] < lengths[dim] for dim in free))
    try:
        run, drawn = by_numpy(written, {**lengths, **less}, seed)
    except Unfit:
        reject()
    module_agrees(program, flat, run, drawn, lengths)


def free_dims(flat: Program) -> set[str]:
    """Dims that inputs tell, and that no weight, buffer or bound of an index has."""
    held = [s for s in flat.sources if s.kind in (Kind.WEIGHT, Kind.BUFFER)]
    fixed = {dim for s in held for leg in s.legs for dim in leg.size.dims}
    fixed |= {dim for s in flat.sources if s.of is not None for dim in s.of.dims}
    told = {str(leg.size) for s in inputs_of(flat) for leg in s.legs}
    return (told & LONGEST.keys()) - fixed
