"""What one merge of two values costs: the measure by which orders are compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Counts = int | float | NDArray[np.float64]
"""One merge, or many at once."""


class Price(Protocol):
    """The cost of a merge, from numbers or arrays alike; less is better, merges add up.

    `left`, `right` and `out` are the elements of the two values and of the result, `work` the
    multiply-adds, `kernel` the product of kernel lengths along convolved edges (1 where nothing is
    convolved). Of a plain merge with b batch entries, m rows, n columns and k terms summed,
    `k = work / out`, `m = work / right`, `n = work / left`, `b = left right out / work^2`.

    A price is hashable. Where it has a `name`, a string that tells it from all other prices, long
    searches are kept on disk.
    """

    def __call__(
        self, left: Counts, right: Counts, out: Counts, work: Counts, kernel: Counts, /
    ) -> Counts: ...


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
        return work * (1 + (work > out))


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
