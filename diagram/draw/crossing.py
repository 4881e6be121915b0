"""Which candidates for a wire hit what: all at once, as arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from diagram.draw.geometry import Cubic, Edges, Samples

STEPS = 12
_T = np.linspace(0.0, 1.0, STEPS + 1)[:, None]
_BASIS = np.concatenate(
    [(1 - _T) ** 3, 3 * (1 - _T) ** 2 * _T, 3 * (1 - _T) * _T**2, _T**3], axis=1
)

Counts = npt.NDArray[np.float64]


class Known:
    """The sampled wires that are there already."""

    def __init__(self, count: int) -> None:
        self._lines = np.zeros((count, STEPS + 1, 2))
        self._low, self._high = np.full((count, 2), np.inf), np.full((count, 2), -np.inf)

    def drop(self, at: int) -> None:
        """Forgets one."""
        self._low[at], self._high[at] = np.inf, -np.inf

    def take(self, at: int, line: Samples) -> None:
        """Learns one."""
        self._lines[at], self._low[at], self._high[at] = line, line.min(axis=0), line.max(axis=0)

    def near(self, lines: Samples) -> Samples:
        """Those that reach into the hull of these lines."""
        (left, top), (right, bottom) = lines.min(axis=(0, 1)), lines.max(axis=(0, 1))
        keep = (self._high[:, 0] >= left) & (self._low[:, 0] <= right)
        keep &= (self._high[:, 1] >= top) & (self._low[:, 1] <= bottom)
        found: Samples = self._lines[keep]
        return found


def sampled(paths: Sequence[Cubic]) -> Samples:
    """Points of several cubics: cubic, step, axis."""
    result: Samples = _BASIS @ np.array(paths, dtype=np.float64).reshape(-1, 4, 2)
    return result


def boxes_hit(lines: Samples, boxes: Edges) -> Counts:
    """For each line the number of boxes that it enters."""
    low, high = lines.min(axis=(0, 1)), lines.max(axis=(0, 1))
    boxes = boxes[((boxes[:, :2] < high) & (boxes[:, 2:] > low)).all(axis=1)]
    if not len(boxes):
        return np.zeros(len(lines))
    # Points between the samples too: a line must not jump over a small item.
    fine = np.concatenate([lines, (lines[:, :-1] + lines[:, 1:]) / 2], axis=1)
    x, y = fine[:, :, None, 0], fine[:, :, None, 1]
    inside = (x > boxes[:, 0]) & (x < boxes[:, 2]) & (y > boxes[:, 1]) & (y < boxes[:, 3])
    result: Counts = inside.any(axis=1).sum(axis=1).astype(np.float64)
    return result


def crossings(lines: Samples, others: Samples) -> Counts:
    """For each line how often it crosses the others."""
    others = _near(lines, others)
    if not len(others):
        return np.zeros(len(lines))
    pieces = np.stack([lines[:, :-1], lines[:, 1:]], axis=2).reshape(-1, 2, 2)
    middle = others.mean(axis=(0, 1))
    pieces, others = pieces - middle, others - middle
    a, b = pieces[:, 0], pieces[:, 1]
    c, d = others[:, 0], others[:, 1]
    split = _side(a, b, c) * _side(a, b, d) < -1e-6
    other = (_side(c, d, a) * _side(c, d, b)).T < -1e-6
    count = (split & other).sum(axis=1).reshape(len(lines), -1).sum(axis=1)
    result: Counts = count.astype(np.float64)
    return result


def _near(lines: Samples, others: Samples) -> Samples:
    """The segments of others that lie within the hull of the lines, as short lines."""
    low, high = lines.min(axis=(0, 1)), lines.max(axis=(0, 1))
    pieces = np.stack([others[:, :-1], others[:, 1:]], axis=2).reshape(-1, 2, 2)
    keep = (pieces.max(axis=1) >= low).all(axis=1) & (pieces.min(axis=1) <= high).all(axis=1)
    result: Samples = pieces[keep]
    return result


def _side(p: Samples, q: Samples, r: Samples) -> Samples:
    """On which side of each line from p to q each point r lies."""
    x, y = (q - p).T
    start = x * p[:, 1] - y * p[:, 0]
    result: Samples = x[:, None] * r[:, 1] - y[:, None] * r[:, 0] - start[:, None]
    return result
