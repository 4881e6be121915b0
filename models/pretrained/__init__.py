"""Real weights: the attention of a pretrained transformer as programs with values.

>>> from models.pretrained import MINILM, read
>>> layers = read(MINILM.file).layers
>>> len(layers), layers[0].heads, tuple(layers[0].values["WQ"].shape)
(6, 12, (384, 12, 32))
"""

from __future__ import annotations

from models.pretrained.bundle import bundle
from models.pretrained.layers import Layer, Pretrained, causal, head_norms, read
from models.pretrained.packaged import KNOWN, MINILM, Package, packaged

__all__ = [
    "KNOWN",
    "MINILM",
    "Layer",
    "Package",
    "Pretrained",
    "bundle",
    "causal",
    "head_norms",
    "packaged",
    "read",
]
