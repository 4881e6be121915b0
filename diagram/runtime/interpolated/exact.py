"""The exact form: where it is cheaper, or where no bound can be kept."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from diagram.runtime.interpolated.group import Components


def exactly(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    scale: float,
    is_causal: bool,
    attn_mask: Tensor | None,
) -> Tensor:
    """torch's fused attention; it can be causal and have hidden keys at once."""
    if is_causal and attn_mask is not None:
        shape = (query.shape[-2], key.shape[-2])
        attn_mask = attn_mask & torch.ones(shape, dtype=torch.bool, device=query.device).tril()
        is_causal = False
    attend = functional.scaled_dot_product_attention
    return attend(query, key, value, attn_mask, is_causal=is_causal, scale=scale)


def exactly_each(given: Components, is_causal: bool) -> Tensor:
    """The same, component by component: `b n w`."""
    query, key = (each.unsqueeze(0).unsqueeze(3) for each in (given.x, given.y))
    mask = None if given.seen is None else given.seen.unsqueeze(0).unsqueeze(2)
    return exactly(query, key, given.v.unsqueeze(0), 1.0, is_causal, mask).squeeze(0)
