"""A whole transformer block, causal and with padding, is torch's own layer with copied weights."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from diagram import compile, interpret, parse

F, H, D, K = 12, 3, 4, 20
NAMES = (
    "G1",
    "C1",
    "WQ",
    "WK",
    "WV",
    "BQ",
    "BK",
    "BV",
    "WO",
    "BO",
    "G2",
    "C2",
    "W1",
    "B1",
    "W2",
    "B2",
)

BLOCK = """
weight G1.{i}[f]=ones C1.{i}[f]=zeros G2.{i}[f]=ones C2.{i}[f]=zeros
weight WQ.{i}[f h d] WK.{i}[f h d] WV.{i}[f h d] WO.{i}[h d f]
weight BQ.{i}[h d] BK.{i}[h d] BV.{i}[h d] BO.{i}[f]
weight W1.{i}[f k] B1.{i}[k] W2.{i}[k f] B2.{i}[f]
N{i}[b n f] = layer_norm[f]({x})[b n f] G1.{i}[f] + C1.{i}
Q{i}[b h n d] = N{i}[b n f] WQ.{i}[f h d] + BQ.{i}
K{i}[b h m d] = N{i}[b m f] WK.{i}[f h d] + BK.{i}
V{i}[b h m d] = N{i}[b m f] WV.{i}[f h d] + BV.{i}
A{i}[b h n m] = softmax[m](mask(causal[n m](Q{i}[b h n d] K{i}[b h m d] / sqrt(d)), M[b m]))
R{i}[b n f] = {x} + A{i}[b h n m] V{i}[b h m d] WO.{i}[h d f] + BO.{i}
L{i}[b n f] = layer_norm[f](R{i})[b n f] G2.{i}[f] + C2.{i}
Y{i}[b n f] = R{i} + gelu(L{i}[b n f] W1.{i}[f k] + B1.{i}[k])[b n k] W2.{i}[k f] + B2.{i}
"""


def text(layers: int) -> str:
    """The program of some layers; `Y` and the number of the last is returned."""
    blocks = [BLOCK.format(i=i, x=f"Y{i - 1}" if i else "X") for i in range(layers)]
    return "\n".join(["input X[b n f] M[b m:n]", *blocks, f"return Y{layers - 1}"])


def copied(layer: nn.TransformerEncoderLayer, i: int) -> dict[str, Tensor]:
    """The weights of torch's layer under our names."""
    state = layer.state_dict()
    wq, wk, wv = (w.T.reshape(F, H, D) for w in state["self_attn.in_proj_weight"].chunk(3))
    bq, bk, bv = (b.reshape(H, D) for b in state["self_attn.in_proj_bias"].chunk(3))
    values = (
        *(state["norm1.weight"], state["norm1.bias"], wq, wk, wv, bq, bk, bv),
        *(state["self_attn.out_proj.weight"].T.reshape(H, D, F), state["self_attn.out_proj.bias"]),
        *(state["norm2.weight"], state["norm2.bias"]),
        *(state["linear1.weight"].T, state["linear1.bias"]),
        *(state["linear2.weight"].T, state["linear2.bias"]),
    )
    return {f"{name}.{i}": value for name, value in zip(NAMES, values, strict=True)}


@pytest.mark.parametrize("layers", [1, 3])
def test_block(layers: int):
    torch.manual_seed(0)
    peers = [
        nn.TransformerEncoderLayer(
            F, H, K, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
        ).double()
        for _ in range(layers)
    ]
    for parameter in (p for peer in peers for p in peer.parameters()):
        nn.init.normal_(parameter, std=0.3)
    x = torch.randn(2, 7, F, dtype=torch.float64)
    keep = torch.tensor([[1, 1, 1, 1, 1, 0, 0], [1, 1, 0, 1, 1, 1, 1]])
    hidden = torch.ones(7, 7).triu(1).bool()
    expected = x
    for peer in peers:
        expected = peer(expected, src_mask=hidden, src_key_padding_mask=keep == 0)
    program = parse(text(layers))
    weights = {k: v for i, peer in enumerate(peers) for k, v in copied(peer, i).items()}
    module = compile(program, f=F, h=H, d=D, k=K).double()
    module.load_state_dict(weights)
    assert module.code.count("scaled_dot_product_attention(") == layers
    for found in (module(x, keep), interpret(program, x, keep, **weights)[program.outputs[0]]):
        assert (found - expected).abs().max() <= 1e-12 * expected.abs().max()
    ours = [module.get_parameter(f"W1.{i}") for i in range(layers)]
    theirs = [peer.linear1.weight for peer in peers]
    for found, wanted in zip(
        torch.autograd.grad(module(x, keep).square().sum(), ours),
        torch.autograd.grad(expected.square().sum(), theirs),
        strict=True,
    ):
        assert (found - wanted.T).abs().max() <= 1e-11 * wanted.abs().max()
