"""Along which edges a step can run for one slice at a time: those that it treats entry by entry."""

from __future__ import annotations

from collections import Counter

from diagram.language.core import Apply
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


def cuttable(action: Action) -> frozenset[str]:
    """Edges of an action along which slices of its values give slices of its result.

    Where the result lacks the edge it is the sum over slices. An op treats the legs that it does
    not name entry by entry, but for batch_norm, which runs once, as it changes the buffers that it
    reads. Edges that are convolved or bundled are never cut.

    >>> from diagram.language.core import Node, axes
    >>> softmax = Apply("softmax", ("m",), (Node("S", axes("bnm")),), axes("bnm"))
    >>> sorted(cuttable(softmax))
    ['b', 'n']
    """
    if isinstance(action, Number | Indicate) or is_fixed(action):
        return frozenset()
    barred = _barred(action)
    for node in operands(action):
        barred |= {edge for edge, uses in Counter(node.edges).items() if uses > 1}
        barred |= {edge for axis in node.axes if len(axis) != 1 for edge in axis}
    return frozenset(edge for node in operands(action) for edge in node.edges) - barred


def is_fixed(action: Action) -> bool:
    """Whether an action changes the buffers that it reads, and so runs once, in its place."""
    return isinstance(action, Apply) and action.op == "batch_norm"


def _barred(action: Action) -> set[str]:
    """Edges along which entries meet other than in a sum."""
    match action:
        case Convolve(_, _, stars):
            return {star.edges[0] for star in stars}
        case Lookup(edge=edge):
            return {edge}
        case Attend(m=m, depth=depth, causal=causal):
            return {m, *depth, *([causal.query] if causal else [])}
        case Join(_, groups):
            return {edge for group in groups if len(group) != 1 for edge in group}
        case Apply(_, legs):
            return set(legs)
        case Merge() | Alone() | Split() | Number() | Indicate():
            return set()
