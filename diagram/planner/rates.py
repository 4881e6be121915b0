"""How fast a machine is: from these numbers the seconds of a step are predicted.

A product of two values runs as batched matrix products, or as a convolution; both near full speed
only where no side is narrow. What moves through memory and each call cost on top.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from functools import cache

import numpy as np
from numpy.typing import NDArray

from diagram.planner.folder import read, write
from diagram.planner.price import Counts

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Rates:
    """What a device does in one dtype. Rates are per second; a multiply-add is 2 FLOPs.

    At `narrow` channels or columns a product runs at half its rate; `backward` rates are those of
    both gradients together, with their work counted in full.
    """

    device: str = "cpu"
    dtype: str = "float32"
    launch: float = 1.1e-6
    launch_backward: float = 2e-5
    bytes: float = 2.2e10
    matmul: float = 1.6e11
    matmul_narrow: float = 4.0
    matrix: float = 1.2e-7
    """Seconds of one more matrix in a batch."""
    conv: float = 2.8e11
    conv_narrow: float = 18.0
    depthwise: float = 8e10
    depthwise_backward: float = 3e10
    fft: float = 2.5e10
    """FLOPs of Fourier transforms, 5 n log2 n for n complex entries."""
    element: int = 4
    """Bytes of one."""

    def merge(
        self, left: Counts, right: Counts, out: Counts, work: Counts, kernel: Counts
    ) -> Floats:
        """Seconds of a merge, forward alone; the counts are those of a price."""
        shape = _Shape.of(left, right, out, work, kernel)
        return self.launch + self._work(shape) + self.moved(left, right, out)

    def trained(
        self, left: Counts, right: Counts, out: Counts, work: Counts, kernel: Counts
    ) -> Floats:
        """Seconds of a merge and of the gradients of both values."""
        shape = _Shape.of(left, right, out, work, kernel)
        slow = np.where(shape.thin, 4.0 * shape.work / self.depthwise_backward, 0.0)
        forward = self._work(shape)
        calls = self.launch + self.launch_backward
        return calls + forward + np.maximum(2 * forward, slow) + 3 * self.moved(left, right, out)

    def moved(self, *elements: Counts) -> Floats:
        """Seconds in which so many elements go through memory."""
        total = np.zeros(())
        for count in elements:
            total = total + np.asarray(count, np.float64)
        return np.asarray(total * (self.element / self.bytes))

    def attention(self, maps: float, depth: float, width: float, train: bool = False) -> float:
        """Seconds of a fused attention whose maps have so many entries; an exponential counts 20.

        Its gradients cost two and a half times as much: scores are made again.
        """
        flops = maps * (2 * depth / _used(depth, self.matmul_narrow) + 2 * width + 20)
        return self.launch + (3.5 if train else 1.0) * float(flops) / self.matmul

    def _work(self, shape: _Shape) -> Floats:
        """Seconds of the arithmetic: as a convolution, as matrix products, or in the moving."""
        used = _used(shape.channels, self.conv_narrow) * _used(shape.columns, self.conv_narrow)
        conv = np.where(shape.thin, self._thin(shape), 2 * shape.work / (self.conv * used))
        used = np.asarray(1.0)
        for side in (shape.rows, shape.columns, shape.summed):
            used = used * _used(side, self.matmul_narrow)
        product = (shape.batch - 1) * self.matrix + 2 * shape.work / (self.matmul * used)
        return np.where(shape.kernel > 1, conv, np.where(shape.summed > 1, product, 0.0))

    def _thin(self, shape: _Shape) -> Floats:
        """Seconds of channels that are convolved alone.

        Few of them are filled up to 16, before and behind: values that are written and read once
        more, in fresh memory, which takes twice the time.
        """
        work = 2 * shape.work / self.depthwise
        filled = self.moved(2 * 2 * 2 * 16 * shape.rows)
        return np.where(shape.batch >= 8, work, np.maximum(work, filled))


@dataclass(frozen=True, slots=True)
class _Shape:
    """What the counts of a merge tell of its sides; `batch` are the groups of a convolution."""

    work: Floats
    kernel: Floats
    batch: Floats
    rows: Floats
    columns: Floats
    summed: Floats

    @staticmethod
    def of(left: Counts, right: Counts, out: Counts, work: Counts, kernel: Counts) -> _Shape:
        a, b, c, w, k = (
            np.maximum(1.0, np.asarray(n, float)) for n in (left, right, out, work, kernel)
        )
        batch = np.maximum(1.0, (a / w) * (b / w) * c * k)
        summed = np.maximum(1.0, w / c / k)
        columns = np.maximum(1.0, b / batch / summed / k)
        return _Shape(w, k, batch, np.maximum(1.0, w / b), columns, summed)

    @property
    def channels(self) -> Floats:
        """Those that each group of a convolution sums."""
        return self.summed

    @property
    def thin(self) -> NDArray[np.bool_]:
        """Whether each of several channels is convolved alone."""
        return (self.kernel > 1) & (self.summed * self.columns < 2) & (self.batch >= 2)


def _used(side: Floats | float, narrow: float) -> Floats:
    """The part of the full rate that a product with this side reaches."""
    return np.asarray(side / (side + narrow))


@dataclass(frozen=True)
class Seconds:
    """The predicted seconds of a merge, as a price."""

    rates: Rates
    train: bool = False

    @property
    def name(self) -> str:
        return repr(self)

    def __call__(
        self, left: Counts, right: Counts, out: Counts, work: Counts, kernel: Counts, /
    ) -> Counts:
        seconds = self.rates.trained if self.train else self.rates.merge
        return seconds(left, right, out, work, kernel)


DEFAULT = Rates()
"""An ordinary laptop's; `diagram.calibrate` measures this machine's."""


def keep(rates: Rates) -> None:
    """Keeps measured rates for later plans."""
    write(_file(rates.device, rates.dtype), asdict(rates))
    kept.cache_clear()


@cache
def kept(device: str = "cpu", dtype: str = "float32") -> Rates:
    """The rates that were measured for a device in a dtype, else those of an ordinary machine."""
    found = read(_file(device, dtype))
    names = {field.name: type(getattr(DEFAULT, field.name)) for field in fields(Rates)}
    if not isinstance(found, dict) or found.keys() != names.keys():
        return DEFAULT
    if any(type(found[name]) is not kind for name, kind in names.items()):
        return DEFAULT
    rates = Rates(**found)
    numbers = [value for value in found.values() if not isinstance(value, str)]
    return rates if all(0 < number < float("inf") for number in numbers) else DEFAULT


def _file(device: str, dtype: str) -> str:
    return f"rates-{device}-{dtype}.json"
