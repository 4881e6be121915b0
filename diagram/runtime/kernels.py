"""What torch calls for each op; each function imports nothing but torch, and is exported as it is.

`axes` are positions of the legs that the op names, in the first value's layout.
"""

from __future__ import annotations

import torch
from torch import Tensor


def square(x: Tensor) -> Tensor:
    """x * x."""
    return x * x


def masked_softmax(x: Tensor, axis: int) -> Tensor:
    """Softmax along an axis; a row that is minus infinity throughout gives zeros."""
    hidden = torch.all(torch.isneginf(x), axis, keepdim=True)
    return torch.where(hidden, 0.0, torch.softmax(x.masked_fill(hidden, 0.0), axis))


def masked_log_softmax(x: Tensor, axis: int) -> Tensor:
    """Its logarithm; a row that is minus infinity throughout stays so."""
    hidden = torch.all(torch.isneginf(x), axis, keepdim=True)
    return torch.where(hidden, x, torch.log_softmax(x.masked_fill(hidden, 0.0), axis))


def quotient(above: int, below: int) -> int:
    """above / below, which must be a whole number."""
    if above % below:
        raise ValueError(f"a length would be {above}/{below}, which is no whole number")
    return above // below


def root(number: float) -> float:
    """The square root of a number, which must not be negative."""
    if number < 0:
        raise ValueError(f"the root of {number} is not real")
    return float(number**0.5)


def narrow(x: Tensor, axis: int, start: int, length: int) -> Tensor:
    """`length` entries along an axis, from `start`."""
    if start < 0 or length < 0 or start + length > x.shape[axis]:
        raise ValueError(f"a slice from {start} to {start + length} of length {x.shape[axis]}")
    return x.narrow(axis, start, length)


def unit(x: Tensor, axes: tuple[int, ...], eps: float = 1e-12) -> Tensor:
    """x divided by its Euclidean norm over the axes."""
    length = torch.linalg.vector_norm(x, dim=axes, keepdim=True)
    return torch.div(x, length.clamp_min(eps))


def layer_norm(x: Tensor, axes: tuple[int, ...], eps: float = 1e-5) -> Tensor:
    """Mean 0 and variance 1 over the axes (biased variance), without gain or bias."""
    centred = x - x.mean(dim=axes, keepdim=True)
    return centred * torch.rsqrt((centred * centred).mean(dim=axes, keepdim=True) + eps)


def rms_norm(x: Tensor, axes: tuple[int, ...], eps: float = 1e-6) -> Tensor:
    """Mean square 1 over the axes, without gain."""
    return x * torch.rsqrt((x * x).mean(dim=axes, keepdim=True) + eps)


def causal_keep(
    queries: int, keys: int, window: int | None, shift: int, device: torch.device
) -> Tensor:
    """Where query n may see key m: m <= n + shift, and m > n + shift - window. Shape: n m."""
    n = torch.arange(queries, device=device).unsqueeze(-1) + shift
    m = torch.arange(keys, device=device)
    keep = m <= n
    return keep if window is None else keep & (m > n - window)


def causal(x: Tensor, axes: tuple[int, int], window: int | None = None, shift: int = 0) -> Tensor:
    """Minus infinity where key m is hidden from query n; axes are those of n and m."""
    keep = causal_keep(x.shape[axes[0]], x.shape[axes[1]], window, shift, x.device)
    if axes[0] > axes[1]:
        keep = keep.transpose(0, 1)
    first, second = sorted(axes)
    for axis in range(x.ndim):
        if axis not in (first, second):
            keep = keep.unsqueeze(axis)
    return x.masked_fill(~keep, float("-inf"))


def mask(x: Tensor, keep: Tensor) -> Tensor:
    """Minus infinity where `keep` is 0 or false; it broadcasts against x."""
    return x.masked_fill(keep == 0, float("-inf"))


def indicator(
    lengths: tuple[int, int, int],
    steps: tuple[int, int, int],
    offset: int,
    circular: bool,
    like: Tensor,
) -> Tensor:
    """1 where i*stride + offset = j*up + k*tap (modulo the signal's length). Shape: i j k."""
    result, signal, kernel = (torch.arange(length, device=like.device) for length in lengths)
    stride, up, tap = steps
    left = (result * stride + offset)[:, None, None]
    gap = left - (signal * up)[:, None] - kernel * tap
    return ((gap % lengths[1] if circular else gap) == 0).to(like.dtype)


