"""Sums over keys become moments, moments become polynomials in the query, and these are read.

A place on an axis is its piece and t in [-1/2, 1/2] there; an axis is where its first piece begins,
the length of a piece, and their number.
"""

from __future__ import annotations

import torch
from torch import Tensor

from diagram.runtime.interpolated.pieces import monomials, nodes


def placed(place: Tensor, count: int, run: int = 0) -> tuple[Tensor, Tensor]:
    """The piece and t of each entry of `place: b n`, which is 0, 1, ... in the middle of pieces.

    With `run`, every so many entries have pieces of their own.
    """
    whole = place.detach().round().clamp_(0, count - 1)
    piece = whole.long()
    if run:
        piece += torch.arange(place.shape[1], device=place.device) // run * count
    return piece, place - whole


def moments(y: Tensor, weights: list[Tensor], keys: int, degree: int, run: int) -> Tensor:
    """sum of w t^p over the keys of a run in each piece of [-1, 1], for each of the weights.

    Shapes: `y: b m`, weights: the same, result: `b runs weights degree*keys`.
    """
    number = -(-y.shape[1] // run)
    piece, t = placed(y * (keys / 2) + (keys - 1) / 2, keys, run if number > 1 else 0)
    found = []
    for w in weights:
        term = w
        for power in range(degree):
            term = term * t if power else term
            sums = w.new_zeros(len(y), number * keys).scatter_add_(1, piece, term)
            found.append(sums.unflatten(1, (number, keys)))  # type: ignore[no-untyped-call]
    return torch.stack(found, 2).unflatten(2, (len(weights), degree)).flatten(3)  # type: ignore[no-any-return, no-untyped-call]


def transfer(
    axis: tuple[float, float, int],
    keys: int,
    degrees: tuple[int, int],
    is_causal: bool,
    like: Tensor,
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


def read(table: list[Tensor], piece: Tensor, t: Tensor) -> Tensor:
    """The polynomial of each entry's piece at its t; coefficients: `b pieces`, others: `b n`."""
    found = table[-1].gather(1, piece)
    for coefficients in table[-2::-1]:
        found = torch.addcmul(coefficients.gather(1, piece), found, t)
    return found
