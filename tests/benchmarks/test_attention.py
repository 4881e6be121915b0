"""The benchmark itself: its contestants agree, its numbers are what they say."""

from __future__ import annotations

import json

import pytest
import torch

from benchmarks import attention
from benchmarks.timing import Timing, compare, machine

SMALL = attention.Sizes(b=2, n=5, f=8, h=2, d=4)


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


def test_all_contestants_agree_and_are_timed():
    found = attention.measure(SMALL, rounds=2, sample=1e-4)
    assert list(found) == ["forward", "forward+backward"]
    for timings in found.values():
        assert [timing.name for timing in timings] == [
            *("compiled", "hand-written", "packed", "nn.MultiheadAttention", "einsum"),
        ]
    assert attention.table(SMALL, found).startswith("b=2 n=5 f=8 h=2 d=4\n")


def test_a_contestant_that_differs_stops_the_run():
    weights = {name: torch.randn(8, 2, 4) for name in ("WQ", "WK", "WV")}
    weights["WO"] = torch.randn(2, 4, 8)
    modules = attention.contestants(SMALL, weights)
    with torch.no_grad():
        modules["einsum"].get_parameter("wo").add_(1)
    x = torch.randn(2, 5, 8)
    with pytest.raises(AssertionError, match=r"^einsum: "):
        attention.require_agreement(modules, x, torch.ones_like(x))


def test_the_machine_is_described():
    assert set(machine()) == {"processor", "cpus", "threads", "python", "torch"}
