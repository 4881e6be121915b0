"""Which components are alike, and how finely their axes are cut for the error that is asked for."""

from __future__ import annotations

import torch
from torch import Tensor

from diagram.runtime.interpolated.pieces import pieces, reach, strip


def ranges(x: Tensor, y: Tensor, seen: Tensor | None, scale: float) -> tuple[Tensor, Tensor]:
    """Centre and half the range of the visible keys, and the ends of scale x (half the range).

    Shapes: `x: b n`, `y: b m`, result: `2 b 1` and, in float64 on the CPU, `2 b`.
    """
    low, high = y, y
    if seen is not None:
        low, high = y.masked_fill(~seen, torch.inf), y.masked_fill(~seen, -torch.inf)
    low, high = low.amin(1, keepdim=True), high.amax(1, keepdim=True)
    if seen is not None:
        low, high = (torch.where(seen.any(1, keepdim=True), each, 0.0) for each in (low, high))
    middle = torch.stack([(low + high) / 2, (high - low) / 2])
    ends = torch.stack([x.amin(1), x.amax(1)]) * (scale * middle[1].squeeze(1))
    return middle, torch.stack([ends.amin(0), ends.amax(0)]).double().cpu()


def alike(ends: Tensor) -> list[Tensor]:
    """Components in groups of like largest |x|: within a factor of 4; first those not finite."""
    largest = ends.abs().amax(0)
    left, groups = torch.arange(len(largest)), []
    sound = largest.isfinite()
    if not sound.all():
        groups.append(left[~sound])
        left = left[sound]
    for least in (0.25, 0.25, 0.25, 0.0):
        if len(left):
            near = largest[left] >= least * largest[left].max()
            groups.append(left[near])
            left = left[~near]
    return groups


def fineness(
    low: float,
    high: float,
    lengths: tuple[int, int, int, int],
    tolerance: float,
    kind: torch.dtype,
    is_causal: bool,
) -> tuple[int, int, torch.dtype] | None:
    """Pieces of x in [low, high], pieces of y, and the dtype; None where the exact form is better.

    `lengths` are b, n, m, w. The tolerance covers the rounding, which grows with |x|, and the error
    of exp on a piece of y, in numerator and denominator; then, where causal, the same on a piece of
    x, else the error of the polynomial in x, whose nodes pass the first on by at most 2.2. Causal
    sums are not scaled, so |x| is bounded by the largest exponent.
    """
    largest = max(-low, high)
    if not largest < torch.inf:
        return None
    for exact in (kind, torch.float64):
        rounding = torch.finfo(exact).eps * (4 * largest + (128 if is_causal else 64))
        fits = not is_causal or largest <= (40 if exact == torch.float32 else 300)
        if fits and 2 * rounding <= tolerance:
            break
    else:
        return None
    rest = tolerance - rounding
    z = reach(8 if is_causal else 4, rest * (0.22 if is_causal else 0.09))
    keys = pieces(2 * largest, z)
    count = pieces(high - low, z if is_causal else strip(6, rest / 2))
    b, n, m, w = lengths
    slower = 1 if exact == torch.float32 else 2
    paid = cost(n, m, w, count, keys, is_causal) * slower * b + 3e5
    return None if paid > exact_cost(n, m, w, is_causal) * b else (count, keys, exact)


def cost(n: int, m: int, w: int, count: int, keys: int, is_causal: bool) -> float:
    """Nanoseconds for one component on one core of a usual CPU; only ratios matter."""
    runs = -(-m // (64 if is_causal else 1024))
    tables = 6 * (1 + w) * (keys * runs + count * (runs if is_causal else 1))
    products = 36 * (1 + w) * keys * count * (runs if is_causal else 1) * 0.02
    pairs = n * 32 * (0.4 + 0.15 * (1 + w)) if is_causal else 0.0
    return (m + n) * (2 + 5 * (1 + w)) + tables + products + pairs


def exact_cost(n: int, m: int, w: int, is_causal: bool) -> float:
    """The same for the exact form."""
    return n * m * (0.6 + 0.05 * w) / (2 if is_causal else 1)
