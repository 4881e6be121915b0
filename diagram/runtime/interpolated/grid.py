"""Even grids of points u that turn 2^(q k) into a sum of products, and bounds of their error.

2^(q k) is the integral over u of F(u, q) F(u, k) sqrt(ln 2 / (2 pi)) for the features
F(u, z) = 2^(u z - z^2 / 2 - u^2 / 4), as the integrand is 2^(q k) times the density of a normal
variable u about q + k with variance 1 / ln 2. The sum over an even grid stands for the integral.
All its terms are positive, so the error is a share of each 2^(q k), and so of each sum of them.
Points are taken in blocks of three: one in the middle and its neighbours.
"""

from __future__ import annotations

import math
from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor

PLACES = 3
"""Points of a block."""


class Grid(NamedTuple):
    """Points that are `step` apart in so many blocks, evenly about 0."""

    step: float
    blocks: int

    @cache  # noqa: B019
    def middles(self) -> list[float]:
        """The middle point of each block."""
        return [
            PLACES * self.step * (block - (self.blocks - 1) / 2) for block in range(self.blocks)
        ]

    @cache  # noqa: B019
    def points(self) -> Tensor:
        """All of them, in float64: `place block`."""
        away = self.step * (torch.arange(PLACES, dtype=torch.float64) - 1)
        return away.unsqueeze(1) + torch.tensor(self.middles(), dtype=torch.float64)

    @cache  # noqa: B019
    def shares(self) -> Tensor:
        """What 2^(away (q + k)) F(middle, q) F(middle, k) adds to 2^(q k): `place block`.

        F(middle + away, z) = 2^(away z) F(middle, z) 2^((middle^2 - (middle + away)^2) / 4).
        """
        middle = torch.tensor(self.middles(), dtype=torch.float64)
        less = torch.exp2((middle**2 - self.points() ** 2) / 2)
        return less * (self.step * math.sqrt(math.log(2) / (2 * math.pi)))


@cache
def grid(reach: int, error: float) -> Grid:
    """The smallest grid for |q + k| <= 2 sqrt(reach) by which no attention is off by more.

    Terms are too large by a share of at most `beside` and too small by one of `beside + beyond`,
    which is the same as a share of (beside + beyond / 2) / (1 - beyond / 2) = s either way.
    sum e (1 + s) v / sum e (1 + s) with |v| <= 1 is then off by s / (1 - s).
    """
    share, blocks = error / (1 + error), 1
    while True:
        step = best_step(reach, blocks)
        if step is not None:
            half = beyond(reach, step, blocks) / 2
            if beside(step) + half <= share * (1 - half):
                return Grid(step, blocks)
        blocks += 1


def beside(step: float) -> float:
    """By Poisson's formula, the share that the sum over an endless grid is off by.

    It is 2 sum_k cos(2 pi k (q + k') / step) z^(k^2) with z = exp(-2 pi^2 / (step^2 ln 2)).
    """
    z = math.exp(-2 * math.pi**2 / (step**2 * math.log(2)))
    return 2 * z / (1 - z**3)


def beyond(reach: float, step: float, blocks: int) -> float:
    """The share of the density beyond both ends of the grid, at most.

    Each point stands for the step about it, as beyond a deviation the density is convex: what is
    left out there is at most its integral. Most is left out where |q + k| is largest.
    """
    end, away = PLACES * blocks * step / 2, 2 * math.sqrt(reach)
    near, far = ((end + sign * away) * math.sqrt(math.log(2) / 2) for sign in (-1, 1))
    return (math.erfc(near) + math.erfc(far)) / 2


def best_step(reach: float, blocks: int) -> float | None:
    """The step at which both errors together are least; None where the grid is too short."""
    ends = 2 * math.sqrt(reach) + 1 / math.sqrt(math.log(2))  # a deviation further than q + k
    low, high = 2 * ends / (PLACES * blocks), 3.0
    if low >= high:
        return None

    def error(step: float) -> float:
        return beside(step) + beyond(reach, step, blocks) / 2

    for _ in range(25):
        third = (high - low) / 3
        less = error(low + third) < error(high - third)
        low, high = (low, high - third) if less else (low + third, high)
    return (low + high) / 2
