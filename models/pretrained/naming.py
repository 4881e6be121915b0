"""How the makers of transformers name attention weights, and how each becomes WQ WK WV WO.

Shapes: `f` features, `h` heads, `d` features of a head. Source: the state dicts of transformers'
BertSelfAttention and BertSelfOutput, DistilBertSelfAttention, GPT2Attention.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

Take = Callable[[str], "Tensor"]
"""Reads a tensor by its name below a layer's path."""


@dataclass(frozen=True)
class Naming(ABC):
    """One family's names: `path` is where layer N's attention lies, the `parts` are below it.

    `types` are the `model_type`s of config.json that are known to compute plain attention with
    these names; `harmless` are tensors beside the parts that do not change what is computed.
    """

    family: str
    path: str
    parts: tuple[str, ...]
    types: tuple[str, ...]
    causal: bool = False
    harmless: tuple[str, ...] = ()

    def find(self, name: str) -> re.Match[str] | None:
        """The groups at, stack, index and part of a tensor that lies below a layer's path."""
        path = re.escape(self.path).replace("N", "(?P<index>0|[1-9][0-9]{0,5})")
        return re.fullmatch(rf"(?P<at>(?P<stack>(?:.+\.)?){path})\.(?P<part>.+)", name)

    @property
    def looked_for(self) -> str:
        """A tensor that every layer must have, for messages."""
        return f"{self.path}.{self.parts[0]}.weight"

    def tensors(self, bias: bool) -> tuple[str, ...]:
        """The names below the path that a layer must have."""
        kinds = ("weight", "bias") if bias else ("weight",)
        return tuple(f"{part}.{kind}" for kind in kinds for part in self.parts)

    def values(self, take: Take, heads: int, bias: bool) -> dict[str, Tensor]:
        """The weights of `multi_head`: WQ, WK, WV `f h d`, WO `h d f`, and their biases."""
        *inwards, output = self.weights(take)
        f = output.shape[1]
        found = {
            n: w.reshape(f, heads, -1) for n, w in zip(("WQ", "WK", "WV"), inwards, strict=True)
        }
        found["WO"] = output.reshape(heads, -1, f)
        if bias:
            *inwards, output = self.biases(take)
            found |= {
                n: b.reshape(heads, -1) for n, b in zip(("BQ", "BK", "BV"), inwards, strict=True)
            }
            found["BO"] = output
        return found

    @abstractmethod
    def shape(self, tensor: str, f: int) -> tuple[int, ...]:
        """The shape that one of `tensors` must have."""

    @abstractmethod
    def weights(self, take: Take) -> tuple[Tensor, ...]:
        """Query, key, value and output matrices, each `in out`."""

    @abstractmethod
    def biases(self, take: Take) -> tuple[Tensor, ...]:
        """Query, key, value and output biases."""


@dataclass(frozen=True)
class Linears(Naming):
    """Four linear layers, each weight stored `out in`."""

    def shape(self, tensor: str, f: int) -> tuple[int, ...]:
        """All square, biases as long."""
        return (f, f) if tensor.endswith(".weight") else (f,)

    def weights(self, take: Take) -> tuple[Tensor, ...]:
        """The four matrices, transposed."""
        return tuple(take(f"{part}.weight").T for part in self.parts)

    def biases(self, take: Take) -> tuple[Tensor, ...]:
        """The four biases, as they are."""
        return tuple(take(f"{part}.bias") for part in self.parts)


@dataclass(frozen=True)
class Fused(Naming):
    """Query, key and value side by side in the first of two weights, both stored `in out`."""

    def shape(self, tensor: str, f: int) -> tuple[int, ...]:
        """The first part is three times as wide."""
        out = 3 * f if tensor.startswith(self.parts[0]) else f
        return (f, out) if tensor.endswith(".weight") else (out,)

    def weights(self, take: Take) -> tuple[Tensor, ...]:
        """The first cut in three, and the second."""
        return self._split(take, "weight")

    def biases(self, take: Take) -> tuple[Tensor, ...]:
        """The first cut in three, and the second."""
        return self._split(take, "bias")

    def _split(self, take: Take, kind: str) -> tuple[Tensor, ...]:
        inwards, output = (take(f"{part}.{kind}") for part in self.parts)
        return (*inwards.chunk(3, dim=-1), output)


NAMINGS: tuple[Naming, ...] = (
    Linears(
        family="BERT",
        path="encoder.layer.N.attention",
        parts=("self.query", "self.key", "self.value", "output.dense"),
        types=("bert", "roberta", "xlm-roberta", "camembert", "electra"),
        harmless=tuple(f"output.LayerNorm.{kind}" for kind in ("weight", "bias", "gamma", "beta")),
    ),
    Linears(
        family="DistilBERT",
        path="transformer.layer.N.attention",
        parts=("q_lin", "k_lin", "v_lin", "out_lin"),
        types=("distilbert",),
    ),
    Fused(
        family="GPT-2",
        path="h.N.attn",
        parts=("c_attn", "c_proj"),
        types=("gpt2", "openai-gpt"),
        causal=True,
        harmless=("bias", "masked_bias"),
    ),
)
