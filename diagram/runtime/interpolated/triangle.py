"""Sums over the keys of a query's own run up to the query, pair by pair.

Entries of the same place in all runs lie side by side, so that everything is elementwise and only
pairs that count are made. Buffers that are used again save the time that new memory takes.
"""

from __future__ import annotations

import torch
from torch import Tensor


def triangle(x: Tensor, y: Tensor, weights: list[Tensor], run: int) -> list[Tensor]:
    """sum_m exp(x_n y_m) w_m over the keys m <= n of the run of n, for each of the weights.

    Shapes: `x: b n`, `y: b n`, each of the weights and of the results the same.
    """
    scaled = x * 1.4426950408889634  # powers of 2 take a third of the time of those of e
    columns = [each.unflatten(1, (-1, run)).flatten(0, 1).t() for each in (scaled, y, *weights)]  # type: ignore[no-untyped-call]
    return [each.t().reshape(x.shape) for each in Triangle.apply(*columns)]  # type: ignore[no-untyped-call]


class Triangle(torch.autograd.Function):
    """sum_{j <= i} 2^(x_i y_j) w_j, each column for itself; the gradients make the powers again.

    Shapes: `x: i c`, and so all others.
    """

    @staticmethod
    def forward(ctx, x, y, *weights):  # type: ignore[no-untyped-def]
        ctx.save_for_backward(x, y, *weights)
        made = [torch.empty(x.shape, dtype=x.dtype, device=x.device) for _ in weights]
        for cut in columns_at_once(x):
            x_, y_, *w_ = (each[:, cut].contiguous() for each in (x, y, *weights))
            powers, space = torch.empty_like(y_), torch.empty_like(y_)
            for i in range(len(x)):
                power = torch.mul(x_[i], y_[: i + 1], out=powers[: i + 1]).exp2_()
                for w, sums in zip(w_, made, strict=True):
                    terms = torch.mul(power, w[: i + 1], out=space[: i + 1])
                    torch.sum(terms, 0, out=sums[i, cut])
        return tuple(made)

    @staticmethod
    def backward(ctx, *grads):  # type: ignore[no-untyped-def]
        given = ctx.saved_tensors
        made = [torch.zeros(x.shape, dtype=x.dtype, device=x.device) for x in given]
        for cut in columns_at_once(given[0]):
            x, y, *rest = (each[:, cut].contiguous() for each in (*given, *grads))
            pairs = list(zip(rest[: len(grads)], rest[len(grads) :], made[2:], strict=True))
            powers, slopes = torch.empty_like(y), torch.empty_like(y)
            for i in range(len(x)):
                power = torch.mul(x[i], y[: i + 1], out=powers[: i + 1]).exp2_()
                slope = slopes[: i + 1].zero_()
                for w, g, dw in pairs:
                    dw[: i + 1, cut].addcmul_(power, g[i])
                    slope.addcmul_(w[: i + 1], g[i])
                slope.mul_(power).mul_(0.6931471805599453)
                made[1][: i + 1, cut].addcmul_(slope, x[i])
                torch.sum(slope.mul_(y[: i + 1]), 0, out=made[0][i, cut])
        return tuple(made)


def columns_at_once(x: Tensor) -> list[slice]:
    """As many columns as a cache holds, and few enough calls."""
    width = 2**14 if x.device.type == "cpu" else x.shape[1]
    return [slice(start, start + width) for start in range(0, x.shape[1], width)]
