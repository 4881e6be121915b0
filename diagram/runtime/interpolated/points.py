"""From points to points and between points and pieces, for all components at once."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from diagram.runtime.interpolated.axis import KeyAxis, QueryAxis


def carry(queries: QueryAxis, keys: KeyAxis, like: Tensor) -> Tensor:
    """exp(x y - |x|) for the points of both axes: `key query`."""
    wide = like[:0].double()
    x, y = queries.points(wide), keys.points(wide)
    return torch.outer(y, x).sub_(x.abs()).exp_().to(like)


def polynomials(values: Tensor, stencil: Tensor) -> Tensor:
    """Polynomials on the pieces from values at the points.

    Shapes: `values: w b point`, `stencil: power place`, result: `w power b piece`; the last pieces
    of a row are of no use, there are as many as points.
    """
    rows = functional.pad(values.flatten(1), (0, stencil.shape[1] - 1)).unsqueeze(1)
    found = functional.conv1d(rows, stencil.to(values).unsqueeze(1))
    return found.unflatten(2, values.shape[1:])  # type: ignore[no-any-return, no-untyped-call]


def gathered(moments: Tensor, stencil: Tensor) -> Tensor:
    """The transpose, without these pieces: `w power b piece` to `w b point`."""
    pieces, places = moments.shape[3], stencil.shape[1]
    spread = (stencil.to(moments).t() @ moments.flatten(2)).unflatten(2, moments.shape[2:])  # type: ignore[no-untyped-call]
    found = moments.new_zeros(len(moments), moments.shape[2], pieces + places - 1)
    for place in range(places):
        found[..., place : place + pieces] += spread[:, place]
    return found
