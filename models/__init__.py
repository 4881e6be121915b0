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
from models.blocks import decoder, encoder
from models.zoo import BLOCKS, WILD, ZOO, Example

__all__ = [
    "BLOCKS",
    "WILD",
    "ZOO",
    "Example",
    "cross_attention",
    "decoder",
    "encoder",
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
