"""The causal form: earlier runs of keys by splines, the keys of the own run one by one."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from diagram.runtime.interpolated.runs import RUN, Axis, from_others
from diagram.runtime.interpolated.triangle import slopes, triangle


def causally(x: Tensor, y: Tensor, weights: list[Tensor], axes: tuple[Axis, Axis]) -> Tensor:
    """sum_{m <= n} exp(x_n y_m) v_m / sum_{m <= n} exp(x_n y_m).

    The weights are 1 and the v, or 0 where a key is hidden. Shapes: `x: b n`, `y: b n`, each of
    the weights `b n`, result: `b n w`.
    """
    length = x.shape[1]
    pad, short = functional.pad, (0, -length % RUN)
    first = pad(x, short, value=axes[1].first), pad(y, short)  # inside of both axes
    rows = (each.unflatten(1, (-1, RUN)) for each in (*first, *(pad(w, short) for w in weights)))  # type: ignore[no-untyped-call]
    made = Causal.apply(axes, *rows)  # type: ignore[no-untyped-call]
    return torch.stack([each.flatten(1)[:, :length] for each in made], -1)


class Causal(torch.autograd.Function):
    """The same in runs: all shapes `b runs run`; the gradients are sums of the same kind."""

    @staticmethod
    def forward(ctx, axes, x, y, *weights):  # type: ignore[no-untyped-def]
        sums = triangle(x, y, weights)
        for own, other in zip(sums, from_others(x, y, weights, axes, later=False), strict=True):
            own.add_(other)
        below = sums[0].clamp_min_(torch.finfo(x.dtype).tiny)
        made = tuple(above.div_(below) for above in sums[1:])
        ctx.axes = axes
        ctx.save_for_backward(x, y, *weights, below, *made)
        return made

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, *upstream):  # type: ignore[no-untyped-def]
        count = len(upstream)
        x, y, *rest = ctx.saved_tensors
        weights, (below, *made) = rest[: count + 1], rest[count + 1 :]
        above = [up / below for up in upstream]
        first = torch.zeros_like(below)
        for up, one in zip(above, made, strict=True):
            first.addcmul_(up, one, value=-1)
        gradients = [first, *above]
        dx, dy, *dw = slopes(x, y, weights, gradients)
        axes = ctx.axes
        earlier = from_others(x, y, [y * w for w in weights], axes, later=False)
        for up, other in zip(gradients, earlier, strict=True):
            dx.addcmul_(up, other)
        coming = [*above, *(x * up for up in gradients)]
        later = from_others(y, x, coming, axes[::-1], later=True)
        for own, other in zip(dw[1:], later, strict=False):
            own.add_(other)
        for w, other in zip(weights, later[count:], strict=True):
            dy.addcmul_(w, other)
        return None, dx, dy, None, *dw[1:]
