"""Plans: nothing is made twice, what is alive is counted, the same input gives the same bytes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given

from diagram import DiagramError, Program, SizeError, parse, plan
from diagram.planner import Alone, Attend, Merge, Plan
from models import ZOO, attention
from tests.runtime.random_programs import Written, lengths, several

ROOT = Path(__file__).resolve().parents[2]
CHAIN = "input A[i j] B[j k] C[k l]\nD[i l] = A[i j] B[j k] C[k l]\nreturn D"


def letters(found: Plan) -> list[str]:
    return [f"{step.result} = {step.letters}" for step in found.steps]


# -- shared contractions --------------------------------------------------------------------------


def test_a_contraction_that_stands_twice_is_made_once():
    text = (
        "input X[b n f]\nweight WQ[f d] V[d e] U[d e]\n"
        "P[b n e] = X[b n f] WQ[f d] V[d e]\n"
        "Q[b n e] = X[b n f] WQ[f d] U[d e]\n"
        "return P, Q"
    )
    found = plan(parse(text), b=2, n=512, f=512, d=8, e=512)
    products = [s for s in found.steps if {n.value for n in s.operands} == {"X", "WQ"}]
    assert len(products) == 1
    assert len(found.steps) == 3
    assert found.flops == 2 * 2 * 512 * 512 * 8 * 3


def test_a_contraction_in_other_letters_is_the_same():
    text = (
        "input X[n f]\nweight W[f d]\n"
        "K[n d] = X[n f] W[f d]\n"
        "L[a c] = X[a q] W[q c]\n"
        "M[d n] = X[n f] W[f d]\n"
        "S[n a] = K[n d] L[a d]\n"
        "return S, M"
    )
    found = plan(parse(text), n=3, f=4, d=2)
    assert letters(found) == ["K = n f, f d -> n d", "S = n d, a d -> n a"]


@pytest.mark.parametrize(
    "second",
    [
        "X[n f] W[f d] / 2",  # another scale
        "X[n f] U[f d]",  # another value
        "X[n d] W[d f]",  # the same letters, other legs: not well-typed unless f = d
    ],
)
def test_what_differs_is_made_apart(second: str):
    text = (
        "input X[n f]\nweight W[f d:f] U[f d:f]\n"
        f"P[n d] = X[n f] W[f d]\nQ[n d] = {second.replace('X[n d] W[d f]', 'X[n f] W[d f]')}\n"
        "return P, Q"
    )
    assert len(plan(parse(text), n=3, f=4).steps) == 2


def test_values_that_nothing_needs_are_not_made():
    text = "input A[i j]\nB[i] = A[i j]\nC[j] = A[i j]\nD[j] = exp(C)\nreturn B"
    assert [step.result for step in plan(parse(text), i=2, j=3).steps] == ["B:1"]


def test_returned_sources_need_no_steps():
    found = plan(parse("input A[i j]\nreturn A"), i=2, j=3)
    assert (found.steps, found.flops, found.peak) == ((), 0, 0)


# -- fused attention ------------------------------------------------------------------------------

PLAIN = ("skip-right", "linear-quadratic", "linear-factored")


@pytest.mark.parametrize("model", ZOO)
def test_softmax_between_two_contractions_is_fused(model: str):
    """All but what mixes heads between the two, and what has no softmax."""
    found = plan(ZOO[model].program(), b=1, n=256)
    fused = [step for step in found.steps if isinstance(step.action, Attend)]
    assert len(fused) == (model not in PLAIN)


def test_a_map_that_is_returned_is_not_fused():
    text = str(attention.multi_head()).replace("return Y", "return Y, A")
    found = plan(parse(text), b=1, n=256)
    assert not any(isinstance(step.action, Attend) for step in found.steps)


def test_a_map_that_is_read_twice_is_not_fused():
    text = str(attention.multi_head()).replace(
        "return Y", "Z[b n f] = A[b h n m] X[b m g] WV[g h d] WO[h d f]\nreturn Y, Z"
    )
    found = plan(parse(text), b=1, n=256)
    assert not any(isinstance(step.action, Attend) for step in found.steps)


# -- what is alive --------------------------------------------------------------------------------


def alive_by_hand(found: Plan, numbers: Mapping[str, int]) -> list[int]:
    """A value lives from its step to the last that reads it, or to the end if it is returned."""
    kept = {result.node.value for result in found.outputs}
    counts = []
    for now in range(len(found.steps)):
        count = 0
        for made, step in enumerate(found.steps[: now + 1]):
            later = found.steps[now:]
            read = any(step.result == node.value for s in later for node in s.operands)
            if made == now or read or step.result in kept:
                count += step.elements.value(numbers)
        counts.append(count)
    return counts


@pytest.mark.parametrize("model", ZOO)
def test_what_is_alive_in_the_zoo(model: str):
    program = ZOO[model].program()
    sizes = {"b": 2, "n": 100} | ({"m": 50} if "m" in program.dim_order else {})
    found = plan(program, sizes)
    counts = alive_by_hand(found, found.numbers)
    assert [step.alive for step in found.steps] == counts
    assert found.peak == max(counts)


@given(several(), lengths())
def test_what_is_alive_in_random_programs(written: Written, sizes: dict[str, int]):
    found = plan(parse(written.text), sizes)
    counts = alive_by_hand(found, found.numbers)
    assert [step.alive for step in found.steps] == counts
    assert found.peak == max(counts, default=0)
    assert found.flops == sum(step.flops.value(sizes) for step in found.steps)


@given(several(), lengths())
def test_every_step_reads_what_stands_before_it(written: Written, sizes: dict[str, int]):
    program = parse(written.text)
    found = plan(program, sizes)
    known = {source.name for source in program.sources}
    for step in found.steps:
        assert {node.value for node in step.operands} <= known
        assert step.result not in known
        assert set(step.output) <= {e for node in step.operands for e in node.edges}
        assert isinstance(step.action, Merge | Alone) or step.of in program.let
        known.add(step.result)
    assert {result.node.value for result in found.outputs} <= known


def test_maps_of_lossless_take_the_memory_of_its_components():
    """Not fused, lossless at r = h d stores d times the maps of multi-head (MATH: NM R, NM H)."""

    def maps(program: Program) -> int:
        shown = parse(str(program).replace("return Y", "return Y, A"))
        found = plan(shown, b=1, n=64)
        (softmax,) = (step for step in found.steps if step.result == "A")
        return softmax.elements.value(found.numbers)

    assert maps(attention.lossless(r=512)) == 64 * maps(attention.multi_head(h=8, d=64))


# -- the same input, the same bytes ---------------------------------------------------------------

PRINT_ALL = (
    "from diagram import plan\nfrom models import ZOO\n"
    "for example in ZOO.values(): print(plan(example.program(), b=2))"
)


def test_plans_do_not_depend_on_the_hash_seed():
    """Strings hash otherwise in each process; no set may be iterated on the way to a plan."""
    texts = set()
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", PRINT_ALL],
            check=True,
            capture_output=True,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        texts.add(done.stdout)
    here = "".join(f"{plan(example.program(), b=2)}\n" for example in ZOO.values())
    assert texts == {here}


# -- bad sizes ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"q": 3}, "`q` is no dim of this program"),
        ({"I": 3}, "`I` is no dim of this program; did you mean `i`?"),
        ({"i": -1}, "dim `i` is -1; a dim is a whole number, 0 or more"),
        ({"i": True}, "dim `i` is True; a dim is a whole number, 0 or more"),
        ({"i": 2.0}, "dim `i` is 2.0; a dim is a whole number, 0 or more"),
        ({"i": float("nan")}, "dim `i` is nan; a dim is a whole number, 0 or more"),
        ({"i": "8"}, "dim `i` is '8'; a dim is a whole number, 0 or more"),
        ({"i": None}, "dim `i` is None; a dim is a whole number, 0 or more"),
    ],
)
def test_sizes_that_cannot_be(sizes, message: str):
    with pytest.raises(DiagramError) as raised:
        plan(parse(CHAIN), **sizes)
    assert str(raised.value) == message


def test_a_size_against_an_equation():
    program = parse("dims h d r=h*d\ninput X[r h d]\nY[r] = X[r h d]\nreturn Y")
    with pytest.raises(SizeError) as raised:
        plan(program, h=2, d=3, r=5)
    assert str(raised.value) == "dim `r` is d*h = 6, not 5"
    assert plan(program, h=2, d=3, r=6).flops == plan(program, h=2, d=3).flops == 36


def test_sizes_given_go_before_defaults():
    program = parse(f"dims i=2 j=3 k=4 l=5\n{CHAIN}")
    assert plan(program).flops == 2 * 2 * 3 * 4 + 2 * 2 * 4 * 5
    assert plan(program, l=1).flops == 2 * 3 * 4 * 1 + 2 * 2 * 3 * 1


def test_flops_need_every_number():
    found = plan(parse(CHAIN), i=2, j=3)
    assert found.assumed == ("k", "l")
    with pytest.raises(SizeError):
        _ = found.flops
    assert "no number for k, l: the order is chosen as if each were 128" in str(found)


def test_zero_is_a_size():
    assert plan(parse(CHAIN), i=0, j=3, k=4, l=5).flops == 0


def test_unsound_programs_are_not_planned():
    program = parse("input A[i j]\nB[j] = A[i j]\nreturn B")
    broken = Program(program.dims, (), program.lets, program.outputs)
    with pytest.raises(DiagramError, match="`A` is not defined"):
        plan(broken)
