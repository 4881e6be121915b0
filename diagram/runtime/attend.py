"""A fused attention as torch's `scaled_dot_product_attention`, whatever its edges are called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import fx
from torch.nn import functional

from diagram.language.size import Size, product
from diagram.planner.steps import Attend
from diagram.runtime import kernels
from diagram.runtime.emit import Edges, Emitter, Value
from diagram.runtime.interpolated.kernel import interpolated

Sizes = Mapping[str, Size]

WIDE = 128
"""Keys up to this width have values filled up with zeros; beyond, maps take no more than that."""


def attend(  # noqa: PLR0913, PLR0917 - each value that the action reads
    emit: Emitter,
    action: Attend,
    query: Value,
    key: Value,
    value: Value,
    masks: Sequence[Value],
    sizes: Sizes,
    tolerance: float | None = None,
) -> Value:
    """softmax_m(query key) value in one call; four axes: batch, heads, rows or m, depth or width.

    Heads of queries that share a head of the keys are a group, so keys are not repeated in memory.
    With a tolerance, attention with scalar queries and keys is interpolated.
    """
    scale = emit.scale(action.scale)
    if isinstance(scale, fx.Node):  # what a trace would burn in stays outside
        query, scale = Value(emit.call(torch.mul, emit.tensor(query), scale), query.layout), 1.0
    options: dict[str, object] = {"scale": scale}
    first, shared, heads, rows = _groups(action, query, key, value)
    if heads != shared:
        options["enable_gqa"] = True
    q = _four(emit, query, (first, heads, rows, action.depth), sizes)
    k = _four(emit, key, (first, shared, (action.m,), action.depth), sizes)
    v = _four(emit, value, (first, shared, (action.m,), action.width), sizes)
    if _is_plainly_causal(action) and not masks:
        options["is_causal"] = True
    elif action.causal or masks:
        options["attn_mask"] = _mask(emit, action, [first, heads, rows, (action.m,)], masks, sizes)
    if tolerance is not None and _is_scalar(action, masks) and heads == shared:
        given = {name: value for name, value in options.items() if name != "enable_gqa"}
        node = emit.call(interpolated, q, k, v, tolerance, **given)
        return emit.split(node, [first, heads, rows, action.width], sizes)
    q, k, v = (_dense(emit, node) for node in (q, k, v))
    q = _unmistakable(emit, q, k, v)
    lacks = _lacking(emit, action, sizes)
    if lacks:
        v = emit.call(functional.pad, v, [0, lacks])
    node = emit.call(functional.scaled_dot_product_attention, q, k, v, **options)
    if lacks:
        node = emit.method("narrow", node, -1, 0, emit.volume(action.width, sizes))
    return emit.split(node, [first, heads, rows, action.width], sizes)


def _dense(emit: Emitter, node: fx.Node) -> fx.Node:
    """The tensor with the entries of its last axis side by side: torch fuses nothing else."""
    is_moved = node.target == "permute" and node.args[-1] != len(node.args) - 2
    return emit.method("contiguous", node) if is_moved else node


def _lacking(emit: Emitter, action: Attend, sizes: Sizes) -> int:
    """How much narrower values are than keys: torch makes whole maps where the two differ."""
    found = []
    for edges in (action.depth, action.width):
        size = product(sizes[edge] for edge in edges).replace(emit.program.equations)
        if size.dims - emit.numbers.keys():
            return 0
        found.append(size.value(emit.numbers))
    depth, width = found
    return max(0, depth - width) if depth <= WIDE else 0


def _groups(
    action: Attend, query: Value, key: Value, value: Value
) -> tuple[Edges, Edges, Edges, Edges]:
    """Batch, heads of keys and values, heads of queries, and rows; in the order of the query.

    Keys and values have fewer heads where both lack the same edges.
    """
    lies = [*query.layout, *action.batch, *action.queries]
    batch = tuple(sorted(action.batch, key=lies.index))
    queries = tuple(sorted(action.queries, key=lies.index))
    shared = tuple(edge for edge in batch if edge in key.layout)
    in_values = tuple(edge for edge in batch if edge in value.layout)
    if shared != in_values or not queries:
        return batch[:1], batch[1:], batch[1:], queries
    row = action.queries[-1]
    alone = (*batch, *queries)
    groups = tuple(edge for edge in alone if edge not in shared and edge != row)
    return shared[:1], shared[1:], (*shared[1:], *groups), (row,)


def _unmistakable(emit: Emitter, query: fx.Node, key: fx.Node, value: fx.Node) -> fx.Node:
    """The query, moved to and fro where torch's compiler would take all three for moved otherwise.

    Its patterns of attention look at no list of axes (pytorch/pytorch#196468): any permutation of
    query, key and value is one of heads and rows to them, and the result silently another.
    """
    moves = [n.args[1:] for n in (query, key, value) if n.target == "permute"]
    if all(move == (0, 2, 1, 3) for move in moves):
        return query
    return emit.method("squeeze", emit.method("unsqueeze", query, 0), 0)


def _is_scalar(action: Attend, masks: Sequence[Value]) -> bool:
    """Whether queries and keys are numbers, and all queries see the same keys but for the order."""
    hidden = {edge for mask in masks for edge in mask.layout}
    if action.depth or hidden & {*action.queries}:
        return False
    return action.causal is None or (_is_plainly_causal(action) and not masks)


def _is_plainly_causal(action: Attend) -> bool:
    """Whether row n sees just the keys up to n."""
    causal = action.causal
    if causal is None or causal.window is not None or causal.shift:
        return False
    return action.queries == (causal.query,)


def _four(
    emit: Emitter, value: Value, groups: tuple[Edges, Edges, Edges, Edges], sizes: Sizes
) -> fx.Node:
    """One axis for each group; a batch or head that the value lacks is repeated.

    A last axis of length 1 is put behind: a reshape may give it another stride than 1, for which
    torch fuses nothing.
    """
    if not groups[-1]:
        return emit.method("unsqueeze", _spread(emit, value, groups[:-1], sizes), -1)
    return _spread(emit, value, groups, sizes)


def _spread(emit: Emitter, value: Value, groups: Sequence[Edges], sizes: Sizes) -> fx.Node:
    """One axis for each group; a batch or head that the value lacks is repeated."""
    layout = tuple(edge for group in groups for edge in group)
    lacks = {*layout} - {*value.layout}
    if not lacks:
        return emit.grouped(value, groups, sizes)
    present = [tuple(edge for edge in group if edge in value.layout) for group in groups]
    if all(not found or found == group for found, group in zip(present, groups, strict=True)):
        node = emit.grouped(value, present, sizes)
        lengths = [emit.volume(group, sizes) for group in groups[:2]]
        return emit.method("expand", node, *lengths, *[-1] * (len(groups) - 2))
    spread = emit.method("expand", emit.broadcast(value, layout), *emit.lengths(layout, sizes))
    return emit.grouped(Value(spread, layout), groups, sizes)


def _mask(
    emit: Emitter, action: Attend, groups: Sequence[Edges], masks: Sequence[Value], sizes: Sizes
) -> fx.Node:
    """All conditions as one mask of booleans; an axis that none of them has is 1 long."""
    kept = {edge for mask in masks for edge in mask.layout}
    if action.causal:
        kept |= {action.causal.query, action.m}
    groups = [group if kept & {*group} else () for group in groups]
    if not groups[0] and not groups[1]:
        groups = groups[2:]
    layout = tuple(edge for group in groups for edge in group)
    conditions = [emit.call(torch.ne, emit.broadcast(mask, layout), 0) for mask in masks]
    if action.causal:
        causal = Value(_keep(emit, action, sizes), (action.causal.query, action.m))
        conditions.append(emit.broadcast(causal, layout))
    joined = conditions[0]
    for condition in conditions[1:]:
        joined = emit.call(torch.logical_and, joined, condition)
    if {*layout} - kept:
        joined = emit.method("expand", joined, *emit.lengths(layout, sizes))
    return emit.grouped(Value(joined, layout), groups, sizes)


def _keep(emit: Emitter, action: Attend, sizes: Sizes) -> fx.Node:
    """Where a causal mask lets a row see a key."""
    assert action.causal is not None
    rows, keys = emit.lengths((action.causal.query, action.m), sizes)
    device = emit.call(getattr, emit.like, "device")
    options = (action.causal.window, action.causal.shift, device)
    return emit.call(kernels.causal_keep, rows, keys, *options)
