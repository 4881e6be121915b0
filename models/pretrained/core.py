"""The core C of attention, `r s`: what stands between the scores of components and the softmax.

All forms of the zoo are tunable-head attention with a core of some structure: multi-head has
I_H kron 1 1^T, skip-left I_H kron (C2 C3^T), skip-right C1 kron 1 1^T, lossless I_R (Liu, Su,
Huang, Tuformer, 2022). Rows and columns are `(h d)`, h major; scales are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.pretrained.measures import stable_rank

if TYPE_CHECKING:
    from torch import Tensor

Array = NDArray[np.float64]


def core(values: Mapping[str, Tensor]) -> Array:
    """The core of a layer from its weights, which tell what form it has.

    `wq` is `f h d` or `f r`; `C: r s`, `C1: h k`, `C2, C3: d` stand there where they are learned.

    >>> import torch
    >>> core({"WQ": torch.ones(3, 2, 2)}).tolist()[0]
    [1.0, 1.0, 0.0, 0.0]
    >>> core({"WQ": torch.ones(3, 2)}).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    first, *others = _factors(values)
    return np.asarray(np.kron(first, others[0])) if others else first


def core_rank(values: Mapping[str, Tensor]) -> float:
    """The stable rank of the core: the product of those of its factors, which are small.

    >>> import torch
    >>> core_rank({"WQ": torch.ones(3, 8, 64)})
    8.0
    """
    return prod(map(stable_rank, _factors(values)))


def _factors(values: Mapping[str, Tensor]) -> tuple[Array, ...]:
    """The core as a Kronecker product: what is between heads, and within one."""
    own = {name: value.detach().double().cpu().numpy() for name, value in values.items()}
    _, *legs = own["WQ"].shape
    if "C" in own:
        return (own["C"],)
    if len(legs) == 1:
        return (np.eye(legs[0]),)
    heads, d = legs
    one = np.ones(d)
    return own.get("C1", np.eye(heads)), np.outer(own.get("C2", one), own.get("C3", one))
