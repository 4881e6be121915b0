"""Interpolated attention in which every query sees the same keys."""

from __future__ import annotations

import torch
from torch import Tensor

from diagram.runtime.interpolated.pieces import monomials
from diagram.runtime.interpolated.tables import moments, placed, read


def plainly(
    x: Tensor, y: Tensor, weights: list[Tensor], matrix: Tensor, axis: tuple[float, float, int]
) -> Tensor:
    """sum_m exp(x y_m) v_m / sum_m exp(x y_m), a polynomial on each piece of the axis of x.

    The weights are 1 and the v, or 0 where a key is hidden. Shapes: `x: b n`, `y: b m`, each of
    the weights `b m`, result: `b n w`. Sums are made of runs: their rounding grows with the number
    of terms.
    """
    first, step, count = axis
    sums = moments(y, weights, len(matrix) // 4, 4, 1024).sum(1) @ matrix
    ratios = sums[:, 1:] / sums[:, :1].clamp_min(torch.finfo(x.dtype).tiny)
    polynomials = ratios.reshape(*ratios.shape[:2], count, 6) @ monomials(6).to(ratios).mT
    piece, t = placed(x * (1 / step) - (first / step + 0.5), count)
    tables = polynomials.permute(1, 3, 0, 2).contiguous().unbind()
    return torch.stack([read(list(table.unbind()), piece, t) for table in tables], -1)
