"""Random products, programs and convolutions, in every notation that runs: exactly numpy."""

from __future__ import annotations

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from diagram import parse, show
from diagram.language.check import derive
from diagram.language.count import dim_names
from diagram.showing import shown
from tests.notation.running import (
    interpreted,
    run_numpy,
    run_torch,
    whole,
)
from tests.runtime.random_programs import DIMS, Written, lengths, several, single


def check_exact(written: Written, sizes: dict[str, int], seed: int, loops: bool) -> None:
    program = parse(written.text)
    here = dict(sizes)
    assume(written.is_exact(here))
    numbers = written.numbers(here, seed)
    expected = written.results(numbers, here)
    told = {dim: here[dim] for dim in DIMS if dim in dim_names(program)}
    for notation in ("einsum", "loops") if loops else ("einsum",):
        found = run_numpy(program, shown(program, notation, sizes=told), numbers)
        for name, value in expected.items():
            if name in found:
                assert np.array_equal(found[name], value), f"{notation} {name}"
    results = run_torch(program, shown(program, "torch", sizes=told), numbers)
    for name, result in zip(program.outputs, results, strict=True):
        assert np.array_equal(result.numpy(), expected[name]), f"torch {name}"


@given(single(), lengths(), st.integers(0, 2**16))
def test_random_diagrams(written: Written, sizes: dict[str, int], seed: int):
    check_exact(written, sizes, seed, loops=True)


@given(several(), lengths(), st.integers(0, 2**16))
def test_random_programs(written: Written, sizes: dict[str, int], seed: int):
    check_exact(written, sizes, seed, loops=True)


PADS = ["valid", "same", "full", "1", "(2, 0)", "circular"]


@st.composite
def convolutions(draw: st.DrawFn) -> tuple[str, dict[str, int]]:
    """A text of one convolved product, perhaps along two edges, with bundles, and its lengths."""
    pad = draw(st.sampled_from(PADS))
    kind = draw(st.sampled_from(["corr", "conv"]))
    stride, dilation, up = (draw(st.integers(1, 3)) for _ in range(3))
    options = f"stride={stride}, dilation={dilation}, up={up}, pad={pad}"
    if pad == "circular":
        options = f"stride={stride}, pad=circular, shift={draw(st.integers(0, 2))}"
    sizes = {"x": draw(st.integers(5, 8)), "y": draw(st.integers(3, 5)), "k": 2, "l": 2}
    sizes |= {"b": draw(st.integers(1, 2)), "s": 4, "t": 2, "g": 2, "c": 2}
    if pad != "circular":
        sizes["k"] = draw(st.integers(1, 2 if dilation > 1 else 3))
    assume(up * (sizes["x"] - 1) + 1 > dilation * (sizes["k"] - 1))
    case = draw(st.integers(0, 4))
    clause = f"{kind} x ({options})"
    lines = [
        ("X[b s x] K[t s k]", f"Y[b t x] = X[b s x] K[t s x] / 2 {clause}"),
        ("X[b s x] K[s k]", f"Y[b s x] = X[b s x] K[s x] {clause}"),
        ("X[b s x] K[s k]", f"Y[b s] = X[b s x] K[s x] {clause}"),
        (
            "X[b s:(g*c) x] K[g t c k]",
            f"Y[b (g t) x] = X[b (g c) x] K[g t c x] {clause}",
        ),
        (
            "X[b s x y] K[t s k l]",
            f"Y[b t x y] = X[b s x y] K[t s x y] {clause} corr y (pad=1)",
        ),
    ]
    sources, line = lines[case]
    dims = "dims g=2 c=2\n" if "(g*c)" in sources else ""
    return f"{dims}input {sources}\n{line}\nreturn Y", sizes


@given(convolutions(), st.integers(0, 2**16))
def test_convolved_edges(found: tuple[str, dict[str, int]], seed: int):
    """Index sums, dense indicators and torch's convolutions are one and the same."""
    text, sizes = found
    program = parse(text)
    random = np.random.default_rng(seed)
    legs = derive(program).legs
    values = {
        name: whole(random, [leg.size.value(sizes) for leg in legs[name]])
        for name in program.source
    }
    told = {dim: sizes[dim] for dim in dim_names(program)}
    expected = interpreted(program, values, {})["Y"]
    for notation in ("einsum", "loops"):
        for numbers in (told, {}):
            code = shown(program, notation, sizes=numbers)
            made = run_numpy(program, code, values)["Y"]
            assert np.array_equal(made, expected), f"{notation}\n{code}"
    (result,) = run_torch(program, show(program, "torch"), values)
    assert np.array_equal(result.numpy(), expected)


def test_several_kernels():
    text = "input A[n s] B[k s] C[l s]\nY[n s] = A[n s] B[n s] C[n s] conv n (pad={})\nreturn Y"
    random = np.random.default_rng(0)
    values = {name: whole(random, [length, 2]) for name, length in (("A", 6), ("B", 3), ("C", 2))}
    for pad in ("full", "circular"):
        program = parse(text.format(pad))
        expected = interpreted(program, values, {})["Y"]
        for notation in ("einsum", "loops"):
            found = run_numpy(program, show(program, notation), values)["Y"]
            assert np.array_equal(found, expected)


def test_a_chain_of_kernels_reads_as_one_index():
    text = "input A[n s] B[k s] C[l s]\nY[n s] = A[n s] B[n s] C[n s] conv n (pad=circular)"
    assert show(f"{text}\nreturn Y") == ("Y[n,s] = Σ_k Σ_l A[(n − l − k) mod |n|, s] B[k,s] C[l,s]")
