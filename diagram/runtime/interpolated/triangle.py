"""Sums over the keys of a query's own run up to the query, pair by pair.

Entries of the same place in all runs lie side by side, so that everything is elementwise and only
pairs that count are made. Shapes: `run ...`.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def add_pairs(
    below: Tensor,
    sums: Sequence[Tensor],
    q: Tensor,
    k: Tensor,
    seen: Tensor | None,
    values: Sequence[Tensor],
) -> None:
    """Adds sum_{j <= i} 2^(q_i k_j), and the same times each of the values to the sums."""
    for j, key in enumerate(k.unbind()):
        power = torch.mul(q[j:], key).exp2_()
        below[j:].add_(power if seen is None else power * seen[j])
        for value, into in zip(values, sums, strict=True):
            into[j:].addcmul_(power, value[j])


def add_slopes(
    slopes: Sequence[Tensor],
    q: Tensor,
    k: Tensor,
    seen: Tensor | None,
    values: Sequence[Tensor],
    gradients: Sequence[Tensor],
    tilt: float,
) -> None:
    """Adds to the slopes by q, k and each of the values.

    For dq, k + q - tilt stands for k. Sums times their gradients add up to 0 over all runs, so
    that this takes the place of what F(u, q - tilt) loses by its 2^(-(q - tilt)^2 / 2).
    """
    dq, dk, *dv = slopes
    powers, terms = torch.empty_like(k), torch.empty_like(k)
    for i, query in enumerate(q.unbind()):
        power = torch.mul(query, k[: i + 1], out=powers[: i + 1]).exp2_()
        of_first = gradients[0][i]
        term = of_first if seen is None else of_first * seen[: i + 1]
        for value, g, into in zip(values, gradients[1:], dv, strict=True):
            into[: i + 1].addcmul_(power, g[i])
            term = torch.addcmul(term, value[: i + 1], g[i], out=terms[: i + 1])
        dk[: i + 1].addcmul_(term.mul_(power), query)
        away = torch.add(k[: i + 1], query - tilt, out=power)
        dq[i] += term.mul_(away).sum(0)
