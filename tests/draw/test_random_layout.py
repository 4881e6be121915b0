"""Two hundred random programs and the whole zoo: nothing overlaps, and few lines cross."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache

import pytest

import models
from diagram import Program, draw
from diagram.draw import Drawing, Scene
from tests.draw.crossings import crossed, overlaps, straight
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


def neato(scene: Scene) -> int:
    """How often the straight lines of graphviz's picture of the same graph cross."""
    ids = [item.id for item in scene.items]
    pairs = []
    for wire in scene.wires:
        one, two = wire.ends[0], wire.ends[1] or f"open {wire.id}"
        ids += [two] if wire.is_open else []
        pairs += [(one, two)] if one != two else []
    number = {id: place for place, id in enumerate(ids)}
    lines = [f"n{place};" for place in range(len(ids))]
    lines += [f"n{number[one]} -- n{number[two]};" for one, two in pairs]
    text = "graph { node [shape=point];\n" + "\n".join(lines) + "}"
    found = subprocess.run(["neato", "-Tplain"], input=text, capture_output=True, check=True)
    points = {}
    for line in found.stdout.decode().splitlines():
        kind, *rest = line.split()
        if kind == "node":
            points[ids[int(rest[0][1:])]] = (float(rest[1]), float(rest[2]))
    return straight(pairs, points)
