"""The programs that pictures are tested on: the zoo, the networks of others, and small traps."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import models
from diagram import Program, parse
from diagram.draw import Placement
from models.placements import MULTI_HEAD_WITH_BIASES

DATA = Path(__file__).parent.parent / "data"
STORED: Mapping[str, str] = {
    name: network["text"]
    for name, network in json.loads((DATA / "networks.json").read_text(encoding="utf-8")).items()
}
"""The 57 networks that are run elsewhere."""

TEXTS: Mapping[str, str] = {
    "matrix product": "input A[i j] B[j k]\nC[i k] = A[i j] B[j k]\nreturn C",
    "trace": "input A[i i']\nt[] = A[i i]\nreturn t",
    "diagonal": "input A[i i']\nd[i] = A[i i]\nreturn d",
    "outer product": "input u[i] v[j]\nM[i j] = u[i] v[j]\nreturn M",
    "quadratic form": "input x[i]\nweight A[i j:i]\nq[] = x[i] A[i j] x[j]\nreturn q",
    "diagonal matrix": "input v[i]\nconst I[i i'] = eye\nM[i i'] = v[i] I[i i']\nreturn M",
    "inner product": "input u[i] v[i]\np[] = u[i] v[i] * 2\nreturn p",
    "source": "input X[b n f]\nreturn X",
    "average": "input U[b c x y]\nY[b c] = U[b c x y] / (x*y)\nreturn Y",
    "three wires": "input X[a b c]\nweight K[a b c d]\nY[d] = X[a b c] K[a b c d]\nreturn Y",
    "tucker": """
weight G[r1 r2 r3] U1[i1 r1] U2[i2 r2] U3[i3 r3]
T[i1 i2 i3] = G[r1 r2 r3] U1[i1 r1] U2[i2 r2] U3[i3 r3]
return T""",
    "tensor train": """
weight G1[i1 r1] G2[r1 i2 r2] G3[r2 i3 r3] G4[r3 i4]
T[i1 i2 i3 i4] = G1[i1 r1] G2[r1 i2 r2] G3[r2 i3 r3] G4[r3 i4]
return T""",
    "cp": """
weight A[i r] B[j r] C[k r] D[l r]
T[i j k l] = A[i r] B[j r] C[k r] D[l r]
return T""",
    "ring": """
weight A[a i b] B[b j c] C[c k d] D[d l a]
T[i j k l] = A[a i b] B[b j c] C[c k d] D[d l a]
return T""",
    "two results": """
input X[n f]
weight W[f g] V[g h]
P[n g] = X[n f] W[f g]
Q[n h] = P[n g] V[g h]
return P, Q""",
    "two-layer perceptron": """
input X[b n f]
weight W1[f k] W2[k f] B1[k] B2[f]
H[b n k] = gelu(X[b n f] W1[f k] + B1)
Z[b n f] = H[b n k] W2[k f] + B2
Y = X + Z
return Y""",
    "layer norm": """
input X[b n f]
weight G[f] B[f] W1[f k]
N[b n f] = layer_norm[f](X)
M[b n f] = N[b n f] G[f] + B
Y[b n k] = relu(M[b n f] W1[f k])
return Y""",
    "concat": """
input X[n f] Z[n g]
weight W[f k] V[g k]
A[n k] = X[n f] W[f k]
B[n k] = Z[n g] V[g k]
C = concat[k](A, B)
return C""",
    "difference": "input X[n f] Z[n f]\nY[n f] = X - Z\nreturn Y",
    "scalar weight": "input X[n f]\nweight a[]\nY[n f] = a[] X[n f] * 3\nreturn Y",
    "mean and dropout": """
input X[b c x y]
weight W[c k]
Y[b k] = mean[x y](dropout(X, p=0.1))[b c] W[c k]
return Y""",
    "window": """
dims f=512 h=8 d=64
input X[b n f]
weight WQ[f h d] WK[f h d] WV[f h d] WO[h d f]
A[b h n m] = softmax[m](causal[n m](X[b n f] WQ[f h d] X[b m g] WK[g h d] / sqrt(d), window=3))
Y[b n f] = A[b h n m] X[b m g] WV[g h d] WO[h d f]
return Y""",
    "relative bias": """
