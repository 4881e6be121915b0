"""The plan's table, as it is printed."""

from __future__ import annotations

from pathlib import Path

import pytest

from diagram import parse, plan
from diagram.planner.table import memory, short
from models import attention

STORED = Path(__file__).parent


def test_multi_head():
    program = attention.multi_head(f=512, h=8, d=64)
    assert str(plan(program, b=8, n=128)) + "\n" == (STORED / "multi_head.txt").read_text()


def test_lossless_without_numbers():
    program = parse(str(attention.lossless()).replace("dims   f=512 r=8\n", ""))
    assert str(plan(program)) + "\n" == (STORED / "lossless.txt").read_text()


def test_a_program_without_steps():
    assert str(plan(parse("input A[i]\nreturn A"), i=2)).splitlines()[-2:] == [
        "FLOPs: 0 = 0",
        "peak: 0 elements alive, 0 B",
    ]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1.00 k"),
        (12_345, "12.3 k"),
        (999_499, "999 k"),
        (999_999, "1.00 M"),
        (9_999_999, "10.0 M"),
        (1_048_576, "1.05 M"),
        (10**18, "1.00 E"),
        (10**22, "10000 E"),
    ],
)
def test_short_numbers(number: int, text: str):
    assert short(number) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.00 KiB"),
        (4 * 2**20, "4.00 MiB"),
        (1536 * 2**20, "1.50 GiB"),
        (2**20 - 1, "1.00 MiB"),
    ],
)
def test_memory(number: int, text: str):
    assert memory(number) == text
