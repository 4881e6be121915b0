"""BERT's attention, which is ViT's too: scores over sqrt(d), biases, a padding mask.

State dicts: transformers' BertSelfAttention (and the ViTSelfAttention of its version 4), and
ViTAttention (version 5), which has the output projection inside.
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

DOSOVITSKIY = "Dosovitskiy et al., An Image is Worth 16x16 Words (2021)"

WEIGHTS = """
input query.weight[r:(h*d) f] key.weight[r:(h*d) f] value.weight[r:(h*d) f]
WQ[f h d] = query.weight[(h d) f]
WK[f h d] = key.weight[(h d) f]
WV[f h d] = value.weight[(h d) f]
"""
BIASES = """
input query.bias[r:(h*d)] key.bias[r:(h*d)] value.bias[r:(h*d)]
BQ[h d] = query.bias[(h d)]
BK[h d] = key.bias[(h d)]
BV[h d] = value.bias[(h d)]
"""
OUTPUT = """
input output.weight[f r:(h*d)] output.bias[f]
WO[h d f] = output.weight[f (h d)]
BO[f] = output.bias[f]
"""


def self_attention(
    f: int = 768, h: int = 12, d: int = 64, bias: bool = True, padding: bool = False
) -> Program:
    """BertSelfAttention: heads side by side, no output projection. `x: b n f`, `y: b n (h d)`.

    With `padding` there is a second input `M[b m:n]`, 1 where a key is to be seen; a query that
    sees no key gives zeros (transformers averages all values there).

    >>> from diagram import parameters
    >>> parameters(self_attention()).formula
    '3 f h d + 3 h d'
    """
    return lines.program(
        f"dims   f={f} h={h} d={d}",
        "input  X[b n f]",
        padding and "input  M[b m:n]",
        "weight WQ[f h d] WK[f h d] WV[f h d]",
        bias and "weight BQ[h d]=zeros BK[h d]=zeros BV[h d]=zeros",
        *_heads(bias, padding),
        "Y[b n (h d)] = A[b h n m] V[b m h d]",
        "return Y",
    )


def attention(f: int = 768, h: int = 12, d: int = 64, bias: bool = True) -> Program:
    """ViTAttention: the same with an output projection, which always has a bias. `y: b n f`.

    >>> from diagram import parameters
    >>> parameters(attention(bias=False)).formula
    '4 f h d + f'
    """
    return lines.program(
        f"dims   f={f} h={h} d={d}",
        "input  X[b n f]",
        "weight WQ[f h d] WK[f h d] WV[f h d] WO[h d f] BO[f]=zeros",
        bias and "weight BQ[h d]=zeros BK[h d]=zeros BV[h d]=zeros",
        *_heads(bias, padding=False),
        "Y[b n f] = A[b h n m] V[b m h d] WO[h d f] + BO",
        "return Y",
    )


def _heads(bias: bool, padding: bool) -> tuple[str, ...]:
    """Queries, keys, values, and the attention map `A`."""
    scores = "Q[b n h d] K[b m h d] / sqrt(d)"
    return (
        "Q[b n h d] = X[b n f] WQ[f h d]" + bias * " + BQ",
        "K[b m h d] = X[b m f] WK[f h d]" + bias * " + BK",
        "V[b m h d] = X[b m f] WV[f h d]" + bias * " + BV",
        f"A[b h n m] = softmax[m]({f'mask({scores}, M)' if padding else scores})",
    )


def from_bert(config: object, state: Mapping[str, Tensor], padding: bool = False) -> Loaded:
    """BertSelfAttention, or version 4's ViTSelfAttention, from its config and state dict."""
    f, h = _sizes(config)
    bias = "query.bias" in state
    program = self_attention(f, h, f // h, bias, padding)
    return load(program, WEIGHTS + bias * BIASES, state)


def from_vit(config: object, state: Mapping[str, Tensor]) -> Loaded:
    """ViTAttention from its config and state dict."""
    f, h = _sizes(config)
    bias = "q_proj.bias" in state
    names = {"query": "q_proj", "key": "k_proj", "value": "v_proj", "output": "o_proj"}
    reading = WEIGHTS + bias * BIASES + OUTPUT
    for ours, theirs in names.items():
        reading = reading.replace(f"{ours}.", f"{theirs}.")
    return load(attention(f, h, f // h, bias), reading, state)


def _sizes(config: object) -> tuple[int, int]:
    """Features and heads."""
    settings = Settings(config)
    return settings.whole("hidden_size"), settings.whole("num_attention_heads")
