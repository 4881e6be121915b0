"""The benchmark itself: its contestants agree, its numbers are what they say."""

from __future__ import annotations

import itertools
import json
import time

import pytest
import torch

from benchmarks import attention, factored, gpu, layers, overhead
from benchmarks.by_hand import Sizes
from benchmarks.timing import Timing, compare, machine, rebased

SMALL = Sizes(b=2, n=6, f=8, h=4, d=2)


def test_ratio_is_the_median_within_rounds():
    timing = Timing("ours", samples=(2.0, 30.0, 4.0), reference=(1.0, 10.0, 4.0))
    assert (timing.median, timing.ratio) == (4.0, 2.0)
    assert timing.quartiles == (3.0, 17.0)
    assert json.dumps(timing.record())


def test_each_function_runs_in_each_round():
    calls: list[str] = []
    runs = {name: lambda name=name: calls.append(name) for name in "abc"}
    timings = compare(runs, reference="b", rounds=4, sample=1e-9)
    assert [timing.name for timing in timings] == ["a", "b", "c"]
    assert {len(timing.samples) for timing in timings} == {4}
    assert timings[1].ratio == 1
    rounds = [tuple(calls[-12:][i : i + 3]) for i in range(0, 12, 3)]
    assert all(sorted(order) == ["a", "b", "c"] for order in rounds)
    assert len(set(rounds)) > 1


def test_ratios_are_told_anew_for_another_reference():
    timings = compare({"a": lambda: None, "b": lambda: None}, "a", rounds=3, sample=1e-6)
    other = rebased(timings, "b")
    assert [timing.samples for timing in other] == [timing.samples for timing in timings]
    assert other[1].ratio == 1


def test_the_clock_may_be_another():
    ticks = itertools.count()
    (timing,) = compare({"a": lambda: None}, "a", 2, sample=1, clock=lambda: float(next(ticks)))
    assert timing.samples == (1.0, 1.0)


@pytest.mark.parametrize("kind", attention.KINDS)
def test_all_contestants_agree_and_are_timed(kind: str):
    case = attention.Case(kind, SMALL)
    found = attention.measure(case, rounds=2, sample=1e-4)
    assert list(found) == ["forward", "forward+backward"]
    for timings in found.values():
        names = [timing.name for timing in timings]
        assert names[:3] == ["compiled", "hand-written", "packed"]
        assert ("nn.MultiheadAttention" in names) == (kind != "grouped-query")
        assert min(t.ratio for t in timings if t.name in attention.BY_HAND) <= 1
    assert attention.table(case, found).startswith(f"{kind}: b=2 n=6 f=8 h=4 d=2\n")


def test_a_contestant_that_differs_stops_the_run():
    case = attention.Case("multi-head", SMALL)
    modules, inputs = case.contestants(case.weights()), case.inputs()
    with torch.no_grad():
        next(iter(modules["einsum"].parameters())).add_(1)
    with pytest.raises(AssertionError, match=r"^einsum: "):
        attention.require_agreement(modules, inputs, torch.ones_like(inputs[0]))


def test_calls_of_a_chain_agree():
    runs = overhead.contestants()
    assert {"compiled", overhead.REFERENCE} < {*runs}
    timings = compare(runs, overhead.REFERENCE, rounds=1, sample=1e-5)
    assert len(overhead.table(timings).splitlines()) == 1 + len(runs)


def test_the_machine_is_described():
    assert set(machine()) == {"processor", "cpus", "threads", "python", "torch"}


def test_the_benchmark_of_gpus_runs_on_any_device(monkeypatch):
    monkeypatch.setattr(gpu, "SIZES", (SMALL,))
    monkeypatch.setattr(attention, "KINDS", ("multi-head", "cross"))
    monkeypatch.setattr(factored, "FORMS", {"CP": factored.FORMS["CP"]})
    monkeypatch.setattr(layers, "SHARES", (0.01,))
    found = list(gpu.rows("cpu", 1, 1e-9, time.perf_counter))
    assert len(found) == 2 * len(gpu.DTYPES) * 2 + 1
    assert all(row.ratio > 0 for row in found)
    assert [row["reach"] for row in gpu.summary(found)] == ["<= 1.05", "<= 1.1"]


def test_without_a_gpu_nothing_is_measured(monkeypatch, capsys):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    gpu.main([])
    assert capsys.readouterr().out == "no GPU here: nothing was measured\n"
