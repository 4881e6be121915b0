"""Even grids that stand for smooth functions: the weights of their points, and bounds of the error.

With x = scale query (key range / 2) and y in [-1, 1], attention with scalar queries and keys is
f(x) = sum_m exp(x y_m) v_m / sum_m exp(x y_m). A stencil turns values at points that are 1 apart
into a polynomial on the piece between them, as coefficients of 1, t, t^2, ... with t in
[-1/2, 1/2]. Its transpose spreads moments of a piece over the points. Points lie evenly about the
middle of the piece.
"""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

TURN = 6.283185307179586
"""2 pi."""


@cache
def spline(order: int) -> Tensor:
    """The B-splines of this order about the points, on the piece: `power point`, in float64.

    B(u) = sum_k (-1)^k binomial(order, k) (u + order / 2 - k)_+^(order - 1) / (order - 1)!
    """
    rows, choose, below, factorial = [], [1.0], [1.0], 1.0
    for k in range(order):
        choose.append(-choose[-1] * (order - k) / (k + 1))
    for k in range(order - 1):
        below.append(below[-1] * (order - 1 - k) / (k + 1))
        factorial *= k + 1
    for power in range(order):
        rest = order - 1 - power
        rows.append(
            [
                sum(
                    choose[k] * below[power] * (order - j - k - 0.5) ** rest
                    for k in range(order - j)
                )
                / factorial
                for j in range(order)
            ]
        )
    return torch.tensor(rows, dtype=torch.float64)


def spline_step(order: int, error: float) -> float:
    """The largest z = |x| step for which splines carry exp(x y) within this relative error.

    By Poisson's formula the splines about points that are `step` apart add up to
    sum_j B(y / step - j) exp(x step j) = exp(x y) sum_k (sinh(z / 2) / (z / 2 + pi i k))^order
    up to signs and phases. The term of k = 0 is the same for all y, so it changes no ratio of
    sums; the others are at most 2 (sum k^-order) (z / 2 pi)^order of it, and sum k^-3 < 1.21.
    """
    return float(TURN * (error / 2.42) ** (1 / order))


@cache
def nearby(degree: int, points: int) -> Tensor:
    """The polynomial that meets that of all points at `degree` Chebyshev nodes: `power point`."""
    at = chebyshev(degree)
    place = torch.arange(points, dtype=torch.float64) - (points - 1) / 2
    away = torch.eye(points, dtype=torch.bool)
    above = (at[:, None, None] - place).masked_fill(away, 1.0).prod(2)
    below = (place[:, None] - place).masked_fill(away, 1.0).prod(1)
    values: Tensor = above / below
    powers = at.unsqueeze(-1) ** torch.arange(degree)
    found: Tensor = torch.linalg.inv(powers) @ values
    return found


def chebyshev(degree: int) -> Tensor:
    """Chebyshev's nodes in a piece that goes from -1/2 to 1/2, in float64."""
    turn = TURN / 2 / degree
    return torch.cos((torch.arange(degree, dtype=torch.float64) + 0.5) * turn) / 2


POINTS = 8
"""Points of the stencil that reads f."""

GROWTH = 1.5
"""The most that errors of the points grow by in what is read, for degrees 3 and 4."""


def reading_step(degree: int, error: float) -> float:
    """The largest step in x for which f is read within this error, for |v| <= 1.

    Where |Im x| <= u < pi / 2 all terms of the denominator lie within the angle u about the real
    axis, so that |f| <= 1 / cos u there, and by Cauchy |f^(d)| / d! <= 1 / (u^d cos u). The
    polynomial of all points is off by at most 43.1 step^8 times that of order 8, 43.1 being the
    largest product of the distances to the points; at the nodes this grows by at most 1.85. A
    polynomial that meets f at the nodes is off by 2 (step / 4)^degree times that of its degree.
    """
    fine, wide = 2 * coefficient(degree) / 4**degree, 1.85 * 43.1 * coefficient(POINTS)
    low, high = 0.0, 1.0
    for _ in range(30):
        step = (low + high) / 2
        met = fine * step**degree + wide * step**POINTS <= error
        low, high = (step, high) if met else (low, step)
    return low


@cache
def coefficient(degree: int) -> float:
    """A bound of |f^(degree)| / degree!: about the least of 1 / (u^degree cos u)."""
    cosines = ((u / 20, (2.718281828459045 ** complex(0, u / 20)).real) for u in range(18, 31))
    return min(1 / (u**degree * cosine) for u, cosine in cosines)