def long_conv(
    x: Tensor,
    w: Tensor,
    padding: tuple[int, ...] = (0,),
    stride: tuple[int, ...] = (1,),
    dilation: tuple[int, ...] = (1,),
    groups: int = 1,
) -> Tensor:
    """torch's conv1d for long kernels, through Fourier transforms. Shapes: b (g s) n, (g c) s k."""
    kind = x.dtype
    x, w = (v if v.dtype == torch.float64 else v.float() for v in (x, w))
    x = torch.nn.functional.pad(x, (padding[0], padding[0]))
    n, reach = x.shape[-1], (w.shape[-1] - 1) * dilation[0]
    if dilation[0] > 1:
        w = spread(w, 2, dilation[0])
    signal = torch.fft.rfft(x, n).unflatten(1, (groups, -1))
    kernel = torch.fft.rfft(w, n).conj().unflatten(0, (groups, -1))
    if kernel.shape[2] == 1:
        made = signal * kernel[:, :, 0]
    else:
        left, right = signal.permute(1, 3, 0, 2), kernel.permute(0, 3, 2, 1)
        made = torch.matmul(left, right).permute(2, 0, 3, 1)
    found: Tensor = torch.fft.irfft(made.flatten(1, 2), n)
    return found[..., : n - reach : stride[0]].to(kind)


def wrapped(x: Tensor, axis: int, left: int, right: int) -> Tensor:
    """The entries of x on a circle, from `left` before its first to `right` behind its last."""
    places = torch.arange(-left, x.shape[axis] + right, device=x.device) % x.shape[axis]
    return x.index_select(axis, places)


def spread(x: Tensor, axis: int, up: int) -> Tensor:
    """up - 1 zeros between the entries along an axis."""
    sides = [0, 0] * (x.ndim - 1 - axis) + [0, up - 1]
    wide = torch.nn.functional.pad(x.unsqueeze(axis + 1), sides)
    return wide.flatten(axis, axis + 1).narrow(axis, 0, (x.shape[axis] - 1) * up + 1)


def max_pool(x: Tensor, axes: tuple[int, ...], size: int, stride: int, pad: int) -> Tensor:
    """The largest entry of each window along the axes."""
    for axis in axes:
        if pad:
            sides = [0, 0] * (x.ndim - 1 - axis) + [pad, pad]
            x = torch.nn.functional.pad(x, sides, value=float("-inf"))
        x = x.unfold(axis, size, stride).amax(-1)
    return x


def batch_norm(
    x: Tensor,
    mean: Tensor,
    var: Tensor,
    axes: tuple[int, ...],
    training: bool,
    eps: float = 1e-5,
    momentum: float = 0.1,
) -> Tensor:
    """Mean 0 and variance 1 over the axes: of the batch in training, else as `mean` and `var` say.

    Training moves `mean` and `var` towards those of the batch (the unbiased variance).
    """
    shape = [1 if axis in axes else length for axis, length in enumerate(x.shape)]
    if training:
        of_batch = (x.mean(dim=axes), x.var(dim=axes, unbiased=False))
        count = x.numel() // max(1, mean.numel())
        with torch.no_grad():
            mean.lerp_(of_batch[0].to(mean.dtype), momentum)
            var.lerp_(of_batch[1].to(var.dtype) * (count / max(1, count - 1)), momentum)
        mean, var = of_batch
    return (x - mean.reshape(shape)) * torch.rsqrt(var.reshape(shape) + eps)


def sort(x: Tensor, axis: int, descending: bool = False) -> Tensor:
    """Sorted along an axis."""
    return torch.sort(x, dim=axis, descending=descending).values


def one_hot(index: Tensor, length: int, like: Tensor) -> Tensor:
    """A last axis of this length: 1 at the index, 0 elsewhere, in the dtype of `like`."""
    return (index.unsqueeze(-1) == torch.arange(length, device=index.device)).to(like.dtype)


def eye(rows: int, columns: int, like: Tensor) -> Tensor:
    """The rectangular identity, in the dtype and on the device of `like`."""
    return torch.eye(rows, columns, dtype=like.dtype, device=like.device)


def filled(value: float, shape: tuple[int, ...], like: Tensor) -> Tensor:
    """One number throughout, in the dtype and on the device of `like`."""
    return torch.full(shape, value, dtype=like.dtype, device=like.device)


def counting(length: int, like: Tensor) -> Tensor:
    """0, 1, 2, ..., in the dtype and on the device of `like`."""
    return torch.arange(length, dtype=like.dtype, device=like.device)


ELEMENTWISE = {
    "relu": torch.relu,
    "gelu": torch.nn.functional.gelu,
    "silu": torch.nn.functional.silu,
    "elu": torch.nn.functional.elu,
    "softplus": torch.nn.functional.softplus,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "exp": torch.exp,
    "log": torch.log,
    "sqrt": torch.sqrt,
    "square": square,
    "recip": torch.reciprocal,
    "cos": torch.cos,
    "sin": torch.sin,
}
