"""The model of time: laws of its predictions, and how measured rates are kept."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import diagram
from diagram.planner.folder import VARIABLE
from diagram.planner.rates import DEFAULT, Seconds, keep, kept

SIDES = st.integers(1, 3000)
MERGES = st.tuples(SIDES, SIDES, SIDES, SIDES)


def counts(batch: int, rows: int, columns: int, summed: int) -> tuple[int, ...]:
    """Elements of both values and of the result, and multiply-adds."""
    parts = (batch * rows * summed, batch * summed * columns, batch * rows * columns)
    return (*parts, batch * rows * columns * summed, 1)


@given(MERGES, st.booleans())
def test_more_of_anything_never_takes_less_time(sides: tuple[int, int, int, int], train: bool):
    price = Seconds(DEFAULT, train)
    before = price(*counts(*sides))
    for place in range(4):
        more = [side * (1 + (place == i)) for i, side in enumerate(sides)]
        assert price(*counts(*more)) >= before * (1 - 1e-9)


@given(st.lists(MERGES, min_size=1, max_size=9), st.booleans())
def test_many_at_once_are_each_by_itself(merges: list[tuple[int, int, int, int]], train: bool):
    price = Seconds(DEFAULT, train)
    each = [counts(*sides) for sides in merges]
    together = price(*(np.array(column, float) for column in zip(*each, strict=True)))
    assert np.allclose(together, [float(price(*one)) for one in each], rtol=1e-12)


@given(MERGES)
def test_training_takes_longer(sides: tuple[int, int, int, int]):
    assert Seconds(DEFAULT, True)(*counts(*sides)) > Seconds(DEFAULT)(*counts(*sides))


def test_a_cp_layer_runs_as_factors_at_low_rank_and_rebuilds_its_kernel_at_full():
    b, s, x, k = 16, 64, 28 * 28, 9

    def seconds(r: int, train: bool) -> tuple[float, float]:
        price = Seconds(DEFAULT, train)
        signal, inner, kernel = b * s * x, b * r * x, s * s * k
        factors = (
            price(signal, r * s, inner, b * r * s * x, 1)
            + price(inner, r * k, inner, b * r * x * k, k)
            + price(inner, r * s, signal, b * r * s * x, 1)
        )
        rebuilt = price(r * s * k, r * s, kernel, r * s * s * k, 1)
        rebuilt += price(signal, kernel, signal, b * s * s * x * k, k)
        return float(factors), float(rebuilt)

    for train in (False, True):
        low, high = seconds(8, train), seconds(512, train)
        assert low[0] < low[1]
        assert high[0] > high[1]


def test_kept_rates_are_found_again(folder: Path):
    measured = replace(DEFAULT, dtype="float64", matmul=3.5e10)
    keep(measured)
    assert kept("cpu", "float64") == measured
    assert kept("cpu", "float32") == DEFAULT


DAMAGED = [
    "",
    "[1, 2",
    "[]",
    "{}",
    json.dumps({**asdict(DEFAULT), "matmul": "fast"}),
    json.dumps({**asdict(DEFAULT), "matmul": -1.0}),
    json.dumps({**asdict(DEFAULT), "matmul": float("nan")}),
    json.dumps({**asdict(DEFAULT), "more": 1.0}),
]


@pytest.mark.parametrize("text", DAMAGED)
def test_damaged_rates_count_as_none(folder: Path, text: str):
    folder.mkdir()
    (folder / "rates-cpu-float32.json").write_text(text)
    assert kept() == DEFAULT


@pytest.mark.usefixtures("folder")
def test_nothing_is_kept_where_nothing_can_be(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    file = tmp_path / "file"
    file.write_text("")
    for place in ("off", str(file)):
        monkeypatch.setenv(VARIABLE, place)
        kept.cache_clear()
        keep(replace(DEFAULT, matmul=1.0))
        assert kept() == DEFAULT


def test_calibrating_measures_and_keeps(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("diagram.runtime.calibrating.SAMPLE", 1e-4)
    found = diagram.calibrate()
    assert found == kept()
    assert (found.device, found.dtype) == ("cpu", "float32")
    assert all(value > 0 for value in asdict(found).values() if not isinstance(value, str))
