"""Orders of many nodes: complete, the same in every run, and better than where they began."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.networks import Instance, alternating, circuit, counting, grid, scattered
from diagram import parse, plan
from diagram.planner.exact import Problem, exact
from diagram.planner.many import many
from diagram.planner.network import Groups, Network
from diagram.planner.optimizers import steps_of
from diagram.planner.price import ELEMENTS, FLOPS, Price
from diagram.planner.refine import Refiner
from diagram.planner.search import Score, best, score
from diagram.planner.starts import greedy, halved
from diagram.planner.tree import Tree

ROOT = Path(__file__).resolve().parents[2]
LARGE = (
    scattered(13, 1), scattered(20, 2), scattered(40, 3), circuit(10, 6, 4), alternating(8, 2, 5),
    counting(15, 30, 6), grid(4, 5, 3),
)  # fmt: skip


def named(instance: Instance) -> str:
    return instance.name


def groups_of(instance: Instance) -> tuple[Groups, list[int]]:
    network = Network.of(instance.inputs, instance.output, instance.sizes)
    return Groups(network), [1 << place for place in range(network.count)]


def ours(instance: Instance, price: Price = FLOPS) -> Score:
    given = instance.inputs, instance.output, instance.sizes
    return score(best(*given, price), *given, price)


def require_whole(tree: Tree, leaves: list[int]) -> None:
    """All leaves are merged once, into one."""
    assert len(tree) == len(leaves) - 1
    assert sorted([*leaves, *tree]) == sorted(
        [sum(leaves), *(s for two in tree.values() for s in two)]
    )
    assert all(one | other == group and not one & other for group, (one, other) in tree.items())


@pytest.mark.parametrize("instance", LARGE, ids=named)
@pytest.mark.parametrize("name", ["greedy", "random-greedy", "auto-hq"])
def test_fewer_flops_than_opt_einsum_finds(instance: Instance, name: str):
    given = instance.inputs, instance.output, instance.sizes
    theirs = score(tuple(steps_of(name, Network.of(*given))), *given)
    assert ours(instance).flops <= theirs.flops


@given(st.integers(0, 10**6), st.integers(2, 20))
def test_first_trees_are_whole(seed: int, count: int):
    groups, leaves = groups_of(scattered(count, seed))
    for tree in (greedy(groups, leaves), greedy(groups, leaves, 1.0, seed), halved(groups, leaves)):
        require_whole(tree, leaves)


@given(st.integers(0, 10**6), st.integers(3, 20), st.sampled_from((FLOPS, ELEMENTS)))
def test_refining_never_makes_worse(seed: int, count: int, price: Price):
    groups, leaves = groups_of(scattered(count, seed))
    refiner = Refiner(groups, price, tries=30, part=5)
    tree = greedy(groups, leaves, 1.0, seed)
    refined = refiner.refined(tree)
    require_whole(refined, leaves)
    assert refiner.cost(refined, refined) <= refiner.cost(tree, tree)


@given(st.integers(0, 10**6), st.integers(3, 7))
def test_a_part_that_is_everything_is_searched_through(seed: int, count: int):
    groups, leaves = groups_of(scattered(count, seed))
    refiner = Refiner(groups, FLOPS, tries=20, part=count)
    refined = refiner.refined(greedy(groups, leaves, 1.0, seed))
    least = exact(Problem.of(groups, leaves, {}), FLOPS)
    assert refiner.cost(refined, refined) == refiner.cost(least, least)


@given(st.integers(0, 10**6))
def test_what_is_small_enough_for_both_is_found_by_both(seed: int):
    """Nine nodes as if they were many."""
    groups, leaves = groups_of(scattered(9, seed))
    refiner = Refiner(groups, FLOPS, 0, 0)
    found, least = many(groups, leaves, FLOPS), exact(Problem.of(groups, leaves, {}), FLOPS)
    assert refiner.cost(found, found) == refiner.cost(least, least)


def test_nodes_that_share_nothing_are_merged():
    inputs = [frozenset({f"a{i}"}) for i in range(20)]
    sizes = {f"a{i}": 2 for i in range(20)}
    output = frozenset(sizes)
    assert score(best(inputs, output, sizes), inputs, output, sizes).flops >= 2**20
    path = best([frozenset[str]()] * 30, frozenset(), {})
    assert len(path) == 29


def test_an_edge_at_every_node():
    inputs = [frozenset({"z", f"a{i}"}) for i in range(40)]
    sizes = {"z": 7, **{f"a{i}": 3 for i in range(40)}}
    found = score(best(inputs, frozenset("z"), sizes), inputs, frozenset("z"), sizes)
    first, others = 2 * 7 * 3 * 3, 38 * 2 * 7 * 3
    assert found.flops == first + others


@pytest.mark.parametrize("length", [10**12, 10**60, 10**400])
def test_lengths_beyond_all_floats(length: int):
    plain = scattered(16, 1)
    sizes = dict.fromkeys(plain.sizes, length)
    found = score(best(plain.inputs, plain.output, sizes), plain.inputs, plain.output, sizes)
    assert found.flops >= length**2


def test_many_convolved_nodes():
    """Kernels along one edge: the short ones merge first, the signal comes last or nearly so."""
    count = 14
    sources = ["input X[b x:500]", *(f"weight K{i}[x:3]" for i in range(count))]
    nodes = " ".join(f"K{i}[x]" for i in range(count))
    text = "\n".join([*sources, f"Y[b x] = X[b x] {nodes} conv x (pad=full)", "return Y"])
    found = plan(parse(text), b=64)
    merged = 2 * sum((3 + 2 * i + 2) * 3 for i in range(count - 1))
    at_once = 2 * 64 * (500 + 2 * count) * (1 + 2 * count)
    assert found.flops <= merged + at_once


PRINTED = (
    "from benchmarks.networks import scattered, circuit\n"
    "from diagram.planner.search import best\n"
    "for each in (scattered(8, 1), scattered(12, 2), scattered(30, 3), circuit(10, 6, 4)):\n"
    "    print(best(each.inputs, each.output, each.sizes))\n"
)


def test_orders_do_not_depend_on_the_hash_seed():
    texts = set()
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", PRINTED],
            check=True,
            capture_output=True,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed, "TENSOR_DIAGRAMS_CACHE": "off"},
        )
        texts.add(done.stdout)
    assert len(texts) == 1
