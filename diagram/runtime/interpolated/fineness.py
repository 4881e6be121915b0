"""Which components are alike, and how finely their axes are cut for the error that is asked for."""

from __future__ import annotations

import torch
from torch import Tensor

from diagram.runtime.interpolated.pieces import pieces, reach, strip


def key_range(y: Tensor, seen: Tensor | None) -> tuple[Tensor, Tensor]:
    """Centre and half the range of the visible keys. Shapes: `y: b m`, `seen: b m`, to `b 1`."""
    low, high = y.detach(), y.detach()
    if seen is not None:
        low, high = low.masked_fill(~seen, torch.inf), high.masked_fill(~seen, -torch.inf)
    low, high = low.amin(1, keepdim=True) / 2, high.amax(1, keepdim=True) / 2
    if seen is not None:
        low, high = (each.masked_fill(~seen.any(1, keepdim=True), 0.0) for each in (low, high))
    return low + high, high - low


def alike(x: Tensor, half: Tensor) -> list[tuple[Tensor, tuple[float, float]]]:
    """Components whose largest |x half| are within a factor of 4, and the ends of x half in them.

    Those that are not finite come first. Shapes: `x: b n`, `half: b 1`.
    """
    ends = (torch.stack([x.amin(1), x.amax(1)]) * half.squeeze(1)).double().cpu()
    largest = ends.abs().amax(0)
    finite = largest.isfinite()
    left = torch.arange(len(largest))
    groups, left = [left[~finite]], left[finite]
    for factor in (4.0, 4.0, 4.0, torch.inf):
        if len(left):
            near = largest[left] * factor >= largest[left].max()
            groups.append(left[near])
            left = left[~near]
    of = [(rows, ends[:, rows]) for rows in groups if len(rows)]
    return [(rows, (float(low.min()), float(high.max()))) for rows, (low, high) in of]


def rounding(ends: tuple[float, float], kind: torch.dtype) -> float:
    """What rounding may add to the error; it grows with |x|."""
    return float(torch.finfo(kind).eps) * (4 * max(-ends[0], ends[1]) + 100)


def plain_counts(
    ends: tuple[float, float], lengths: tuple[int, int, int, int], error: float
) -> tuple[int, int] | None:
    """Pieces of the axis of x and of that of y; None where the exact form is cheaper.

    `lengths` are b, n, m, w. Half of the error is that of the polynomials in x. The other is that
    of exp on a piece of y, in numerator and denominator; the nodes pass it on by at most 2.2.
    """
    b, n, m, w = lengths
    count = pieces(ends[1] - ends[0], strip(6, error / 2))
    keys = pieces(2 * max(-ends[0], ends[1]), reach(4, 0.09 * error))
    sums = m * (3 + 3.5 * (1 + w)) + n * (3 + 5 * w)
    tables = (1 + w) * (4 * keys + 6 * count + 0.5 * keys * count)
    return (count, keys) if b * (sums + tables) + 3e5 < b * n * m * (0.6 + 0.05 * w) else None


def causal_counts(
    ends: tuple[float, float], lengths: tuple[int, int, int, int], error: float, most: float
) -> tuple[int, int] | None:
    """The same for the causal form, whose sums are not scaled and hold exp(x) up to `most`.

    Half of the error is that of exp on a piece of x, half that on a piece of y; both count twice.
    """
    b, n, _, w = lengths
    if not 2 * max(-ends[0], ends[1]) < torch.log(torch.tensor(most)) - 8:
        return None
    z = reach(8, 0.22 * error)
    count, keys = pieces(ends[1] - ends[0], z), pieces(2 * max(-ends[0], ends[1]), z)
    sums = n * (5 + 12 * (1 + w)) + n * 32 * (0.4 + 0.15 * (1 + w))
    tables = n / 64 * (1 + w) * (8 * (keys + count) + 1.3 * keys * count)
    return (count, keys) if b * (sums + tables) + 3e5 < b * n * n * (0.3 + 0.03 * w) else None
