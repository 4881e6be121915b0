"""Memory limits: plans keep them, count what is alive as it is, and say what cannot be kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from diagram import DiagramError, SizeError, parse, plan
from diagram.planner import Attend, Plan
from diagram.planner.cuttable import cuttable
from diagram.planner.steps import Slice
from diagram.planner.within import narrowed
from models import BLOCKS, ZOO, attention
from tests.runtime.random_programs import Written, lengths, several

PARTS = st.floats(0, 1)
CHAIN = "input A[i j] B[j k] C[k l]\nD[i l] = A[i j] B[j k] C[k l]\nreturn D"


def sizes(model: str) -> dict[str, int]:
    program = {**ZOO, **BLOCKS}[model].program()
    return {"b": 4, "n": 48} | ({"m": 40} if "m" in program.dim_order else {})


def limited(found: Plan, part: float) -> Plan:
    """The plan in slices, for a limit between the least that is known to do and what it takes."""
    least = narrowed([found], 0).memory
    limit = least + int(part * (found.memory - least))
    made = narrowed([found], limit)
    assert made.memory <= limit
    return made


# -- what is alive --------------------------------------------------------------------------------


def simulated(found: Plan) -> list[int]:
    """Elements alive at each step, by running each block once, with the whole of what leaves it."""
    alive: dict[tuple[str, int], int] = {}
    counts = [0] * len(found.steps)

    def elements(place: int, depth: int) -> int:
        step = found.steps[place]
        cuts = {each.leg(place): each.count for each in around(place)[:depth]}
        total = 1
        for edge in step.output:
            total *= -(-step.sizes[edge].value(found.numbers) // cuts.get(edge, 1))
        return total

    def around(place: int) -> list[Slice]:
        return [each for each in found.slices if place in each.steps]

    def readers(place: int) -> list[int]:
        name = found.steps[place].result
        places = [i for i, s in enumerate(found.steps) if name in {n.value for n in s.operands}]
        return places + [len(counts)] * any(o.node.value == name for o in found.outputs)

    def run(scope: range, depth: int) -> None:
        place = scope.start
        while place < scope.stop:
            inner = around(place)[depth:]
            done = inner[0].steps if inner else range(place, place + 1)
            for made in done:
                if not inner or any(reader not in done for reader in readers(made)):
                    alive[found.steps[made].result, depth] = elements(made, depth)
            if inner:
                run(done, depth + 1)
            else:
                counts[place] = sum(alive.values())
            place = done.stop
            for made in range(scope.start, place):
                later = [r for r in readers(made) if r >= place or r not in scope]
                if not later:
                    alive.pop((found.steps[made].result, depth), None)
        for key in [key for key in alive if key[1] == depth and depth]:
            del alive[key]

    run(range(len(counts)), 0)
    return counts


def is_sound(found: Plan, before: Plan) -> None:
    """The same steps, each behind what it reads; blocks that can be cut as they are."""
    assert {step.result for step in found.steps} == {step.result for step in before.steps}
    place = {step.result: number for number, step in enumerate(found.steps)}
    for number, step in enumerate(found.steps):
        assert all(place.get(node.value, -1) < number for node in step.operands)
    for one, other in pairwise(found.slices):
        assert other.steps.start >= one.steps.start
        nested = other.steps.stop <= one.steps.stop
        assert nested or other.steps.start >= one.steps.stop
    for each in found.slices:
        assert each.count > 1
        for number in each.steps:
            assert each.leg(number) in cuttable(found.steps[number].action)
    for number in range(len(found.steps)):
        legs = [each.leg(number) for each in found.slices if number in each.steps]
        assert len(set(legs)) == len(legs)


@pytest.mark.parametrize("part", [0.0, 0.1, 0.3, 0.6, 0.9])
@pytest.mark.parametrize("model", ZOO)
def test_slices_of_the_zoo(model: str, part: float):
    before = plan(ZOO[model].program(), sizes(model))
    found = limited(before, part)
    is_sound(found, before)
    assert [step.alive for step in found.steps] == simulated(found)
    assert found.peak == max(step.alive for step in found.steps)


@given(several(), lengths(), PARTS)
def test_slices_of_random_programs(written: Written, sizes: dict[str, int], part: float):
    sizes = {name: 3 * number for name, number in sizes.items()}
    before = plan(parse(written.text), sizes)
    assume(before.steps)
    found = limited(before, part)
    is_sound(found, before)
    assert [step.alive for step in found.steps] == simulated(found)


def test_a_plan_that_fits_stays_as_it_is():
    program = ZOO["multi-head"].program()
    free = plan(program, b=4, n=48)
    found = plan(program, b=4, n=48, memory=free.memory)
    assert (found.steps, found.slices) == (free.steps, ())
    assert plan(program, b=4, n=48, memory=free.memory - 1).slices


def test_steps_in_another_order_go_before_slices():
    """Both large values are made before either is summed, as it is written; they need not be."""
    text = (
        "input X[n] Z[m]\nA[n m] = X[n] Z[m]\nB[n m] = exp(A)\nC[n m] = sin(A)\n"
        "D[n] = B[n m]\nE[n] = C[n m]\nY[n] = D + E\nreturn Y"
    )
    free = plan(parse(text), n=100, m=100)
    found = plan(parse(text), n=100, m=100, memory=free.memory - 4)
    assert not found.slices
    assert [step.result for step in found.steps] != [step.result for step in free.steps]
    assert found.memory < free.memory


def test_an_order_that_takes_less_goes_before_slices():
    sizes = {"i": 4, "j": 10, "k": 50, "l": 15}
    free = plan(parse(CHAIN), sizes)
    assert [step.output for step in free.steps] == [("i", "k"), ("i", "l")]
    found = plan(parse(CHAIN), sizes, memory=4 * (10 * 15 + 4 * 15))
    assert [step.output for step in found.steps] == [("j", "l"), ("i", "l")]
    assert free.flops < found.flops
    assert (free.peak, found.peak, found.slices) == (4 * 50 + 4 * 15, 10 * 15 + 4 * 15, ())


def test_work_that_slices_repeat_counts():
    """A fused attention makes its map anew for each slice of its width."""
    text = (
        "input Q[n d] K[m d] V[m e]\nA[n m] = softmax[m](Q[n d] K[m d])\n"
        "Y[n e] = A[n m] V[m e]\nreturn Y"
    )
    free = plan(parse(text), n=8, m=8, d=2, e=64)
    (step,) = free.steps
    assert isinstance(step.action, Attend)
    cut = replace(free, slices=(Slice(range(1), ("e",), 4),))
    maps = 8 * 8 * (2 * 2 + 5)
    assert cut.flops == free.flops + 3 * maps
    rows = replace(free, slices=(Slice(range(1), ("n",), 4),))
    assert rows.flops == free.flops


@pytest.mark.parametrize("model", ["multi-head", "skip-right", "linear-factored"])
def test_what_is_told_to_be_enough_is(model: str):
    program = ZOO[model].program()
    with pytest.raises(DiagramError) as raised:
        plan(program, sizes(model), memory=1000)
    found = re.fullmatch(
        r"(\w+): the memory limit is 1,000 bytes, but the step .* -> .* needs ([\d,]+) however it "
        r"is sliced; the largest value there is .+\[.+\] with [\d,]+; memory=(\d+) is enough",
        str(raised.value),
    )
    assert found
    enough = int(found[3])
    assert found[2] == f"{enough:,}"
    assert plan(program, sizes(model), memory=enough).memory <= enough


def test_a_limit_needs_numbers():
    with pytest.raises(SizeError, match=r"needs numbers for `k`, `l`; give them, as in k=8, l=8"):
        plan(parse(CHAIN), memory="1 MB", i=2, j=3)
    with pytest.raises(SizeError, match="`k` has no number; give one to know the memory"):
        _ = plan(parse(CHAIN), i=2, j=3).memory


def test_batch_norm_runs_once_and_in_its_place():
    text = (
        "input X[b c n]\nbuffer m[c] v[c]\nweight W[c d]\nA[b c n] = exp(X)\n"
        "B[b c n] = batch_norm[b n](A, m, v)\nC[b d n] = B[b c n] W[c d]\n"
        "Y[b d] = C[b d n]\nreturn Y"
    )
    free = plan(parse(text), b=8, c=8, d=8, n=8)
    found = limited(free, 0.0)
    norm = next(i for i, s in enumerate(found.steps) if s.result == "B")
    assert not any(norm in each.steps for each in found.slices)


def rows(found: Plan) -> Iterator[str]:
    yield from str(found).splitlines()[-3:]


def test_the_table_tells_slices_and_what_is_made_again():
    found = plan(attention.multi_head(), b=4, n=512, memory="10MB")
    assert list(rows(found)) == [
        "peak: 2,097,152 elements alive, 8.00 MiB",
        "memory: 8.00 MiB of 9.54 MiB",
        "steps 1 to 4: in 4 slices of `b`",
    ]
    trained = plan(ZOO["skip-right"].program(), b=4, n=512, memory="120MB", train=True)
    assert list(rows(trained))[-1] == "steps 3 to 4: made again for gradients"


def test_many_layers_are_planned_with_a_limit():
    found = plan(BLOCKS["minilm"].program(), b=4, n=128, memory="3MB")
    assert found.memory <= 3_000_000
    assert found.slices
