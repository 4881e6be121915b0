"""Attention and its relatives, each a function of dims that returns a Program.

Letters: b batch, n queries, m keys, f features (g where a second feature edge is summed), h heads,
d head dimension, r components, k key heads. Shapes in notation: `x: b n f`, `y: b n f`.
"""

from __future__ import annotations

from diagram import Program, parse

HUANG = "F. Huang, Understanding, Interpreting and Design Neural Network Models (TMWS4, 2021)"
VASWANI = "Vaswani et al., Attention Is All You Need (2017), section 3.2"
TUFORMER = "Liu, Su, Huang, Tuformer: Data-driven Design of Transformers (2022)"
SHAZEER = "Shazeer, Fast Transformer Decoding: One Write-Head is All You Need (2019)"
AINSLIE = "Ainslie et al., GQA: Training Generalized Multi-Query Transformer Models (2023)"
KATHAROPOULOS = "Katharopoulos et al., Transformers are RNNs (2020), without its feature map"


def single_head(f: int = 512, d: int = 64) -> Program:
    """Single-head self-attention; 4 f d parameters (Vaswani et al. 2017, section 3.2.1).

    >>> from diagram import parameters
    >>> parameters(single_head()).formula
    '4 f d'
    """
    return parse(
        f"""
dims   f={f} d={d}
input  X[b n f]
weight WQ[f d] WK[f d] WV[f d] WO[d f]
S[b n m] = X[b n f] WQ[f d] X[b m g] WK[g d] / sqrt(d)
A[b n m] = softmax[m](S)
Y[b n f] = A[b n m] X[b m g] WV[g d] WO[d f]
return Y
"""
    )


def multi_head(f: int = 512, h: int = 8, d: int = 64, bias: bool = False) -> Program:
    """Multi-head self-attention; 4 f h d parameters (Vaswani et al. 2017, section 3.2.2).

    With `bias`, each of the four projections has one: 4 f h d + 3 h d + f parameters.

    >>> from diagram import parameters
    >>> parameters(multi_head()).formula, parameters(multi_head()).number
    ('4 f h d', 1048576)
    """
    if bias:
        return _multi_head_with_biases(f, h, d)
    return parse(
        f"""
dims   f={f} h={h} d={d}
input  X[b n f]
weight WQ[f h d] WK[f h d] WV[f h d] WO[h d f]
S[b h n m] = X[b n f] WQ[f h d] X[b m g] WK[g h d] / sqrt(d)
A[b h n m] = softmax[m](S)
Y[b n f] = A[b h n m] X[b m g] WV[g h d] WO[h d f]
return Y
"""
    )


def _multi_head_with_biases(f: int, h: int, d: int) -> Program:
    return parse(
        f"""
dims   f={f} h={h} d={d}
input  X[b n f]
weight WQ[f h d] WK[f h d] WV[f h d] WO[h d f]
weight BQ[h d]=zeros BK[h d]=zeros BV[h d]=zeros BO[f]=zeros
Q[b h n d] = X[b n f] WQ[f h d] + BQ
K[b h m d] = X[b m f] WK[f h d] + BK
V[b h m d] = X[b m f] WV[f h d] + BV
S[b h n m] = Q[b h n d] K[b h m d] / sqrt(d)
A[b h n m] = softmax[m](S)
Y[b n f] = A[b h n m] V[b h m d] WO[h d f] + BO
return Y
"""
    )


def lossless(f: int = 512, r: int = 8) -> Program:
    """The "lossless" multi-head (heads-only): r components, no dot product; 4 f r parameters.

    At r = h it has 1/d of the parameters of multi-head; at r = h d as many, and d times the
    attention maps (Huang 2021, CP form; Liu et al. 2022, heads-only).

    >>> from diagram import parameters
    >>> parameters(lossless()).formula, parameters(lossless()).number
    ('4 f r', 16384)
    """
    return parse(
        f"""
dims   f={f} r={r}
input  X[b n f]
weight WQ[f r] WK[f r] WV[f r] WO[r f]
S[b r n m] = X[b n f] WQ[f r] X[b m g] WK[g r]
A[b r n m] = softmax[m](S)
Y[b n f] = A[b r n m] X[b m g] WV[g r] WO[r f]
return Y
"""
    )


def tunable_head(f: int = 512, r: int = 512) -> Program:
    """Tunable-head self-attention (THSA): a core C inside the softmax; 4 f r + r^2 parameters.

    The scale is 1/sqrt(r), as the authors draw and code it: with C = sqrt(h) (I_h kron 1 1^T) it is
    multi-head (Liu et al. 2022).

    >>> from diagram import parameters
    >>> parameters(tunable_head()).formula, parameters(tunable_head()).number
    ('4 f r + r^2', 1310720)
    """
    return parse(
        f"""
dims   f={f} r={r}
input  X[b n f]
weight WQ[f r] WK[f r] WV[f r] WO[r f] C[r s:r]
S[b s n m] = X[b n f] WQ[f r] X[b m g] WK[g r] C[r s] / sqrt(r)
A[b s n m] = softmax[m](S)
Y[b n f] = A[b s n m] X[b m g] WV[g s] WO[s f]
return Y
"""
    )


