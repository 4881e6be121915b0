"""The kernel that the generated source calls in place of `scaled_dot_product_attention`."""

from __future__ import annotations

import torch
from torch import Tensor

from diagram.runtime.interpolated.exact import each_exactly, exactly
from diagram.runtime.interpolated.fineness import alike, fineness, ranges
from diagram.runtime.interpolated.group import attended


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
    the result is off by more than `tolerance` times the largest |value| of that entry.

    Shapes: query: ... n 1, key: ... m 1, value: ... m w, result: ... n w; `attn_mask` is of
    booleans and hides keys from all queries alike: m or ... 1 m.
    """
    if torch.compiler.is_compiling() or query.is_meta or hasattr(query, "fake_mode"):
        return exactly(query, key, value, scale, is_causal, attn_mask)
    batch = torch.broadcast_shapes(query.shape[:-2], key.shape[:-2], value.shape[:-2])  # type: ignore[no-untyped-call]
    kind = query.dtype if query.dtype == torch.float64 else torch.float32
    x, y, v = (
        each.expand(*batch, *each.shape[-2:]).reshape(batch.numel(), *each.shape[-2:]).to(kind)
        for each in (query, key, value)
    )
    seen = None
    if attn_mask is not None:
        seen = attn_mask.expand(*batch, 1, y.shape[1]).reshape(len(y), y.shape[1])
    with torch.autocast(query.device.type, enabled=False):
        made = components(x.squeeze(2), y.squeeze(2), v, seen, tolerance, scale, is_causal)
    return made.reshape(*batch, *made.shape[1:]).to(query.dtype)


def components(
    x: Tensor,
    y: Tensor,
    v: Tensor,
    seen: Tensor | None,
    tolerance: float,
    scale: float,
    is_causal: bool,
) -> Tensor:
    """The kernel with one axis for the batch. Shapes: `x: b n`, `y: b m`, `v: b m w`, `seen: b m`.

    Components of like range are cut alike, each group as finely as its widest needs.
    """
    lengths = (x.shape[1], y.shape[1], v.shape[2])
    if not len(x) or not all(lengths) or (is_causal and lengths[0] != lengths[1]):
        return each_exactly(x, y, v, seen, scale, is_causal)
    with torch.no_grad():
        middle, ends = ranges(x, y, seen, scale)
    groups, found = alike(ends), []
    for group in groups:
        low, high = float(ends[0, group].min()), float(ends[1, group].max())
        part, near = (x, y, v, seen), middle
        if len(groups) > 1:
            rows = group.to(x.device)
            part = (x[rows], y[rows], v[rows], None if seen is None else seen[rows])
            near = middle[:, rows]
        fine = fineness(low, high, (len(group), *lengths), tolerance, x.dtype, is_causal)
        if fine is None:
            found.append(each_exactly(*part, scale, is_causal))
        else:
            found.append(attended(*part, near, scale, (low, high), fine, is_causal))
    if len(groups) == 1:
        return found[0]
    return torch.cat(found)[torch.cat(groups).argsort().to(x.device)]
