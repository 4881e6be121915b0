"""The least FLOPs of a product, by trying everything. It shares no code with the planner."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from math import prod

from benchmarks.networks import Edges, Instance, Star


def least_flops(instance: Instance) -> int:
    """FLOPs of the best order: a multiply-add is 2, a product where nothing is summed 1.

    Of two kernels the shorter one slides along the other.

    >>> from benchmarks.networks import of_equation
    >>> least_flops(of_equation("chain", "ij,jk,kl->il", {"i": 2, "j": 9, "k": 9, "l": 9}))
    648
    """
    edges = _all_edges(instance)
    least = {1 << place: 0 for place in range(len(instance.inputs))}
    for group in edges:
        if group not in least:
            least[group] = min(
                least[one] + least[other] + merge_flops(instance, edges, one, other)
                for one, other in _cuts(group)
            )
    return least[max(edges)]


def longest_flops(instance: Instance) -> int:
    """FLOPs of the order that seems best where a merge counts the longer length of each edge.

    So the searches of others take convolved edges. Every order is tried.

    >>> from benchmarks.networks import cp_layer
    >>> layer = cp_layer(channels=64, kernel=7, image=56, batch=128, rank=100)
    >>> round(longest_flops(layer) / least_flops(layer), 1)
    14.1
    """
    edges = _all_edges(instance)

    def seeming(one: int, other: int) -> int:
        return prod(
            max(_length(instance, edge, side) for side in (one, other) if edge in edges[side])
            for edge in edges[one] | edges[other]
        )

    def costs(merges: list[tuple[int, int]]) -> tuple[int, int]:
        real = sum(merge_flops(instance, edges, *merge) for merge in merges)
        return sum(seeming(*merge) for merge in merges), real

    singles = [1 << place for place in range(len(instance.inputs))]
    return min(costs(merges) for merges in _orders(singles))[1]


def merge_flops(instance: Instance, edges: dict[int, Edges], one: int, other: int) -> int:
    """FLOPs of one merge: every entry of the result and of what is summed, times the kernel."""
    group = one | other
    both = edges[one] | edges[other]
    meet = [edge for edge in edges[one] & edges[other] if edge in instance.stars]
    entries = prod(_length(instance, edge, group) for edge in both)
    kernels = [prod(_length(instance, edge, side) for edge in meet) for side in (one, other)]
    if one & 1:
        kernels = kernels[1:]
    elif other & 1:
        kernels = kernels[:1]
    return entries * min(kernels) * (2 if meet or both != edges[group] else 1)


def _all_edges(instance: Instance) -> dict[int, Edges]:
    """The edges of what each group of nodes makes; groups are bits, parts before what has them."""
    return {group: _edges(instance, group) for group in range(1, 1 << len(instance.inputs))}


def _edges(instance: Instance, group: int) -> Edges:
    inside = [edges for place, edges in enumerate(instance.inputs) if group >> place & 1]
    outside = [edges for place, edges in enumerate(instance.inputs) if not group >> place & 1]
    if len(inside) == 1:
        return inside[0]
    return Edges().union(*inside) & instance.output.union(*outside)


def _length(instance: Instance, edge: str, group: int) -> int:
    star = instance.stars.get(edge)
    return instance.sizes[edge] if star is None else _convolved_length(star, group)


def _convolved_length(star: Star, group: int) -> int:
    """Of a signal and kernels, or of kernels merged into one."""
    reach = sum(length - 1 for place, length in star.kernels.items() if group >> place & 1)
    if not group & 1:
        return 1 + reach
    more = {"valid": -reach, "same": 0, "circular": 0, "full": reach}
    return star.signal + more[star.pad]


def _cuts(group: int) -> Iterator[tuple[int, int]]:
    """Every way to cut a group in two, the lowest node on the second side."""
    rest = part = group & (group - 1)
    while part:
        yield part, group ^ part
        part = (part - 1) & rest


def _orders(groups: list[int]) -> Iterator[list[tuple[int, int]]]:
    """Every order of merging."""
    if len(groups) == 1:
        yield []
    for one, other in combinations(groups, 2):
        left = [group for group in groups if group not in (one, other)]
        for rest in _orders([*left, one | other]):
            yield [(one, other), *rest]
