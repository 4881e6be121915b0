"""Orders of merging that we and others find, scored alike, and the time that they took."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from benchmarks.networks import Instance
from diagram.planner.network import Network
from diagram.planner.optimizers import Optimizer, steps_of
from diagram.planner.price import FLOPS
from diagram.planner.score import scored
from diagram.planner.search import found


@dataclass(frozen=True)
class Order:
    """What an order costs, and how long it was searched for."""

    flops: int
    peak: int
    seconds: float

    def __str__(self) -> str:
        logs = math.log10(self.flops), math.log10(max(1, self.peak))
        return f"{logs[0]:>7.3f} {logs[1]:>6.2f} {self.seconds:>6.2f}"

    @property
    def cost(self) -> tuple[int, int]:
        """What orders are compared by."""
        return self.flops, self.peak

    def record(self) -> dict[str, float]:
        """Logarithms, for a file of results."""
        logs = math.log10(self.flops), math.log10(max(1, self.peak))
        return {
            "log10_flops": round(logs[0], 4),
            "log10_peak": round(logs[1], 4),
            "seconds": round(self.seconds, 3),
        }


def ours(instance: Instance) -> Order:
    """Our own order, searched for anew."""
    network = network_of(instance)
    start = time.perf_counter()
    path = found(network, FLOPS)
    seconds = time.perf_counter() - start
    score = scored(path, network)
    return Order(score.flops, score.peak, seconds)


def theirs(instance: Instance, optimizer: Optimizer) -> Order:
    """The order that another search finds, in its own sequence."""
    network = network_of(instance)
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = tuple(steps_of(optimizer, network))
    seconds = time.perf_counter() - start
    score = scored(path, network)
    return Order(score.flops, score.peak, seconds)


def network_of(instance: Instance) -> Network:
    """The network of an instance without convolved edges."""
    return Network.of(instance.inputs, instance.output, instance.sizes)


def cotengra(seconds: float, **options: object) -> Optimizer:
    """cotengra's main search, for so long, by FLOPs, in this process."""
    repeats = 10**6  # the time ends it
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on what else could be installed
        from cotengra import HyperOptimizer

        found: Optimizer = HyperOptimizer(
            minimize="flops", max_time=seconds, max_repeats=repeats, parallel=False, **options
        )
    return found


PEERS: Mapping[str, Callable[[float], Optimizer]] = {
    "auto-hq": lambda _: "auto-hq",
    "cotengra": cotengra,
    "cotengra, refining": partial(cotengra, reconf_opts={}),
}
"""What makes a search that takes about so many seconds; opt_einsum's takes its own time."""
