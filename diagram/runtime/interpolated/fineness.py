"""Which components are alike, and whether interpolation serves them."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from diagram.runtime.interpolated.frame import LOG_2_E
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


class Extent(NamedTuple):
    """The ends of x half in some components, and how many powers of 2 |v| is away from 1."""

    low: float
    high: float
    size: float

    @property
    def largest(self) -> float:
        """The largest |x half|."""
        return max(-self.low, self.high)


def alike(x: Tensor, half: Tensor, v: Tensor) -> list[tuple[Tensor, Extent]]:
    """Components whose largest |x half| are within a factor of 4, and their extent.

    Those that are not finite come first. No rounding of x half leaves its ends. Shapes: `x: b n`,
    `half: b 1`, `v: b m w`.
    """
    ends = torch.stack([x.amin(1), x.amax(1)]) * half.squeeze(1)
    ends, size = ends.double().cpu(), v.abs().amax((1, 2)).double().cpu()
    size = torch.where(size > 0, size, 1.0).log2_().abs_()
    largest = ends.abs().amax(0)
    margin = 8 * torch.finfo(x.dtype).eps * largest + 1e-6
    ends += torch.stack([-margin, margin])
    finite = largest.isfinite() & size.isfinite()
    left = torch.arange(len(largest))
    groups, left = [left[~finite]], left[finite]
    for factor in (4.0, 4.0, 4.0, torch.inf):
        if len(left):
            near = largest[left] * factor >= largest[left].max()
            groups.append(left[near])
            left = left[~near]
    return [(rows, extent(ends[:, rows], size[rows])) for rows in groups if len(rows)]


def extent(ends: Tensor, size: Tensor) -> Extent:
    """That of all of them."""
    return Extent(float(ends[0].min()), float(ends[1].max()), float(size.max()))


def rounding(of: Extent, kind: torch.dtype) -> float:
    """What rounding may add to the error; it grows with |x|."""
    return float(torch.finfo(kind).eps) * (4 * math.ceil(of.largest) + 100)


def holds(of: Extent, kind: torch.dtype) -> bool:
    """Whether this kind of numbers holds all sums of exp(x y) and their features.

    What is left is for features, which are wider than the sums, and for the number of keys.
    """
    return LOG_2_E * of.largest + of.size <= (70 if kind == torch.float32 else 800)


def chosen_kind(of: Extent, kind: torch.dtype, tolerance: float, is_causal: bool) -> torch.dtype:
    """float32 where it rounds little enough and holds all that it has to, else float64."""
    fits = 2 * rounding(of, kind) <= tolerance and (holds(of, kind) or not is_causal)
    return kind if fits else torch.float64


def pieces(length: float, half: float) -> int:
    """How many pieces of at most this half width an axis is cut into."""
    return max(1, -int(-length / (2 * half) // 1))


class Cut(NamedTuple):
    """Pieces of the axis of x and the degree there, pieces of that of y and the splines' order."""

    pieces: int
    degree: int
    keys: int
    order: int


def plain_cut(of: Extent, lengths: tuple[int, int, int, int], error: float) -> Cut | None:
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
        count = pieces(of.high - of.low, step / 2)
        largest = of.largest + POINTS / 2 * step
        for order in (3, 4, 5, 6):
            keys = pieces(2 * largest, spline_step(order, share) / 2)
            entries = m * (3 + 1.7 * order * (1 + w)) + n * (3 + 1.2 * degree * w)
            tables = (1 + w) * (1.5 * order * keys + count + 0.03 * keys * count)
            time = b * (entries + tables + 1.5 * degree * w * count) + 4 * keys * count
            if time < least:
                best, least = Cut(count, degree, keys, order), time
    return best


def is_cheaper(lengths: tuple[int, int, int], blocks: int) -> bool:
    """Whether the causal form takes less time than the exact one. `lengths` are b, n, w."""
    b, n, w = lengths
    entries = 16 + 6 * w + 2 * blocks * (1 + w)
    return b * n * entries + 2.5e6 < b * n * n * (0.37 + 0.05 * w)
