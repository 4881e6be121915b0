"""The kernel that the generated source calls in place of `scaled_dot_product_attention`."""

from __future__ import annotations

import torch
from torch import Tensor

from diagram.runtime.interpolated.exact import exactly, exactly_each
from diagram.runtime.interpolated.fineness import (
    Extent,
    alike,
    chosen_kind,
    holds,
    is_cheaper,
    key_range,
    plain_cut,
    rounding,
)
from diagram.runtime.interpolated.group import Components, attended_causally, framed, plainly


def interpolated(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    tolerance: float,
    scale: float = 1.0,
    is_causal: bool = False,
    attn_mask: Tensor | None = None,
) -> Tensor:
    """Attention with scalar queries and keys in time linear in their numbers.

    The same as `scaled_dot_product_attention`, but for an error: in each batch entry no entry of
    the result is off by more than `tolerance` times the largest |value| of that entry. Half
    precision is computed in float32, and what float32 would round too much in float64.

    Shapes: query: ... n 1, key: ... m 1, value: ... m w, result: ... n w; `attn_mask` is of
    booleans and hides keys from all queries alike: ... 1 m.
    """
    if torch.compiler.is_compiling() or query.is_meta or hasattr(query, "fake_mode"):
        return exactly(query, key, value, scale, is_causal, attn_mask)  # ranges have no numbers
    if not (query.numel() and key.numel() and value.numel()):
        return exactly(query, key, value, scale, is_causal, attn_mask)
    kind = query.dtype if query.dtype == torch.float64 else torch.float32
    shapes = [each.shape[:-2] for each in (query, key, value)]
    batch = torch.broadcast_shapes(*shapes)  # type: ignore[no-untyped-call]
    x, y, v = (
        each.expand(*batch, -1, -1).reshape(-1, *each.shape[-2:]).to(kind)
        for each in (query, key, value)
    )
    seen = None
    if attn_mask is not None:
        seen = attn_mask.expand(*batch, 1, y.shape[1]).reshape(len(y), -1)
    x, y = x.squeeze(2).contiguous(), y.squeeze(2).contiguous()  # all passes are along components
    x = x if scale == 1.0 else x * scale
    with torch.autocast(query.device.type, enabled=False):
        made = components(x, y, v, seen, tolerance, is_causal)
    return made.reshape(*batch, *made.shape[1:]).to(query.dtype)


def components(
    x: Tensor, y: Tensor, v: Tensor, seen: Tensor | None, tolerance: float, is_causal: bool
) -> Tensor:
    """The kernel of one axis for the batch. Shapes: `x: b n`, `y: b m`, `v: b m w`, `seen: b m`.

    Components of like range are cut alike, each group as finely as its widest needs.
    """
    low, half = key_range(y.detach(), seen)
    if seen is not None:
        y, v = torch.where(seen, y, low), v.masked_fill(~seen.unsqueeze(2), 0.0)
    given = [each for each in (x, y, v, low, half, seen) if each is not None]
    groups, found = alike(x.detach(), half, v.detach()), []
    for rows, of in groups:
        part, kind = given, chosen_kind(of, x.dtype, tolerance, is_causal)
        if len(groups) > 1:
            part = [each[rows.to(x.device)] for each in part]
        part = [*(each.to(kind) for each in part[:5]), *part[5:]]
        found.append(one_group(Components(*part), of, tolerance, is_causal).to(x.dtype))
    if len(groups) == 1:
        return found[0]
    order = torch.cat([rows for rows, _ in groups]).argsort()
    return torch.cat(found)[order.to(x.device)]


def one_group(given: Components, of: Extent, tolerance: float, is_causal: bool) -> Tensor:
    """Components that are alike, interpolated where that takes less time, else exactly."""
    x, y, v, low, half, _ = given
    error = tolerance - rounding(of, x.dtype)
    cut = plain_cut(of, (*x.shape, *v.shape[1:]), error) if error > 0 and not is_causal else None
    if cut is not None:
        return plainly(given, of, cut)
    if error > 0 and is_causal and x.shape == y.shape and holds(of, x.dtype):
        frame = framed(given, of, error)
        if is_cheaper((*x.shape, v.shape[2]), frame.grid.blocks):
            return attended_causally(given, frame)
    # In units in which the visible keys fill [-1, 1], x y differs from the scores by what is the
    # same for all keys, and so changes no softmax.
    return exactly_each(given._replace(x=x * half, y=(y - low - half) / half), is_causal)
