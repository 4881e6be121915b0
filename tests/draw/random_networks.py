"""Random networks for pictures: sparse products, trees, rings and grids, with barriers and sums."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from random import Random

from diagram import DiagramError, Program, parse
from diagram.draw import shown
from diagram.draw.build import scene
from tests.runtime.random_networks import network

OPS = ("relu({})", "softmax[{leg}]({})", "gelu({})", "layer_norm[{leg}]({})", "tanh({})")
MOST = 40
"""Nodes of a picture."""

Pairs = Sequence[tuple[int, int]]


def random_programs(count: int = 200) -> dict[str, Program]:
    """So many programs of up to 40 nodes, the same ones every time."""
    found: dict[str, Program] = {}
    seed = 0
    while len(found) < count:
        random = Random(seed)
        made = _written(random) if seed % 2 else sparse(random, random.randint(4, MOST))
        seed += 1
        if made and 2 <= _nodes(made) <= MOST:
            found[f"random {seed}"] = made
    return found


def _written(random: Random) -> Program | None:
    """A program of the generator that the runtime is tested on."""
    try:
        return parse(str(network(random)[0]))
    except DiagramError:
        return None


def _nodes(program: Program) -> int:
    return sum(item.look.is_node for item in scene(shown(program)).items)


def sparse(random: Random, count: int) -> Program:
    """A network of so many nodes: products of a few, each of the ones before or of sources."""
    lines: list[str] = []
    sources: list[str] = []
    ready: list[tuple[str, list[str]]] = []
    made = edge = 0
    while made < count:
        size = min(random.randint(2, 7), count - made)
        shape = random.choice((path, ring, tree, star, grid))
        pairs = [*shape(random, size)]
        pairs += [_pair(random, size) for _ in range(random.choice((0, 0, 1, 1, 2))) if size > 2]
        legs: list[list[str]] = [[] for _ in range(size)]
        for one, two in pairs:
            legs[one].append(f"e{edge}")
            legs[two].append(f"e{edge}")
            edge += 1
        output = []
        for place in random.sample(range(size), min(size, random.choice((1, 2, 2, 3)))):
            legs[place].append(f"e{edge}")
            output.append(f"e{edge}")
            edge += 1
        if random.random() < 0.4 and size > 2:
            one, two = random.sample(range(size), 2)
            for place in (one, two):
                legs[place].append(f"e{edge}")
            output.append(f"e{edge}")
            edge += 1
        factors = []
        for place, own in enumerate(legs):
            name = f"W{made + place}"
            sources.append(f"weight {name}[{' '.join(f'l{at}:2' for at in range(len(own)))}]")
            factors.append(f"{name}[{' '.join(own)}]")
        made += size
        for value, open_legs in ready:
            place = random.randrange(size)
            renamed = []
            for _ in open_legs:
                renamed.append(f"e{edge}")
                edge += 1
            kept = random.randrange(1, len(renamed) + 1)
            factor = factors[place]
            slots = " ".join(renamed[:kept])
            index = int(factor[1 : factor.index("[")])
            sources[index] = (
                sources[index].rstrip("]") + " " + " ".join(f"m{at}:2" for at in range(kept)) + "]"
            )
            factors[place] = factor.rstrip("]") + f" {slots}]"
            output += renamed[kept:]
            factors.append(f"{value}[{' '.join(renamed)}]")
        ready = []
        value = f"V{len(lines)}"
        lines.append(f"{value}[{' '.join(output)}] = {' '.join(factors)}")
        if random.random() < 0.5:
            op = random.choice(OPS).format(value, leg=output[0])
            lines.append(f"{value}a = {op}")
            value += "a"
        ready.append((value, output))
    text = "\n".join([*sources, *lines, f"return {ready[0][0]}"])
    return parse(text)


def path(random: Random, size: int) -> Pairs:
    return list(pairwise(range(size)))


def ring(random: Random, size: int) -> Pairs:
    return [*pairwise(range(size)), *[(0, size - 1)] * (size > 2)]


def tree(random: Random, size: int) -> Pairs:
    return [(random.randrange(place), place) for place in range(1, size)]


def star(random: Random, size: int) -> Pairs:
    return [(0, place) for place in range(1, size)]


def grid(random: Random, size: int) -> Pairs:
    return [
        *((place - 1, place) for place in range(1, size) if place % 2),
        *((place - 2, place) for place in range(2, size)),
    ]


def _pair(random: Random, size: int) -> tuple[int, int]:
    one, two = sorted(random.sample(range(size), 2))
    return one, two
