"""`calibrate`: measures how fast a machine is, once, so that plans predict its time."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional

from diagram.errors import DiagramError
from diagram.planner.rates import DEFAULT, Rates, keep

ROUNDS = 7
SAMPLE = 0.02
"""Seconds of one sample; the best of all rounds counts, since others only ever add."""


def calibrate(device: str | None = None, dtype: torch.dtype | None = None) -> Rates:
    """The rates of a device in a dtype, measured in a few seconds and kept for later plans.

    They are those of the device and dtype that torch makes tensors in, unless others are given.
    Raises DiagramError where torch cannot compute there.
    """
    if dtype is not None and not dtype.is_floating_point:
        raise DiagramError(f"rates are those of floating-point numbers, not of {dtype}")
    try:
        found = _Bench(torch.empty(0, device=device, dtype=dtype)).rates()
    except (RuntimeError, NotImplementedError, AssertionError) as error:
        reason = str(error).split("\n", 1)[0]
        where, kind = device or torch.get_default_device(), dtype or torch.get_default_dtype()
        raise DiagramError(f"cannot calibrate {where} in {kind}: {reason}") from None
    keep(found)
    return found


def dtype_named(name: str) -> torch.dtype:
    """A dtype by its name in torch.

    >>> dtype_named("bfloat16")
    torch.bfloat16
    """
    found = getattr(torch, name, None)
    if not isinstance(found, torch.dtype):
        raise DiagramError(f"torch has no dtype `{name}`; take float32, float64, bfloat16, float16")
    return found


@dataclass(frozen=True)
class _Bench:
    """What is timed: a few calls that each rest on one rate."""

    like: Tensor

    def rates(self) -> Rates:
        """Each rate from calls in which it counts, those before it taken off."""
        found = replace(
            DEFAULT,
            device=self.like.device.type,
            dtype=str(self.like.dtype).removeprefix("torch."),
            element=self.like.element_size(),
        )
        tiny = self.made(8)
        launch = self.seconds(lambda: tiny * tiny)
        learned = self.both(torch.mul, tiny, tiny)
        found = replace(found, launch=launch, launch_backward=max(launch, learned - launch))
        large = self.made(4096, 1024)
        found = replace(found, bytes=2 * large.nbytes / self.seconds(large.clone))
        found = self._products(found)
        return self._convolutions(found)

    def _products(self, rates: Rates) -> Rates:
        side, c, thin, count = 768, 64, 8, 2048
        square = self.made(side, side)
        full = 2 * side**3 / self.seconds(lambda: square @ square)
        x, wide, few = self.made(16, c, side), self.made(16, c, c), self.made(16, thin, c)
        quick = c / self.seconds(lambda: torch.bmm(wide, x))
        slow = thin / self.seconds(lambda: torch.bmm(few, x))
        narrow = _narrow(slow / quick, thin, c)
        small = self.made(count, 8, 8)
        matrix = self.seconds(lambda: torch.bmm(small, small)) / count
        whole = full * ((side + narrow) / side) ** 3
        return replace(rates, matmul=whole, matmul_narrow=narrow, matrix=matrix)

    def _convolutions(self, rates: Rates) -> Rates:
        b, c, side, thin = 8, 64, 28, 4
        x = self.made(b, c, side, side)
        dense, few = self.made(c, c, 3, 3), self.made(thin, c, 3, 3)
        work = 2 * b * side**2 * 9 * c
        full = work * c / self.seconds(lambda: functional.conv2d(x, dense, padding=1))
        slow = work * thin / self.seconds(lambda: functional.conv2d(x, few, padding=1))
        narrow = _narrow(slow / full, thin, c)
        alone = self.made(c, 1, 3, 3)

        def each(x: Tensor, w: Tensor) -> Tensor:
            return functional.conv2d(x, w, padding=1, groups=c)

        moved = float(rates.moved(2 * x.numel()))
        forward = self.seconds(lambda: each(x, alone))
        back = max(forward, self.both(each, x, alone) - forward)
        return replace(
            rates,
            fft=self._fourier(),
            conv=full * ((c + narrow) / c) ** 2,
            conv_narrow=narrow,
            depthwise=work / max(forward - moved, forward / 4),
            depthwise_backward=2 * work / max(back - 2 * moved, back / 4),
        )

    def _fourier(self) -> float:
        rows, length = 256, 4096
        if self.like.dtype not in (torch.float32, torch.float64):
            return DEFAULT.fft
        signals = self.made(rows, length)
        flops = 2.5 * rows * length * math.log2(length)
        return flops / self.seconds(lambda: torch.fft.rfft(signals))

    def made(self, *shape: int) -> Tensor:
        """Random numbers; small ones, so that no product overflows."""
        return torch.rand(shape, device=self.like.device).to(self.like.dtype)

    def both(self, function: Callable[[Tensor, Tensor], Tensor], x: Tensor, w: Tensor) -> float:
        """Seconds of a call and of both its gradients."""
        x, w = x.clone().requires_grad_(), w.clone().requires_grad_()
        upstream = torch.ones_like(function(x, w))
        return self.seconds(lambda: torch.autograd.grad(function(x, w), (x, w), upstream))

    def seconds(self, run: Callable[[], object]) -> float:
        """Seconds of one call: the best sample, devices waited for."""
        run()
        once = self._sample(run, 1)
        count = max(1, min(10_000, round(SAMPLE / max(once, 1e-7))))
        return min(self._sample(run, count) for _ in range(ROUNDS))

    def _sample(self, run: Callable[[], object], count: int) -> float:
        self._wait()
        start = time.perf_counter()
        for _ in range(count):
            run()
        self._wait()
        return (time.perf_counter() - start) / count

    def _wait(self) -> None:
        if self.like.device.type != "cpu":
            torch.accelerator.synchronize(self.like.device)


def _narrow(part: float, thin: int, side: int) -> float:
    """The side of half the rate, from the part of a product's rate that a thin one reaches.

    A side n uses n / (n + narrow) of the full rate: `part` is this for `thin` divided by `side`.
    """
    part = min(0.95, max(1.25 * thin / side, part))
    return thin * side * (1 - part) / (part * side - thin)
