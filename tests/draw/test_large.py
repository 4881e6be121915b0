"""Large pictures: 200 nodes of a random network, a tree and a deep chain, and nothing overlaps."""

from __future__ import annotations

from random import Random

import pytest

from diagram import Program, draw, parse
from tests.draw.crossings import overlaps
from tests.draw.random_networks import sparse

COUNT = 200


def tree() -> Program:
    """One product of weights, each a child of another; every eighth leaf has an open leg."""
    sources, factors, output = [], [], []
    for at in range(COUNT):
        children = [child for child in (2 * at + 1, 2 * at + 2) if child < COUNT]
        edges = [f"e{child}" for child in ([at] if at else []) + children]
        if not children:
            edges.append(f"o{at}" if at % 8 == 0 else f"s{at}")
            output += [f"o{at}"] * (at % 8 == 0)
        sources.append(f"weight W{at}[{' '.join(f'l{leg}:2' for leg in range(len(edges)))}]")
        factors.append(f"W{at}[{' '.join(edges)}]")
    line = f"Y[{' '.join(output)}] = {' '.join(factors)}"
    return parse("\n".join([*sources, line, "return Y"]))


def chain() -> Program:
    """Layers: each a product of the one before and a weight, then relu, so boxes nest deep."""
    lines, before = ["input X[n d:2]"], "X"
    for at in range(COUNT // 2):
        lines.insert(0, f"weight W{at}[d:2 e:2]")
        lines += [f"H{at}[n e] = {before}[n d] W{at}[d e]", f"R{at} = relu(H{at})"]
        before = f"R{at}"
    return parse("\n".join([*lines, f"return {before}"]))


LARGE = {"random": lambda: sparse(Random(0), COUNT), "tree": tree, "chain": chain}


@pytest.mark.parametrize("name", LARGE)
def test_nothing_overlaps_and_every_leg_is_drawn(name: str):
    program = LARGE[name]()
    drawing = draw(program, folded=False)
    assert not drawing.layout.missed
    assert not overlaps(drawing)
    assert drawing.layout.paths.keys() == drawing.scene.wire.keys()
    assert drawing.svg == draw(program, folded=False).svg
