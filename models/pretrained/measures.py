"""What the weights of a layer tell in numbers: norms, singular values, all in float64.

Weights are `wq, wk, wv: f h d` and `wo: h d f`, as `Layer.values` has them.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor

Array = NDArray[np.float64]
Values = Mapping[str, "Tensor"]

PROJECTIONS = ("WQ", "WK", "WV", "WO")


class Weights(Protocol):
    """A layer's weights: all of them, and those of the projections with legs `h d`."""

    @property
    def values(self) -> Values:
        """By name, as the program has them."""

    @property
    def as_heads(self) -> Values:
        """WQ, WK, WV `f h d` and WO `h d f`."""


@dataclass(frozen=True)
class Measured:
    """What was measured of a layer: norms by weight, and of the scores of each head, `h d`."""

    components: Mapping[str, Array]
    heads: Mapping[str, Array]
    spectrum: Array
    score_ranks: Array
    core_rank: float


def measuring(layer: Weights) -> Generator[tuple[float, str], None, Measured]:
    """All measures of a layer; it yields the share that is done with what comes next."""
    yield 0.0, "Reading the weights"
    values, projections = layer.values, layer.as_heads
    yield 0.4, "Norms"
    components = component_norms(projections)
    yield 0.5, "Singular values"
    spectrum = singular_values(projections)
    yield 0.8, "The core"
    from models.pretrained.core import core_rank

    ranks = np.array([stable_rank(np.diag(each)) for each in spectrum])
    heads = head_norms(projections)
    return Measured(components, heads, spectrum, ranks, core_rank(values))


def component_norms(values: Values) -> Mapping[str, Array]:
    """The norm over the features of each component of each head, `h d`, by weight.

    >>> import torch
    >>> ones = dict.fromkeys(("WQ", "WK", "WV"), torch.ones(4, 1, 2)) | {"WO": torch.ones(1, 2, 4)}
    >>> component_norms(ones)["WO"].tolist()
    [[2.0, 2.0]]
    """
    return {
        name: np.linalg.norm(_numbers(values, name), axis=-1 if name == "WO" else 0)
        for name in PROJECTIONS
    }


def head_norms(values: Values) -> Mapping[str, Array]:
    """The Frobenius norm of each head's part, `h`, by weight.

    >>> import torch
    >>> ones = dict.fromkeys(("WQ", "WK", "WV"), torch.ones(2, 1, 2)) | {"WO": torch.ones(1, 2, 2)}
    >>> head_norms(ones)["WQ"].tolist()
    [2.0]
    """
    return {name: np.linalg.norm(each, axis=-1) for name, each in component_norms(values).items()}


def singular_values(values: Values) -> Array:
    """The singular values of W^Q W^K^T of each head, `f g`, from the largest down: `h d`.

    All others of the `f g` matrix are zero. Each half is cut into an orthogonal part and a small
    one first, so that nothing larger than `d d` is decomposed.

    >>> import torch
    >>> singular_values({name: 2 * torch.eye(3)[:, None, :2] for name in ("WQ", "WK")}).tolist()
    [[4.0, 4.0]]
    """
    halves = [_numbers(values, name).transpose(1, 0, 2) for name in ("WQ", "WK")]
    query, key = (np.linalg.qr(half).R for half in halves)
    return np.asarray(np.linalg.svd(query @ key.transpose(0, 2, 1), compute_uv=False))


def stable_rank(matrix: Array) -> float:
    """The squared Frobenius norm over the squared largest singular value; 0 of a zero matrix.

    Of a core of attention it stands for the number of heads (Liu, Su, Huang, Tuformer, 2022).

    >>> stable_rank(np.eye(5)), stable_rank(np.ones((5, 5)))
    (5.0, 1.0)
    """
    largest = float(np.linalg.norm(matrix, 2)) if matrix.size else 0.0
    return round(float((matrix**2).sum()) / largest**2, 12) if largest else 0.0


def _numbers(values: Values, name: str) -> Array:
    return values[name].detach().double().cpu().numpy()
