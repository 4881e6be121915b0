"""Orders of up to twelve nodes are the best there are: in price, and then in peak."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.exhaustive import least_flops, longest_flops
from benchmarks.networks import Instance, attending, convolving, cp_layer, of_equation, scattered
from benchmarks.search import rebuilds
from diagram import parse, plan
from diagram.planner.exact import Problem, exact
from diagram.planner.network import Groups, Network
from diagram.planner.optimizers import steps_of
from diagram.planner.price import ELEMENTS, FLOPS, Counts, Price
from diagram.planner.search import Score, best, score
from diagram.planner.steps import Convolve, Merge
from diagram.planner.subsets import fast, sure
from diagram.planner.tree import Tree, path_of, peak, sequence, tree_of

STRATEGIES = (
    "optimal", "branch-all", "branch-2", "dp", "greedy", "auto", "auto-hq", "random-greedy",
)  # fmt: skip
OPTIMAL = 8
"""Nodes up to which opt_einsum's `optimal` takes seconds, not minutes."""


def found(instance: Instance, price: Price = FLOPS) -> Score:
    given = instance.inputs, instance.output, instance.sizes
    return score(best(*given, price), *given, price)


def planned_flops(instance: Instance) -> int:
    steps = plan(parse(instance.text)).steps
    return sum(s.flops.value({}) for s in steps if isinstance(s.action, Merge | Convolve))


def problem_of(instance: Instance) -> Problem:
    network = Network.of(instance.inputs, instance.output, instance.sizes)
    return Problem.of(Groups(network), [1 << place for place in range(network.count)], {})


# -- the least price ------------------------------------------------------------------------------


@pytest.mark.parametrize("number", range(30))
def test_flops_with_convolved_edges_are_those_of_exhaustive_search(number: int):
    instance = convolving(5 + number % 8, number % 4, seed=number)
    assert planned_flops(instance) == least_flops(instance)


@given(st.integers(0, 10**6), st.integers(3, 7), st.integers(0, 3))
def test_any_price_is_the_least_of_all_trees(seed: int, count: int, kind: int):
    """Against every tree there is, with a price that knows nothing of FLOPs."""
    instance = scattered(min(count, 5), seed)
    prices: Sequence[Price] = (FLOPS, ELEMENTS, launches, rooted)
    price = prices[kind]
    given = instance.inputs, instance.output, instance.sizes
    paths = all_paths(len(instance.inputs))
    least = min(score(path, *given, price).cost for path in paths)
    assert found(instance, price).cost == pytest.approx(least, rel=1e-9)


def launches(left: Counts, right: Counts, out: Counts, work: Counts, kernel: Counts, /) -> Counts:
    """A call costs as much as a thousand elements that are moved."""
    return 1000.0 + left + right + out


def rooted(left: Counts, right: Counts, out: Counts, work: Counts, kernel: Counts, /) -> Counts:
    return work**0.5 + (left * right / out) ** 0.25


@cache
def all_paths(count: int) -> list[tuple[tuple[int, int], ...]]:
    if count == 1:
        return [()]
    pairs = [(i, j) for j in range(count) for i in range(j)]
    return [(pair, *rest) for pair in pairs for rest in all_paths(count - 1)]


@given(st.integers(0, 10**6), st.integers(3, 8))
def test_with_and_without_numpy_the_same_tree_is_found(seed: int, count: int):
    problem = problem_of(scattered(count, seed))
    for price in (FLOPS, ELEMENTS):
        assert fast(problem, price).tree == exact(problem, price)


@given(st.integers(0, 10**6), st.integers(3, 7), st.sampled_from((10**6, 10**12, 10**40, 10**320)))
def test_lengths_beyond_all_floats_do_not_change_what_is_best(seed: int, count: int, scale: int):
    """FLOPs are compared as whole numbers: an edge that is one longer counts."""
    plain = scattered(count, seed)
    chance = random.Random(seed)
    sizes = {edge: scale + chance.randrange(3) for edge in plain.sizes}
    instance = Instance("", plain.inputs, plain.output, sizes)
    problem = problem_of(instance)
    assert sure(problem, FLOPS) == exact(problem, FLOPS)
    assert found(instance).flops == least_flops(instance)


def test_twelve_nodes_of_lengths_that_no_float_tells_apart():
    plain = scattered(12, 3)
    sizes = {edge: 10**12 + place for place, edge in enumerate(plain.sizes)}
    instance = Instance("", plain.inputs, plain.output, sizes)
    assert found(instance).flops == least_flops(instance)


# -- the least peak -------------------------------------------------------------------------------


@given(st.integers(0, 10**6), st.integers(3, 5))
def test_the_peak_is_the_least_among_the_orders_of_least_flops(seed: int, count: int):
    """Lengths are few, so that many orders cost the same."""
    plain = scattered(count, seed)
    sizes = {edge: 2 + length % 2 for edge, length in plain.sizes.items()}
    given = plain.inputs, plain.output, sizes
    scores = [score(path, *given) for path in all_paths(count)]
    assert score(best(*given), *given).peak == min(scores).peak
    assert score(best(*given), *given).cost == min(scores).cost


