"""Components that are alike, in the units of their form."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from diagram.runtime.interpolated.axis import KeyAxis, QueryAxis
from diagram.runtime.interpolated.causal import causally
from diagram.runtime.interpolated.fineness import Cut, Extent
from diagram.runtime.interpolated.frame import LOG_2_E, Frame, Line
from diagram.runtime.interpolated.grid import grid
from diagram.runtime.interpolated.plain import ENTRIES, Plain


class Components(NamedTuple):
    """Scaled queries, keys, values, the least key, half the range of keys, and what is hidden.

    Shapes: `x: b n`, `y: b m`, `v: b m w`, `low: b 1`, `half: b 1`, perhaps `seen: b m`.
    """

    x: Tensor
    y: Tensor
    v: Tensor
    low: Tensor
    half: Tensor
    seen: Tensor | None = None

    def blocks(self, rows: int) -> list[Components]:
        """So many rows at a time."""
        if rows >= len(self.x):
            return [self]
        parts = [torch.split(each, rows) for each in self if each is not None]
        return [Components(*block) for block in zip(*parts, strict=True)]

    def weights(self) -> list[Tensor]:
        """1 and the values."""
        one = torch.ones_like(self.y[:, :1]).expand_as(self.y)
        return [one if self.seen is None else self.seen.to(self.v), *self.values()]

    def values(self) -> list[Tensor]:
        """Each of the values: `b m`."""
        return [each.contiguous() for each in self.v.unbind(2)]


def plainly(given: Components, of: Extent, cut: Cut) -> Tensor:
    """Interpolated attention of queries that see the same keys: `b n w`."""
    hold_memory(given.x)
    room = 2**18 if given.x.device.type == "cpu" else 2**24
    found = []
    for part in given.blocks(max(1, room // min(ENTRIES, max(given.x.shape[1], given.y.shape[1])))):
        step = (of.high - of.low) / cut.pieces
        queries = QueryAxis(part.half, of.low, step, cut.pieces, cut.degree)
        rate = cut.keys * (1 - 1e-6) / 2 / part.half
        keys = KeyAxis(part.low, rate, cut.keys, cut.order)
        made = Plain.apply(queries, keys, part.x, part.y, *part.weights())  # type: ignore[no-untyped-call]
        found.append(torch.stack(made, 2) if len(made) > 1 else made[0].unsqueeze(2))
    return torch.cat(found) if len(found) > 1 else found[0]


def framed(given: Components, of: Extent, error: float) -> Frame:
    """Units for components of this extent, in which each term is within a share for this error."""
    center, away = ((of.high + sign * of.low) / 2 * LOG_2_E for sign in (1, -1))
    reach = math.ceil(1.001 * away + 0.001)
    root = math.sqrt(reach)
    queries = Line(center / LOG_2_E / given.half, given.half * (LOG_2_E / root))
    keys = Line(given.low + given.half, root / given.half)
    return Frame(queries, keys, grid(reach, error), center / root)


def attended_causally(given: Components, frame: Frame) -> Tensor:
    """The same where each query sees the keys up to its own."""
    hold_memory(given.x)
    seen = given.seen if given.seen is None else given.seen.to(given.v)
    made = causally(frame, given.x, given.y, seen, *given.values())
    return torch.stack(made, 2) if len(made) > 1 else made[0].unsqueeze(2)


def hold_memory(like: Tensor) -> None:
    """Lets what one step lets go serve the next: fresh memory costs more time than its numbers.

    glibc keeps up to twice the largest part that was given back so far, and 64 MiB at most. This
    part is taken and given back, never touched.
    """
    if like.device.type == "cpu":
        torch.empty(31 * 2**20, dtype=torch.uint8)
