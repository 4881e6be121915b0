"""Sums over the keys of all earlier runs, or of all later ones, as polynomials in the query."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from diagram.runtime.interpolated.tables import Kernel, read

DEGREE = 8


def from_others(
    x: Tensor, y: Tensor, weights: Sequence[Tensor], kernel: Kernel, later: bool
) -> list[Tensor]:
    """sum_m exp(x_n y_m) w_m over the keys of earlier runs, for all but the first run of queries.

    Or over those of later runs, for all but the last. Shapes: `runs b run`.
    """
    of, reads = (slice(1, None), slice(None, -1)) if later else (slice(None, -1), slice(1, None))
    found = [torch.empty_like(w[of]) for w in weights]
    for cut in components_at_once(x) if len(x) > 1 else ():
        keys = kernel.y.placed(y[of, cut].flatten(0, 1))
        queries = kernel.x.placed(x[reads, cut].flatten(0, 1))
        for w, into in zip(weights, found, strict=True):
            known = moments_of_runs(*keys, w[of, cut], kernel.y.pieces)
            over = range(len(known) - 2, -1, -1) if later else range(1, len(known))
            for run in over:
                known[run] += known[run + 1 if later else run - 1]
            sums = read(known.flatten(0, 1) @ kernel.matrix, *queries, kernel.x.pieces)
            into[:, cut] = sums.view_as(into[:, cut])
    return found


def components_at_once(x: Tensor) -> list[slice]:
    """As many as a cache holds. Shape: `runs b run`."""
    width = 2**17 // (len(x) * x.shape[2]) if x.device.type == "cpu" else x.shape[1]
    width = max(1, width)
    return [slice(start, start + width) for start in range(0, x.shape[1], width)]


def moments_of_runs(piece: Tensor, t: Tensor, weight: Tensor, count: int) -> Tensor:
    """sum of w t^p in each piece. Shapes: `piece: row run`, `weight: runs b run`.

    Result: `runs b p*count`.
    """
    found = weight.new_zeros(*weight.shape[:2], DEGREE * count)
    rows, term = found.flatten(0, 1), weight.flatten(0, 1)
    for power in range(DEGREE):
        term = term * t if power else term
        rows[:, power * count : (power + 1) * count].scatter_add_(1, piece, term)
    return found
