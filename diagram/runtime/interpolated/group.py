"""Components that are cut alike, as many at a time as a cache holds."""

from __future__ import annotations

import torch
from torch import Tensor

from diagram.runtime.interpolated.causal import causally
from diagram.runtime.interpolated.plain import plainly
from diagram.runtime.interpolated.tables import transfer


def attended(
    part: list[Tensor], ends: tuple[float, float], counts: tuple[int, int], is_causal: bool
) -> Tensor:
    """Interpolated attention of scaled queries and keys, with as many pieces as `counts` say.

    For the gradients each block is made again: between the passes only what is given is kept.
    Shapes: `x: b n`, `y: b m`, `v: b m w`, perhaps `seen: b m`; result: `b n w`.
    """
    count, keys = counts
    axis = (ends[0], max(ends[1] - ends[0], 1e-30) / count, count)
    degrees = (8, 8) if is_causal else (4, 6)
    matrix = transfer(axis, keys, degrees, is_causal, part[0])
    room = 2**19 if part[0].device.type == "cpu" else 2**24
    room = max(1, room // max(part[0].shape[1], part[1].shape[1]))
    keeps = torch.is_grad_enabled() and any(each.requires_grad for each in part)

    def run(*rows: Tensor) -> Tensor:
        return block(rows, matrix, axis, is_causal)

    found = []
    for start in range(0, len(part[0]), room):
        rows = [each[start : start + room] for each in part]
        if keeps:
            again = torch.utils.checkpoint.checkpoint
            found.append(again(run, *rows, use_reentrant=False, preserve_rng_state=False))
        else:
            found.append(run(*rows))
    return torch.cat(found)


def block(
    rows: tuple[Tensor, ...], matrix: Tensor, axis: tuple[float, float, int], is_causal: bool
) -> Tensor:
    """Some components at once."""
    x, y, v, *seen = rows
    weights = [seen[0].to(v) if seen else torch.ones_like(y), *v.unbind(2)]
    if is_causal:
        return causally(x, y, weights, matrix, axis)
    return plainly(x, y, weights, matrix, axis)
