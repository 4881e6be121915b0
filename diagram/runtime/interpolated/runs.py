"""Sums over the terms of all earlier runs, or of all later ones.

Entries of the same place in all runs lie side by side: shapes end in `run b runs`.
"""

from __future__ import annotations

import torch
from torch import Tensor

from diagram.runtime.interpolated.features import Features

RUN = 8
"""Entries whose pairs are made one by one."""


def side_by_side(x: Tensor) -> Tensor:
    """`b n` seen as `run b runs`."""
    return x.view(len(x), -1, RUN).permute(2, 0, 1)


def summed(rows: Tensor, of: Features) -> Tensor:
    """sum of the terms of each run: `weight place run b runs` to `weight place block b runs`."""
    (row, block), *others = zip(rows.unbind(2), of.blocks.unbind(1), strict=True)
    found: Tensor = row.unsqueeze(2) * block
    for row, block in others:
        found.addcmul_(row.unsqueeze(2), block)
    return found


def earlier(sums: Tensor) -> Tensor:
    """The sums of all runs before each run."""
    found = sums.new_empty(*sums.shape[:-1], sums.shape[-1] + 1)
    found[..., 0] = 0
    torch.cumsum(sums, -1, out=found[..., 1:])
    return found[..., :-1]


def later(sums: Tensor) -> Tensor:
    """The sums of all runs after each run."""
    return earlier(sums.flip(-1)).flip(-1)


def carried(sums: Tensor, to: Features) -> Tensor:
    """sum over blocks for each entry: `weight place block b runs` to `weight place run b runs`."""
    (one, block), *others = zip(sums.unbind(2), to.blocks, strict=True)
    found: Tensor = one.unsqueeze(2) * block
    for one, block in others:
        found.addcmul_(one.unsqueeze(2), block)
    return found
