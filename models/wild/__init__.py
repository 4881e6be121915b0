"""Attention as it is in the wild: modules of transformers and torch as programs with weights.

>>> from torch import nn
>>> loaded = read(nn.MultiheadAttention(8, 2, batch_first=True))
>>> print(loaded.program)
dims   f=8 h=2 d=4 e=8 v=8
input  X[b n f] Z[b m e] U[b m v]
weight WQ[f h d] WK[e h d] WV[v h d] WO[h d f] BQ[h d]=zeros BK[h d]=zeros BV[h d]=zeros BO[f]=zeros
Q[b h n d] = X[b n f] WQ[f h d] + BQ
K[b h m d] = Z[b m e] WK[e h d] + BK
V[b h m d] = U[b m v] WV[v h d] + BV
S[b h n m] = Q[b h n d] K[b h m d] / sqrt(d)
A[b h n m] = softmax[m](S)
Y[b n f] = A[b h n m] V[b h m d] WO[h d f] + BO
return Y
"""

from __future__ import annotations

from models.wild.families import FAMILIES, read
from models.wild.state import Loaded, load

__all__ = ["FAMILIES", "Loaded", "load", "read"]
