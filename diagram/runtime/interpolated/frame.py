"""Units in which attention is 2^((q + tilt) k), with |q| and |k| at most sqrt(reach)."""

from __future__ import annotations

import math
from typing import NamedTuple

from torch import Tensor

from diagram.runtime.interpolated.grid import Grid

LOG_2_E = math.log2(math.e)
"""Powers of 2 take half the time of those of e."""


class Line(NamedTuple):
    """z = rate (x - middle) for the entries of each component: `b 1` each."""

    middle: Tensor
    rate: Tensor

    def placed(self, x: Tensor, rows: slice) -> Tensor:
        """z of these components: `b n`."""
        return (x[rows] - self.middle[rows]).mul_(self.rate[rows])

    def back(self, slope: Tensor, rows: slice) -> Tensor:
        """The slope by x of 2^y from that of y by z, in the memory of the latter."""
        return slope.mul_(self.rate[rows] / LOG_2_E)


class Frame(NamedTuple):
    """How to come from scaled queries and keys to q and k, and the grid.

    Features of keys have 2^(tilt k) inside, so that queries lie about 0 however they are shifted.
    """

    queries: Line
    keys: Line
    grid: Grid
    tilt: float
