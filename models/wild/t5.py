"""T5's attention: no scale, no biases, and a learned bias for each bucket of distances.

State dicts: transformers' T5Attention and T5LayerSelfAttention.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from diagram import Program
from models.wild import lines
from models.wild.settings import Settings
from models.wild.state import Loaded, load

if TYPE_CHECKING:
    from torch import Tensor

RAFFEL = "Raffel et al., Exploring the Limits of Transfer Learning (2020)"

WEIGHTS = """
input q.weight[r:(h*d) f] k.weight[r:(h*d) f] v.weight[r:(h*d) f] o.weight[f r:(h*d)]
WQ[f h d] = q.weight[(h d) f]
WK[f h d] = k.weight[(h d) f]
WV[f h d] = v.weight[(h d) f]
WO[h d f] = o.weight[f (h d)]
"""
DISTANCES = """
input relative_attention_bias.weight[k h]
P[k h] = relative_attention_bias.weight[k h]
"""
LAYER = """
input layer_norm.weight[f]
G[f] = layer_norm.weight[f]
"""


@dataclass(frozen=True)
class Variant:
    """What sets T5's uses apart.

    `relative` has the bias by distance, `layer` is the eps of the RMS norm of T5LayerSelfAttention,
    which adds its input again; `causal` is for decoders. With `padding` there is an input
    `M[b m:n]`, 1 where a key is to be seen.
    """

    relative: bool = True
    layer: float | None = None
    causal: bool = False
    padding: bool = False


def attention(
    f: int = 512, h: int = 8, d: int = 64, k: int = 32, of: Variant = Variant()
) -> Program:
    """T5Attention of k buckets. `x: b n f`, `buckets: n m` (see `buckets`), `y: b n f`.

    A query that sees no key gives zeros (transformers averages all values there).

    >>> from diagram import parameters
    >>> parameters(attention()).formula
    '4 f h d + h k'
    """
    whole = of.layer is not None
    x = "N" if whole else "X"
    scores = "Q[b n h d] K[b m h d]"
    return lines.program(
        f"dims   f={f} h={h} d={d}" + of.relative * f" k={k}",
        "input  X[b n f]",
        of.relative and "index  buckets[n m:n] of k",
        of.padding and "input  M[b m:n]",
        "weight WQ[f h d] WK[f h d] WV[f h d] WO[h d f]",
        of.relative and "weight P[k h]",
        whole and "weight G[f]=ones",
        of.layer is not None
        and f"N[b n f] = rms_norm[f](X, eps={lines.decimal(of.layer)})[b n f] G[f]",
        f"Q[b n h d] = {x}[b n f] WQ[f h d]",
        f"K[b m h d] = {x}[b m f] WK[f h d]",
        f"V[b m h d] = {x}[b m f] WV[f h d]",
        f"S[b h n m] = {scores}" + of.relative * " + one_hot[k](buckets)[n m k] P[k h]",
        f"A = softmax[m]({_seen(of)})",
        f"Y[b n f] = {whole * 'X + '}A[b h n m] V[b m h d] WO[h d f]",
        "return Y",
    )


def _seen(of: Variant) -> str:
    """The scores of the keys that are seen."""
    scores = "causal[n m](S)" if of.causal else "S"
    return f"mask({scores}, M)" if of.padding else scores


def buckets(
    n: int, count: int = 32, furthest: int = 128, causal: bool = False
) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """The bucket of key m seen from query n, `n m`: the second input of `attention`.

    Small distances have one bucket each, larger ones share buckets by their logarithm up to
    `furthest`; unless causal, half of the `count` buckets are for later keys (Raffel et al. 2020).
    Logarithms are in float32, as in transformers.

    >>> buckets(5, count=8, furthest=6)[2].tolist()
    [2, 1, 0, 5, 6]
    """
    away = np.arange(n)[None, :] - np.arange(n)[:, None]
    if causal:
        base, distance = np.zeros_like(away), np.maximum(-away, 0)
    else:
        count //= 2
        base, distance = (away > 0) * count, np.abs(away)
    exact = count // 2
    ratio = np.maximum(distance, 1).astype(np.float32) / np.float32(exact)
    steps = np.log(ratio) / np.float32(np.log(furthest / exact)) * np.float32(count - exact)
    large = np.minimum(exact + steps.astype(np.int64), count - 1)
    return np.asarray(base + np.where(distance < exact, distance, large), dtype=np.int64)


def from_t5(config: object, state: Mapping[str, Tensor], padding: bool = False) -> Loaded:
    """T5Attention, or T5LayerSelfAttention, from its config and state dict."""
    settings = Settings(config)
    layer = "layer_norm.weight" in state
    relative = any(name.endswith("relative_attention_bias.weight") for name in state)
    of = Variant(
        relative=relative,
        layer=settings.number("layer_norm_epsilon", 1e-6) if layer else None,
        causal=settings.flag("is_decoder"),
        padding=padding,
    )
    f, h, d = (settings.whole(name) for name in ("d_model", "num_heads", "d_kv"))
    k = settings.whole("relative_attention_num_buckets", 32)
    own = {name.removeprefix("SelfAttention."): value for name, value in state.items()}
    reading = WEIGHTS + relative * DISTANCES + layer * LAYER
    return load(attention(f, h, d, k, of), reading, own)
