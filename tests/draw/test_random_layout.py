"""Two hundred random programs and the whole zoo: nothing overlaps, and few lines cross."""

from __future__ import annotations

import os
import shutil
from functools import cache

import pytest

import models
from diagram import Program, draw
from diagram.draw import Drawing
from tests.draw.crossings import crossed, neato, overlaps
from tests.draw.random_networks import random_programs

COUNT = 200
SOME = 10
"""Programs of one test."""


@cache
def programs() -> dict[str, Program]:
    examples = {**models.ZOO, **models.BLOCKS, **models.WILD}
    return random_programs(COUNT) | {name: made.program() for name, made in examples.items()}


@cache
def drawn(name: str) -> Drawing:
    return draw(programs()[name])


def chunk(number: int) -> list[str]:
    return [*programs()][number::SOME]


@pytest.mark.parametrize("number", range(SOME))
def test_nothing_overlaps(number: int):
    for name in chunk(number):
        assert not drawn(name).layout.missed, name
        assert not overlaps(drawn(name)), name


@pytest.mark.skipif(
    shutil.which("neato") is None and not os.environ.get("CI"), reason="needs neato"
)
def test_no_more_lines_cross_than_with_neato():
    ours = theirs = 0
    for name in programs():
        ours += crossed(drawn(name))
        theirs += neato(drawn(name).scene)
    assert ours <= theirs
