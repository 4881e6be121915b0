"""How finely two axes are cut so that exp(x y) is known within an error: bounds, no guesses.

With x = scale query (key range / 2) and y in [-1, 1], attention with scalar queries and keys is
f(x) = sum_m exp(x y_m) v_m / sum_m exp(x y_m). On a piece of an axis a function stands for its
interpolant at `degree` Chebyshev nodes.
"""

from __future__ import annotations

import torch
from torch import Tensor


def reach(degree: int, error: float) -> float:
    """The largest z for which exp(z t), |t| <= 1, has an interpolant of this relative error.

    exp(z t) = I_0(z) + 2 sum I_n(z) T_n(t); at the nodes T_degree is 0 and a later T_n another one,
    so the error is at most 2 I_degree + 4 (I_(degree+1) + ...), and the function at least e^-z.
    I_n(z) <= (z / 2)^n e^(z^2 / (4 n + 4)) / n!, and I_(n+1) / I_n <= r = z / (2 n + 2).
    """
    low, high = 0.0, 4.0
    for _ in range(40):
        z = (low + high) / 2
        r = z / (2 * degree + 2)
        bound = 2 * 2.718281828459045 ** (z + z * r / 2) * (1 + r) / (1 - r)
        for factor in range(1, degree + 1):
            bound *= z / (2 * factor)
        low, high = (z, high) if bound <= error else (low, z)
    return low


def pieces(length: float, half: float) -> int:
    """How many pieces of at most this half width an axis is cut into."""
    return max(1, -int(-length / (2 * half) // 1))


def nodes(degree: int) -> Tensor:
    """Chebyshev's nodes in a piece that goes from -1/2 to 1/2, in float64."""
    turn = 3.141592653589793 / degree
    return torch.cos((torch.arange(degree, dtype=torch.float64) + 0.5) * turn) / 2


def monomials(degree: int) -> Tensor:
    """What makes coefficients of 1, t, t^2, ... from values at the nodes, in float64."""
    powers = nodes(degree).unsqueeze(-1) ** torch.arange(degree)
    found: Tensor = torch.linalg.inv(powers)
    return found
