"""Attention as people write it in PyTorch, on the weights of a diagram.

Shapes in notation: `x: b n f`, keys and values are made of `x`, or of `z: b m f`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional

Weights = dict[str, Tensor]
"""By the names in `models.attention`: WQ[f h d] or WQ[f k g d], WO[h d f], BQ[h d]."""


@dataclass(frozen=True)
class Sizes:
    """Batch, length, features, heads, features of a head."""

    b: int
    n: int
    f: int
    h: int
    d: int

    def __str__(self) -> str:
        return " ".join(f"{name}={number}" for name, number in asdict(self).items())


class HandWritten(nn.Module):
    """What one writes: four nn.Linear around the fused kernel."""

    def __init__(self, weights: Weights, causal: bool = False) -> None:
        super().__init__()
        self.heads, self.causal = weights["WQ"].flatten(1, -2).shape[1], causal
        self.groups = weights["WK"].shape[1]
        self.query, self.key, self.value = (_inward(weights, letter) for letter in "QKV")
        self.output = _outward(weights)

    def forward(self, x: Tensor, z: Tensor | None = None) -> Tensor:
        """`x: b n f` to `y: b n f`."""
        z = x if z is None else z
        query = self.query(x).view(*x.shape[:2], self.heads, -1).transpose(1, 2)
        key = self.key(z).view(*z.shape[:2], self.groups, -1).transpose(1, 2)
        value = self.value(z).view(*z.shape[:2], self.groups, -1).transpose(1, 2)
        read = attention(query, key, value, self.causal)
        result: Tensor = self.output(read.transpose(1, 2).reshape(*x.shape[:2], -1))
        return result


class Packed(nn.Module):
    """The same with all projections of one value in one nn.Linear, whose result is cut."""

    def __init__(self, weights: Weights, causal: bool = False) -> None:
        super().__init__()
        self.heads, self.causal = weights["WQ"].flatten(1, -2).shape[1], causal
        self.groups, self.depth = weights["WK"].shape[1:]
        self.inward = _inward(weights, "Q", "K", "V")
        self.output = _outward(weights)

    def forward(self, x: Tensor) -> Tensor:
        """`x: b n f` to `y: b n f`."""
        b, n, _ = x.shape
        heads = [self.heads, self.groups, self.groups]
        inward = self.inward(x).view(b, n, -1, self.depth).transpose(1, 2)
        query, key, value = inward.split_with_sizes(heads, 1)
        read = attention(query, key, value, self.causal)
        result: Tensor = self.output(read.transpose(1, 2).reshape(b, n, -1))
        return result


class PackedCross(nn.Module):
    """Keys and values in one nn.Linear, queries in another."""

    def __init__(self, weights: Weights) -> None:
        super().__init__()
        _, self.heads, self.depth = weights["WQ"].shape
        self.query, self.inward = _inward(weights, "Q"), _inward(weights, "K", "V")
        self.output = _outward(weights)

    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        """`x: b n f`, `z: b m f` to `y: b n f`."""
        query = self.query(x).view(*x.shape[:2], self.heads, self.depth).transpose(1, 2)
        inward = self.inward(z).view(*z.shape[:2], -1, self.depth).transpose(1, 2)
        key, value = inward.chunk(2, 1)
        read = attention(query, key, value, causal=False)
        result: Tensor = self.output(read.transpose(1, 2).reshape(*x.shape[:2], -1))
        return result


class Torchs(nn.Module):
    """nn.MultiheadAttention, asked for no maps."""

    def __init__(self, weights: Weights, causal: bool = False) -> None:
        super().__init__()
        f, heads, _ = weights["WQ"].shape
        has_bias = "BQ" in weights
        self.causal = causal
        self.attention = nn.MultiheadAttention(f, heads, bias=has_bias, batch_first=True)
        inward, outward = _inward(weights, "Q", "K", "V"), _outward(weights)
        state = {"in_proj_weight": inward.weight, "out_proj.weight": outward.weight}
        if has_bias:
            state |= {"in_proj_bias": inward.bias, "out_proj.bias": outward.bias}
        self.attention.load_state_dict(state)

    def forward(self, x: Tensor, z: Tensor | None = None) -> Tensor:
        """`x: b n f` to `y: b n f`."""
        z = x if z is None else z
        mask = None
        if self.causal:
            mask = nn.Transformer.generate_square_subsequent_mask(x.shape[1])
        made = self.attention(x, z, z, need_weights=False, attn_mask=mask, is_causal=self.causal)
        result: Tensor = made[0]
        return result


class Einsum(nn.Module):
    """The equations as torch.einsum, one line each."""

    def __init__(self, weights: Weights) -> None:
        super().__init__()
        for name in ("WQ", "WK", "WV", "WO"):
            self.register_parameter(name, nn.Parameter(weights[name].clone()))

    def forward(self, x: Tensor) -> Tensor:
        """`x: b n f` to `y: b n f`."""
        query = torch.einsum("bnf,fhd->bhnd", x, self.WQ)
        key = torch.einsum("bmf,fhd->bhmd", x, self.WK)
        value = torch.einsum("bmf,fhd->bhmd", x, self.WV)
        scores = torch.einsum("bhnd,bhmd->bhnm", query, key) / query.shape[-1] ** 0.5
        read = torch.einsum("bhnm,bhmd->bhnd", torch.softmax(scores, dim=-1), value)
        return torch.einsum("bhnd,hdf->bnf", read, self.WO)


class Einops(nn.Module):
    """Axes moved by einops around nn.Linear and the fused kernel."""

    def __init__(self, weights: Weights) -> None:
        super().__init__()
        self.heads = weights["WQ"].shape[1]
        self.query, self.key, self.value = (_inward(weights, letter) for letter in "QKV")
        self.output = _outward(weights)

    def forward(self, x: Tensor) -> Tensor:
        """`x: b n f` to `y: b n f`."""
        query, key, value = (
            rearrange(project(x), "b n (h d) -> b h n d", h=self.heads)
            for project in (self.query, self.key, self.value)
        )
        read = attention(query, key, value, causal=False)
        result: Tensor = self.output(rearrange(read, "b h n d -> b n (h d)"))
        return result


def attention(query: Tensor, key: Tensor, value: Tensor, causal: bool) -> Tensor:
    """The fused kernel; keys may have fewer heads."""
    grouped = query.shape[1] != key.shape[1]
    return functional.scaled_dot_product_attention(
        query, key, value, is_causal=causal, enable_gqa=grouped
    )


def _inward(weights: Weights, *letters: str) -> nn.Linear:
    """Projections of features to heads, one beside the other."""
    matrix = torch.cat([weights[f"W{letter}"].flatten(1) for letter in letters], 1).T
    biases = [weights[f"B{letter}"].flatten() for letter in letters if f"B{letter}" in weights]
    return _linear(matrix, torch.cat(biases) if biases else None)


def _outward(weights: Weights) -> nn.Linear:
    return _linear(weights["WO"].flatten(0, -2).T, weights.get("BO"))


def _linear(matrix: Tensor, bias: Tensor | None) -> nn.Linear:
    made = nn.Linear(matrix.shape[1], matrix.shape[0], bias=bias is not None)
    made.load_state_dict({"weight": matrix} | ({} if bias is None else {"bias": bias}))
    return made
