"""The causal form: earlier runs of keys as polynomials, the keys of the own run one by one."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from diagram.runtime.interpolated.tables import moments, placed, read
from diagram.runtime.interpolated.triangle import triangle


def causally(
    x: Tensor, y: Tensor, weights: list[Tensor], matrix: Tensor, axis: tuple[float, float, int]
) -> Tensor:
    """sum_{m <= n} exp(x_n y_m) v_m / sum_{m <= n} exp(x_n y_m).

    The weights are 1 and the v, or 0 where a key is hidden. Shapes: `x: b n`, `y: b n`, each of
    the weights `b n`, result: `b n w`.
    """
    run, length = 64, x.shape[1]
    if length % run:
        short = (0, -length % run)
        x, y, *weights = (functional.pad(each, short) for each in (x, y, *weights))
    sums = triangle(x, y, weights, run)
    if length > run:
        found = before(x, y, weights, matrix, axis, run)
        sums = [
            torch.cat([own[:, :run], own[:, run:] + more], 1)
            for own, more in zip(sums, found, strict=True)
        ]
    below = sums[0].clamp_min(torch.finfo(x.dtype).tiny)
    return torch.stack([above / below for above in sums[1:]], -1)[:, :length]


def before(
    x: Tensor,
    y: Tensor,
    weights: list[Tensor],
    matrix: Tensor,
    axis: tuple[float, float, int],
    run: int,
) -> list[Tensor]:
    """sum_m exp(x_n y_m) w_m over the keys of earlier runs, for n behind the first run."""
    first, step, count = axis
    known = moments(y[:, :-run], [w[:, :-run] for w in weights], len(matrix) // 8, 8, run)
    polynomials = (known.cumsum(1) @ matrix).reshape(*known.shape[:3], 8, count)
    tables = polynomials.permute(2, 3, 0, 1, 4).flatten(3).unbind()
    piece, t = placed(x[:, run:] * (1 / step) - (first / step + 0.5), count, run)
    return [read(list(table.unbind()), piece, t) for table in tables]
