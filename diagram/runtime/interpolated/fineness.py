"""Which components are alike, and how finely their axes are cut for the error that is asked for."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from diagram.runtime.interpolated.pieces import pieces, reach
from diagram.runtime.interpolated.stencils import GROWTH, POINTS, reading_step, spline_step


def key_range(y: Tensor, seen: Tensor | None) -> tuple[Tensor, Tensor]:
    """The least of the visible keys and half their range, or 1 where they are as good as equal.

    Shapes: `y: b m`, `seen: b m`, to `b 1`.
    """
    low, high = y, y
    if seen is not None:
        low, high = low.masked_fill(~seen, torch.inf), high.masked_fill(~seen, -torch.inf)
    low, high = low.amin(1, keepdim=True), high.amax(1, keepdim=True)
    if seen is not None:
        low, high = (each.masked_fill(~seen.any(1, keepdim=True), 0.0) for each in (low, high))
    half = high / 2 - low / 2
    return low, half.masked_fill(half < 1e-25, 1.0)


def alike(x: Tensor, half: Tensor) -> list[tuple[Tensor, tuple[float, float]]]:
    """Components whose largest |x half| are within a factor of 4, and the ends of x half in them.

    Those that are not finite come first. No rounding of x half leaves its ends. Shapes: `x: b n`,
    `half: b 1`.
    """
    ends = (torch.stack([x.amin(1), x.amax(1)]) * half.squeeze(1)).double().cpu()
    largest = ends.abs().amax(0)
    margin = 8 * torch.finfo(x.dtype).eps * largest + 1e-6
    ends += torch.stack([-margin, margin])
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


class Cut(NamedTuple):
    """Pieces of the axis of x and the degree there, pieces of that of y and the splines' order."""

    pieces: int
    degree: int
    keys: int
    order: int


def plain_cut(
    ends: tuple[float, float], lengths: tuple[int, int, int, int], error: float
) -> Cut | None:
    """The cut that takes the least time; None where the exact form is cheaper.

    `lengths` are b, n, m, w. Half of the error is that of reading f, the other that of the splines:
    sum e (1 + s) v / sum e (1 + s), where |s| <= r and the v are below 1, is off by r / (1 - r).
    """
    b, n, m, w = lengths
    share = 0.5 * error / GROWTH
    share /= 1 + share
    best, least = None, b * n * m * (0.6 + 0.05 * w) - 5e5
    for degree in (3, 4):
        step = reading_step(degree, 0.5 * error)
        count = pieces(ends[1] - ends[0], step / 2)
        largest = max(-ends[0], ends[1]) + POINTS / 2 * step
        for order in (3, 4, 5, 6):
            keys = pieces(2 * largest, spline_step(order, share) / 2)
            entries = m * (3 + 1.7 * order * (1 + w)) + n * (3 + 1.2 * degree * w)
            tables = (1 + w) * (1.5 * order * keys + count + 0.03 * keys * count)
            time = b * (entries + tables + 1.5 * degree * w * count) + 4 * keys * count
            if time < least:
                best, least = Cut(count, degree, keys, order), time
    return best


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
