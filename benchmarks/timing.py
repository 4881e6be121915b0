"""Time several functions in turn, round after round, so that whatever drifts hits all alike."""

from __future__ import annotations

import gc
import os
import platform
import random
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

Run = Callable[[], object]


@dataclass(frozen=True)
class Timing:
    """Seconds of one call, a sample for each round, and the same rounds of the reference."""

    name: str
    samples: tuple[float, ...]
    reference: tuple[float, ...]

    @property
    def median(self) -> float:
        """Seconds of one call: the median of the rounds."""
        return statistics.median(self.samples)

    @property
    def quartiles(self) -> tuple[float, float]:
        """Seconds of one call: what a quarter and three quarters of the rounds stay below."""
        if len(self.samples) < 2:
            return self.median, self.median
        low, _, high = statistics.quantiles(self.samples, n=4, method="inclusive")
        return low, high

    @property
    def ratio(self) -> float:
        """The median over rounds of the time divided by the reference's time in the same round."""
        pairs = zip(self.samples, self.reference, strict=True)
        return statistics.median(sample / reference for sample, reference in pairs)

    def record(self) -> dict[str, float]:
        """Milliseconds and the ratio, for a file of results."""
        low, high = self.quartiles
        return {
            "median_ms": round(1e3 * self.median, 4),
            "quartile_1_ms": round(1e3 * low, 4),
            "quartile_3_ms": round(1e3 * high, 4),
            "ratio": round(self.ratio, 4),
        }


def compare(
    runs: Mapping[str, Run],
    reference: str,
    rounds: int = 20,
    sample: float = 0.1,
) -> list[Timing]:
    """Time every function `rounds` times; one sample repeats its function for `sample` seconds.

    Every round has another order, the same ones in each run, so that none always follows another.
    """
    names = list(runs)
    samples: dict[str, list[float]] = {name: [] for name in names}
    repeats = {name: _repeats(run, sample) for name, run in runs.items()}
    with _uncollected():
        for turn in range(rounds):
            for name in random.Random(turn).sample(names, len(names)):
                samples[name].append(_seconds(runs[name], repeats[name]))
    base = tuple(samples[reference])
    return [Timing(name, tuple(samples[name]), base) for name in names]


def machine() -> dict[str, str | int]:
    """What the times depend on besides the code."""
    import torch

    return {
        "processor": platform.machine(),
        "cpus": os.cpu_count() or 1,
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


def _repeats(run: Run, sample: float) -> int:
    """Warm up, and find how many calls fill a sample."""
    run()
    once = min(_seconds(run, 1) for _ in range(3))
    count = max(1, round(sample / once))
    return max(1, round(sample / _seconds(run, count)))


def _seconds(run: Run, repeats: int) -> float:
    start = time.perf_counter()
    for _ in range(repeats):
        run()
    return (time.perf_counter() - start) / repeats


@contextmanager
def _uncollected() -> Iterator[None]:
    """Let no garbage collection fall into a sample."""
    was_on = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
