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

STATEFUL = "batch_norm"
"""The op that changes the buffers that it reads: it runs once."""


def cuttable(action: Action) -> frozenset[str]:
    """Edges of an action along which slices of its values give slices of its result.

    Where the result lacks the edge it is the sum over slices. An op treats the legs that it does
    not name entry by entry; edges that are convolved or bundled are never cut.

    >>> from diagram.language.core import Node, axes
    >>> softmax = Apply("softmax", ("m",), (Node("S", axes("bnm")),), axes("bnm"))
    >>> sorted(cuttable(softmax))
    ['b', 'n']
    """
    match action:
        case Merge() | Alone():
            barred: set[str] = set()
        case Convolve(_, _, stars):
            barred = {star.edges[0] for star in stars}
        case Lookup(edge=edge):
            barred = {edge}
        case Attend():
            barred = {action.m, *action.depth}
            if action.causal is not None:
                barred.add(action.causal.query)
        case Split(node):
            barred = {edge for axis in node.axes if len(axis) != 1 for edge in axis}
        case Join(_, groups):
            barred = {edge for group in groups if len(group) != 1 for edge in group}
        case Apply("batch_norm"):
            return frozenset()
        case Apply(_, legs):
            barred = set(legs)
        case Number() | Indicate():
            return frozenset()
    for node in operands(action):
        barred |= {edge for edge, uses in Counter(node.edges).items() if uses > 1}
        barred |= {edge for axis in node.axes if len(axis) != 1 for edge in axis}
    return frozenset(edge for node in operands(action) for edge in node.edges) - barred
