"""The cheapest order of a small diagram, found by trying all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from diagram.planner.stars import Lengths

Edges = frozenset[str]
Path = tuple[tuple[int, ...], ...]
"""Pairs of positions, as opt_einsum writes them: a pair leaves the list, its result joins the
end."""


def volume(edges: Edges, lengths: Mapping[str, int]) -> int:
    """Elements of a value with these edges."""
    result = 1
    for edge in edges:
        result *= lengths[edge]
    return result


def exact(inputs: Sequence[Edges], output: Edges, lengths: Mapping[str, int] | Lengths) -> Path:
    """The order of fewest FLOPs, then of fewest elements written.

    The edges of a merged group depend on the group alone, so its least cost is that of its best
    split (Bellman's principle): 3^n pairs of groups are tried. Groups are sets of bits.

    >>> chain = [frozenset("ij"), frozenset("jk"), frozenset("kl")]
    >>> exact(chain, frozenset("il"), {"i": 9, "j": 9, "k": 9, "l": 1})
    ((1, 2), (0, 1))
    """
    if not isinstance(lengths, Lengths):
        lengths = Lengths(lengths)
    groups = range(1, 1 << len(inputs))
    members = {g: [e for i, e in enumerate(inputs) if g >> i & 1] for g in groups}
    everything = groups[-1]
    edges = {1 << place: found for place, found in enumerate(inputs)}
    least = dict.fromkeys(edges, (0, 0))
    split: dict[int, tuple[int, int]] = {}
    for group in sorted(set(groups) - edges.keys(), key=int.bit_count):
        outside = members.get(everything ^ group, [])
        edges[group] = frozenset().union(*members[group]) & output.union(*outside)
        written = lengths.volume(edges[group], group)
        for one, other in _splits(group):
            both = edges[one] | edges[other]
            sums = both != edges[group] or lengths.convolves(edges[one], edges[other])
            flops = lengths.work((edges[one], one), (edges[other], other)) * (2 if sums else 1)
            cost = (
                least[one][0] + least[other][0] + flops,
                least[one][1] + least[other][1] + written,
            )
            if group not in least or cost < least[group]:
                least[group], split[group] = cost, (one, other)
    return _path(split, everything, len(inputs))


def _splits(group: int) -> list[tuple[int, int]]:
    """Every way to cut a group in two."""
    found = []
    part = (group - 1) & group
    while part:
        if part < group ^ part:
            found.append((part, group ^ part))
        part = (part - 1) & group
    return found


def _path(split: Mapping[int, tuple[int, int]], everything: int, count: int) -> Path:
    """The splits as pairs of positions, earlier nodes first."""
    path: list[tuple[int, ...]] = []
    terms = [1 << place for place in range(count)]

    def merge(group: int) -> None:
        if group not in split:
            return
        for part in sorted(split[group], key=lambda bits: bits & -bits):
            merge(part)
        places = sorted(terms.index(part) for part in split[group])
        for place in reversed(places):
            terms.pop(place)
        terms.append(group)
        path.append(tuple(places))

    merge(everything)
    return tuple(path)
