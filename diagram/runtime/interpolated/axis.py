"""Axes of queries and keys in pieces: where an entry lies, its moments, a polynomial there.

A place on an axis is its piece and t in [-1/2, 1/2] there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor


class QueryAxis(NamedTuple):
    """x = query half from `first` on, in pieces of this step; read by polynomials of a degree.

    `half` is half the range of the keys, `b 1`.
    """

    half: Tensor
    first: float
    step: float
    pieces: int
    degree: int

    def placed(self, query: Tensor) -> tuple[Tensor, Tensor]:
        """The piece of each entry, and its t."""
        place = (query * (self.half / self.step)).sub_(self.first / self.step + 0.5)
        piece = place.round()
        return piece.long(), place.sub_(piece)

    def points(self, like: Tensor) -> Tensor:
        """The points about the pieces, four beyond each end less a half."""
        at = torch.arange(self.pieces + 7, dtype=torch.float64, device=like.device)
        return (self.first + self.step * (at - 3)).to(like)


class KeyAxis(NamedTuple):
    """y = 2 (key - low) / range - 1 in pieces of [-1, 1]; splines of this order carry exp(x y).

    `low: b 1` is the least key of all that are visible, `rate: b 1` the number of pieces / range.
    """

    low: Tensor
    rate: Tensor
    pieces: int
    order: int

    def placed(self, key: Tensor) -> tuple[Tensor, Tensor]:
        """The piece of each entry, and its t."""
        place = (key - self.low).mul_(self.rate).sub_(0.5)
        piece = place.round()
        return piece.long(), place.sub_(piece)

    def points(self, like: Tensor) -> Tensor:
        """The points about the pieces."""
        at = torch.arange(self.pieces + self.order - 1, dtype=torch.float64, device=like.device)
        return ((at - (self.order / 2 - 1)) * (2 / self.pieces) - 1).to(like)


def add_moments(into: Tensor, piece: Tensor, t: Tensor, weights: Sequence[Tensor]) -> None:
    """Adds w t^p of each entry to its piece. Shapes: `into: weight power b piece`, others `b n`."""
    for sums, weight in zip(into, weights, strict=True):
        term = weight
        for power, of_power in enumerate(sums):
            term = term * t if power else term
            of_power.scatter_add_(1, piece, term)


def value_at(table: Tensor, piece: Tensor, t: Tensor) -> Tensor:
    """The polynomial of each entry's piece at its t. Shapes: `table: power b piece`, else `b n`."""
    found = table[-1].gather(1, piece)
    for power in range(len(table) - 2, -1, -1):
        found = table[power].gather(1, piece).addcmul_(found, t)
    return found
