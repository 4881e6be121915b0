"""A diagram's scale as a number."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from diagram.errors import SizeError
from diagram.language.core import Scalar


def scale_number(scale: Sequence[Scalar], numbers: Mapping[str, int], where: str = "") -> float:
    """The product of the scalars; edges and dims have the lengths in `numbers`.

    >>> from diagram.language.size import Size
    >>> scale_number([Scalar(Size.of("d"), root=True, inverse=True)], {"d": 64})
    0.125
    """
    result, at = 1.0, f"{where}: " if where else ""
    for scalar in scale:
        value = scalar.size.ratio(numbers)
        if scalar.root and value < 0:
            raise SizeError(f"{at}the root of {scalar.size} = {value} is not real")
        try:
            factor = math.sqrt(value) if scalar.root else float(value)
        except OverflowError:
            raise SizeError(f"{at}the scalar {scalar.size} is too large a number") from None
        if scalar.inverse and factor == 0:
            raise SizeError(f"{at}a product is divided by {scalar.size} = 0")
        result = result / factor if scalar.inverse else result * factor
    return result
