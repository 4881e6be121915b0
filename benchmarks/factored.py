"""Kernels of convolution layers in factors, each with both ways in which people write it by hand.

A layer of 64 to 64 channels, 3 x 3, on images of 28 x 28, its kernel factored as CP, Tucker,
TT and TR, and reshaped as r-CP and r-TT (64 = 4 * 4 * 4; Su et al. 2018). By hand one either
applies factor after factor, or rebuilds the kernel and convolves once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

import diagram

B, S, X = 16, 64, 28
DENSE = S * S * 9
FOLDS = (4, 4, 4)

Factors = Sequence[Tensor]
Layer = Callable[[Tensor, Factors], Tensor]


@dataclass(frozen=True)
class Form:
    """A way to factor a kernel: its diagram, and both ways by hand."""

    text: str
    factors: str
    """The weights in the order in which the functions by hand take them."""
    sequence: Layer
    rebuilt: Layer
    tensorly: str = ""
    """What tensorly-torch calls it, where it has it."""

    @property
    def program(self) -> diagram.Program:
        return diagram.parse(f"{self.text}\nreturn Y")

    def rank(self, share: float) -> int:
        """The rank, the same on every bond, whose parameters are nearest to this share."""
        count = diagram.parameters(self.program).size
        known = self.program.defaults
        shares = {r: count.value({**known, "r": r}) / DENSE for r in range(1, 4 * S)}
        return min(shares, key=lambda r: abs(shares[r] - share))


def _convolved(x: Tensor, kernel: Tensor) -> Tensor:
    return F.conv2d(x, kernel, padding=1)


def _pointwise(x: Tensor, w: Tensor) -> Tensor:
    """`x: b s x y`, `w: t s`."""
    return F.conv2d(x, w[:, :, None, None])


def cp_sequence(x: Tensor, given: Factors) -> Tensor:
    """Factor after factor."""
    s, t, h, v = given
    x = _pointwise(x, s)
    x = F.conv2d(x, h[:, None, :, None], padding=(1, 0), groups=len(h))
    x = F.conv2d(x, v[:, None, None, :], padding=(0, 1), groups=len(v))
    return _pointwise(x, t.T)


def cp_rebuilt(x: Tensor, given: Factors) -> Tensor:
    """The kernel is rebuilt, and meets the signal once."""
    s, t, h, v = given
    return _convolved(x, torch.einsum("rt,rsxy->tsxy", t, torch.einsum("rs,rx,ry->rsxy", s, h, v)))


def tucker_sequence(x: Tensor, given: Factors) -> Tensor:
    """Factor after factor."""
    s, t, core = given
    return _pointwise(_convolved(_pointwise(x, s), core.transpose(0, 1)), t.T)


def tucker_rebuilt(x: Tensor, given: Factors) -> Tensor:
    """The kernel is rebuilt, and meets the signal once."""
    s, t, core = given
    kernel = torch.einsum("qt,rqxy->trxy", t, core)
    return _convolved(x, torch.einsum("trxy,rs->tsxy", kernel, s))


def tt_sequence(x: Tensor, given: Factors) -> Tensor:
    """Factor after factor."""
    s, v, h, t = given
    x = F.conv2d(_pointwise(x, s), v.permute(1, 0, 2)[:, :, None, :], padding=(0, 1))
    x = F.conv2d(x, h.permute(1, 0, 2)[:, :, :, None], padding=(1, 0))
    return _pointwise(x, t.T)


def tt_rebuilt(x: Tensor, given: Factors) -> Tensor:
    """The kernel is rebuilt, and meets the signal once."""
    s, v, h, t = given
    left, right = torch.einsum("pqx,qt->ptx", h, t), torch.einsum("rs,rpy->psy", s, v)
    return _convolved(x, torch.einsum("ptx,psy->tsxy", left, right))


def tr_sequence(x: Tensor, given: Factors) -> Tensor:
    """Factor after factor."""
    s, v, h, t = given
    ring, bond = s.shape[:2]
    x = _pointwise(x, s.reshape(-1, S)).reshape(-1, bond, X, X)
    x = F.conv2d(x, v.permute(1, 0, 2)[:, :, None, :], padding=(0, 1))
    x = F.conv2d(x, h.permute(1, 0, 2)[:, :, :, None], padding=(1, 0))
    return _pointwise(x.reshape(B, ring * h.shape[1], X, X), t.reshape(-1, S).T)


def tr_rebuilt(x: Tensor, given: Factors) -> Tensor:
    """The kernel is rebuilt, and meets the signal once."""
    s, v, h, t = given
    left, right = torch.einsum("pqx,oqt->optx", h, t), torch.einsum("ors,rpy->opsy", s, v)
    return _convolved(x, torch.einsum("optx,opsy->tsxy", left, right))


def rcp_sequence(x: Tensor, given: Factors) -> Tensor:
    """Factor after factor."""
    one, two, three, taps = given
    x = x.reshape(B, *FOLDS, X, X)
    x = torch.einsum("bijkxy,rli->brljkxy", x, one)
    x = torch.einsum("brljkxy,rmj->brlmkxy", x, two)
    x = torch.einsum("brlmkxy,rnk->brlmnxy", x, three)
    x = x.flatten(2, 4).transpose(1, 2).reshape(B * S, -1, X, X)
    return F.conv2d(x, taps[None], padding=1).reshape(B, S, X, X)


def rcp_rebuilt(x: Tensor, given: Factors) -> Tensor:
    """The kernel is rebuilt, and meets the signal once."""
    one, two, three, taps = given
    left = torch.einsum("rli,rmj->rlmij", one, two)
    right = torch.einsum("rnk,rxy->rnkxy", three, taps)
    kernel = torch.einsum("rlmij,rnkxy->lmnijkxy", left, right)
    return _convolved(x, kernel.reshape(S, S, 3, 3))


def rtt_sequence(x: Tensor, given: Factors) -> Tensor:
    """Factor after factor."""
    one, two, three, taps = given
    x = x.reshape(B, *FOLDS, X, X)
    x = torch.einsum("bijkxy,pli->bpljkxy", x, one)
    x = torch.einsum("bpljkxy,pqmj->bqlmkxy", x, two)
    x = torch.einsum("bqlmkxy,qrnk->brlmnxy", x, three)
    x = x.flatten(2, 4).transpose(1, 2).reshape(B * S, -1, X, X)
    return F.conv2d(x, taps[None], padding=1).reshape(B, S, X, X)


def rtt_rebuilt(x: Tensor, given: Factors) -> Tensor:
    """The kernel is rebuilt, and meets the signal once."""
    one, two, three, taps = given
    left = torch.einsum("pli,pqmj->qlmij", one, two)
    right = torch.einsum("qrnk,rxy->qnkxy", three, taps)
    kernel = torch.einsum("qlmij,qnkxy->lmnijkxy", left, right)
    return _convolved(x, kernel.reshape(S, S, 3, 3))


HEAD = "input U[b s:64 x y]\n"
PAD = "corr x y (pad=same)"
FOLDED = "dims i=4 j=4 k=4 l=4 m=4 n=4\ninput U[b s:(i*j*k) x y]\n"

FORMS = {
    "CP": Form(
        HEAD + "weight P[r s:64] Q[r t:64] H[r x:3] V[r y:3]\n"
        f"Y[b t x y] = U[b s x y] P[r s] H[r x] V[r y] Q[r t] {PAD}",
        "P Q H V",
        cp_sequence,
        cp_rebuilt,
        "cp",
    ),
    "Tucker": Form(
        HEAD + "weight P[r s:64] Q[q:r t:64] C[r q:r x:3 y:3]\n"
        f"Y[b t x y] = U[b s x y] P[r s] C[r q x y] Q[q t] {PAD}",
        "P Q C",
        tucker_sequence,
        tucker_rebuilt,
        "tucker",
    ),
    "TT": Form(
        HEAD + "weight P[r s:64] V[r p:r y:3] H[p:r q:r x:3] Q[q:r t:64]\n"
        f"Y[b t x y] = U[b s x y] P[r s] V[r p y] H[p q x] Q[q t] {PAD}",
        "P V H Q",
        tt_sequence,
        tt_rebuilt,
        "tt",
    ),
    "TR": Form(
        HEAD + "weight P[o:r r s:64] V[r p:r y:3] H[p:r q:r x:3] Q[o:r q:r t:64]\n"
        f"Y[b t x y] = U[b s x y] P[o r s] V[r p y] H[p q x] Q[o q t] {PAD}",
        "P V H Q",
        tr_sequence,
        tr_rebuilt,
    ),
    "r-CP": Form(
        FOLDED + "weight A[r l i] D[r m j] E[r n k] C[r x:3 y:3]\n"
        f"Y[b (l m n) x y] = U[b (i j k) x y] A[r l i] D[r m j] E[r n k] C[r x y] {PAD}",
        "A D E C",
        rcp_sequence,
        rcp_rebuilt,
    ),
    "r-TT": Form(
        FOLDED + "weight A[p:r l i] D[p:r q:r m j] E[q:r r n k] C[r x:3 y:3]\n"
        f"Y[b (l m n) x y] = U[b (i j k) x y] A[p l i] D[p q m j] E[q r n k] C[r x y] {PAD}",
        "A D E C",
        rtt_sequence,
        rtt_rebuilt,
    ),
}
