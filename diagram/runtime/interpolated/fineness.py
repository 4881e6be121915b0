"""Which components are alike, and how finely their axes are cut for the error that is asked for."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from diagram.runtime.interpolated.runs import ORDER, RUN, Axis
from diagram.runtime.interpolated.stencils import (
    GROWTH,
    POINTS,
    reading_step,
    spline_step,
)


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


def pieces(length: float, half: float) -> int:
    """How many pieces of at most this half width an axis is cut into."""
    return max(1, -int(-length / (2 * half) // 1))


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


def causal_axes(
    ends: tuple[float, float], lengths: tuple[int, int, int, int], error: float, most: float
) -> tuple[Axis, Axis] | None:
    """The axes of y and of x in the causal form; None where the exact form is cheaper.

    The sums are not scaled and hold exp(x) up to `most`. Splines of both axes change each term of a
    sum by less than a share r / 2, so that the ratio is off by less than r / (1 - r). The outer
    points lie one step and a half beyond the ends.
    """
    b, n, _, w = lengths
    largest = max(-ends[0], ends[1])
    if not 2 * largest < torch.log(torch.tensor(most)) - 16:
        return None
    z = spline_step(ORDER, 0.49 * error / (1 + error))
    keys = pieces(2 * largest + 3 * z, z / 2)
    count = pieces(ends[1] - ends[0], z / (1 + 3 / keys) / 2)
    entries = 8 + 16 * (1 + w) + RUN / 2 * (0.8 + 0.3 * (1 + w))
    tables = (1 + w) * (3 * (keys + count) + 0.03 * keys * count) / RUN
    if b * n * (entries + tables) + 1e6 > b * n * n * (0.3 + 0.03 * w):
        return None
    x = Axis(ends[0], (ends[1] - ends[0]) / count, count)
    return Axis(-1.00001, 2.00002 / keys, keys), x
