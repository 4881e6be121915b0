"""Limits of memory: what is written is what is meant, and nonsense is told with an example."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagram import DiagramError
from diagram.planner.bytes import UNITS, bytes_of


@pytest.mark.parametrize(
    ("limit", "number"),
    [
        ("2GiB", 2 * 2**30),
        ("500 MB", 500 * 10**6),
        ("64KiB", 64 * 2**10),
        (" 64 KiB ", 64 * 2**10),
        ("1.5kB", 1500),
        ("0.5 GiB", 2**29),
        ("7", 7),
        ("7 B", 7),
        (7, 7),
        (np.int64(7), 7),
        (2**80, 2**80),
    ],
)
def test_limits_as_they_are_written(limit: object, number: int):
    assert bytes_of(limit) == number


@pytest.mark.parametrize(
    "limit",
    [
        *("", "GiB", "2 GB iB", "2gib", "2G", "2 K", "1e3", "-1GiB", "+1", "1,5 GB", "1.GB"),
        *(".5GB", "1  GB", "1_000", "0x10", "٣GiB", "inf", "nan", "9" * 31, "2 GiB of this"),
        *(2.0, 2.5, float("inf"), True, None, [2], b"2GiB", "0", "0 GB", "0.5 B", 0, -1),
    ],
)
def test_limits_that_cannot_be(limit: object):
    with pytest.raises(DiagramError, match="like '2GiB', '500 MB', '64KiB'") as raised:
        bytes_of(limit)
    assert len(str(raised.value)) < 160


@given(st.integers(1, 10**12), st.sampled_from(sorted(UNITS)), st.sampled_from(["", " "]))
def test_a_unit_multiplies(count: int, unit: str, space: str):
    assert bytes_of(f"{count}{space}{unit}") == count * UNITS[unit]


@given(st.text(max_size=12))
def test_any_text_is_a_limit_or_a_diagram_error(text: str):
    with suppress(DiagramError):
        assert bytes_of(text) > 0


def test_a_number_too_long_to_print_is_told():
    with pytest.raises(DiagramError, match="the memory limit is a number too long"):
        bytes_of(-(10**5000))
