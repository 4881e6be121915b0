"""From points to points and between points and pieces, for all components at once."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from diagram.runtime.interpolated.axis import KeyAxis, QueryAxis


def carry(queries: QueryAxis, keys: KeyAxis, like: Tensor) -> Tensor:
    """exp(x y - |x|) for the points of both axes: `key query`."""
    wide = like.double()[:0]
    x, y = queries.points(wide), keys.points(wide)
    return torch.outer(y, x).sub_(x.abs()).exp_().to(like)


def polynomials(values: Tensor, stencil: Tensor) -> tuple[Tensor, ...]:
    """Polynomials on the pieces from values at the points.

    Shapes: `values: b w point`, `stencil: power place`, each result: `b power piece`.
    """
    rows = values.flatten(0, 1).unsqueeze(1)
    found = functional.conv1d(rows, stencil.to(values).unsqueeze(1))
    return found.unflatten(0, values.shape[:2]).unbind(1)  # type: ignore[no-untyped-call, no-any-return]


def gathered(moments: Tensor, stencil: Tensor) -> Tensor:
    """The transpose: `b w power piece` to `b w point`."""
    spread, pieces = stencil.to(moments).t() @ moments, moments.shape[3]
    places = len(spread[0, 0])
    found = moments.new_zeros(*moments.shape[:2], pieces + places - 1)
    for place in range(places):
        found[..., place : place + pieces] += spread[:, :, place]
    return found