def skip_left(f: int = 512, h: int = 8, d: int = 64) -> Program:
    """Multi-head with two vectors between the D legs, core I_h kron (c2 c3^T); 4 f h d + 2 d.

    >>> from diagram import parameters
    >>> parameters(skip_left()).formula
    '4 f h d + 2 d'
    """
    return parse(
        f"""
dims   f={f} h={h} d={d}
input  X[b n f]
weight WQ[f h d] WK[f h d] WV[f h d] WO[h d f] C2[d] C3[d]
S[b h e n m] = X[b n f] WQ[f h d] X[b m g] WK[g h d] C2[d] C3[e] / sqrt(d)
A[b h e n m] = softmax[m](S)
Y[b n f] = A[b h e n m] X[b m g] WV[g h e] WO[h e f]
return Y
"""
    )


def skip_right(f: int = 512, h: int = 8, d: int = 64) -> Program:
    """Multi-head whose heads are mixed before softmax, core C1 kron 1 1^T; 4 f h d + h^2.

    >>> from diagram import parameters
    >>> parameters(skip_right()).formula
    '4 f h d + h^2'
    """
    return parse(
        f"""
dims   f={f} h={h} d={d}
input  X[b n f]
weight WQ[f h d] WK[f h d] WV[f h d] WO[h d f] C1[h k:h]
S[b k n m] = X[b n f] WQ[f h d] X[b m g] WK[g h d] C1[h k] / sqrt(d)
A[b k n m] = softmax[m](S)
Y[b n f] = A[b k n m] X[b m g] WV[g k d] WO[k d f]
return Y
"""
    )


def cross_attention(f: int = 512, e: int = 512, h: int = 8, d: int = 64) -> Program:
    """Queries from X, keys and values from Z of another width; 2 f h d + 2 e h d parameters.

    Vaswani et al. 2017, section 3.2.3. Shapes: `x: b n f`, `z: b m e`, `y: b n f`.

    >>> from diagram import parameters
    >>> parameters(cross_attention()).formula
    '2 f h d + 2 e h d'
    """
    return parse(
        f"""
dims   f={f} e={e} h={h} d={d}
input  X[b n f] Z[b m e]
weight WQ[f h d] WK[e h d] WV[e h d] WO[h d f]
S[b h n m] = X[b n f] WQ[f h d] Z[b m e] WK[e h d] / sqrt(d)
A[b h n m] = softmax[m](S)
Y[b n f] = A[b h n m] Z[b m e] WV[e h d] WO[h d f]
return Y
"""
    )


def grouped_query(f: int = 512, k: int = 2, g: int = 4, d: int = 64) -> Program:
    """k key heads, each read by g query heads; 2 f k g d + 2 f k d parameters (Ainslie 2023).

    >>> from diagram import parameters
    >>> parameters(grouped_query()).formula
    '2 f k g d + 2 f k d'
    """
    return parse(
        f"""
dims   f={f} k={k} g={g} d={d}
input  X[b n f]
weight WQ[f k g d] WK[f k d] WV[f k d] WO[k g d f]
S[b k g n m] = X[b n f] WQ[f k g d] X[b m f'] WK[f' k d] / sqrt(d)
A[b k g n m] = softmax[m](S)
Y[b n f] = A[b k g n m] X[b m f'] WV[f' k d] WO[k g d f]
return Y
"""
    )


def multi_query(f: int = 512, h: int = 8, d: int = 64) -> Program:
    """One key and value head read by all query heads; 2 f h d + 2 f d parameters (Shazeer 2019).

    >>> from diagram import parameters
    >>> parameters(multi_query()).formula
    '2 f h d + 2 f d'
    """
    return parse(
        f"""
dims   f={f} h={h} d={d}
input  X[b n f]
weight WQ[f h d] WK[f d] WV[f d] WO[h d f]
S[b h n m] = X[b n f] WQ[f h d] X[b m g] WK[g d] / sqrt(d)
A[b h n m] = softmax[m](S)
Y[b n f] = A[b h n m] X[b m g] WV[g d] WO[h d f]
return Y
"""
    )


def linear_quadratic(f: int = 512, h: int = 8, d: int = 64) -> Program:
    """Softmax-free attention, scores first: the cost grows with the square of the length.

    >>> from diagram import parameters
    >>> parameters(linear_quadratic()).formula
    '4 f h d'
    """
    return parse(
        f"""
dims   f={f} h={h} d={d}
input  X[b n f]
weight WQ[f h d] WK[f h d] WV[f h d] WO[h d f]
S[b h n m] = X[b n f] WQ[f h d] X[b m g] WK[g h d] / sqrt(d)
Y[b n f] = S[b h n m] X[b m g] WV[g h d] WO[h d f]
return Y
"""
    )


def linear_factored(f: int = 512, h: int = 8, d: int = 64) -> Program:
    """The same function, keys with values first: the cost is linear in the length.

    >>> from diagram import parameters
    >>> parameters(linear_factored()).formula
    '4 f h d'
    """
    return parse(
        f"""
dims   f={f} h={h} d={d}
input  X[b n f]
weight WQ[f h d] WK[f h d] WV[f h d] WO[h d f]
G[b h d e] = X[b m g] WK[g h d] X[b m k] WV[k h e] / sqrt(d)
Y[b n f] = X[b n g] WQ[g h d] G[b h d e] WO[h e f]
return Y
"""
    )
