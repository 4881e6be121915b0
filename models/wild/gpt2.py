"""GPT-2's attention: one weight for queries, keys and values, causal.

State dict: transformers' GPT2Attention, whose Conv1D layers store `in out`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from diagram import Program
from models.wild import lines
from models.wild.settings import Settings
from models.wild.state import Loaded, load

if TYPE_CHECKING:
    from torch import Tensor

READING = """
input c_attn.weight[f r:(3*h*d)] c_attn.bias[r:(3*h*d)] c_proj.weight[r:(h*d) f] c_proj.bias[f]
WQ[f h d] = slice[c](c_attn.weight[f (c h d)], start=0, stop=1)[f c h d]
WK[f h d] = slice[c](c_attn.weight[f (c h d)], start=1, stop=2)[f c h d]
WV[f h d] = slice[c](c_attn.weight[f (c h d)], start=2, stop=3)[f c h d]
BQ[h d] = slice[c](c_attn.bias[(c h d)], start=0, stop=1)[c h d]
BK[h d] = slice[c](c_attn.bias[(c h d)], start=1, stop=2)[c h d]
BV[h d] = slice[c](c_attn.bias[(c h d)], start=2, stop=3)[c h d]
WO[h d f] = c_proj.weight[(h d) f]
BO[f] = c_proj.bias[f]
"""
HARMLESS = ("bias", "masked_bias")
"""Masks that older versions keep among the weights."""


def attention(
    f: int = 768, h: int = 12, d: int = 64, scale: str = "/ sqrt(d)", padding: bool = False
) -> Program:
    """GPT2Attention: `x: b n f`, `y: b n f`; `scale` is what the scores are multiplied with.

    With `padding` there is a second input `M[b m:n]`, 1 where a key is to be seen; a query that
    sees no key gives the output's bias (transformers averages all values there).

    >>> from diagram import parameters
    >>> parameters(attention()).formula
    '4 f h d + 3 h d + f'
    """
    scores = f"causal[n m](Q[b n h d] K[b m h d] {scale})"
    return lines.program(
        f"dims   f={f} h={h} d={d}",
        "input  X[b n f]",
        padding and "input  M[b m:n]",
        "weight WQ[f h d] WK[f h d] WV[f h d] WO[h d f]",
        "weight BQ[h d]=zeros BK[h d]=zeros BV[h d]=zeros BO[f]=zeros",
        "Q[b n h d] = X[b n f] WQ[f h d] + BQ",
        "K[b m h d] = X[b m f] WK[f h d] + BK",
        "V[b m h d] = X[b m f] WV[f h d] + BV",
        f"A[b h n m] = softmax[m]({f'mask({scores}, M)' if padding else scores})",
        "Y[b n f] = A[b h n m] V[b m h d] WO[h d f] + BO",
        "return Y",
    )


def from_gpt2(
    config: object, state: Mapping[str, Tensor], layer: int = 0, padding: bool = False
) -> Loaded:
    """GPT2Attention from its config and state dict; some scale the scores by their `layer`."""
    settings = Settings(config)
    f, h = settings.whole("hidden_size"), settings.whole("num_attention_heads")
    scale = "/ sqrt(d)" if settings.flag("scale_attn_weights", True) else ""
    if settings.flag("scale_attn_by_inverse_layer_idx"):
        scale += f" / {layer + 1}"
    return load(attention(f, h, f // h, scale, padding), READING, state, HARMLESS)
