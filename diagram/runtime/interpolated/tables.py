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


def moments(y: Tensor, weights: list[Tensor], axis: Axis, degree: int, run: int) -> Tensor:
    """sum of w t^p over the keys of a run in each piece of the axis, for each of the weights.

    Shapes: `y: b m`, weights: the same, result: `b runs weights degree*keys`.
    """
    number, keys = -(-y.shape[1] // run), axis.pieces
    piece, t = axis.placed(y)
    if number > 1:
        piece += torch.arange(y.shape[1], device=y.device) // run * keys
    found = []
    for w in weights:
        term = w
        for power in range(degree):
            term = term * t if power else term
            sums = w.new_zeros(len(y), number * keys).scatter_add_(1, piece, term)
            found.append(sums.unflatten(1, (number, keys)))  # type: ignore[no-untyped-call]
    return torch.stack(found, 2).unflatten(2, (len(weights), degree)).flatten(3)  # type: ignore[no-any-return, no-untyped-call]


def transfer(
    axis: Axis, keys: int, degrees: tuple[int, int], is_causal: bool, like: Tensor
) -> Tensor:
    """What makes of the moments the sums of exp(x y) w, for x on the axis.

    The degrees are those on the axis of y and on that of x. Shape: degree*keys degree*count.
    Causal: coefficients of polynomials, `p count`. Else values at the nodes of each piece,
    `count node`, divided by exp |x|.
    """
    first, step, count = axis
    inside, inner = nodes(degrees[1]), monomials(degrees[1])
    x = (first + step * (torch.arange(count).unsqueeze(-1) + 0.5 + inside)).flatten()
    y = (torch.arange(keys, dtype=torch.float64) + 0.5) * (2 / keys) - 1
    near = monomials(degrees[0]) @ torch.exp(torch.outer(nodes(degrees[0]) * (2 / keys), x))
    far = torch.exp(torch.outer(y, x) - (0.0 if is_causal else x.abs()))
    made = (near.to(like).unsqueeze(1) * far.to(like)).flatten(0, 1)
    if is_causal:
        made = (inner.to(like) @ made.unflatten(1, (count, degrees[1])).mT).flatten(1)  # type: ignore[no-untyped-call]
    return made


def read(table: Tensor, piece: Tensor, t: Tensor, count: int) -> Tensor:
    """The polynomial of each entry's piece at its t. Shapes: `table: b p*count`, others: `b n`."""
    degree = table.shape[1] // count
    found = table[:, -count:].gather(1, piece)
    for power in range(degree - 2, -1, -1):
        coefficient = table[:, power * count : (power + 1) * count].gather(1, piece)
        found = coefficient.addcmul_(found, t)
    return found
