"""The sizes of a convolved edge: the length that results, and how far it is padded."""

from __future__ import annotations

from collections.abc import Sequence

from diagram.language.core import ZERO, Conv
from diagram.language.size import Size


def length(conv: Conv, signal: Size, kernels: Sequence[Size]) -> Size:
    """The length of the result of a signal and its kernels.

    >>> from diagram.language.core import Star
    >>> x, k = Size.of("x"), Size.of(3)
    >>> str(length(Conv(Star.CORR, "x", stride=Size.of(2), pad=(Size.of(1), Size.of(1))), x, [k]))
    '((x - 1)//2) + 1'
    """
    if conv.pad == "circular":
        return (signal + conv.stride - 1) // conv.stride
    left, right = padding(conv, kernels)
    reach = conv.dilation * (kernels_of(kernels) - 1)
    return (conv.up * (signal - 1) + left + right - reach) // conv.stride + 1


def kernels_of(kernels: Sequence[Size]) -> Size:
    """The length of all kernels merged into one."""
    merged = Size.of(1)
    for kernel in kernels:
        merged = merged + kernel - 1
    return merged


def padding(conv: Conv, kernels: Sequence[Size]) -> tuple[Size, Size]:
    """How many zeros stand left and right of the signal."""
    reach = conv.dilation * (kernels_of(kernels) - 1)
    match conv.pad:
        case (left, right):
            return left, right
        case "full":
            return reach, reach
        case "same":
            left = reach // 2
            return left, reach - left
        case _:
            return ZERO, ZERO
