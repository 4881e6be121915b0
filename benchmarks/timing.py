"""Time several functions in turn, round after round, so that whatever drifts hits all alike."""

from __future__ import annotations

import gc
import os
import platform
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
    sample: float = 0.05,
    settle: Run = lambda: None,
) -> list[Timing]:
    """Time every function `rounds` times; one sample repeats its function for `sample` seconds.

    The order is turned by one place from round to round, so that none always follows the same one.
    `settle` waits until the device has done what was asked of it.
    """
    names = list(runs)
    samples: dict[str, list[float]] = {name: [] for name in names}
    repeats = {name: _repeats(run, sample, settle) for name, run in runs.items()}
    with _uncollected():
        for turn in range(rounds):
            first = turn % len(names)
            for name in names[first:] + names[:first]:
                samples[name].append(_seconds(runs[name], repeats[name], settle))
    base = tuple(samples[reference])
    return [Timing(name, tuple(samples[name]), base) for name in names]


def machine() -> dict[str, str | int]:
    """What the times depend on besides the code."""
    import torch

    return {
        "processor": platform.machine(),
        "cpus": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else _cpus(),
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


def _cpus() -> int:
    return os.cpu_count() or 1


def _repeats(run: Run, sample: float, settle: Run) -> int:
    """Warm up, and find how many calls fill a sample."""
    run()
    once = min(_seconds(run, 1, settle) for _ in range(3))
    count = max(1, round(sample / once))
    return max(1, round(sample / _seconds(run, count, settle)))


def _seconds(run: Run, repeats: int, settle: Run) -> float:
    settle()
    start = time.perf_counter()
    for _ in range(repeats):
        run()
    settle()
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
