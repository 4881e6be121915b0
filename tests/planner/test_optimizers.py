"""Searches of others: by name, as functions and objects; and what is told of those that fail."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

import cotengra
import numpy as np
import opt_einsum
import pytest

from benchmarks.exhaustive import least_flops
from benchmarks.networks import Instance, convolving, scattered
from diagram import DiagramError, interpret, parse, plan
from diagram.planner.network import Network
from diagram.planner.optimizers import Optimizer, steps_of
from diagram.planner.search import Path, best, score

NAMES = ("auto", "auto-hq", "branch-1", "dp", "eager", "greedy", "optimal", "random-greedy")
CHAIN = "input A[i j] B[j k] C[k l]\nD[i l] = A[i j] B[j k] C[k l]\nreturn D"


def path_of(instance: Instance, optimizer: Optimizer) -> Path:
    return best(instance.inputs, instance.output, instance.sizes, optimizer=optimizer)


def flops(instance: Instance, path: Path) -> int:
    return score(path, instance.inputs, instance.output, instance.sizes).flops


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("count", [2, 3, 6])
def test_searches_of_opt_einsum_by_name(name: str, count: int):
    instance = scattered(count, 1)
    path = path_of(instance, name)
    assert len(path) == count - 1
    assert flops(instance, path) >= least_flops(instance)


@pytest.mark.parametrize(
    "optimizer",
    [
        opt_einsum.paths.greedy,
        opt_einsum.paths.dynamic_programming,
        opt_einsum.BranchBound(nbranch=2),
        opt_einsum.DynamicProgramming("flops"),
        opt_einsum.RandomGreedy(max_repeats=4),
    ],
)
def test_functions_and_objects_of_opt_einsum(optimizer: Optimizer):
    instance = scattered(7, 2)
    assert len(path_of(instance, optimizer)) == 6


def test_optimizers_of_cotengra():
    instance = scattered(9, 3)
    for optimizer in (
        cotengra.RandomGreedyOptimizer(max_repeats=8, seed=1),
        cotengra.OptimalOptimizer(minimize="flops"),
        cotengra.HyperOptimizer(
            methods=["greedy"], max_repeats=4, parallel=False, optlib="random", progbar=False
        ),
    ):
        path = path_of(instance, optimizer)
        assert len(path) == 8
        assert flops(instance, path) >= least_flops(instance)


def test_an_optimizer_orders_a_program():
    def backwards(inputs: object, output: object, sizes: object, limit: object) -> object:
        return [(1, 2), (0, 1)]

    found = plan(parse(CHAIN), i=2, j=9, k=9, l=9, optimizer=backwards)
    assert [step.letters for step in found.steps] == ["j k, k l -> j l", "i j, j l -> i l"]


def test_what_an_optimizer_is_given():
    """Sets of letters, the letters that stay, a length for each, no limit; edges alike are one."""
    given: list[tuple[object, ...]] = []

    def asked(*arguments: object) -> object:
        given.append(arguments)
        return [(0, 1), (0, 1)]

    instance = Instance(
        "", (frozenset("ab"), frozenset("abc"), frozenset("cd")), frozenset("d"),
        {"a": 2, "b": 3, "c": 5, "d": 7},
    )  # fmt: skip
    path_of(instance, asked)
    ((inputs, output, sizes, limit),) = given
    assert limit is None
    assert isinstance(inputs, list)
    assert isinstance(sizes, dict)
    assert [sorted(sizes[e] for e in each) for each in inputs] == [[6], [5, 6], [5, 7]]
    assert all(isinstance(letter, str) for letter in sizes)
    assert isinstance(output, frozenset)
    assert [sizes[letter] for letter in output] == [7]


def test_an_optimizer_of_convolved_edges():
    instance = convolving(6, 2, 1)
    found = plan(parse(instance.text), optimizer="greedy")
    assert found.flops >= plan(parse(instance.text)).flops


# -- orders that are not complete -----------------------------------------------------------------


@pytest.mark.parametrize("seed", range(8))
def test_what_an_optimizer_leaves_is_merged_in_the_cheapest_order(seed: int):
    instance = scattered(6, seed)
    assert flops(instance, path_of(instance, lambda *_: [])) == least_flops(instance)
    assert flops(instance, path_of(instance, lambda *_: [tuple(range(6))])) == least_flops(instance)
    begun = path_of(instance, lambda *_: [(2, 4)])
    rest = min(flops(instance, ((2, 4), *each)) for each in orders(5))
    assert flops(instance, begun) == rest


def orders(count: int) -> list[Path]:
    if count == 1:
        return [()]
    pairs = [(i, j) for j in range(count) for i in range(j)]
    return [(pair, *rest) for pair in pairs for rest in orders(count - 1)]


def test_steps_of_one_term_move_it_to_the_end():
    instance = scattered(3, 1)
    assert path_of(instance, lambda *_: [(0,), (0, 1), (0, 1)]) == ((1, 2), (0, 1))


@pytest.mark.parametrize("seed", range(8))
def test_pairs_by_hand_are_completed(seed: int):
    instance = scattered(6, seed)
    given = instance.inputs, instance.output, instance.sizes
    path = best(*given, start=((1, 3), (0, 2)))
    assert path[:2] == ((1, 3), (0, 2))
    least = min(flops(instance, ((1, 3), (0, 2), *rest)) for rest in orders(4))
    assert flops(instance, path) == least


def test_a_taught_order_is_completed():
    text = "input A[i j] B[j k] C[k l] D[l m]\nE[i m] = A[i j] B[j k] C[k l] D[l m]\nreturn E"
    values = {"i": (2, 9), "j": (9, 2), "k": (2, 9), "l": (9, 2)}
    steps = interpret(parse(text), *(np.ones(shape) for shape in values.values()), order=[(1, 2)])
    assert steps[0].result == "E:1"
    assert len(steps) == 3


# -- what is refused ------------------------------------------------------------------------------


class Search:
    def __call__(self, *_: object) -> object:
        return [(0, 1), (0, 1)]


def failing(*_: object) -> object:
    raise KeyError("no such thing")


def nothing() -> object:
    return []


def silent(*_: object) -> object:
    raise RuntimeError


@pytest.mark.parametrize(
    ("optimizer", "message"),
    [
        ("gredy", "no optimizer `gredy`; did you mean `greedy`?"),
        ("???", "no optimizer `???`; there are auto, auto-hq, branch-1, branch-2, "),
        (Search, "the optimizer Search is a class; give an object of it: Search()"),
        (7, "an optimizer is a name or a function, not int"),
        (failing, "optimizer failing failed with KeyError: 'no such thing'"),
        (silent, "optimizer silent failed with RuntimeError"),
        (nothing, "optimizer nothing failed with TypeError: "),
        (lambda *_: None, "optimizer <lambda> gave NoneType; a list of pairs of positions is "),
        (lambda *_: "ab", "optimizer <lambda> gave str; a list of pairs of positions is wanted"),
        (lambda *_: [3], "optimizer <lambda> gave 3 as step 1; positions from 0 to 2 are wanted"),
        (lambda *_: [(0, 3)], "optimizer <lambda> gave (0, 3) as step 1; positions from 0 to 2 "),
        (lambda *_: [(0, 1), (1, 1)], "optimizer <lambda> gave (1, 1) as step 2; positions "),
        (lambda *_: [()], "optimizer <lambda> gave () as step 1; positions from 0 to 2 are wanted"),
        (lambda *_: [(0, "b")], "optimizer <lambda> gave (0, 'b') as step 1; positions from 0 to "),
    ],
)  # fmt: skip
def test_optimizers_that_are_none(optimizer: Callable[..., object], message: str):
    with pytest.raises(DiagramError, match="^" + re.escape(message)):
        path_of(scattered(3, 1), optimizer)


def test_an_unknown_name_is_told_of_where_there_is_nothing_to_order():
    with pytest.raises(DiagramError, match="no optimizer `gredy`"):
        best([frozenset("a"), frozenset("a")], frozenset(), {"a": 2}, optimizer="gredy")


def test_random_numbers_of_others_are_left_alone():
    """opt_einsum seeds python's own for its random searches."""
    random.seed(7)
    expected = random.random()
    random.seed(7)
    steps_of("random-greedy", Network.of([frozenset("ab")] * 3, frozenset(), {"a": 2, "b": 2}))
    assert random.random() == expected
