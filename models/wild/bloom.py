"""BLOOM's attention: ALiBi, a bias that falls linearly with the distance of a key.

State dict: transformers' BloomAttention (Press et al., Train Short, Test Long, 2022).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from diagram import Program
from models.wild import lines
from models.wild.settings import Settings
from models.wild.state import Loaded, load

if TYPE_CHECKING:
    from torch import Tensor

PRESS = "Press et al., Train Short, Test Long: Attention with Linear Biases (2022)"

READING = """
input query_key_value.weight[r:(3*h*d) f] query_key_value.bias[r:(3*h*d)]
input dense.weight[f r:(h*d)] dense.bias[f]
WQ[f h d] = slice[c](query_key_value.weight[(h c d) f], start=0, stop=1)[h c d f]
WK[f h d] = slice[c](query_key_value.weight[(h c d) f], start=1, stop=2)[h c d f]
WV[f h d] = slice[c](query_key_value.weight[(h c d) f], start=2, stop=3)[h c d f]
BQ[h d] = slice[c](query_key_value.bias[(h c d)], start=0, stop=1)[h c d]
BK[h d] = slice[c](query_key_value.bias[(h c d)], start=1, stop=2)[h c d]
BV[h d] = slice[c](query_key_value.bias[(h c d)], start=2, stop=3)[h c d]
WO[h d f] = dense.weight[f (h d)]
BO[f] = dense.bias[f]
"""


def slopes(h: int) -> tuple[float, ...]:
    """How fast the bias of each head falls: powers of 2^(-8/h), where h is a power of two.

    For other numbers of heads every other slope of twice as many is taken, as the authors do.

    >>> slopes(4)
    (0.25, 0.0625, 0.015625, 0.00390625)
    """
    whole = 2 ** math.floor(math.log2(h))
    first = tuple(2.0 ** (-8.0 * (head + 1) / whole) for head in range(whole))
    between = (2.0 ** (-4.0 * (2 * head + 1) / whole) for head in range(h - whole))
    return (*first, *between)


def attention(f: int = 1024, h: int = 16, d: int = 64) -> Program:
    """BloomAttention without the residual that it adds. `x: b n f`, `y: b n f`.

    >>> from diagram import parameters
    >>> parameters(attention()).formula
    '4 f h d + 3 h d + f'
    """
    numbers = " ".join(lines.decimal(slope) for slope in slopes(h))
    return lines.program(
        f"dims   f={f} h={h} d={d}",
        "input  X[b n f]",
        "weight WQ[f h d] WK[f h d] WV[f h d] WO[h d f]",
        "weight BQ[h d]=zeros BK[h d]=zeros BV[h d]=zeros BO[f]=zeros",
        f"const  slope[h] = ({numbers})",
        "const  at[n] = range",
        "Q[b n h d] = X[b n f] WQ[f h d] + BQ",
        "K[b m h d] = X[b m f] WK[f h d] + BK",
        "V[b m h d] = X[b m f] WV[f h d] + BV",
        "S[b h n m] = Q[b n h d] K[b m h d] / sqrt(d) + slope[h] (at[m] - at[n])[n m]",
        "A[b h n m] = softmax[m](causal[n m](S))",
        "Y[b n f] = A[b h n m] V[b m h d] WO[h d f] + BO",
        "return Y",
    )


def from_bloom(config: object, state: Mapping[str, Tensor]) -> Loaded:
    """BloomAttention from its config and state dict; its residual is left out."""
    settings = Settings(config)
    f, h = settings.whole("hidden_size"), settings.whole("n_head")
    return load(attention(f, h, f // h), READING, state)
