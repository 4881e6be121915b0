"""Interpolated attention in which every query sees the same keys."""

from __future__ import annotations

import torch
from torch import Tensor

from diagram.runtime.interpolated.pieces import monomials
from diagram.runtime.interpolated.tables import Kernel, moments, read


def plainly(x: Tensor, y: Tensor, weights: list[Tensor], kernel: Kernel) -> Tensor:
    """sum_m exp(x y_m) v_m / sum_m exp(x y_m), a polynomial on each piece of the axis of x.

    The weights are 1 and the v, or 0 where a key is hidden. Shapes: `x: b n`, `y: b m`, each of
    the weights `b m`, result: `b n w`. Sums are made of runs: their rounding grows with the number
    of terms.
    """
    sums = moments(y, weights, kernel.y, 4, 1024).sum(1) @ kernel.matrix
    ratios = sums[:, 1:] / sums[:, :1].clamp_min(torch.finfo(x.dtype).tiny)
    count = kernel.x.pieces
    polynomials = ratios.unflatten(2, (count, 6)) @ monomials(6).to(ratios).mT  # type: ignore[no-untyped-call]
    place = kernel.x.placed(x)
    tables = polynomials.transpose(2, 3).flatten(2).unbind(1)
    return torch.stack([read(table, *place, count) for table in tables], -1)
