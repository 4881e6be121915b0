"""torch.nn.MultiheadAttention in all its options.

Masks say what is seen, as everywhere in the language: a truth value that torch takes as "hidden"
is given negated; numbers are added to the scores, as in torch. Where torch gives NaN, or the
average of nothing, for a query that sees no key, the attention is zero and the output its bias.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from diagram import Program
from diagram.errors import DiagramError
from models.wild import lines
from models.wild.state import Loaded, load, shape

if TYPE_CHECKING:
    from torch import Tensor

FUSED = """
input in_proj_weight[r:(3*h*d) f]
WQ[f h d] = slice[c](in_proj_weight[(c h d) f], start=0, stop=1)[c h d f]
WK[e h d] = slice[c](in_proj_weight[(c h d) e], start=1, stop=2)[c h d e]
WV[v h d] = slice[c](in_proj_weight[(c h d) v], start=2, stop=3)[c h d v]
"""
APART = """
input q_proj_weight[r:(h*d) f] k_proj_weight[r:(h*d) e] v_proj_weight[r:(h*d) v]
WQ[f h d] = q_proj_weight[(h d) f]
WK[e h d] = k_proj_weight[(h d) e]
WV[v h d] = v_proj_weight[(h d) v]
"""
OUTPUT = """
input out_proj.weight[f r:(h*d)]
WO[h d f] = out_proj.weight[f (h d)]
"""
BIASES = """
input in_proj_bias[r:(3*h*d)] out_proj.bias[f]
BQ[h d] = slice[c](in_proj_bias[(c h d)], start=0, stop=1)[c h d]
BK[h d] = slice[c](in_proj_bias[(c h d)], start=1, stop=2)[c h d]
BV[h d] = slice[c](in_proj_bias[(c h d)], start=2, stop=3)[c h d]
BO[f] = out_proj.bias[f]
"""
EXTRA = """
input bias_k[x:1 y:1 r:(h*d)] bias_v[x:1 y:1 r:(h*d)]
EK[h d] = bias_k[() () (h d)]
EV[h d] = bias_v[() () (h d)]
"""


class Masked(StrEnum):
    """What a mask does: 1 where a key is `seen`, or numbers `added` to the scores."""

    SEEN = "seen"
    ADDED = "added"


@dataclass(frozen=True)
class Variant:
    """The options of nn.MultiheadAttention and of its call, in this project's words.

    `extra` is add_bias_kv, one learned key and value more; `zero` is add_zero_attn, one of zeros.
    `keys` is a mask `M[b m]` (key_padding_mask), `pairs` a mask `P[n m]` (attn_mask), one for each
    head and batch, `P[c:(b*h) n m]`, where `by_head`. `maps` returns the attention as well: `mean`
    over the heads, or of all `heads`.
    """

    bias: bool = True
    extra: bool = False
    zero: bool = False
    batch_first: bool = True
    keys: Masked | None = None
    pairs: Masked | None = None
    by_head: bool = False
    causal: bool = False
    maps: str = ""

    def __post_init__(self) -> None:
        if self.maps not in ("", "mean", "heads"):
            raise DiagramError(
                f"maps are the `mean` over the heads or of all `heads`, not {self.maps!r}"
            )


def attention(
    f: int = 512,
    h: int = 8,
    d: int = 64,
    e: int | None = None,
    v: int | None = None,
    of: Variant = Variant(),
) -> Program:
    """Queries from X, keys from Z of width e, values from U of width v. `x: b n f`, `y: b n f`.

    >>> from diagram import parameters
    >>> parameters(attention(of=Variant(extra=True))).formula
    '2 f h d + e h d + v h d + 5 h d + f'
    """
    b_n, b_m = ("b n", "b m") if of.batch_first else ("n b", "m b")
    bias = of.bias
    return lines.program(
        f"dims   f={f} h={h} d={d} e={e or f} v={v or f}",
        f"input  X[{b_n} f] Z[{b_m} e] U[{b_m} v]",
        of.keys is not None and "input  M[b m]",
        of.pairs is not None and f"input  P[{'c:(b*h) ' * of.by_head}n m]",
        "weight WQ[f h d] WK[e h d] WV[v h d] WO[h d f]",
        bias and "weight BQ[h d]=zeros BK[h d]=zeros BV[h d]=zeros BO[f]=zeros",
        of.extra and "weight EK[h d]=normal(0.1) EV[h d]=normal(0.1)",
        f"Q[b h n d] = X[{b_n} f] WQ[f h d]" + bias * " + BQ",
        f"K[b h m d] = Z[{b_m} e] WK[e h d]" + bias * " + BK",
        f"V[b h m d] = U[{b_m} v] WV[v h d]" + bias * " + BV",
        *_scores(of),
        *_more(of),
        f"A = softmax[m]({'T' if of.extra or of.zero else _seen(of)})",
        f"Y[{b_n} f] = A[b h n m] {'W' if of.extra or of.zero else 'V'}[b h m d] WO[h d f]"
        + bias * " + BO",
        of.maps == "mean" and "B[b n m] = A[b h n m] / h",
        "return Y" + {"": "", "mean": ", B", "heads": ", A"}[of.maps],
    )


def _pairs(of: Variant) -> str:
    return "P[(b h) n m]" if of.by_head else "P[n m]"


def _scores(of: Variant) -> tuple[str, ...]:
    """The scores `S` of the keys that are given."""
    keys, pairs = of.keys is Masked.ADDED, of.pairs is Masked.ADDED
    added = " + M[b m]" * keys + f" + {_pairs(of)}" * pairs
    return (f"S[b h n m] = Q[b h n d] K[b h m d] / sqrt(d){added}",)


def _seen(of: Variant) -> str:
    """The scores, minus infinity where a key is hidden."""
    seen = "causal[n m](S)" if of.causal else "S"
    seen = f"mask({seen}, {_pairs(of)})" if of.pairs is Masked.SEEN else seen
    return f"mask({seen}, M)" if of.keys is Masked.SEEN else seen


def _more(of: Variant) -> tuple[str, ...]:
    """Scores `T` and values `W` with the keys that are not given, which no mask hides."""
    if not (of.extra or of.zero):
        return ()
    scores = of.extra * ", (Q[b h n d] EK[h d] one[m] / sqrt(d))[b h n m]"
    values = of.extra * ", (all[b m] EV[h d])[b h m d]"
    return (
        "const one[j:1]=ones all[b j:1]=ones" * of.extra,
        "const zero[b h n j:1]=zeros none[b h j:1 d]=zeros" * of.zero,
        f"T[b h n m] = concat[m]({_seen(of)}{scores}{', zero[b h n m]' * of.zero})",
        f"W[b h m d] = concat[m](V{values}{', none[b h m d]' * of.zero})",
    )


def from_torch(heads: int, state: Mapping[str, Tensor], of: Variant = Variant()) -> Loaded:
    """nn.MultiheadAttention from its number of heads and its state dict.

    The state dict says whether there are biases and an extra key, whatever `of` says.
    """
    fused, bias, extra = (n in state for n in ("in_proj_weight", "in_proj_bias", "bias_k"))
    f = shape(state, "out_proj.weight", 2)[0]
    if f % heads:
        raise DiagramError(f"{heads} heads do not divide the {f} features")
    e = f if fused else shape(state, "k_proj_weight", 2)[1]
    v = f if fused else shape(state, "v_proj_weight", 2)[1]
    program = attention(f, heads, f // heads, e, v, replace(of, bias=bias, extra=extra))
    reading = (FUSED if fused else APART) + OUTPUT + bias * BIASES + extra * EXTRA
    return load(program, reading, state)
