"""A value in words: every entry where they are few, else its range, mean and deviation."""

from __future__ import annotations

import numpy as np
from torch import Tensor

WHOLE = 64
"""Values of at most this many entries are told in full."""

WIDTH = 96
"""Columns of a row of numbers."""


def told(value: Tensor) -> str:
    """The value as text.

    >>> import torch
    >>> print(told(torch.eye(2)))
    [[1. 0.]
     [0. 1.]]
    >>> told(torch.zeros(10, 10))
    '100 entries from 0 to 0, mean 0, deviation 0'
    """
    found = value.detach().cpu()
    if not found.ndim:
        return f"{found.item():.6g}"
    if found.numel() <= WHOLE:
        array = found.float().numpy() if found.element_size() < 4 else found.numpy()
        return np.array2string(
            array, precision=4, suppress_small=True, max_line_width=WIDTH, threshold=WHOLE + 1
        )
    entries = f"{found.numel():,} entries"
    if not found.is_floating_point():
        return f"{entries} from {int(found.min())} to {int(found.max())}"
    finite = found[found.isfinite()].double()
    hidden = found.numel() - finite.numel()
    if not finite.numel():
        return f"{entries}, none of which is finite"
    low, high = float(finite.min()), float(finite.max())
    noise = 1e-12 * max(abs(low), abs(high))
    mean, deviation = float(finite.mean()), float(finite.std(unbiased=False))
    facts = f"{entries} from {_short(low)} to {_short(high)}"
    facts += f", mean {_short(mean, noise)}, deviation {_short(deviation, noise)}"
    return f"{facts}; {hidden:,} are not finite" if hidden else facts


def _short(number: float, noise: float = 0.0) -> str:
    """Four digits; what is only rounding is 0."""
    return f"{0.0 if abs(number) <= noise else number:.4g}".replace("-", "−")
