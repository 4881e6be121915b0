"""The attention models as written with a pencil: a loop over heads, an explicit softmax.

Nothing here is batched over heads, fused or planned; `w` holds the weights by name. The formulas
are those of the papers that `models.attention` names. Shapes in notation: `x: b n f`, `y: b n f`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import torch
from torch import Tensor

Weights = Mapping[str, Tensor]


def softmax(scores: Tensor, axis: int = -1) -> Tensor:
    """exp over the sum of exp, shifted by the largest entry."""
    powers = torch.exp(scores - scores.amax(axis, keepdim=True))
    return powers / powers.sum(axis, keepdim=True)


def head(q: Tensor, k: Tensor, v: Tensor, scale: float) -> Tensor:
    """One head: q is b n d, k is b m d, v is b m e."""
    return softmax(q @ k.transpose(1, 2) * scale) @ v


def single_head(w: Weights, x: Tensor) -> Tensor:
    values = head(x @ w["WQ"], x @ w["WK"], x @ w["WV"], 1 / math.sqrt(w["WQ"].shape[1]))
    return values @ w["WO"]


def multi_head(w: Weights, x: Tensor) -> Tensor:
    return cross_attention(w, x, x)


def multi_head_with_biases(w: Weights, x: Tensor) -> Tensor:
    _, heads, width = w["WQ"].shape
    done = []
    for h in range(heads):
        q = x @ w["WQ"][:, h] + w["BQ"][h]
        k = x @ w["WK"][:, h] + w["BK"][h]
        v = x @ w["WV"][:, h] + w["BV"][h]
        done.append(head(q, k, v, 1 / math.sqrt(width)))
    return torch.cat(done, -1) @ w["WO"].flatten(0, 1) + w["BO"]


def cross_attention(w: Weights, x: Tensor, z: Tensor) -> Tensor:
    """All heads side by side, then one matrix, h major."""
    _, heads, width = w["WQ"].shape
    done = []
    for h in range(heads):
        q, k, v = x @ w["WQ"][:, h], z @ w["WK"][:, h], z @ w["WV"][:, h]
        done.append(head(q, k, v, 1 / math.sqrt(width)))
    return torch.cat(done, -1) @ w["WO"].flatten(0, 1)


def lossless(w: Weights, x: Tensor) -> Tensor:
    """Every component is a head of width 1, not scaled."""
    y = torch.zeros_like(x)
    for r in range(w["WQ"].shape[1]):
        q, k, v = x @ w["WQ"][:, r], x @ w["WK"][:, r], x @ w["WV"][:, r]
        rows = softmax(q.unsqueeze(2) * k.unsqueeze(1))
        y = y + (rows @ v.unsqueeze(2)) * w["WO"][r]
    return y


def tunable_head(w: Weights, x: Tensor) -> Tensor:
    components = w["C"].shape[0]
    q, k, v = x @ w["WQ"], x @ w["WK"], x @ w["WV"]
    y = torch.zeros_like(x)
    for s in range(components):
        scores = torch.zeros(x.shape[0], x.shape[1], x.shape[1], dtype=x.dtype)
        for r in range(components):
            scores = scores + q[:, :, None, r] * k[:, None, :, r] * w["C"][r, s]
        rows = softmax(scores / math.sqrt(components))
        y = y + (rows @ v[:, :, s : s + 1]) * w["WO"][s]
    return y


def skip_left(w: Weights, x: Tensor) -> Tensor:
    _, heads, width = w["WQ"].shape
    y = torch.zeros_like(x)
    for h in range(heads):
        q, k, v = x @ w["WQ"][:, h], x @ w["WK"][:, h], x @ w["WV"][:, h]
        scores = (q * w["C2"]) @ k.transpose(1, 2) / math.sqrt(width)
        for e in range(width):
            y = y + softmax(scores * w["C3"][e]) @ v[:, :, e : e + 1] * w["WO"][h, e]
    return y


def skip_right(w: Weights, x: Tensor) -> Tensor:
    _, heads, width = w["WQ"].shape
    scores = [
        (x @ w["WQ"][:, h]) @ (x @ w["WK"][:, h]).transpose(1, 2) / math.sqrt(width)
        for h in range(heads)
    ]
    y = torch.zeros_like(x)
    for k in range(heads):
        mixed = torch.zeros_like(scores[0])
        for h in range(heads):
            mixed = mixed + scores[h] * w["C1"][h, k]
        y = y + softmax(mixed) @ (x @ w["WV"][:, k]) @ w["WO"][k]
    return y


def grouped_query(w: Weights, x: Tensor) -> Tensor:
    _, key_heads, queries, width = w["WQ"].shape
    y = torch.zeros_like(x)
    for k in range(key_heads):
        for g in range(queries):
            q = x @ w["WQ"][:, k, g]
            done = head(q, x @ w["WK"][:, k], x @ w["WV"][:, k], 1 / math.sqrt(width))
            y = y + done @ w["WO"][k, g]
    return y


def multi_query(w: Weights, x: Tensor) -> Tensor:
    _, heads, width = w["WQ"].shape
    y = torch.zeros_like(x)
    for h in range(heads):
        done = head(x @ w["WQ"][:, h], x @ w["WK"], x @ w["WV"], 1 / math.sqrt(width))
        y = y + done @ w["WO"][h]
    return y


def linear(w: Weights, x: Tensor) -> Tensor:
    """No softmax: the scores themselves weigh the values."""
    _, heads, width = w["WQ"].shape
    y = torch.zeros_like(x)
    for h in range(heads):
        scores = (x @ w["WQ"][:, h]) @ (x @ w["WK"][:, h]).transpose(1, 2) / math.sqrt(width)
        y = y + scores @ (x @ w["WV"][:, h]) @ w["WO"][h]
    return y


BY_HAND: Mapping[str, Callable[..., Tensor]] = {
    "single-head": single_head,
    "multi-head": multi_head,
    "multi-head with biases": multi_head_with_biases,
    "lossless": lossless,
    "tunable-head": tunable_head,
    "skip-left": skip_left,
    "skip-right": skip_right,
    "cross-attention": cross_attention,
    "grouped-query": grouped_query,
    "multi-query": multi_query,
    "linear-quadratic": linear,
    "linear-factored": linear,
}
