"""Components that are cut alike, as many at a time as fit a cache."""

from __future__ import annotations

import torch
from torch import Tensor

from diagram.runtime.interpolated.causal import causally
from diagram.runtime.interpolated.plain import plainly
from diagram.runtime.interpolated.tables import transfer


def attended(  # noqa: PLR0913, PLR0917 - the tensors of a kernel, and how they are cut
    x: Tensor,
    y: Tensor,
    v: Tensor,
    seen: Tensor | None,
    middle: Tensor,
    scale: float,
    ends: tuple[float, float],
    fine: tuple[int, int, torch.dtype],
    is_causal: bool,
) -> Tensor:
    """Interpolated attention; `middle` is the centre and half range of the keys, `2 b 1`.

    Gradients run each block again, so that between the passes only the inputs are kept.
    """
    count, keys, kind = fine
    step = max(ends[1] - ends[0], 1e-30) / count
    axis = (ends[0], step, count)
    matrix = transfer(
        axis, keys, (8, 8) if is_causal else (4, 6), is_causal, x.new_empty(0, dtype=kind)
    )
    room = max(1, (2**18 if x.device.type == "cpu" else 2**24) // max(x.shape[1], y.shape[1]))
    wanted = torch.is_grad_enabled() and (x.requires_grad or y.requires_grad or v.requires_grad)
    found = []
    for start in range(0, len(x), room):
        rows = slice(start, start + room)
        hidden = None if seen is None else ~seen[rows]
        given = (x[rows], y[rows], v[rows], hidden, middle[:, rows], scale, matrix, axis, keys)
        if wanted:
            again = torch.utils.checkpoint.checkpoint
            found.append(
                again(block, *given, is_causal, use_reentrant=False, preserve_rng_state=False)
            )
        else:
            found.append(block(*given, is_causal))
    return torch.cat(found)


def block(  # noqa: PLR0913, PLR0917 - the tensors of a kernel, and how they are cut
    x: Tensor,
    y: Tensor,
    v: Tensor,
    hidden: Tensor | None,
    middle: Tensor,
    scale: float,
    matrix: Tensor,
    axis: tuple[float, float, int],
    keys: int,
    is_causal: bool,
) -> Tensor:
    """One block, in units in which the keys fill [-1, 1]; what hidden keys hold does not matter."""
    kind, (centre, half) = x.dtype, middle.to(matrix.dtype)
    x, y, v = x.to(matrix.dtype), y.to(matrix.dtype), v.to(matrix.dtype)
    x = x * (scale * half)
    y = (y - centre) * half.clamp_min(torch.finfo(half.dtype).tiny).reciprocal()
    weights = [torch.ones_like(y), *v.unbind(2)]
    if hidden is not None:
        y, *weights = (each.masked_fill(hidden, 0.0) for each in (y, *weights))
    run = causally if is_causal else plainly
    return run(x, y, weights, matrix, axis, keys).to(kind)
