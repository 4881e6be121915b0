"""Time several functions in turn, round after round, so that whatever drifts hits all alike."""

from __future__ import annotations

import gc
import os
import platform
import random
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

Run = Callable[[], object]
Clock = Callable[[], float]
"""Tells seconds."""


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
    clock: Clock = time.perf_counter,
) -> list[Timing]:
    """Time every function `rounds` times; one sample repeats its function for `sample` seconds.

    Every round has another order, the same ones in each run, so that none always follows another.
    Where others use the machine too, `time.process_time` and one thread tell ratios that last.
    """
    names = list(runs)
    samples: dict[str, list[float]] = {name: [] for name in names}
    repeats = {name: _repeats(run, sample, clock) for name, run in runs.items()}
    with _uncollected():
        for turn in range(rounds):
            for name in random.Random(turn).sample(names, len(names)):
                samples[name].append(_seconds(runs[name], repeats[name], clock))
    base = tuple(samples[reference])
    return [Timing(name, tuple(samples[name]), base) for name in names]


def rebased(timings: Sequence[Timing], reference: str) -> list[Timing]:
    """The same samples, compared with another of them."""
    (base,) = (timing.samples for timing in timings if timing.name == reference)
    return [replace(timing, reference=base) for timing in timings]


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


def _repeats(run: Run, sample: float, clock: Clock) -> int:
    """Warm up, and find how many calls fill a sample."""
    run()
    once = min(_seconds(run, 1, clock) for _ in range(3))
    count = max(1, round(sample / once))
    return max(1, round(sample / _seconds(run, count, clock)))


def _seconds(run: Run, repeats: int, clock: Clock) -> float:
    start = clock()
    for _ in range(repeats):
        run()
    return (clock() - start) / repeats


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
