"""Whether a convolution is quicker by Fourier transforms, as predicted from a machine's rates."""

from __future__ import annotations

import math
from collections.abc import Mapping

from diagram.language.core import ONE
from diagram.planner.cost import convolved_sizes, elements
from diagram.planner.rates import Rates
from diagram.planner.steps import Convolve, Step

SHORT = 32
"""Kernels up to this length are always convolved directly."""

SURE = 0.7
"""The part of the direct time that the transforms may take at most: they are less exact."""

COMPLEX = 6.0
"""How many times slower products of complex matrices are than real ones, FLOP for FLOP."""


def is_quicker(action: Convolve, step: Step, numbers: Mapping[str, int], rates: Rates) -> bool:
    """Whether transforms take less time; only for one edge, whose length is known, not spread.

    `numbers` are those that the plan was made for.
    """
    if len(action.stars) != 1 or rates.dtype not in ("float32", "float64"):
        return False
    (star,) = action.stars
    known = {d for size in step.sizes.values() for d in size.dims} <= numbers.keys()
    if not known or star.conv.up != ONE:
        return False
    taps, length = (star.lengths[place].value(numbers) for place in (2, 1))
    if taps <= SHORT or length < taps:
        return False
    sizes = [convolved_sizes(action, step.sizes, at) for at in (1, 2, 0)]
    everything = {*action.left.edges, *action.right.edges}
    signal, kernel, result, whole = (
        elements(edges, sizes[at]).value(numbers)
        for edges, at in (
            (action.left.edges, 0),
            (action.right.edges, 1),
            (step.output, 2),
            (everything, 2),
        )
    )
    direct = rates.merge(signal, kernel, result, whole * taps, taps)
    rows = (signal + kernel * length / taps + result) / length
    passes = 2.5 * length * math.log2(length) * rows / rates.fft
    entries = whole / max(1, star.lengths[0].value(numbers)) * length / 2
    summed = whole > result
    joined = 8 * entries * (COMPLEX if summed else 1.0) / rates.matmul
    moved = rates.moved(2 * length * rows)
    return bool(passes + joined + moved < SURE * direct)
