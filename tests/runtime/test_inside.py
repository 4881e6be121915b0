"""What kernels take for themselves, as torch's allocator counts it."""

from __future__ import annotations

from itertools import accumulate

import pytest
import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention
from torch.profiler import ProfilerActivity, profile

from diagram.runtime.ledger import peak


def allocated(query: Tensor, key: Tensor) -> int:
    """The most bytes that torch's allocator had handed out at once."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as found, torch.no_grad():
        scaled_dot_product_attention(query, key, key)
    results = found.profiler.kineto_results
    events = [event for event in results.events() if event.name() == "[memory]"]
    changes: list[int] = [
        event.nbytes() for event in sorted(events, key=lambda event: event.start_ns())
    ]
    return max(accumulate(changes))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize(("rows", "keys", "depth"), [(20, 700, 8), (256, 256, 1), (800, 300, 16)])
def test_fused_attention_takes_what_is_counted(
    rows: int, keys: int, depth: int, dtype: torch.dtype
):
    query, key = (torch.randn(2, 3, length, depth, dtype=dtype) for length in (rows, keys))

    def run() -> Tensor:
        return scaled_dot_product_attention(query, key, key)

    assert peak(run, [query, key], []) == allocated(query, key)
