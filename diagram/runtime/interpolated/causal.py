"""The causal form: earlier runs of keys by features, the keys of the own run one by one."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from diagram.runtime.interpolated.features import features, over_places, over_weights, weighted
from diagram.runtime.interpolated.frame import Frame
from diagram.runtime.interpolated.runs import RUN, carried, earlier, later, side_by_side, summed
from diagram.runtime.interpolated.triangle import add_pairs, add_slopes

AT_ONCE = 2**17
"""Entries at a time: few enough for a cache with their features, and few calls."""


def causally(
    frame: Frame, x: Tensor, y: Tensor, seen: Tensor | None, *values: Tensor
) -> list[Tensor]:
    """sum_{m <= n} exp(x_n y_m) v_m / sum_{m <= n} exp(x_n y_m), for any length.

    `seen` is 0 where a key is hidden, else 1. Shapes: `b n` each.
    """
    length = x.shape[1]
    short = -length % RUN
    if short:
        x, y = functional.pad(x, (0, short)), functional.pad(y, (0, short))
        values = tuple(functional.pad(each, (0, short)) for each in values)
        seen = seen if seen is None else functional.pad(seen, (0, short))
    made = Causal.apply(frame, x, y, seen, *values)  # type: ignore[no-untyped-call]
    return [each[:, :length] for each in made]


class Causal(torch.autograd.Function):
    """The same for whole runs, and its gradients."""

    @staticmethod
    def forward(ctx, frame, x, y, seen, *values):  # type: ignore[no-untyped-def]
        shares, kept = frame.grid.shares().to(x)[..., None, None], []
        made = [torch.empty_like(x) for _ in values]
        for rows in components_at_once(x):
            line = frame.queries.placed(x, rows), frame.keys.placed(y, rows)
            q, k, *own = (
                side_by_side(each).contiguous() for each in (*line, *(v[rows] for v in values))
            )
            shown = None if seen is None else side_by_side(seen[rows]).contiguous()
            of_keys = features(k, frame.grid, len(made) + 1, frame.tilt)
            before = earlier(summed(weighted(of_keys, shown, own), of_keys).mul_(shares))
            of_queries = features(q, frame.grid, 1)
            below, *above = over_places(carried(before, of_queries), of_queries)
            add_pairs(below, above, q + frame.tilt, k, shown, own)
            below.clamp_min_(torch.finfo(x.dtype).tiny)
            for into, each in zip(made, above, strict=True):
                side_by_side(into[rows]).copy_(each.div_(below))
            kept += [q, k, shown, below, *own, *above]
        ctx.frame, ctx.count = frame, len(made)
        ctx.save_for_backward(*kept)
        return tuple(made)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, *upstream):  # type: ignore[no-untyped-def]
        frame, count, kept = ctx.frame, ctx.count, list(ctx.saved_tensors)
        shares, points = (
            each.to(upstream[0])[..., None, None]
            for each in (frame.grid.shares(), frame.grid.points())
        )
        slopes = [torch.empty_like(upstream[0]) for _ in range(count + 2)]
        for rows in components_at_once(upstream[0]):
            q, k, shown, below = kept[:4]
            own, made = kept[4 : 4 + count], kept[4 + count : 4 + 2 * count]
            kept = kept[4 + 2 * count :]
            ups = gradients([side_by_side(up[rows]) for up in upstream], made, below)
            of_keys = features(k, frame.grid, count + 1, frame.tilt)
            of_queries = features(q, frame.grid, count + 1)
            queries = weighted(of_queries, ups[0], ups[1:])
            after = later(summed(queries, of_queries).mul_(shares))
            found = over_places(carried(after, of_keys), of_keys)
            keys = weighted(of_keys, shown, own)
            before = earlier(summed(keys, of_keys).mul_(shares * points))
            dq = over_weights(carried(before, of_queries), queries)
            dk = over_weights(carried(after.mul_(points), of_keys), keys)
            dk = add_tilted(dk, shown, own, found, k, frame.tilt)
            found = [dq, dk, *found[1:]]
            add_slopes(found, q + frame.tilt, k, shown, own, ups, frame.tilt)
            for into, one in zip(slopes, found, strict=True):
                side_by_side(into[rows]).copy_(one)
            frame.queries.back(slopes[0][rows], rows)
            frame.keys.back(slopes[1][rows], rows)
        dx, dy, *dv = slopes
        return None, dx, dy, None, *dv


def gradients(upstream: Sequence[Tensor], made: Sequence[Tensor], below: Tensor) -> list[Tensor]:
    """Those of the sums whose ratios were made; times the sums they add up to 0."""
    above = [up / below for up in upstream]
    first = above[0] * made[0]
    for up, one in zip(above[1:], made[1:], strict=True):
        first.addcmul_(up, one)
    return [first.neg_(), *above]


def add_tilted(
    slopes: Tensor,
    seen: Tensor | None,
    values: Sequence[Tensor],
    sums: Sequence[Tensor],
    k: Tensor,
    tilt: float,
) -> Tensor:
    """Adds what 2^(tilt k - k^2 / 2) does to the slope, as 1 and the values count for the sums."""
    total = sums[0].clone() if seen is None else seen * sums[0]
    for value, one in zip(values, sums[1:], strict=True):
        total.addcmul_(value, one)
    return slopes.addcmul_(total, tilt - k)


def components_at_once(x: Tensor) -> list[slice]:
    """As many as make so many entries; all on a GPU."""
    width = max(1, AT_ONCE // x.shape[1]) if x.device.type == "cpu" else len(x)
    return [slice(start, start + width) for start in range(0, len(x), width)]
