"""A fused attention as torch's `scaled_dot_product_attention`, whatever its edges are called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import fx
from torch.nn import functional

from diagram.language.size import Size
from diagram.planner.steps import Attend
from diagram.runtime import kernels
from diagram.runtime.emit import Edges, Emitter, Value

Sizes = Mapping[str, Size]


def attend(
    emit: Emitter,
    action: Attend,
    query: Value,
    key: Value,
    value: Value,
    masks: Sequence[Value],
    sizes: Sizes,
) -> Value:
    """softmax_m(query key) value in one call; four axes: two of batch, rows or m, depth or width.

    Queries that share a key head are rows of one attention, so keys are never repeated in memory.
    """
    scale = emit.scale(action.scale)
    if isinstance(scale, fx.Node):  # what a trace would burn in stays outside
        query, scale = Value(emit.call(torch.mul, emit.tensor(query), scale), query.layout), 1.0
    q = _four(emit, query, action.batch, action.queries, action.depth, sizes)
    k = _four(emit, key, action.batch, (action.m,), action.depth, sizes)
    v = _four(emit, value, action.batch, (action.m,), action.width, sizes)
    options: dict[str, object] = {"scale": scale}
    if _is_plainly_causal(action) and not masks:
        options["is_causal"] = True
    elif action.causal or masks:
        options["attn_mask"] = _mask(emit, action, masks, sizes)
    node = emit.call(functional.scaled_dot_product_attention, q, k, v, **options)
    groups = [*_pair(action.batch), action.queries, action.width]
    return emit.split(node, groups, sizes)


def _is_plainly_causal(action: Attend) -> bool:
    """Whether row n sees just the keys up to n."""
    causal = action.causal
    if causal is None or causal.window is not None or causal.shift:
        return False
    return action.queries == (causal.query,)


def _pair(batch: Edges) -> list[Edges]:
    """Batch edges in two groups."""
    return [batch[:1], batch[1:]]


def _four(
    emit: Emitter, value: Value, batch: Edges, rows: Edges, columns: Edges, sizes: Sizes
) -> fx.Node:
    """Axes: first batch edge, other batch edges, rows, columns; what lacks is repeated."""
    missing = [edge for edge in batch if edge not in value.layout]
    if not missing:
        return emit.grouped(value, [*_pair(batch), rows, columns], sizes)
    present = [edge for edge in batch if edge in value.layout]
    if len(batch) <= 2:
        pair = [tuple(e for e in group if e in present) for group in _pair(batch)]
        node = emit.grouped(value, [*pair, rows, columns], sizes)
        lengths = [emit.volume(group, sizes) for group in _pair(batch)]
        return emit.method("expand", node, *lengths, -1, -1)
    layout = (*batch, *rows, *columns)
    spread = emit.method("expand", emit.broadcast(value, layout), *emit.lengths(layout, sizes))
    return emit.grouped(Value(spread, layout), [*_pair(batch), rows, columns], sizes)


def _mask(emit: Emitter, action: Attend, masks: Sequence[Value], sizes: Sizes) -> fx.Node:
    """All conditions as one mask of booleans in the axes of the maps."""
    layout = (*action.batch, *action.queries, action.m)
    conditions = [emit.call(torch.ne, emit.broadcast(mask, layout), 0) for mask in masks]
    if action.causal:
        rows, keys = emit.lengths((action.causal.query, action.m), sizes)
        device = emit.call(getattr, emit.like, "device")
        options = (action.causal.window, action.causal.shift, device)
        keep = emit.call(kernels.causal_keep, rows, keys, *options)
        causal = Value(keep, (action.causal.query, action.m))
        conditions.append(emit.broadcast(causal, layout))
    joined = conditions[0]
    for condition in conditions[1:]:
        joined = emit.call(torch.logical_and, joined, condition)
    if len(action.batch) == 2 and len(action.queries) == 1:
        few = not action.causal and all(set(mask.layout) <= {action.m} for mask in masks)
        return emit.method("reshape", joined, 1, -1) if few else joined
    spread = emit.method("expand", joined, *emit.lengths(layout, sizes))
    groups = [*_pair(action.batch), action.queries, (action.m,)]
    return emit.grouped(Value(spread, layout), groups, sizes)
