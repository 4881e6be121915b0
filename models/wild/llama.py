"""Llama's attention and its relatives: rotary positions, keys shared by groups of queries, causal.

State dicts: transformers' LlamaAttention, MistralAttention (a window), Qwen2Attention (biases),
Qwen3Attention (queries and keys normalised), Gemma2Attention (scores capped by tanh).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from diagram import Program
from diagram.errors import DiagramError
from models.wild import lines
from models.wild.rope import PLAIN, Rotation, rotary, rotation
from models.wild.settings import Settings
from models.wild.state import Loaded, load

if TYPE_CHECKING:
    from torch import Tensor

TOUVRON = "Touvron et al., Llama 2: Open Foundation and Fine-Tuned Chat Models (2023)"

WEIGHTS = """
input q_proj.weight[r:(k*g*d) f] k_proj.weight[r:(k*d) f] v_proj.weight[r:(k*d) f]
input o_proj.weight[f r:(k*g*d)]
WQ[f k g d] = q_proj.weight[(k g d) f]
WK[f k d] = k_proj.weight[(k d) f]
WV[f k d] = v_proj.weight[(k d) f]
WO[k g d f] = o_proj.weight[f (k g d)]
"""
BIASES = """
input q_proj.bias[r:(k*g*d)] k_proj.bias[r:(k*d)] v_proj.bias[r:(k*d)]
BQ[k g d] = q_proj.bias[(k g d)]
BK[k d] = k_proj.bias[(k d)]
BV[k d] = v_proj.bias[(k d)]
"""
OUTPUT_BIAS = """
input o_proj.bias[f]
BO[f] = o_proj.bias[f]
"""
GAINS = """
input q_norm.weight[d] k_norm.weight[d]
GQ[d] = q_norm.weight[d]
GK[d] = k_norm.weight[d]
"""


@dataclass(frozen=True)
class Variant:
    """What sets the relatives apart.

    `bias` of queries, keys and values, `output_bias` of the output; `norm` is the eps with which
    queries and keys are normalised, `window` how many keys a query sees, `cap` the largest score,
    `scale` what stands under the root in place of d. With `padding` there is a second input
    `M[b m:n]`, 1 where a key is to be seen.
    """

    rotation: Rotation = PLAIN
    bias: bool = False
    output_bias: bool = False
    norm: float | None = None
    window: int | None = None
    cap: float | None = None
    scale: float | None = None
    padding: bool = False


def attention(
    f: int = 4096, k: int = 8, g: int = 4, d: int = 128, of: Variant = Variant()
) -> Program:
    """k key heads, each read by g query heads, with rotary positions. `x: b n f`, `y: b n f`.

    A query that sees no key gives zeros before the output's bias (transformers averages all
    values there).

    >>> from diagram import parameters
    >>> parameters(attention()).formula
    '2 f k g d + 2 f k d'
    """
    normed = of.norm is not None
    query, key = ("NQ", "NK") if normed else ("Q", "K")
    return lines.program(
        f"dims   f={f} k={k} g={g} d={d}",
        "input  X[b n f]",
        of.padding and "input  M[b m:n]",
        "weight WQ[f k g d] WK[f k d] WV[f k d] WO[k g d f]",
        of.bias and "weight BQ[k g d]=zeros BK[k d]=zeros BV[k d]=zeros",
        of.output_bias and "weight BO[f]=zeros",
        normed and "weight GQ[d]=ones GK[d]=ones",
        rotary("d", of.rotation),
        "Q[b n k g d] = X[b n f] WQ[f k g d]" + of.bias * " + BQ",
        "K[b m k d] = X[b m f] WK[f k d]" + of.bias * " + BK",
        "V[b m k d] = X[b m f] WV[f k d]" + of.bias * " + BV",
        normed and f"NQ[b n k g d] = rms_norm[d](Q, {_eps(of)})[b n k g d] GQ[d]",
        normed and f"NK[b m k d] = rms_norm[d](K, {_eps(of)})[b m k d] GK[d]",
        f"RQ[b n k g (c' e)] = {query}[b n k g (c e)] R[n e c c']",
        f"RK[b m k (c' e)] = {key}[b m k (c e)] R[m e c c']",
        *_map(of),
        "Y[b n f] = A[b k g n m] V[b m k d] WO[k g d f]" + of.output_bias * " + BO",
        "return Y",
    )


def _map(of: Variant) -> tuple[str, ...]:
    """The attention map `A` of the rotated queries and keys."""
    under = "d" if of.scale is None else lines.decimal(of.scale)
    scores = f"S[b k g n m] = RQ[b n k g d] RK[b m k d] / sqrt({under})"
    cap = lines.decimal(of.cap) if of.cap is not None else ""
    capped = (f"C[b k g n m] = tanh(S[b k g n m] / {cap})[b k g n m] * {cap}",) if cap else ()
    window = f", window={of.window}" if of.window is not None else ""
    seen = f"causal[n m]({'C' if cap else 'S'}{window})"
    return scores, *capped, f"A = softmax[m]({f'mask({seen}, M)' if of.padding else seen})"


def _eps(of: Variant) -> str:
    assert of.norm is not None
    return f"eps={lines.decimal(of.norm)}"


def from_llama(
    config: object, state: Mapping[str, Tensor], layer: int = 0, padding: bool = False
) -> Loaded:
    """The attention of one layer from its config and state dict."""
    settings = Settings(config)
    f, heads = settings.whole("hidden_size"), settings.whole("num_attention_heads")
    k = settings.whole("num_key_value_heads", heads)
    if heads % k:
        raise DiagramError(f"{k} key heads do not divide the {heads} heads")
    d = settings.whole("head_dim", f // heads)
    of = replace(_variant(settings, state, layer), rotation=rotation(settings, d), padding=padding)
    reading = WEIGHTS + of.bias * BIASES + of.output_bias * OUTPUT_BIAS
    program = attention(f, k, heads // k, d, of)
    return load(program, reading + (of.norm is not None) * GAINS, state, ("rotary_emb.inv_freq",))


def _variant(settings: Settings, state: Mapping[str, Tensor], layer: int) -> Variant:
    gemma = settings.word("model_type") == "gemma2"
    cap = settings.get("attn_logit_softcapping")
    return Variant(
        bias="q_proj.bias" in state,
        output_bias="o_proj.bias" in state,
        norm=settings.number("rms_norm_eps", 1e-6) if "q_norm.weight" in state else None,
        window=_window(settings, layer),
        cap=settings.number("attn_logit_softcapping") if cap is not None else None,
        scale=settings.number("query_pre_attn_scalar") if gemma else None,
    )


def _window(settings: Settings, layer: int) -> int | None:
    """How many keys a query of this layer sees, where not all that are earlier."""
    kinds = settings.get("layer_types")
    if isinstance(kinds, list | tuple):
        slides = layer < len(kinds) and kinds[layer] == "sliding_attention"
    else:
        slides = settings.word("model_type") == "mistral"
    given = settings.get("sliding_window")
    return settings.whole("sliding_window") if slides and given is not None else None
