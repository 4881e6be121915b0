"""What is predicted of memory is what a call takes, forward and back, in slices and whole."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from diagram import DiagramError, SizeError, compile, parse, plan
from diagram.planner import Attend, Plan
from diagram.planner.cost import elements
from diagram.runtime import DiagramModule
from diagram.runtime.ledger import peak
from diagram.runtime.samples import random_inputs
from diagram.runtime.weigh import measured, weighed
from models import BLOCKS, ZOO

MODELS = {**ZOO, **BLOCKS}
WITHIN = 0.1
"""How far a prediction may be off."""


def sizes(model: str) -> dict[str, int]:
    program = MODELS[model].program()
    return {"b": 2, "n": 64} | ({"m": 48} if "m" in program.dim_order else {})


def taken(found: Plan) -> int:
    """Bytes of a real call of the plan's module."""
    module, train = DiagramModule(found), found.policy.train
    module.train(train)
    inputs = [
        x.requires_grad_(train) if x.is_floating_point() else x
        for x in random_inputs(module, found.numbers, seed=0)
    ]
    known = [*inputs, *module.parameters(), *module.buffers()]
    return peak(lambda: module(*inputs), known, [x for x in known if x.requires_grad and train])


@pytest.mark.parametrize("train", [False, True])
@pytest.mark.parametrize("model", [*ZOO, "minilm"])
def test_a_call_takes_what_is_weighed(model: str, train: bool):
    found = plan(MODELS[model].program(), sizes(model), objective="time", train=train)
    assert weighed(found) == taken(found)


@pytest.mark.parametrize("train", [False, True])
@pytest.mark.parametrize("model", [*ZOO, "minilm"])
def test_steps_take_what_is_measured(model: str, train: bool):
    """The planner's own count of the whole, with what each step takes besides values."""
    found = plan(MODELS[model].program(), sizes(model), objective="memory", train=train)
    assert abs(measured(found).memory / weighed(found) - 1) <= WITHIN


@pytest.mark.parametrize("train", [False, True])
@pytest.mark.parametrize("model", ["multi-head", "skip-left", "linear-factored"])
@pytest.mark.parametrize("part", [0.9, 0.6, 0.3])
def test_limits_are_kept(model: str, part: float, train: bool):
    program = MODELS[model].program()
    whole = compile(program, sizes(model), train=train).plan
    limit = int(part * weighed(whole))
    try:
        found = compile(program, sizes(model), train=train, memory=limit).plan
    except DiagramError as error:
        enough = int(str(error).rpartition("memory=")[2].split()[0])
        assert limit < enough
        found = compile(program, sizes(model), train=train, memory=enough).plan
        limit = enough
    real = taken(found)
    assert real <= limit
    assert abs(found.memory / real - 1) <= WITHIN


def test_layers_in_training_keep_a_limit():
    program = BLOCKS["minilm"].program()
    whole = compile(program, b=2, n=64, train=True).plan
    found = compile(program, b=2, n=64, train=True, memory=weighed(whole) // 3).plan
    assert found.recomputed
    assert taken(found) == found.memory <= weighed(whole) // 3


def test_values_alone_are_what_programs_without_copies_take():
    """Products of matrices as they lie: liveness, 4 bytes an element, and nothing else."""
    text = "input A[i j] B[j k] C[k l]\nD[i l] = A[i j] B[j k] C[k l]\nreturn D"
    found = plan(parse(text), i=30, j=40, k=50, l=60)
    assert found.memory == 4 * found.peak == weighed(found) == taken(found)


def test_peak():
    x = torch.ones(100, requires_grad=True)

    def run() -> Tensor:
        y = x * 2  # 400 bytes, which nothing keeps
        return (y + 1).sum()

    assert peak(run, [x], []) == 800 + 4
    assert peak(run, [x], [x]) >= 800
    assert peak(lambda: x, [x], []) == 0
    assert peak(lambda: x.view(10, 10), [x], []) == 0


def test_nothing_is_allocated():
    """A plan that no machine could run is weighed."""
    found = plan(ZOO["multi-head"].program(), b=1024, n=2**20)
    assert found.memory > 2**40
    assert abs(weighed(found) / found.memory - 1) <= WITHIN


def test_endless_values_are_told():
    program = parse("input X[b n]\nY[b n] = exp(X)\nreturn Y")
    with pytest.raises(SizeError, match="more than any tensor holds"):
        compile(program, b=2**40, n=2**40, memory="1 GB")


def test_values_that_no_machine_holds_are_told_when_compiled():
    text = (
        "input X[f]\nweight W[f k] V[k g]\nK[f g] = W[f k] V[k g]\n"
        "Y[g] = X[f] relu(K)[f g]\nreturn Y"
    )
    with pytest.raises(SizeError, match=r"K: K\[f g\] would have 1,000,000,000,000 entries"):
        compile(parse(text), f=10**6, g=10**6, k=2)


def test_bytes_are_those_of_the_default_dtype():
    program = ZOO["multi-head"].program()
    limit = int(0.7 * weighed(compile(program, b=2, n=64).plan))
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        wide = compile(program, b=2, n=64, memory=2 * limit)
        assert wide.plan.slices
        assert taken(wide.plan) == wide.plan.memory <= 2 * limit
        assert wide.plan.memory > limit
    finally:
        torch.set_default_dtype(before)


@pytest.mark.parametrize("train", [False, True])
@pytest.mark.parametrize("model", ["lossless", "tunable-head", "skip-left"])
def test_no_map_is_whole_where_queries_are_numbers_or_values_narrow(model: str, train: bool):
    program = MODELS[model].program()
    few = dict.fromkeys({"r", "h", "d"} & {*program.dim_order}, 8)
    found = plan(program, {"b": 2, "n": 512, **few}, objective="time", train=train)
    maps = [
        elements((*attend.batch, *attend.queries, attend.m), step.sizes).value(found.numbers)
        for step in found.steps
        if isinstance(attend := step.action, Attend)
    ]
    assert weighed(found) < 4 * sum(maps)
