"""Models as programs: each is a function of dims; no torch is needed to build one."""

from __future__ import annotations

from models.attention import (
    cross_attention,
    grouped_query,
    linear_factored,
    linear_quadratic,
    lossless,
    multi_head,
    multi_query,
    single_head,
    skip_left,
    skip_right,
    tunable_head,
)
from models.zoo import ZOO, Example

__all__ = [
    "ZOO",
    "Example",
    "cross_attention",
    "grouped_query",
    "linear_factored",
    "linear_quadratic",
    "lossless",
    "multi_head",
    "multi_query",
    "single_head",
    "skip_left",
    "skip_right",
    "tunable_head",
]
