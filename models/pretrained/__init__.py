"""Real weights: the attention of a pretrained transformer as programs with values.

>>> from models.pretrained import MINILM, read
>>> layers = read(MINILM.file).layers
>>> len(layers), layers[0].heads, tuple(layers[0].values["WQ"].shape)
(6, 12, (384, 12, 32))
"""

from __future__ import annotations

from models.pretrained.bundle import bundle
from models.pretrained.core import core, core_rank
from models.pretrained.layers import Layer, Pretrained, causal, read
from models.pretrained.measures import (
    Measured,
    component_norms,
    head_norms,
    measuring,
    singular_values,
    stable_rank,
)
from models.pretrained.own import Own, own
from models.pretrained.packaged import KNOWN, MINILM, Package, packaged
from models.pretrained.sentence import Sentence, cut

__all__ = [
    "KNOWN",
    "MINILM",
    "Layer",
    "Measured",
    "Own",
    "Package",
    "Pretrained",
    "Sentence",
    "bundle",
    "causal",
    "component_norms",
    "core",
    "core_rank",
    "cut",
    "head_norms",
    "measuring",
    "own",
    "packaged",
    "read",
    "singular_values",
    "stable_rank",
]
