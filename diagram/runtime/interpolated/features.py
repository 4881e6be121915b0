"""The features of numbers on a grid: a factor for the place times one for the block."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from diagram.runtime.interpolated.grid import PLACES, Grid


class Features(NamedTuple):
    """2^(away z) for each place, with room for each weight times them, and F(middle, z).

    Shapes: `rows: weight place ...`, `blocks: block ...`.
    """

    rows: Tensor
    blocks: Tensor

    @property
    def places(self) -> Tensor:
        """2^(away z): `place ...`."""
        return self.rows[0]


def features(z: Tensor, grid: Grid, count: int, tilt: float = 0.0) -> Features:
    """Of 2^(tilt z) F(u, z): two powers of 2, all others are products of these.

    From block to block F(middle, z) grows by 2^(3 step z) and a number that is the same for all z.
    """
    rows, blocks = z.new_empty(count, PLACES, *z.shape), z.new_empty(grid.blocks, *z.shape)
    below, middle, above = rows[0].unbind()
    torch.mul(z, grid.step, out=above).exp2_()
    torch.reciprocal(above, out=below)
    middle.fill_(1)
    into, middles, first = blocks.unbind(), grid.middles(), grid.blocks // 2
    start = z.new_tensor(-(middles[first] ** 2) / 4)
    torch.addcmul(start, z, z, value=-0.5, out=into[first])
    into[first].add_(z, alpha=tilt + middles[first]).exp2_()
    growth, none = (above * above).mul_(above), z.new_zeros(())
    for block in range(first + 1, grid.blocks):
        share = 2 ** ((middles[block - 1] ** 2 - middles[block] ** 2) / 4)
        torch.addcmul(none, into[block - 1], growth, value=share, out=into[block])
    growth.reciprocal_()
    for block in range(first - 1, -1, -1):
        share = 2 ** ((middles[block + 1] ** 2 - middles[block] ** 2) / 4)
        torch.addcmul(none, into[block + 1], growth, value=share, out=into[block])
    return Features(rows, blocks)


def weighted(of: Features, first: Tensor | None, others: Sequence[Tensor]) -> Tensor:
    """Each weight times the factor of each place; the first are 1 if they are None."""
    for weight, into in zip(others, of.rows[1:], strict=True):
        torch.mul(of.places, weight, out=into)
    if first is not None:
        of.places.mul_(first)
    return of.rows


def over_places(sums: Tensor, of: Features) -> Sequence[Tensor]:
    """sum of the rows of sums times the factors of places: `weight place ...` to `weight ...`."""
    below, middle, above = sums.unbind(1)
    found = torch.addcmul(middle, below, of.places[0]).addcmul_(above, of.places[2])
    return found.unbind()


def over_weights(sums: Tensor, rows: Tensor) -> Tensor:
    """sum of sums times rows over weights and places, both `weight place ...`."""
    (one, row), *others = zip(sums.flatten(0, 1), rows.flatten(0, 1), strict=True)
    found: Tensor = one * row
    for one, row in others:
        found.addcmul_(one, row)
    return found
