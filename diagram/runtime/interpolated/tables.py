"""Sums over keys become moments, moments become polynomials in the query, and these are read.

A place on an axis is its piece and t in [-1/2, 1/2] there.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from diagram.runtime.interpolated.pieces import monomials, nodes


class Axis(NamedTuple):
    """Where the first piece begins, the length of a piece, and their number."""

    first: float
    step: float
    pieces: int

    def placed(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The piece of each entry, and its t."""
        place = x * (1 / self.step) - (self.first / self.step + 0.5)
        whole = place.detach().round().clamp_(0, self.pieces - 1)
        return whole.long(), place - whole


class Kernel(NamedTuple):
    """exp(x y) on pieces of both axes: moments in y times the matrix are tables in x."""

    x: Axis
    y: Axis
    matrix: Tensor


def transfer(axis: Axis, keys: int, degree: int, like: Tensor) -> Tensor:
    """What makes of the moments the sums of exp(x y) w, for x on the axis.

    Both axes have this degree. Shape: degree*keys degree*count, columns `p count`: coefficients of
    polynomials.
    """
    first, step, count = axis
    inside, inner = nodes(degree), monomials(degree)
    x = (first + step * (torch.arange(count).unsqueeze(-1) + 0.5 + inside)).flatten()
    y = (torch.arange(keys, dtype=torch.float64) + 0.5) * (2 / keys) - 1
    near = inner @ torch.exp(torch.outer(inside * (2 / keys), x))
    far = torch.exp(torch.outer(y, x))
    made = (near.to(like).unsqueeze(1) * far.to(like)).flatten(0, 1)
    return (inner.to(like) @ made.unflatten(1, (count, degree)).mT).flatten(1)  # type: ignore[no-any-return, no-untyped-call]


def read(table: Tensor, piece: Tensor, t: Tensor, count: int) -> Tensor:
    """The polynomial of each entry's piece at its t. Shapes: `table: b p*count`, others: `b n`."""
    degree = table.shape[1] // count
    found = table[:, -count:].gather(1, piece)
    for power in range(degree - 2, -1, -1):
        coefficient = table[:, power * count : (power + 1) * count].gather(1, piece)
        found = coefficient.addcmul_(found, t)
    return found
