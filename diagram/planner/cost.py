"""What a step costs: FLOPs (a multiply-add is 2), elements written, bytes at 4 per element."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from diagram.language.core import Apply, Node
from diagram.language.ops import OPS
from diagram.language.size import Size, product, total
from diagram.planner.steps import (
    Action,
    Alone,
    Attend,
    Convolve,
    Indicate,
    Join,
    Lookup,
    Merge,
    Number,
    Split,
    operands,
)

BYTES = 4


def elements(edges: Iterable[str], sizes: Mapping[str, Size]) -> Size:
    """Elements of a value with these edges."""
    return product(sizes[edge] for edge in dict.fromkeys(edges))


def flops(action: Action, output: Sequence[str], scaled: bool, sizes: Mapping[str, Size]) -> Size:
    """FLOPs of one step."""
    out = elements(output, sizes)
    extra = out if scaled else Size()
    match action:
        case Merge(left, right):
            edges = {*left.edges, *right.edges}
            whole = elements((*left.edges, *right.edges), sizes)
            return extra + (whole * 2 if edges != set(output) else whole)
        case Convolve(left, right, stars):
            whole = elements((*left.edges, *right.edges), convolved_sizes(action, sizes, 0))
            return extra + whole * product(star.lengths[2] for star in stars) * 2
        case Alone(node):
            summed = set(node.edges) != set(output)
            return extra + (elements(node.edges, sizes) if summed else Size())
        case Number() | Split() | Join() | Indicate() | Lookup():
            return Size()
        case Attend():
            return extra + _attend(action, sizes)
        case Apply("+", _, args):
            return out * (len(args) - 1)
        case Apply(op, _, args):
            largest = elements(args[0].edges, sizes) if set(output) < set(args[0].edges) else out
            return largest * OPS[op].flops


def _attend(attend: Attend, sizes: Mapping[str, Size]) -> Size:
    """Two products over the map, and softmax (5 per entry) with its scale and masks (1 each)."""
    maps = elements((*attend.batch, *attend.queries, attend.m), sizes)
    return scored(attend, sizes) + maps * elements(attend.width, sizes) * 2


def scored(attend: Attend, sizes: Mapping[str, Size]) -> Size:
    """FLOPs of the map alone: what is done again for slices of the width, and for gradients."""
    maps = elements((*attend.batch, *attend.queries, attend.m), sizes)
    entry = OPS["softmax"].flops + bool(attend.scale) + len(attend.masks) + bool(attend.causal)
    return maps * elements(attend.depth, sizes) * 2 + maps * entry


def convolved_sizes(action: Convolve, sizes: Mapping[str, Size], at: int) -> dict[str, Size]:
    """The sizes with convolved edges as they are in the result (0), signal (1) or kernel (2)."""
    return {**sizes, **{star.edges[0]: star.lengths[at] for star in action.stars}}


def moved(action: Action, output: Sequence[str], sizes: Mapping[str, Size]) -> Size:
    """Bytes read and written; the maps inside a fused attention stay in cache."""
    read = total(elements(node.edges, sizes) for node in operands(action))
    if isinstance(action, Lookup):
        read = elements(action.index.edges, sizes) + elements(output, sizes)
    if isinstance(action, Convolve):
        sides = ((action.left, 1), (action.right, 2))
        read = total(elements(n.edges, convolved_sizes(action, sizes, at)) for n, at in sides)
    return (read + elements(output, sizes)) * BYTES


def live(
    results: Sequence[str], reads: Sequence[Sequence[Node]], kept: Iterable[str]
) -> list[tuple[str, ...]]:
    """For each step the intermediate values alive while it runs.

    `results` are the steps' values in order, `reads` what each reads, `kept` what is returned.
    """
    last = {node.value: place for place, nodes in enumerate(reads) for node in nodes}
    last |= dict.fromkeys(kept, len(results))
    alive: dict[str, None] = {}
    found = []
    for place, result in enumerate(results):
        alive[result] = None
        found.append(tuple(alive))
        alive = {name: None for name in alive if last.get(name, place) > place}
    return found
