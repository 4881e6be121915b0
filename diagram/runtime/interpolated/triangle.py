"""Sums over the keys of a query's own run up to the query, pair by pair.

Entries of the same place in all runs lie side by side, so that everything is elementwise and only
pairs that count are made. Buffers that are used again save the time that new memory takes.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

LOG_2_E = 1.4426950408889634
"""Powers of 2 take a third of the time of those of e."""


def triangle(x: Tensor, y: Tensor, weights: Sequence[Tensor]) -> list[Tensor]:
    """sum_{j <= i} exp(x_i y_j) w_j in each run, for each of the weights; shapes: `b runs run`."""
    made = [torch.empty_like(x) for _ in weights]
    for cut in columns_at_once(x):
        x_, y_, *w_ = (side_by_side(each[cut]) for each in (x, y, *weights))
        sums = [torch.zeros_like(x_) for _ in weights]
        powers = torch.empty_like(x_)
        x_ *= LOG_2_E
        for j in range(len(x_)):
            power = torch.mul(x_[j:], y_[j], out=powers[j:]).exp2_()
            for w, into in zip(w_, sums, strict=True):
                into[j:].addcmul_(power, w[j])
        for whole, part in zip(made, sums, strict=True):
            whole[cut] = in_runs(part, x[cut])
    return made


def slopes(
    x: Tensor, y: Tensor, weights: Sequence[Tensor], gradients: Sequence[Tensor]
) -> list[Tensor]:
    """The gradients by x, y and each of the weights, of sums with these gradients."""
    given = (x, y, *weights)
    made = [torch.empty_like(each) for each in given]
    for cut in columns_at_once(x):
        x_, y_, *rest = (side_by_side(each[cut]) for each in (*given, *gradients))
        parts = [torch.zeros_like(x_) for _ in given]
        pairs = list(zip(rest[: len(weights)], rest[len(weights) :], parts[2:], strict=True))
        powers, slope_ = torch.empty_like(y_), torch.empty_like(y_)
        scaled = x_ * LOG_2_E
        for i in range(len(x_)):
            power = torch.mul(scaled[i], y_[: i + 1], out=powers[: i + 1]).exp2_()
            slope = slope_[: i + 1].zero_()
            for w, g, dw in pairs:
                dw[: i + 1].addcmul_(power, g[i])
                slope.addcmul_(w[: i + 1], g[i])
            slope.mul_(power)
            parts[1][: i + 1].addcmul_(slope, x_[i])
            torch.sum(slope.mul_(y_[: i + 1]), 0, out=parts[0][i])
        for whole, part in zip(made, parts, strict=True):
            whole[cut] = in_runs(part, x[cut])
    return made


def side_by_side(x: Tensor) -> Tensor:
    """From `b runs run` to `run (b runs)`, in memory of its own."""
    return x.flatten(0, 1).t().clone(memory_format=torch.contiguous_format)


def in_runs(x: Tensor, like: Tensor) -> Tensor:
    """And back."""
    return x.t().reshape(like.shape)


def columns_at_once(x: Tensor) -> list[slice]:
    """As many columns as a cache holds, and few enough calls."""
    rows = max(1, 2**12 // x.shape[1]) if x.device.type == "cpu" else len(x)
    return [slice(start, start + rows) for start in range(0, len(x), rows)]
