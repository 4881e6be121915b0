"""Components that are cut alike, as many at a time as a cache holds."""

from __future__ import annotations

import torch
from torch import Tensor

from diagram.runtime.interpolated.causal import causally
from diagram.runtime.interpolated.plain import plainly
from diagram.runtime.interpolated.tables import Axis, Kernel, transfer


def attended(
    part: list[Tensor], ends: tuple[float, float], counts: tuple[int, int], is_causal: bool
) -> Tensor:
    """Interpolated attention of scaled queries and keys, with as many pieces as `counts` say.

    Shapes: `x: b n`, `y: b m`, `v: b m w`, perhaps `seen: b m`; result: `b n w`.
    """
    hold_memory(part[0])
    count, keys = counts
    axis = Axis(ends[0], max(ends[1] - ends[0], 1e-30) / count, count)
    matrix = transfer(axis, keys, (8, 8) if is_causal else (4, 6), is_causal, part[0])
    kernel = Kernel(axis, Axis(-1.0, 2 / keys, keys), matrix)
    room = 2**19 if part[0].device.type == "cpu" else 2**24
    room = max(1, room // max(part[0].shape[1], part[1].shape[1]))
    blocks = zip(*(torch.split(each, room) for each in part), strict=True)
    return torch.cat([block(rows, kernel, is_causal) for rows in blocks])


def hold_memory(like: Tensor) -> None:
    """Lets what one block lets go serve the next: fresh memory costs more time than its numbers.

    glibc keeps up to twice the largest part that was given back so far, and 64 MiB at most. This
    part is taken and given back, never touched.
    """
    if like.device.type == "cpu":
        torch.empty(31 * 2**20, dtype=torch.uint8)


def block(rows: tuple[Tensor, ...], kernel: Kernel, is_causal: bool) -> Tensor:
    """Some components at once; between the passes only what is given is kept, and the result."""
    x, y, v, *seen = rows
    weights = [seen[0].to(v) if seen else torch.ones_like(y), *v.unbind(2)]
    if is_causal:
        return causally(x, y, weights, kernel)
    if torch.is_grad_enabled() and any(each.requires_grad for each in rows):
        again = torch.utils.checkpoint.checkpoint
        made: Tensor = again(
            plainly, x, y, weights, kernel, use_reentrant=False, preserve_rng_state=False
        )
        return made
    return plainly(x, y, weights, kernel)