dims f=512 h=8 d=64
input X[b n f]
weight WQ[f h d] WK[f h d] WV[f h d] WO[h d f] P[k h]
index buckets[n m:n] of k
S[b h n m] = X[b n f] WQ[f h d] X[b m g] WK[g h d] + one_hot[k](buckets)[n m k] P[k h]
Y[b n f] = softmax[m](S)[b h n m] X[b m g] WV[g h d] WO[h d f]
return Y""",
    "masks and biases": """
dims f=512 h=8 d=64
input X[b n f] M[b m:n]
weight WQ[f h d] WK[f h d] WV[f h d] WO[h d f]
weight BQ[h d]=zeros BK[h d]=zeros BV[h d]=zeros BO[f]=zeros
Q[b h n d] = X[b n f] WQ[f h d] + BQ[h d]
K[b h m d] = X[b m f] WK[f h d] + BK[h d]
V[b h m d] = X[b m f] WV[f h d] + BV[h d]
A[b h n m] = softmax[m](mask(causal[n m](Q[b h n d] K[b h m d] / sqrt(d)), M))
Y[b n f] = A[b h n m] V[b h m d] WO[h d f] + BO[f]
return Y""",
    "kernel attention": """
dims f=512 h=8 d=64
input X[b n f]
weight WQ[f h d] WK[f h d] WV[f h d] WO[h d f]
Q[b h n d] = elu(X[b n f] WQ[f h d]) + 1
K[b h m d] = elu(X[b m f] WK[f h d]) + 1
Z[b h n] = recip(Q[b h n d] K[b h m d])
Y[b n f] = Q[b h n e] K[b h m e] Z[b h n] X[b m g] WV[g h d] WO[h d f]
return Y""",
    "words": """
input tokens[batch time features]
weight embedding_table[features hidden] UpGate[hidden features]
out[batch time features] = tokens[batch time f] embedding_table[f hidden] UpGate[hidden features]
return out""",
    "length one": "input X[n e:1]\nY[n ()] = X[n ()]\nreturn Y",
    "merged and split": """
input A[i j]
V[(i j)] = A[i j]
Y[(j i)] = V[(i j)] * 3
return Y""",
    "bundle that meets a batch": """
dims c = g*s
input U[b c]
weight K[g]
Y[b g] = U[b (g s)] K[g]
return Y""",
    "star without a result": """
input U[n]
weight K[k]
y[] = U[n] K[n] corr n
return y""",
    "call of two values": """
def both(X[b n f], Z[b m e])
  weight W[f k] V[e k]
  S[b n m] = X[b n f] W[f k] Z[b m e] V[e k]
  return S
input P[b n f] Q[b m e]
A = both(P, Q)
Y[b n e] = softmax[m](A)[b n m] Q[b m e]
return Y""",
    "calls of calls": """
def half(X[b n f])
  weight W[f f']
  Y[b n f'] = X[b n f] W[f f']
  return Y
def whole(X[b n f])
  U = half(X)
  V = half(U)
  Y = relu(U + V)
  return Y
input X[b n f]
Y = whole^2(X)
Z = X + Y
return Z""",
}


def everything() -> dict[str, tuple[Program, Placement | None]]:
    """Each program with its placement, and the zoo once more without."""
    found: dict[str, tuple[Program, Placement | None]] = {}
    for name, example in models.ZOO.items():
        found[f"{name}, placed"] = (example.program(), example.placement)
        found[name] = (example.program(), None)
    biases = models.multi_head(bias=True)
    found["biases, placed"] = (biases, MULTI_HEAD_WITH_BIASES)
    found["biases"] = (biases, None)
    texts = {**STORED, **TEXTS}
    return found | {name: (parse(text), None) for name, text in texts.items()}


def calls() -> list[str]:
    """Those with defs."""
    return [name for name, (program, _) in everything().items() if program.definitions]
