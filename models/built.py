"""The blocks from Python: what is built here equals what `models.blocks` writes as a text."""

from __future__ import annotations

from diagram import Builder, Program, ops
from diagram.language.builder.defs import Def
from diagram.language.builder.values import Value

PROJECTIONS = "WQ[f h d] WK[f h d] WV[f h d] WO[h d f]"
BIASES = "BQ[h d]=zeros BK[h d]=zeros BV[h d]=zeros BO[f]=zeros"


def norm_of(net: Builder, eps: str | None = None) -> Def:
    """The def of a layer norm with gain and bias."""

    @net.define("X[b n f]")
    def norm(inside: Builder, X: Value) -> Value:
        G, B = inside.weights("G[f]=ones B[f]=zeros")
        normal = ops.layer_norm["f"](X, eps=eps) if eps else ops.layer_norm["f"](X)
        return inside.let("Y[b n f]", normal["b n f"] @ G["f"] + B)

    return norm


def attend(inside: Builder, X: Value, M: Value | None = None) -> Value:
    """The lines of attention with biases: padded where M says so, else causal."""
    WQ, WK, WV, WO = inside.weights(PROJECTIONS)
    BQ, BK, BV, BO = inside.weights(BIASES)
    Q = inside.let("Q[b h n d]", X["b n f"] @ WQ["f h d"] + BQ)
    K = inside.let("K[b h m d]", X["b m f"] @ WK["f h d"] + BK)
    V = inside.let("V[b h m d]", X["b m f"] @ WV["f h d"] + BV)
    S = Q["b h n d"] @ K["b h m d"] / ops.sqrt("d")
    seen = ops.causal["n m"](S) if M is None else ops.mask(S, M["b m"])
    A = inside.let("A[b h n m]", ops.softmax["m"](seen))
    return inside.let("Y[b n f]", A["b h n m"] @ V["b h m d"] @ WO["h d f"] + BO)


def encoder(layers: int = 6, **dims: int) -> Program:
    """BERT's encoder, as `blocks.encoder` with dims f h d k v p t.

    >>> from models import blocks
    >>> encoder(f=384, h=12, d=32, k=1536, v=30522, p=512, t=2) == blocks.encoder()
    True
    """
    net = Builder(**dims)
    norm = norm_of(net, eps="1e-12")

    @net.define("X[b n f], M[b n]")
    def attention(inside: Builder, X: Value, M: Value) -> Value:
        return attend(inside, X, M)

    @net.define("X[b n f]")
    def mlp(inside: Builder, X: Value) -> Value:
        W1, B1, W2, B2 = inside.weights("W1[f k] B1[k]=zeros W2[k f] B2[f]=zeros")
        H = ops.gelu(X["b n f"] @ W1["f k"] + B1)
        return inside.let("Y[b n f]", H["b n k"] @ W2["k f"] + B2)

    @net.define("X[b n f], M[b n]")
    def layer(inside: Builder, X: Value, M: Value) -> Value:
        heads = inside.let("heads", attention(X, M))
        mixed = inside.let("mixed", norm(X + heads))
        inner = inside.let("inner", mlp(mixed))
        return inside.let("Y", norm(mixed + inner))

    T, S = net.indices("T[b n] of v, S[b n] of t")
    M = net.input("M[b n]")
    word, place, kind = net.weights(
        "word[v f]=normal(0.02) place[p f]=normal(0.02) kind[t f]=normal(0.02)"
    )
    P = net.let("P", ops.slice["p"](place, stop="n"))
    tokens = ops.one_hot["v"](T)["b n v"] @ word["v f"]
    kinds = ops.one_hot["t"](S)["b n t"] @ kind["t f"]
    E = net.let("E[b n f]", tokens + P["n f"] + kinds)
    X = net.let("X", norm(E))
    return net.returns(net.let("Y", layer(X, M, times=layers)))


def decoder(layers: int = 12, **dims: int) -> Program:
    """GPT-2 with its exact GELU, as `blocks.decoder` with dims f h d k v p.

    >>> from models import blocks
    >>> dims = dict(f=768, h=12, d=64, k=3072, v=50257, p=1024)
    >>> decoder(**dims) == blocks.decoder(exact=True)
    True
    """
    net = Builder(**dims)
    norm = norm_of(net)

    @net.define("X[b n f]")
    def attention(inside: Builder, X: Value) -> Value:
        return attend(inside, X)

    @net.define("U[b n k]")
    def activation(inside: Builder, U: Value) -> Value:
        return inside.let("Y", ops.gelu(U))

    @net.define("X[b n f]")
    def mlp(inside: Builder, X: Value) -> Value:
        W1, B1, W2, B2 = inside.weights("W1[f k] B1[k]=zeros W2[k f] B2[f]=zeros")
        U = inside.let("U[b n k]", X["b n f"] @ W1["f k"] + B1)
        Z = inside.let("Z", activation(U))
        return inside.let("Y[b n f]", Z["b n k"] @ W2["k f"] + B2)

    @net.define("X[b n f]")
    def layer(inside: Builder, X: Value) -> Value:
        first = inside.let("first", norm(X))
        heads = inside.let("heads", attention(first))
        mixed = inside.let("mixed", X + heads)
        second = inside.let("second", norm(mixed))
        inner = inside.let("inner", mlp(second))
        return inside.let("Y", mixed + inner)

    T = net.index("T[b n]", of="v")
    word, place = net.weights("word[v f]=normal(0.02) place[p f]=normal(0.02)")
    P = net.let("P", ops.slice["p"](place, stop="n"))
    X = net.let("X[b n f]", ops.one_hot["v"](T)["b n v"] @ word["v f"] + P["n f"])
    N = net.let("N", norm(net.let("Y", layer(X, times=layers))))
    return net.returns(net.let("L[b n v]", N["b n f"] @ word["v f"]))
