"""What one merge of two values costs: the measure by which orders are compared."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Generic, NamedTuple, Protocol, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

Counts = int | float | NDArray[np.float64]
"""One merge, or many at once."""


C = TypeVar("C", bound=Counts)


class Tally(NamedTuple, Generic[C]):
    """The counts of a merge, as prices take them, and whether anything is summed or convolved."""

    left: C
    right: C
    out: C
    work: C
    kernel: C
    sums: bool | NDArray[np.bool_]


class Price(Protocol):
    """The cost of a merge, from numbers or arrays alike; less is better, merges add up.

    `left`, `right` and `out` are the elements of the two values and of the result, `work` the
    multiply-adds, `kernel` the product of kernel lengths along convolved edges (1 where nothing is
    convolved; else `right` is the kernel). Of a plain merge with b batch entries, m rows, n columns
    and k terms summed, `k = work / out`, `m = work / right`, `n = work / left`,
    `b = left right out / work^2`; either of the two may be the left one.

    A price is hashable. Where it has a `name`, a string that tells it from all other prices, long
    searches are kept on disk.
    """

    def __call__(
        self, left: Counts, right: Counts, out: Counts, work: Counts, kernel: Counts, /
    ) -> Counts: ...

    def __hash__(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Flops:
    """FLOPs: a multiplication for each term, and an addition where terms are summed.

    >>> FLOPS(6, 6, 4, 12, 1), FLOPS(3, 4, 12, 12, 1)
    (24, 12)
    """

    name: str = "flops"

    def __call__(
        self, left: Counts, right: Counts, out: Counts, work: Counts, kernel: Counts, /
    ) -> Counts:
        return cast(Counts, work * (1 + (work > out)))


FLOPS = Flops()
"""The FLOPs of a merge. A search counts sums over edges of length 1 too, as plans do."""


@dataclass(frozen=True, slots=True)
class Elements:
    """Elements written: what a search that saves memory pays."""

    name: str = "elements"

    def __call__(
        self, left: Counts, right: Counts, out: Counts, work: Counts, kernel: Counts, /
    ) -> Counts:
        return out


ELEMENTS = Elements()
"""The elements that a merge writes; peaks break ties."""


def paid(price: Price, tally: Tally[C]) -> Counts:
    """The price of a merge.

    >>> paid(FLOPS, Tally(2, 2, 2, 2, 1, sums=True)), paid(FLOPS, Tally(2, 2, 2, 2, 1, sums=False))
    (4, 2)
    """
    if isinstance(price, Flops):  # a sum over an edge of length 1 is one: lengths do not tell
        return cast(Counts, tally.work * (1 + tally.sums))
    if is_whole(price):
        return price(*tally[:5])
    return price(*(rounded(count) if isinstance(count, int) else count for count in tally[:5]))


def is_whole(price: Price) -> bool:
    """Whether its amounts are whole numbers, which add up without rounding."""
    return isinstance(price, Flops | Elements)


def rounded(count: int) -> float:
    """A whole number as a float, however large."""
    return float(count) if count.bit_length() < 1000 else math.inf


def number(amount: Counts) -> int | float:
    """The price of one merge as a number: whole ones stay whole, however large."""
    return amount if isinstance(amount, int) else float(amount)
