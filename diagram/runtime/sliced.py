"""Functions run for one slice of their arguments at a time, or made again for the gradients.

They import nothing but torch, and are exported as they are.
"""

from __future__ import annotations

import torch
from torch import Tensor


def recomputed(body: object, *args: Tensor | int) -> tuple[Tensor, ...]:
    """What a function makes; for the gradients it is made again, and only arguments are kept."""
    assert callable(body)
    if not torch.is_grad_enabled() or torch.compiler.is_exporting():
        made = body(*args)
    else:
        made = torch.utils.checkpoint.checkpoint(body, *args, use_reentrant=False)
    assert isinstance(made, tuple)
    return made


def sliced(
    body: object,
    count: int,
    cut: tuple[int | None, ...],
    joined: tuple[int | None, ...],
    *args: Tensor | int,
) -> tuple[Tensor, ...]:
    """What a function makes of all its arguments, for one of `count` slices at a time.

    `cut` has for each argument the axis along which it is cut, None for one that all slices share;
    `joined` for each result the axis along which slices stand side by side, None for their sum.
    An exported graph has no loops: in it a length that is free is taken whole.
    """
    cuts = [(x, axis) for x, axis in zip(args, cut, strict=True) if axis is not None]
    length = next(x.shape[axis] for x, axis in cuts if isinstance(x, Tensor))
    if torch.compiler.is_exporting() and type(length) is not int:
        return recomputed(body, *args)
    parts = [
        (x,) * count if axis is None or not isinstance(x, Tensor) else x.chunk(count, axis)
        for x, axis in zip(args, cut, strict=True)
    ]
    keeps = torch.is_grad_enabled() and any(isinstance(x, Tensor) and x.requires_grad for x in args)
    found: list[list[Tensor]] = [[] for _ in joined]
    for number, part in enumerate(zip(*parts, strict=False)):
        start = number * -(-length // count)
        for place, made in enumerate(recomputed(body, *part)):
            put(found[place], made, joined[place], None if keeps else (start, length))
            del made
    return tuple(beside(found.pop(0), axis) for axis in joined)


def put(found: list[Tensor], x: Tensor, axis: int | None, where: tuple[int, int] | None) -> None:
    """Adds a slice: to a sum, to a list, or at `where` it starts in a whole of some length.

    A whole is laid out as its slices are.
    """
    if axis is None and found:
        found[0].add_(x)
    elif axis is None or where is None:
        found.append(x)
    else:
        start, length = where
        if not found:
            order = sorted(range(x.ndim), key=x.stride, reverse=True)
            shape = [length if place == axis else x.shape[place] for place in order]
            found.append(
                x.new_empty(shape).permute([order.index(place) for place in range(x.ndim)])
            )
        found[0].narrow(axis, start, x.shape[axis]).copy_(x)


def beside(found: list[Tensor], axis: int | None) -> Tensor:
    """Slices side by side, laid out as they are."""
    if axis is None or len(found) == 1:
        return found[0]
    order = sorted(range(found[0].ndim), key=found[0].stride, reverse=True)
    whole = torch.cat([x.permute(order) for x in found], order.index(axis))
    return whole.permute([order.index(place) for place in range(whole.ndim)])
