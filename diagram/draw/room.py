"""What labels must keep off, in arrays: which of many boxes are free is asked at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from diagram.draw.geometry import Box, Samples, edges


class Room:
    """Boxes and points of lines; it fills up as labels land."""

    def __init__(self, lines: Iterable[Samples]) -> None:
        points = np.concatenate([np.zeros((0, 2)), *lines])
        self._points = points[np.argsort(points[:, 0], kind="stable")]
        self._boxes = np.zeros((64, 4))
        self._count = 0

    def fill(self, boxes: Sequence[Box]) -> None:
        """Takes the room of these boxes."""
        count = self._count + len(boxes)
        if count > len(self._boxes):
            more = np.zeros((2 * count - len(self._boxes), 4))
            self._boxes = np.concatenate([self._boxes, more])
        self._boxes[self._count : count] = edges(boxes)
        self._count = count

    def free(self, boxes: Sequence[Box]) -> npt.NDArray[np.bool_]:
        """Which of these boxes meet no box and hold no point of a line."""
        asked = edges(boxes)
        left, top, right, bottom = (asked[:, axis, None] for axis in range(4))
        low, high = asked[:, :2].min(axis=0), asked[:, 2:].max(axis=0)
        other = self._boxes[: self._count]
        near = ((other[:, :2] < high) & (other[:, 2:] > low)).all(axis=1)
        a, b, c, d = other[near].T
        taken = ((left < c) & (a < right) & (top < d) & (b < bottom)).any(axis=1)
        x, y = self._near(low, high).T
        taken |= ((x > left) & (x < right) & (y > top) & (y < bottom)).any(axis=1)
        result: npt.NDArray[np.bool_] = ~taken
        return result

    def _near(self, low: Samples, high: Samples) -> Samples:
        """The points between two corners."""
        first, last = np.searchsorted(self._points[:, 0], (low[0], high[0]))
        found = self._points[first:last]
        result: Samples = found[(found[:, 1] > low[1]) & (found[:, 1] < high[1])]
        return result
