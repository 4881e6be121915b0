"""What a flow of steps costs in predicted seconds, with all that slices do again."""

from __future__ import annotations

from math import prod

from diagram.planner.peak import Cuts, Fact, Flow
from diagram.planner.rates import Rates
from diagram.planner.steps import Attend

CALLS = 3
"""Calls around one run of a step in slices: cutting its values, and putting its value in place."""


def toll(flow: Flow, rates: Rates) -> float:
    """Seconds: each run of a step is a call that moves its values through memory.

    The whole of a value that lacks the leg that is cut is read for each slice; slices of a value
    that leaves its block are written twice.
    """
    calls = moved = flops = 0
    for place, found in enumerate(flow.facts):
        cuts = flow.cuts(place, flow.counts)
        runs = prod(count for _, count in cuts)
        calls += runs * (CALLS if cuts else 1)
        read = sum(_entries(found, node.edges, cuts) for node in found.reads)
        moved += runs * (read + found.sliced(cuts))
        flops += found.flops + again(found, cuts)
    for maker, depth, _, _ in flow.versions:
        inner = flow.cuts(maker, flow.counts)
        if depth < len(inner):
            runs = prod(count for _, count in inner[: depth + 1])
            moved += 2 * runs * flow.facts[maker].sliced(inner[: depth + 1])
    return calls * rates.launch + moved * rates.element / rates.bytes + flops / rates.matmul


def seconds(found: Fact, rates: Rates) -> float:
    """Seconds of one step that is not in slices."""
    moved = found.volume + sum(_entries(found, node.edges, ()) for node in found.reads)
    return rates.launch + moved * rates.element / rates.bytes + found.flops / rates.matmul


def again(found: Fact, cuts: Cuts) -> int:
    """FLOPs that slices of a step do again: the map of an attention for each slice of its width."""
    action = found.step.action
    if not isinstance(action, Attend):
        return 0
    runs = prod(count for edge, count in cuts if edge in action.width)
    return (runs - 1) * int(found.scored)


def _entries(found: Fact, edges: tuple[str, ...], cuts: Cuts) -> int:
    """Elements that one run of a step reads of a value."""
    counts = dict(cuts)
    lengths = (-(-found.lengths[edge] // counts.get(edge, 1)) for edge in edges)
    return prod(lengths)
