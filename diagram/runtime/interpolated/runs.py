"""Sums over the keys of all earlier runs, or of all later ones, carried by splines on both axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from diagram.runtime.interpolated.stencils import spline

RUN = 32
"""Entries whose pairs are made one by one."""

BLOCK = 16
"""Runs at a time; the sums of a block begin at those of the blocks before."""

ORDER = 5
"""Of the splines: the more, the fewer points, and the more work for an entry."""


class Axis(NamedTuple):
    """Where the first piece begins, the length of a piece, and their number."""

    first: float
    step: float
    pieces: int

    @property
    def width(self) -> int:
        """How many points lie about the pieces."""
        return self.pieces + ORDER - 1

    def points(self) -> Tensor:
        """Where they lie, in float64."""
        at = torch.arange(self.width, dtype=torch.float64) - (ORDER / 2 - 1)
        return self.first + self.step * at

    def placed(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Where the splines of each entry begin in a table of runs, and their `ORDER` weights.

        Shapes: `x: b runs run`, to `b n` and `place b n`.
        """
        place = x.reshape(len(x), -1) * (1 / self.step) - (self.first / self.step + 0.5)
        piece = place.round()
        powers = torch.ones(ORDER, *place.shape, dtype=x.dtype, device=x.device)
        torch.sub(place, piece, out=powers[1])
        for power in range(2, ORDER):
            torch.mul(powers[power - 1], powers[1], out=powers[power])
        start = torch.arange(place.shape[1], device=x.device) // x.shape[2] * self.width
        weights = (spline(ORDER).t().to(powers) @ powers.flatten(1)).view_as(powers)
        return piece.long().add_(start), weights


def from_others(
    x: Tensor, y: Tensor, weights: Sequence[Tensor], axes: tuple[Axis, Axis], later: bool
) -> list[Tensor]:
    """sum_m exp(x_n y_m) w_m over the keys of earlier runs, or over those of later runs.

    The axes are those of y and of x. Shapes: `b runs run`.
    """
    of, to = axes
    matrix = between(of, to).to(x)
    found = [torch.empty_like(w) for w in weights]
    starts = range(0, x.shape[1], BLOCK)
    for rows in components_at_once(x):
        before = x.new_zeros(len(weights), len(x[rows]), of.width)
        for start in reversed(starts) if later else starts:
            cut = rows, slice(start, start + BLOCK)
            sums = knots(y[cut], [w[cut] for w in weights], of)
            before = exclusive(sums, before, later)
            tables = (sums @ matrix).flatten(2)
            index, taps = to.placed(x[cut])
            taps /= swell(x[cut].reshape(index.shape) * of.step)
            for table, into in zip(tables, found, strict=True):
                into[cut] = tapped(table, index, taps).view_as(into[cut])
    return found


def components_at_once(x: Tensor) -> list[slice]:
    """As many as a cache holds. Shape: `b runs run`."""
    width = max(1, 2**17 // (BLOCK * RUN)) if x.device.type == "cpu" else len(x)
    return [slice(start, start + width) for start in range(0, len(x), width)]


def knots(y: Tensor, weights: Sequence[Tensor], axis: Axis) -> Tensor:
    """The weights of each run spread over the points: `w b runs point`."""
    index, taps = axis.placed(y)
    length = y.shape[1] * axis.width
    found = y.new_zeros(len(weights), len(y), length)
    for w, sums in zip(weights, found, strict=True):
        for place, of_entries in enumerate(taps * w.reshape(index.shape)):
            sums[:, place : length - ORDER + 1 + place].scatter_add_(1, index, of_entries)
    return found.unflatten(2, (-1, axis.width))  # type: ignore[no-any-return, no-untyped-call]


def exclusive(sums: Tensor, before: Tensor, later: bool) -> Tensor:
    """Puts the sum of the runs before in place of each run's own; what comes after them all."""
    count = sums.shape[2]
    for run in range(count - 1, -1, -1) if later else range(count):
        after = before + sums[:, :, run]
        sums[:, :, run] = before
        before = after
    return before


def tapped(table: Tensor, index: Tensor, taps: Tensor) -> Tensor:
    """The splines' sum at each entry. Shapes: `table: b runs*point`, `index: b n`."""
    length = table.shape[1]
    found = torch.zeros_like(taps[0])
    for place, weight in enumerate(taps):
        of_entries = table[:, place : length - ORDER + 1 + place].gather(1, index)
        found.addcmul_(of_entries, weight)
    return found


def between(of: Axis, to: Axis) -> Tensor:
    """exp(x y) at the points of both axes, such that splines in x give exp(x y): `of to`."""
    y = of.points()
    return torch.exp(torch.outer(y, to.points())) / swell(y * to.step).unsqueeze(1)


def swell(z: Tensor) -> Tensor:
    """(sinh(z / 2) / (z / 2))^5: how much more than exp the splines carry at every place.

    The series ends before (z / 2)^8 / 9!, which is far below the error that splines have at z.
    """
    s = z * z
    ratio = s.mul(1 / 322560).add_(1 / 1920).mul_(s).add_(1 / 24).mul_(s).add_(1)
    square = ratio * ratio
    return ratio.mul_(square).mul_(square)
