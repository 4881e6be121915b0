"""The bytes that a kernel of torch takes for itself while it runs, which no operation shows.

Fused attention on CPU has a block of its map in each thread (torch: FlashAttentionKernel.cpp).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

FORWARD = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu.default
BACKWARD = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu_backward.default

ROWS = ((768, 256), (192, 64), (0, 32))
"""From so many queries on, a block has so many of them."""

KEYS = 512
"""Keys of a block."""


def inside(function: object, given: tuple[Any, ...]) -> int:
    """Bytes that a call takes besides what it returns; 0 for kernels that are not known to.

    >>> inside(torch.ops.aten.mm.default, (torch.ones(2, 2), torch.ones(2, 2)))
    0
    """
    if function not in (FORWARD, BACKWARD):
        return 0
    query, key = given[:2] if function is FORWARD else given[1:3]
    return torch.get_num_threads() * _block(query, key, forward=function is FORWARD)


def _block(query: Tensor, key: Tensor, forward: bool) -> int:
    """Bytes of a thread: scores, and besides forward what they are summed up to, back gradients."""
    length, depth = query.shape[-2:]
    rows = min(length, next(rows for least, rows in ROWS if length >= least))
    scores = rows * min(KEYS, key.shape[-2])
    whole = scores + 2 * rows + rows * depth if forward else 2 * scores + rows
    is_half = query.element_size() < 4
    halves = query.element_size() * scores * (1 if forward else 2) if is_half else 0
    return max(4, query.element_size()) * whole + halves