@st.composite
def trees(draw: st.DrawFn) -> tuple[Tree, Mapping[int, int]]:
    """A tree of up to seven leaves, and elements of every group."""
    count = draw(st.integers(2, 7))
    path = [tuple(draw(st.permutations(range(n)))[:2]) for n in range(count, 1, -1)]
    tree = tree_of(path, count)
    return tree, {group: draw(st.sampled_from((1, 2, 5, 20, 70, 300))) for group in tree}


@given(trees())
def test_a_tree_is_walked_with_the_least_peak(given_tree: tuple[Tree, Mapping[int, int]]):
    """Against every sequence in which sides come before what is made of them."""
    tree, volumes = given_tree
    order = sequence(tree, volumes.__getitem__)
    least = min(
        peak(tree, each, volumes.__getitem__)
        for each in permutations(tree)
        if all(each.index(s) < each.index(g) for g in tree for s in tree[g] if s in tree)
    )
    assert sorted(order) == sorted(tree)
    assert peak(tree, order, volumes.__getitem__) == least


@given(trees())
def test_paths_and_trees_are_the_same(given_tree: tuple[Tree, Mapping[int, int]]):
    tree, volumes = given_tree
    count = len(tree) + 1
    leaves = [1 << place for place in range(count)]
    path = path_of(tree, sequence(tree, volumes.__getitem__), leaves)
    assert {g: frozenset(s) for g, s in tree_of(path, count).items()} == {
        g: frozenset(s) for g, s in tree.items()
    }


# -- against opt_einsum ---------------------------------------------------------------------------


@pytest.mark.parametrize("number", range(200))
def test_no_strategy_of_opt_einsum_is_better(number: int):
    """Neither fewer FLOPs, nor a lower peak at the same FLOPs; by our counts."""
    half = number // 2
    instance = attending(half) if number % 2 else scattered(4 + half % 7, half)
    given = instance.inputs, instance.output, instance.sizes
    network = Network.of(*given)
    ours = found(instance)
    for name in STRATEGIES:
        if name != "optimal" or network.count <= OPTIMAL:
            theirs = score(tuple(steps_of(name, network)), *given)
            assert (ours.flops, ours.peak) <= (theirs.flops, theirs.peak), name
    assert ours.flops == least_flops(instance)


def test_where_optimal_was_far_from_the_optimum():
    """dgasmith/opt_einsum#248: its order takes more than a hundred times as many FLOPs."""
    sizes = {"i": 300, "j": 300, "s": 50, "t": 50, "P": 2000, "Q": 2000}
    instance = of_equation("", "iP,sP,PQ,jQ,tQ,ti,sj->", sizes)
    given = instance.inputs, instance.output, instance.sizes
    theirs = score(tuple(steps_of("optimal", Network.of(*given))), *given)
    assert found(instance).flops == least_flops(instance)
    assert theirs.flops > 100 * found(instance).flops


def test_weights_are_put_where_they_keep_intermediates_small():
    """dgasmith/opt_einsum#254: there an intermediate is 16 times as large."""
    instance = of_equation("", "bgk,bkd,bk->bgd", {"b": 64, "g": 8, "k": 4096, "d": 128})
    given = instance.inputs, instance.output, instance.sizes
    theirs = score(tuple(steps_of("optimal", Network.of(*given))), *given)
    assert best(*given) == ((0, 2), (0, 1))
    assert found(instance).flops < theirs.flops
    assert found(instance).peak - 64 * 8 * 128 == 64 * 8 * 4096 == (theirs.peak - 64 * 8 * 128) / 16


# -- convolutions ---------------------------------------------------------------------------------


def test_a_cp_layer_rebuilds_its_kernel_from_the_golden_rank_on():
    """R* = S T k^2 / (S + T + 2k), MATH 6.3: 275 for 64 channels and a kernel of 3."""
    golden = 64 * 64 * 9 / (64 + 64 + 2 * 3)
    switch = next(rank for rank in range(200, 350) if rebuilds(cp_layer(64, 3, 56, 128, rank)))
    assert switch == pytest.approx(golden, rel=0.01)
    assert not any(rebuilds(cp_layer(64, 3, 56, 128, rank)) for rank in (1, 16, 64, 128, 250, 269))
    assert all(rebuilds(cp_layer(64, 3, 56, 128, rank)) for rank in (280, 300, 400, 1000))


@pytest.mark.parametrize(
    ("channels", "image", "kernel", "rank", "times"),
    [(64, 56, 3, 16, 2.9), (64, 56, 3, 64, 4.3), (512, 7, 3, 512, 4.8), (64, 56, 7, 100, 14.1)],
)
def test_orders_are_cheaper_than_those_of_the_longest_length(
    channels: int, image: int, kernel: int, rank: int, times: float
):
    """What counting max(sizes) for a convolved edge makes too expensive, MATH 6.3."""
    layer = cp_layer(channels, kernel, image, 128, rank)
    assert longest_flops(layer) / planned_flops(layer) == pytest.approx(times, rel=0.02)
