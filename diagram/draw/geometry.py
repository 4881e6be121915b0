"""Points, boxes and cubics; y runs down, angles are in degrees, anticlockwise from right."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Point = tuple[float, float]
Cubic = tuple[Point, Point, Point, Point]
Samples = npt.NDArray[np.float64]
Edges = npt.NDArray[np.float64]
"""Boxes as rows: left, top, right, bottom."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle along the axes."""

    left: float
    top: float
    right: float
    bottom: float

    @staticmethod
    def around(x: float, y: float, half_width: float, half_height: float) -> Box:
        return Box(x - half_width, y - half_height, x + half_width, y + half_height)

    @staticmethod
    def hull(boxes: Iterable[Box]) -> Box:
        found = list(boxes)
        return Box(
            min(b.left for b in found),
            min(b.top for b in found),
            max(b.right for b in found),
            max(b.bottom for b in found),
        )

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def centre(self) -> Point:
        return ((self.left + self.right) / 2, (self.top + self.bottom) / 2)

    def grown(self, by: float) -> Box:
        return Box(self.left - by, self.top - by, self.right + by, self.bottom + by)

    def moved(self, dx: float, dy: float) -> Box:
        return Box(self.left + dx, self.top + dy, self.right + dx, self.bottom + dy)

    def at_least(self, width: float) -> Box:
        extra = max(0.0, width - self.width) / 2
        return Box(self.left - extra, self.top, self.right + extra, self.bottom)

    def meets(self, other: Box) -> bool:
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )

    def holds(self, other: Box) -> bool:
        return (
            self.left <= other.left
            and other.right <= self.right
            and self.top <= other.top
            and other.bottom <= self.bottom
        )

    def has(self, point: Point) -> bool:
        return self.left <= point[0] <= self.right and self.top <= point[1] <= self.bottom

    def hits(self, samples: Samples) -> npt.NDArray[np.bool_]:
        """Which of the sampled points lie inside."""
        x, y = samples[:, 0], samples[:, 1]
        return (x > self.left) & (x < self.right) & (y > self.top) & (y < self.bottom)

    def sides(self) -> tuple[Box, ...]:
        """The border as four boxes without area."""
        return (
            Box(self.left, self.top, self.right, self.top),
            Box(self.left, self.bottom, self.right, self.bottom),
            Box(self.left, self.top, self.left, self.bottom),
            Box(self.right, self.top, self.right, self.bottom),
        )


def edges(boxes: Iterable[Box]) -> Edges:
    """Boxes as an array."""
    rows = [(box.left, box.top, box.right, box.bottom) for box in boxes]
    return np.array(rows, dtype=np.float64).reshape(-1, 4)


def direction(angle: float) -> Point:
    """The unit vector under an angle."""
    return (math.cos(math.radians(angle)), -math.sin(math.radians(angle)))


def angle_to(start: Point, end: Point) -> float:
    """The angle under which `end` is seen from `start`."""
    return math.degrees(math.atan2(start[1] - end[1], end[0] - start[0]))


def turn(one: float, two: float) -> float:
    """The angle between two directions, 0 to 180."""
    return abs((one - two + 180.0) % 360.0 - 180.0)


def along(point: Point, angle: float, length: float) -> Point:
    """The point that far from another under an angle."""
    dx, dy = direction(angle)
    return (point[0] + dx * length, point[1] + dy * length)


def distance(one: Point, two: Point) -> float:
    """The length of the straight line between two points."""
    return math.hypot(one[0] - two[0], one[1] - two[1])


def sample(cubic: Cubic, count: int = 33) -> Samples:
    """Points at equal steps of the parameter, both ends with them."""
    t = np.linspace(0.0, 1.0, count)[:, None]
    p0, p1, p2, p3 = (np.array(p, dtype=np.float64) for p in cubic)
    s = 1.0 - t
    return s**3 * p0 + 3 * s**2 * t * p1 + 3 * s * t**2 * p2 + t**3 * p3


def at_length(samples: Samples, length: float) -> Point:
    """The point that far along sampled points, at most halfway."""
    steps = np.hypot(*np.diff(samples, axis=0).T)
    run = np.concatenate([[0.0], np.cumsum(steps)])
    length = min(length, float(run[-1]) / 2)
    return (
        float(np.interp(length, run, samples[:, 0])),
        float(np.interp(length, run, samples[:, 1])),
    )
