"""The exact form: where it is cheaper, or no error bound can be kept."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def exactly(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    scale: float,
    is_causal: bool,
    attn_mask: Tensor | None,
) -> Tensor:
    """torch's fused attention, causal and with hidden keys at once if need be."""
    if is_causal and attn_mask is not None:
        shape = (query.shape[-2], key.shape[-2])
        attn_mask = attn_mask & torch.ones(shape, dtype=torch.bool, device=query.device).tril()
        is_causal = False
    attend = functional.scaled_dot_product_attention
    return attend(query, key, value, attn_mask, is_causal=is_causal, scale=scale)


def each_exactly(
    x: Tensor, y: Tensor, v: Tensor, seen: Tensor | None, scale: float, is_causal: bool
) -> Tensor:
    """The same with one axis for the batch. Shapes: `x: b n`, `y: b m`, `v: b m w`, `seen: b m`."""
    query, key = (each.unsqueeze(0).unsqueeze(3) for each in (x, y))
    mask = None if seen is None else seen.unsqueeze(0).unsqueeze(2)
    return exactly(query, key, v.unsqueeze(0), scale, is_causal, mask).squeeze(0)
