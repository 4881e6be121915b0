"""The interpreter that teaches: its values are the interpreter's, its FLOPs the plan's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from diagram import DiagramError, interpret, parse, plan
from diagram.cli import main
from diagram.language.count import dim_names
from diagram.language.inline import inline
from diagram.planner.order import ordered
from diagram.planner.steps import Attend
from diagram.runtime.teach import TeachingStep, Walk
from diagram.runtime.teach.page import page
from tests.notation.running import NETWORKS, stored
from tests.runtime.random_programs import (
    DIMS,
    Attention,
    Written,
    attentions,
    lengths,
    several,
    single,
)

STORED = Path(__file__).parent
SEEDS = st.integers(0, 2**16)


def partition(step: TeachingStep) -> None:
    """Every edge of a product has one role, and the kept ones are those of the result."""
    roles = (step.contracted, step.batched, step.convolved, step.summed, step.open)
    edges = [edge for role in roles for edge in role]
    assert len(edges) == len(set(edges))
    assert not {*step.contracted, *step.summed} & set(step.output)
    assert {*step.batched} <= set(step.output)


def legible(step: TeachingStep) -> None:
    assert step.latex.count("{") == step.latex.count("}")
    assert step.latex.count(r"\left") == step.latex.count(r"\right")
    assert step.equation.startswith(step.result)
    assert tuple(step.value.shape) == step.shapes[step.result]


# -- the stored networks --------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["plan", "written"])
@pytest.mark.parametrize("name", NETWORKS)
def test_networks(name: str, order: str):
    program = inline(parse(NETWORKS[name]["text"]))
    values: dict[str, Any] = stored(name)
    expected = torch.from_numpy(values.pop("="))
    sizes = {d: n for d, n in NETWORKS[name]["sizes"].items() if d in dim_names(program)}
    values |= sizes
    chosen = plan(program, **sizes) if order == "plan" else ordered(program, "written", **sizes)
    walk = interpret(program, train=NETWORKS[name]["train"], order=chosen, **values)
    found = walk.values[program.outputs[0]]
    assert found.shape == expected.shape
    assert (found - expected).abs().max() <= 1e-12
    assert walk.flops == chosen.flops
    for step in walk:
        partition(step)
        legible(step)
    too_long = [line for line in page(walk) if len(line) > 100]
    assert all(len(line.split()[-1]) > 60 for line in too_long)


@pytest.mark.parametrize("name", NETWORKS)
def test_flops_are_those_of_the_steps(name: str):
    """A fused attention's FLOPs are shared out among its parts; any other step keeps its own."""
    program = inline(parse(NETWORKS[name]["text"]))
    values: dict[str, Any] = stored(name)
    del values["="]
    sizes = {d: n for d, n in NETWORKS[name]["sizes"].items() if d in dim_names(program)}
    chosen = plan(program, **sizes)
    taught = {
        step.result: step.flops for step in interpret(program, order=chosen, **values, **sizes)
    }
    for step in chosen.steps:
        if not isinstance(step.action, Attend):
            assert taught[step.result] == step.flops.value(chosen.numbers)


# -- random programs ------------------------------------------------------------------------------


def check_exact(written: Written, sizes: Mapping[str, int], seed: int, walk_of: Any) -> None:
    program = parse(written.text)
    assume(written.is_exact(dict(sizes)))
    numbers = written.numbers(sizes, seed)
    expected = written.results(numbers, sizes)
    told = {dim: sizes[dim] for dim in DIMS if dim in dim_names(program)}
    walk: Walk = walk_of(program, {**numbers, **told}, told)
    for name in program.outputs:
        assert np.array_equal(walk.values[name].numpy(), expected[name]), name
    for step in walk:
        partition(step)
        legible(step)


@given(several(), lengths(), SEEDS)
def test_as_planned(written: Written, sizes: dict[str, int], seed: int):
    check_exact(
        written,
        sizes,
        seed,
        lambda program, values, told: interpret(program, order=plan(program, **told), **values),
    )


@given(several(), lengths(), SEEDS)
def test_as_written(written: Written, sizes: dict[str, int], seed: int):
    check_exact(
        written,
        sizes,
        seed,
        lambda program, values, told: interpret(program, order="written", **values),
    )


