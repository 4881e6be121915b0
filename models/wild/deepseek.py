"""DeepSeek's multi-head latent attention: keys and values of all heads from one short latent.

State dict: transformers' DeepseekV3Attention (DeepSeek-AI, DeepSeek-V2, 2024, section 2.1).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from diagram import Program
from models.wild import lines
from models.wild.rope import PLAIN, Rotation, rotary, rotation
from models.wild.settings import Settings
from models.wild.state import Loaded, load

if TYPE_CHECKING:
    from torch import Tensor

DEEPSEEK = "DeepSeek-AI, DeepSeek-V2: A Strong, Economical, and Efficient Model (2024)"

WEIGHTS = """
input kv_a_proj_with_mqa.weight[r:(k+p) f] kv_a_layernorm.weight[k]
input kv_b_proj.weight[r:(h*(d+u)) k] o_proj.weight[f r:(h*u)]
DK[f k] = slice[k](kv_a_proj_with_mqa.weight[k f], stop=k)
RK[f p] = slice[p](kv_a_proj_with_mqa.weight[p f], start=k)
GK[k] = kv_a_layernorm.weight[k]
up[h a k] = kv_b_proj.weight[(h a) k]
UK[k h d] = slice[d](up[h d k], stop=d)
UV[k h u] = slice[u](up[h u k], start=d)
WO[h u f] = o_proj.weight[f (h u)]
"""
QUERY = """
input q_proj.weight[r:(h*(d+p)) f]
query[h a f] = q_proj.weight[(h a) f]
UQ[f h d] = slice[d](query[h d f], stop=d)
RQ[f h p] = slice[p](query[h p f], start=d)
"""
LATENT_QUERY = """
input q_a_proj.weight[q f] q_a_layernorm.weight[q] q_b_proj.weight[r:(h*(d+p)) q]
DQ[f q] = q_a_proj.weight[q f]
GQ[q] = q_a_layernorm.weight[q]
query[h a q] = q_b_proj.weight[(h a) q]
UQ[q h d] = slice[d](query[h d q], stop=d)
RQ[q h p] = slice[p](query[h p q], start=d)
"""
BIASES = """
input kv_a_proj_with_mqa.bias[r:(k+p)] o_proj.bias[f]
BK[k] = slice[k](kv_a_proj_with_mqa.bias[k], stop=k)
BR[p] = slice[p](kv_a_proj_with_mqa.bias[p], start=k)
BO[f] = o_proj.bias[f]
"""
QUERY_BIAS = """
input q_a_proj.bias[q]
BQ[q] = q_a_proj.bias[q]
"""


@dataclass(frozen=True)
class Sizes:
    """Features, heads; a head's plain entries, rotary entries, values; the latents' lengths."""

    f: int = 7168
    h: int = 128
    d: int = 128
    p: int = 64
    u: int = 128
    k: int = 512
    q: int | None = 1536


def attention(
    of: Sizes = Sizes(),
    turned: Rotation = PLAIN,
    bias: bool = False,
    interleaved: bool = True,
    padding: bool = False,
) -> Program:
    """Queries from a latent of length q, or from the input itself. `x: b n f`, `y: b n f`.

    Scores are of two parts: plain entries, whose keys come from the latent of length k, and rotary
    ones, whose keys all heads share; `interleaved` pairs are neighbours, else halves. With
    `padding` there is a second input `M[b m:n]`, 1 where a key is to be seen.

    >>> from diagram import parameters
    >>> parameters(attention()).formula
    'f h u + q h d + q h p + h d k + h k u + f q + f p + f k + q + k'
    """
    latent = of.q is not None
    query, q = ("LQ[b n q]", "q") if latent else ("X[b n f]", "f")
    sharpened = f" * {lines.decimal(turned.sharpness)}" if turned.sharpness != 1.0 else ""
    seen = f"causal[n m](S / sqrt(d+p){sharpened})"
    pair = "e c" if interleaved else "c e"
    return lines.program(
        f"dims   f={of.f} h={of.h} d={of.d} p={of.p} u={of.u} k={of.k}" + latent * f" q={of.q}",
        "input  X[b n f]",
        padding and "input  M[b m:n]",
        latent and "weight DQ[f q] GQ[q]=ones",
        f"weight UQ[{q} h d] RQ[{q} h p]",
        "weight DK[f k] GK[k]=ones UK[k h d] UV[k h u] RK[f p] WO[h u f]",
        bias and latent and "weight BQ[q]=zeros",
        bias and "weight BK[k]=zeros BR[p]=zeros BO[f]=zeros",
        rotary("p", turned),
        latent and f"LQ[b n q] = rms_norm[q](X[b n f] DQ[f q]{bias * ' + BQ'})[b n q] GQ[q]",
        f"LK[b m k] = rms_norm[k](X[b m f] DK[f k]{bias * ' + BK'})[b m k] GK[k]",
        f"PQ[b n h p] = {query} RQ[{q} h p]",
        "PK[b m p] = X[b m f] RK[f p]" + bias * " + BR",
        f"TQ[b n h (c' e)] = PQ[b n h ({pair})] R[n e c c']",
        f"TK[b m (c' e)] = PK[b m ({pair})] R[m e c c']",
        f"S[b h n m] = {query} UQ[{q} h d] LK[b m k] UK[k h d] + TQ[b n h p] TK[b m p]",
        f"A[b h n m] = softmax[m]({'mask(' * padding}{seen}{', M)' * padding})",
        "Y[b n f] = A[b h n m] LK[b m k] UV[k h u] WO[h u f]" + bias * " + BO",
        "return Y",
    )


def sized(**dims: int) -> Program:
    """Queries, keys and values through latents, with these dims. `x: b n f`, `y: b n f`."""
    return attention(Sizes(**dims))


def from_deepseek(config: object, state: Mapping[str, Tensor], padding: bool = False) -> Loaded:
    """DeepseekV3Attention from its config and state dict."""
    settings = Settings(config)
    latent, bias = "q_a_proj.weight" in state, "o_proj.bias" in state
    of = Sizes(
        f=settings.whole("hidden_size"),
        h=settings.whole("num_attention_heads"),
        d=settings.whole("qk_nope_head_dim"),
        p=settings.whole("qk_rope_head_dim"),
        u=settings.whole("v_head_dim"),
        k=settings.whole("kv_lora_rank"),
        q=settings.whole("q_lora_rank") if latent else None,
    )
    reading = WEIGHTS + (LATENT_QUERY if latent else QUERY)
    reading += bias * BIASES + (bias and latent) * QUERY_BIAS
    interleaved = settings.flag("rope_interleave", True)
    program = attention(of, rotation(settings, of.p), bias, interleaved, padding)
    return load(program, reading, state)
