"""The order of merging is the cheapest there is: against all orders, for small diagrams."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagram import parse, plan
from diagram.planner import Alone, Merge
from diagram.planner.search import best, score

LETTERS = "abcdefg"


Edges = frozenset[str]


def pair_flops(left: Edges, right: Edges, kept: Edges, n: Mapping[str, int]) -> int:
    """A multiplication for every entry of the whole, and an addition where one is summed."""
    whole = math.prod(n[e] for e in left | right)
    return 2 * whole if (left | right) - kept else whole


def least_flops(
    terms: Sequence[frozenset[str]], output: frozenset[str], lengths: Mapping[str, int]
) -> int:
    """By trying every pair at every stage; a set of the first terms merged is one state."""
    count = len(terms)

    @cache
    def edges_of(group: frozenset[int]) -> frozenset[str]:
        inside = frozenset[str]().union(*(terms[i] for i in group))
        outside = frozenset[str]().union(*(terms[i] for i in range(count) if i not in group))
        return inside & (outside | output) if len(group) > 1 else terms[next(iter(group))]

    @cache
    def least(state: frozenset[frozenset[int]]) -> int:
        if len(state) == 1:
            return 0
        groups = sorted(state, key=sorted)
        costs = []
        for i, left in enumerate(groups):
            for right in groups[i + 1 :]:
                joined = left | right
                cost = pair_flops(edges_of(left), edges_of(right), edges_of(joined), lengths)
                costs.append(cost + least(state - {left, right} | {joined}))
        return min(costs)

    return least(frozenset(frozenset({i}) for i in range(count)))


@st.composite
def diagrams(draw: st.DrawFn) -> tuple[list[str], str, dict[str, int]]:
    """Up to six nodes with different letters, an output, and a length for every letter."""
    legs = st.lists(st.sampled_from(LETTERS), max_size=4, unique=True).map("".join)
    terms = draw(st.lists(legs, min_size=2, max_size=6))
    present = sorted(set("".join(terms)))
    output = "".join(draw(st.permutations(present))[: draw(st.integers(0, len(present)))])
    lengths = {e: draw(st.sampled_from((1, 2, 3, 5, 8, 50))) for e in present}
    return terms, output, lengths


def text_of(terms: Sequence[str], output: str) -> str:
    sources = [f"input A{i}[{' '.join(term)}]" for i, term in enumerate(terms)]
    nodes = " ".join(f"A{i}[{' '.join(term)}]" for i, term in enumerate(terms))
    return "\n".join([*sources, f"Y[{' '.join(output)}] = {nodes}", "return Y"])


@settings(max_examples=4 * settings().max_examples)
@given(diagrams())
def test_order_is_the_cheapest_of_all(given_diagram: tuple[list[str], str, dict[str, int]]):
    terms, output, lengths = given_diagram
    found = plan(parse(text_of(terms, output)), lengths)
    merges = [step for step in found.steps if isinstance(step.action, Merge)]
    alone = [step for step in found.steps if isinstance(step.action, Alone)]
    assert len(merges) == len(terms) - 1
    assert len(merges) + len(alone) == len(found.steps)
    # Edges that only one node has, and the result lacks, are summed before anything is merged.
    shared = {e for e in "".join(terms) if sum(e in term for term in terms) > 1 or e in output}
    reduced = [frozenset(term) & shared for term in terms]
    least = least_flops(reduced, frozenset(output), lengths)
    assert sum(step.flops.value(lengths) for step in merges) == least
    summed = [term for term in terms if set(term) - shared]
    assert sum(step.flops.value(lengths) for step in alone) == sum(
        math.prod(lengths[e] for e in term) for term in summed
    )


@given(diagrams())
def test_score_of_an_order_is_its_flops(given_diagram: tuple[list[str], str, dict[str, int]]):
    terms, output, lengths = given_diagram
    sets = [frozenset(term) for term in terms]
    path = best(sets, frozenset(output), lengths)
    waiting, flops, peak, written = list(sets), 0, 0, 0
    alive = [0] * len(sets)  # sources take no memory of ours
    for i, j in path:
        left, right = waiting[i], waiting[j]
        waiting = [term for place, term in enumerate(waiting) if place not in (i, j)]
        kept = (left | right) & frozenset(output).union(*waiting)
        made = math.prod(lengths[e] for e in kept)
        flops += pair_flops(left, right, kept, lengths)
        peak, written = max(peak, sum(alive) + made), written + made
        alive = [*(count for place, count in enumerate(alive) if place not in (i, j)), made]
        waiting.append(kept)
    assert len(waiting) == 1
    found = score(path, sets, frozenset(output), lengths)
    assert (found.flops, found.peak, found.written) == (flops, peak, written)


@pytest.mark.parametrize("count", [7, 10, 14])
def test_a_chain_of_matrices_is_merged_in_the_classic_order(count: int):
    """The textbook's dynamic program over a chain (Cormen et al., section 15.2)."""
    widths = [(7 * i * i + 3 * i) % 19 + 2 for i in range(count + 1)]
    cost = [[0] * count for _ in range(count)]
    for length in range(1, count):
        for i in range(count - length):
            j = i + length
            cost[i][j] = min(
                cost[i][k] + cost[k + 1][j] + 2 * widths[i] * widths[k + 1] * widths[j + 1]
                for k in range(i, j)
            )
    names = [f"e{i}" for i in range(count + 1)]
    sources = [f"input A{i}[{names[i]} {names[i + 1]}]" for i in range(count)]
    nodes = " ".join(f"A{i}[{names[i]} {names[i + 1]}]" for i in range(count))
    text = "\n".join([*sources, f"Y[{names[0]} {names[-1]}] = {nodes}", "return Y"])
    assert plan(parse(text), dict(zip(names, widths, strict=True))).flops == cost[0][-1]


def test_many_nodes_are_planned_in_moderate_time():
    """Thirty nodes around a ring: every order that is not absurd costs about 2 * 29 * 4^3."""
    count = 30
    sources = [f"input A{i}[e{i} e{(i + 1) % count}]" for i in range(count)]
    nodes = " ".join(f"A{i}[e{i} e{(i + 1) % count}]" for i in range(count))
    text = "\n".join([*sources, f"Y[] = {nodes}", "return Y"])
    found = plan(parse(text), {f"e{i}": 4 for i in range(count)})
    assert found.flops <= 2 * (count - 2) * 4**3 + 2 * 4**2
