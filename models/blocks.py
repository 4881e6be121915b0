"""Whole transformers, composed of defs: an encoder and a decoder with tied unembedding.

Letters as in `models.attention`; v vocabulary, p positions, t kinds of token, k inner features.
`models.wild.whole` loads the weights of BERT and GPT-2 into them.
"""

from __future__ import annotations

from diagram import Program, parse

DEVLIN = "Devlin et al., BERT: Pre-training of Deep Bidirectional Transformers (2019)"
REIMERS = "Reimers and Gurevych, Sentence-BERT (2019)"
RADFORD = "Radford et al., Language Models are Unsupervised Multitask Learners (2019)"

ENCODER = """
def norm(X[b n f])
  weight G[f]=ones B[f]=zeros
  Y[b n f] = layer_norm[f](X, eps=1e-12)[b n f] G[f] + B
  return Y

def attention(X[b n f], M[b n])
  weight WQ[f h d] WK[f h d] WV[f h d] WO[h d f]
  weight BQ[h d]=zeros BK[h d]=zeros BV[h d]=zeros BO[f]=zeros
  Q[b h n d] = X[b n f] WQ[f h d] + BQ
  K[b h m d] = X[b m f] WK[f h d] + BK
  V[b h m d] = X[b m f] WV[f h d] + BV
  A[b h n m] = softmax[m](mask(Q[b h n d] K[b h m d] / sqrt(d), M[b m]))
  Y[b n f]   = A[b h n m] V[b h m d] WO[h d f] + BO
  return Y

def mlp(X[b n f])
  weight W1[f k] B1[k]=zeros W2[k f] B2[f]=zeros
  Y[b n f] = gelu(X[b n f] W1[f k] + B1)[b n k] W2[k f] + B2
  return Y

def layer(X[b n f], M[b n])
  heads = attention(X, M)
  mixed = norm(X + heads)
  inner = mlp(mixed)
  Y = norm(mixed + inner)
  return Y

index  T[b n] of v, S[b n] of t
input  M[b n]                       # 1 where there is a token
weight word[v f]=normal(0.02) place[p f]=normal(0.02) kind[t f]=normal(0.02)

P = slice[p](place, stop=n)
E[b n f] = one_hot[v](T)[b n v] word[v f] + P[n f] + one_hot[t](S)[b n t] kind[t f]
X = norm(E)
"""

DECODER = """
def norm(X[b n f])
  weight G[f]=ones B[f]=zeros
  Y[b n f] = layer_norm[f](X)[b n f] G[f] + B
  return Y

def attention(X[b n f])
  weight WQ[f h d] WK[f h d] WV[f h d] WO[h d f]
  weight BQ[h d]=zeros BK[h d]=zeros BV[h d]=zeros BO[f]=zeros
  Q[b h n d] = X[b n f] WQ[f h d] + BQ
  K[b h m d] = X[b m f] WK[f h d] + BK
  V[b h m d] = X[b m f] WV[f h d] + BV
  A[b h n m] = softmax[m](causal[n m](Q[b h n d] K[b h m d] / sqrt(d)))
  Y[b n f]   = A[b h n m] V[b h m d] WO[h d f] + BO
  return Y

def activation(U[b n k])
  ACTIVATION
  return Y

def mlp(X[b n f])
  weight W1[f k] B1[k]=zeros W2[k f] B2[f]=zeros
  U[b n k] = X[b n f] W1[f k] + B1
  Z = activation(U)
  Y[b n f] = Z[b n k] W2[k f] + B2
  return Y

def layer(X[b n f])
  first = norm(X)
  heads = attention(first)
  mixed = X + heads
  second = norm(mixed)
  inner = mlp(second)
  Y = mixed + inner
  return Y

index  T[b n] of v
weight word[v f]=normal(0.02) place[p f]=normal(0.02)

P = slice[p](place, stop=n)
X[b n f] = one_hot[v](T)[b n v] word[v f] + P[n f]
"""

GELU = "Y = gelu(U)"
GELU_BY_TANH = """\
C[b n k] = U + 0.044715 U[b n k] square(U)[b n k]
  Y[b n k] = 0.5 U[b n k] (1 + tanh(0.7978845608028654 C[b n k]))[b n k]  # sqrt(2 / pi)"""


def encoder(  # noqa: PLR0913, PLR0917 one argument for each dim
    layers: int = 6,
    f: int = 384,
    h: int = 12,
    k: int = 1536,
    v: int = 30522,
    p: int = 512,
    t: int = 2,
    pooled: bool = False,
) -> Program:
    """BERT's encoder, norms after the sums: by default that of all-MiniLM-L6-v2 (Devlin et al.).

    Inputs are tokens `T`, their kinds `S`, and `M`, 1 where there is a token. The result is
    `y: b n f`; `pooled`, the mean over the tokens, of length 1, `z: b f`, which is what MiniLM says
    of a sentence (Reimers and Gurevych 2019): `M` is floating-point then, for it is counted with.

    >>> from diagram import parameters
    >>> parameters(encoder()).number
    22565376
    """
    dims = f"dims f={f} h={h} d={f // h} k={k} v={v} p={p} t={t}"
    result = "Z[b f] = unit[f](Y[b n f] M[b n])\nreturn Z" if pooled else "return Y"
    return parse(f"{dims}\n{ENCODER}Y = layer^{layers}(X, M)\n{result}")


def decoder(
    layers: int = 12,
    f: int = 768,
    h: int = 12,
    k: int = 3072,
    v: int = 50257,
    p: int = 1024,
    exact: bool = False,
) -> Program:
    """GPT-2, norms before the sums; one weight embeds tokens and tells them apart (Radford 2019).

    The result `L` are the scores of each next token, `l: b n v`. Its GELU is the approximation by
    tanh (Hendrycks and Gimpel 2016, section 2), unless it is to be `exact`.

    >>> from diagram import parameters
    >>> parameters(decoder()).number
    124439808
    """
    dims = f"dims f={f} h={h} d={f // h} k={k} v={v} p={p}"
    body = DECODER.replace("ACTIVATION", GELU if exact else GELU_BY_TANH)
    result = "N = norm(Y)\nL[b n v] = N[b n f] word[v f]\nreturn L"
    return parse(f"{dims}\n{body}Y = layer^{layers}(X)\n{result}")
