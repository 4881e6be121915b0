"""Interpolated attention in which every query sees the same keys."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from diagram.runtime.interpolated.axis import KeyAxis, QueryAxis, add_moments, value_at
from diagram.runtime.interpolated.points import carry, gathered, polynomials
from diagram.runtime.interpolated.stencils import POINTS, nearby, spline

ENTRIES = 1024
"""Entries at a time, as many as a cache holds."""


class Plain(torch.autograd.Function):
    """sum_m exp(x y_m) v_m / sum_m exp(x y_m) for x = scaled queries, and its gradients.

    The weights are 1 and the v, or 0 where a key is hidden. Shapes: `x: b n`, `y: b m`, each of
    the weights `b m`, results: `b n`.

    Keys become moments of pieces of their axis, these become sums at points of the axis of x, and
    these a polynomial on each piece between. Back it goes the same way.
    """

    @staticmethod
    def forward(ctx, queries, keys, x, y, *weights):  # type: ignore[no-untyped-def]
        knots = gathered(moments(keys, keys.order, y, weights), spline(keys.order))
        sums = knots @ carry(queries, keys, knots)
        below = sums[:1].clamp_min(torch.finfo(x.dtype).tiny)
        made = sums[1:] / below
        ctx.axes = queries, keys
        ctx.save_for_backward(x, y, knots, below, made, *weights)
        tables = polynomials(made, nearby(queries.degree, POINTS))
        found = [torch.empty_like(x, memory_format=torch.contiguous_format) for _ in weights[1:]]
        for cut in runs(x):
            place = queries.placed(x[:, cut])
            for table, into in zip(tables, found, strict=True):
                into[:, cut] = value_at(table, *place)
        return tuple(found)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, *upstream):  # type: ignore[no-untyped-def]
        queries, keys = ctx.axes
        x, y, knots, below, made, *weights = ctx.saved_tensors
        matrix, stencil = carry(queries, keys, knots), nearby(queries.degree, POINTS)
        slopes = knots @ (keys.points(knots).unsqueeze(1) * matrix)
        slopes = (slopes[1:] - made * slopes[:1]) / below
        tables = polynomials(slopes, stencil)
        dx = torch.empty_like(x)
        for cut in runs(x):
            piece, t = queries.placed(x[:, cut])
            up = [each[:, cut] for each in upstream]
            dx[:, cut] = sum(
                u * value_at(table, piece, t) for u, table in zip(up, tables, strict=True)
            )
        back = gathered(moments(queries, queries.degree, x, upstream), stencil) / below
        back = torch.cat([-(back * made).sum(0, keepdim=True), back])
        values = back @ matrix.mT
        steep = (back * queries.points(back)) @ matrix.mT
        of_values = polynomials(values, spline(keys.order))
        of_slopes = polynomials(steep, spline(keys.order))
        dy, dw = torch.empty_like(y), [torch.empty_like(w) for w in weights[1:]]
        for cut in runs(y):
            place = keys.placed(y[:, cut])
            for table, into in zip(of_values[1:], dw, strict=True):
                into[:, cut] = value_at(table, *place)
            parts = zip(weights, of_slopes, strict=True)
            dy[:, cut] = sum(w[:, cut] * value_at(table, *place) for w, table in parts)
        dx *= queries.half
        dy /= queries.half
        return None, None, dx, dy, None, *dw


def moments(axis: QueryAxis | KeyAxis, powers: int, x: Tensor, weights: Sequence[Tensor]) -> Tensor:
    """sum of w t^p over the entries of each piece: `weight power b piece`.

    Runs are summed apart, as the rounding of a sum grows with the number of its terms.
    """
    found = x.new_zeros(len(weights), powers, len(x), axis.pieces)
    for cut in runs(x):
        part = torch.zeros_like(found) if cut.start else found
        add_moments(part, *axis.placed(x[:, cut]), [w[:, cut] for w in weights])
        if cut.start:
            found += part
    return found


def runs(x: Tensor) -> list[slice]:
    """The entries in runs."""
    return [slice(start, start + ENTRIES) for start in range(0, x.shape[1], ENTRIES)]