@given(single(), lengths(), SEEDS, st.data())
def test_by_hand(written: Written, sizes: dict[str, int], seed: int, data: st.DataObject):
    """Any pairs that merge all nodes give the same numbers."""
    program = parse(written.text)
    count = len(re.findall(r"\[", written.lines[0])) - 1
    pairs = []
    for left in range(count, 1, -1):
        places = data.draw(st.permutations(range(left)))
        pairs.append((places[0], places[1]))
    order = {"Y": pairs} if count > 1 else {}
    check_exact(
        written, sizes, seed, lambda _, values, told: interpret(program, order=order, **values)
    )


@given(attentions(), st.fixed_dictionaries({dim: st.integers(1, 4) for dim in "bhnmdefo"}), SEEDS)
def test_attention_in_its_parts(attention: Attention, sizes: dict[str, int], seed: int):
    """Fused attention is shown as scores, masks, softmax and product."""
    program = parse(attention.text)
    values: dict[str, Any] = attention.numbers(sizes, seed)
    chosen = plan(program, {d: n for d, n in sizes.items() if d in program.dim_order})
    walk = interpret(program, order=chosen, **values)
    expected = interpret(program, **values)["Y"]
    largest = max(1.0, float(expected.abs().max()))
    assert (walk.values["Y"] - expected).abs().max() <= 1e-12 * largest
    assert walk.flops == chosen.flops
    assert any("exp(" in step.equation for step in walk)


# -- what a step tells ----------------------------------------------------------------------------

CHAIN = "input A[i j] B[j k] C[k l]\nD[i l] = A[i j] B[j k] C[k l]\nreturn D"


def chain() -> Walk:
    values = [torch.arange(n * m, dtype=torch.float64).reshape(n, m) for n, m in ((2, 3), (3, 2))]
    program = parse(CHAIN)
    sizes = {"i": 2, "j": 3, "k": 2, "l": 2}
    return interpret(program, *values, torch.eye(2), order=plan(program, sizes))


def attention() -> Walk:
    program = parse(
        "input X[b n f]\nweight WQ[f h d] WK[f h d] WV[f h d] WO[h d f]\n"
        "S[b h n m] = X[b n f] WQ[f h d] X[b m g] WK[g h d] / sqrt(d)\n"
        "A = softmax[m](causal[n m](S))\n"
        "Y[b n f] = A[b h n m] X[b m g] WV[g h d] WO[h d f]\nreturn Y"
    )
    sizes = {"b": 1, "n": 3, "f": 4, "h": 2, "d": 2}
    x = torch.arange(12, dtype=torch.float64).reshape(1, 3, 4) / 8 - 0.5
    ramp = (torch.arange(16, dtype=torch.float64) % 5 - 2) / 2
    weight = ramp.reshape(4, 2, 2)
    given: dict[str, Any] = {"X": x, "WQ": weight, "WK": weight.flip(0), "WV": weight.flip(1)}
    return interpret(program, order=plan(program, sizes), **given, WO=ramp.reshape(2, 2, 4))


@pytest.mark.parametrize(("name", "make"), [("chain", chain), ("attention", attention)])
def test_the_page_is_as_stored(name: str, make: Any):
    assert f"{make()}\n" == (STORED / f"steps_{name}.txt").read_text(encoding="utf-8")


def test_colours_are_all_that_a_terminal_adds():
    plain, coloured = list(page(chain())), list(page(chain(), colour=True))
    assert plain != coloured
    assert [re.sub(r"\x1b\[\d*m", "", line) for line in coloured] == plain


def test_roles():
    program = parse("input X[b n f] W[f h d] V[h d]\nY[b h] = X[b n f] W[f h d] V[h d]\nreturn Y")
    sizes = {"b": 2, "n": 3, "f": 2, "h": 2, "d": 3}
    values = (torch.ones(2, 3, 2), torch.ones(2, 2, 3), torch.ones(2, 3))
    first, second, third = interpret(program, *values, order=plan(program, sizes))
    assert (first.summed, first.open) == (("n",), ("b", "f"))
    assert (second.contracted, second.batched, second.open) == (("d",), ("h",), ("f",))
    assert (third.contracted, third.batched, third.open) == (("f",), (), ("b", "h"))


