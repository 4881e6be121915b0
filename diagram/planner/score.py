"""What an order of merging costs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from diagram.planner.network import Groups, Network
from diagram.planner.price import FLOPS, Price, number, paid
from diagram.planner.tree import Path


@dataclass(frozen=True, slots=True, order=True)
class Score:
    """The price of an order, the most elements alive at once, its FLOPs, and elements written.

    Less is better, the first first. Sources are alive always, and not counted.
    """

    cost: float
    peak: int
    flops: int
    written: int


@lru_cache(maxsize=4096)
def scored(path: Path, network: Network, price: Price = FLOPS) -> Score:
    """The score of an order: pairs of positions, the result of each goes last.

    >>> chain = [frozenset("ij"), frozenset("jk"), frozenset("kl")]
    >>> network = Network.of(chain, frozenset("il"), {"i": 2, "j": 9, "k": 9, "l": 9})
    >>> scored(((0, 1), (0, 1)), network)
    Score(cost=648, peak=36, flops=648, written=36)
    """
    groups = Groups(network)
    terms = [1 << place for place in range(network.count)]
    made: set[int] = set()
    cost: float = 0
    flops = peak = written = alive = 0
    for pair in path:
        other, one = (terms.pop(place) for place in sorted(pair, reverse=True))
        tally = groups.tally(one, other)
        cost += number(paid(price, tally))
        flops += int(paid(FLOPS, tally))
        written += tally.out
        alive += tally.out
        peak = max(peak, alive)
        alive -= sum(groups.volume(side) for side in {one, other} & made)
        made.add(one | other)
        terms.append(one | other)
    return Score(cost, peak, flops, written)
