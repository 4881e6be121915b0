"""The benchmark of orders: its networks are what they say, its counts are by hand."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pytest

from benchmarks import search
from benchmarks.exhaustive import least_flops
from benchmarks.networks import (
    ATTENTION,
    Instance,
    alternating,
    attending,
    circuit,
    convolving,
    counting,
    cp_layer,
    families,
    grid,
    of_equation,
    scattered,
)
from benchmarks.orders import Order, ours, theirs
from diagram import interpret, parse


def joins(instance: Instance) -> Counter[int]:
    """How many nodes each edge joins."""
    ends = Counter(edge for edges in instance.inputs for edge in edges)
    return Counter(ends.values())


def test_networks_are_the_same_in_every_run():
    for make, sizes in ((scattered, (9, 1)), (circuit, (6, 4, 1)), (counting, (9, 9, 1))):
        assert make(*sizes) == make(*sizes)
    assert scattered(9, 1) != scattered(9, 2)


def test_networks_of_einsum_benchmark_have_tens_to_hundreds_of_nodes():
    pytest.importorskip("einsum_benchmark")
    found = list(families())
    assert len({each.name for each in found}) == len(found) >= 25
    assert all(30 <= len(each.inputs) <= 250 for each in found)
    for each in found:
        edges = frozenset[str]().union(*each.inputs)
        assert edges == each.sizes.keys() >= each.output


def test_wires_of_circuits_join_two_gates():
    assert joins(circuit(6, 8, 1)).keys() == {2}
    assert max(joins(alternating(8, 2, 1))) == 5  # three partners, two gates of its own
    assert len(grid(3, 4, 2).inputs) == 12 + 2 * 4 + 3 * 3


def test_products_around_attention_have_every_kind():
    assert {attending(seed).inputs for seed in range(9)} == {
        of_equation("", equation, {}).inputs for equation in ATTENTION
    }


@pytest.mark.parametrize("seed", range(12))
def test_convolved_networks_are_programs(seed: int):
    instance = convolving(4, seed % 4, seed)
    small = Instance("", instance.inputs, instance.output, {}, instance.stars)
    program = parse(instance.text)
    assert len(program.sources) == 4
    assert instance.text.count(" (pad=") == seed % 4 == len(small.stars)


def test_flops_of_exhaustive_search_by_hand():
    sizes = {"i": 2, "j": 3, "k": 5, "l": 7}
    chain = of_equation("", "ij,jk,kl->il", sizes)
    assert least_flops(chain) == min(2 * 2 * 3 * 5 + 2 * 2 * 5 * 7, 2 * 3 * 5 * 7 + 2 * 2 * 3 * 7)
    assert least_flops(of_equation("", "i,j->ij", sizes)) == 2 * 3
    layer = cp_layer(channels=4, kernel=3, image=9, batch=2, rank=1)
    inward = outward = 2 * 2 * 9 * 9 * 4
    assert least_flops(layer) == inward + 2 * (2 * 2 * 9 * 9 * 3) + outward


def test_least_flops_can_be_run():
    """A network of the benchmark means what the interpreter makes of it."""
    layer = cp_layer(channels=2, kernel=3, image=5, batch=1, rank=2)
    shapes = ((1, 2, 5, 5), (2, 2), (2, 2), (2, 3), (2, 3))
    program = parse(layer.text)
    values = {s.name: np.ones([int(leg.size.value({})) for leg in s.legs]) for s in program.sources}
    assert sorted(sorted(v.shape) for v in values.values()) == sorted(sorted(s) for s in shapes)
    assert interpret(program, **values)["Y"].max() == 2 * 2 * 9


def test_all_parts_run(capsys: pytest.CaptureFixture[str]):
    made = [search.exhaustive(2), search.strategies(4), search.large(1), search.convolutions()]
    records = [record for record, _ in made]
    rows = [each for _, rows in made for each in rows]
    assert json.dumps(records)
    assert all(set(each) == {"work", "reach", "found"} for each in rows)
    assert [each["found"] for each in rows[:2]] == ["1.00 to 1.00", "4 of 4"]
    assert "log10 FLOPs" in capsys.readouterr().out


def test_who_is_not_worse_on_how_many():
    orders = [
        {"ours": Order(10, 5, 0.1), "auto-hq": Order(10, 4, 0.1)},
        {"ours": Order(9, 5, 0.1), "auto-hq": Order(10, 5, 0.1)},
        {"ours": Order(9, 5, 0.1)},
    ]
    flops, peak = search.against("auto-hq", orders)
    assert flops["found"] == "2 of 2 not worse, 1 better"
    assert peak["found"] == "1 of 2 not worse, 0 better"
    assert not list(search.against("cotengra", orders))


def test_orders_are_scored_alike():
    instance = scattered(6, 1)
    mine, other = ours(instance), theirs(instance, "optimal")
    assert mine.flops == other.flops == least_flops(instance)
    assert mine.peak <= other.peak