@pytest.mark.parametrize(
    ("clause", "equation"),
    [
        ("corr x", "Σ_s Σ_k U[b, s, x + k] K[t,s,k]"),
        ("corr x (stride=2, pad=1)", "Σ_s Σ_k U[b, s, 2·x + k − 1] K[t,s,k]"),
        ("conv x (up=2, pad=1)", "Σ_s Σ_k U[b, s, (x − k + 1)/2] K[t,s,k]"),
        ("conv x (pad=circular)", "Σ_s Σ_k U[b, s, (x − k) mod 7] K[t,s,k]"),
    ],
)
def test_convolutions_are_sums(clause: str, equation: str):
    text = f"input U[b s x] K[t s k:3]\nY[b t x] = U[b s x] K[t s x] {clause}\nreturn Y"
    values = (torch.ones(2, 2, 7), torch.ones(4, 2, 3))
    (step,) = interpret(parse(text), *values, order="written")
    assert step.equation == f"Y[b,t,x] = {equation}"
    assert step.convolved == ("x",)
    assert step.contracted == ("s",)


def test_small_values_in_full_others_in_facts():
    program = parse("input A[i]\nB = relu(A)\nC[] = A[i]\nreturn B, C")
    small = interpret(program, torch.arange(3.0), order="written")
    assert [step.told for step in small] == ["[0. 1. 2.]", "3"]
    large = interpret(program, torch.arange(100.0), order="written")
    assert large[0].told == "100 entries from 0 to 99, mean 49.5, deviation 28.87"


def test_notebooks():
    step = chain()[0]
    assert step._repr_latex_() == r"$\displaystyle D^{(1)}_{i,k} = \sum_{j=0}^{2} A_{i,j} B_{j,k}$"
    assert step.latex in step._repr_html_()
    assert step._repr_html_() in chain()._repr_html_()


def test_a_walk_is_a_sequence():
    walk = chain()
    assert [step.result for step in walk] == ["D:1", "D"]
    assert walk[-1].value is not None
    assert walk[:1] == walk.steps[:1]


# -- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("order", "message"),
    [
        ("planned", "no order `planned`; a plan, pairs or 'written' is wanted"),
        (7, "an order is a plan, pairs or 'written', not int"),
        (
            [(0, 1), (0, 1), (0, 1)],
            "the order of `D`: it has 3 nodes; up to 2 pairs of two positions are wanted, the "
            "result of each goes last",
        ),
        (
            [(0, 3), (0, 1)],
            "the order of `D`: pair 1 is (0, 3); two positions from 0 to 2 are wanted",
        ),
        (
            [(0, 1), (1, 1)],
            "the order of `D`: pair 2 is (1, 1); two positions from 0 to 1 are wanted",
        ),
        ([3, 4], "the order of `D`: pair 1 is 3; two positions from 0 to 2 are wanted"),
        ({"E": [(0, 1)]}, "the order names `E`, which is no product"),
        (
            plan(parse("input A[i]\nB[] = A[i]\nreturn B")),
            "the order is a plan of another program; make one with plan(program)",
        ),
    ],
)
def test_orders_that_are_none(order: Any, message: str):
    with pytest.raises(DiagramError) as error:
        interpret(parse(CHAIN), torch.ones(2, 3), torch.ones(3, 2), torch.ones(2, 2), order=order)
    assert str(error.value) == message


def test_pairs_without_a_name_are_for_one_product():
    program = parse("input A[i j] B[j k]\nC[i k] = A[i j] B[j k]\nD[i] = C[i k] A[i j]\nreturn D")
    with pytest.raises(DiagramError) as error:
        interpret(program, torch.ones(2, 3), torch.ones(3, 2), order=[(0, 1)])
    assert str(error.value) == "pairs without a name are for one product; there are: `C`, `D`"


# -- the command ----------------------------------------------------------------------------------


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = tmp_path / "chain.td"
    file.write_text(CHAIN)
    assert main(["run", str(file), "--steps", "--dims", "i=2,j=3,k=2,l=2"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("D[i l] = A[i j] B[j k] C[k l]\n\nstep 1 of 2: D:1 = A B\n")
    assert "  D[i,l] = Σ_k C[k,l] D:1[i,k]\n" in printed
    assert printed.endswith("\n2 steps, 40 FLOPs\n")
    assert "\x1b" not in printed
    assert main(["run", str(file), "--steps", "--dims", "i=2"]) == 2
    assert capsys.readouterr().err == "no number for `j`, `k`, `l`; give one: --dims j=4,k=4,l=4\n"
