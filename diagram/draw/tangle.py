"""Items are moved to where fewer wires cross, or run over an item."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from diagram.draw.crossing import crossings
from diagram.draw.scene import Item, Scene

Matrix = npt.NDArray[np.float64]
Pairs = npt.NDArray[np.int_]

ROUNDS, MOST = 4, 40
"""How often all items are looked at, in parts of at most so many."""
COST = 2.0
"""What a crossing costs, in stress: squared errors of distances, relative to those wanted."""
NEAR = 0.35
"""A wire that passes an item nearer than this, in steps, runs over it."""
RADII, RAYS = (0.6, 1.2, 1.8, 2.4), 16


def untangled(scene: Scene, items: Sequence[Item], points: Matrix, wanted: Matrix) -> Matrix:
    """The points, some of them moved around their neighbours."""
    place = {item.id: at for at, item in enumerate(items)}
    known = [wire.ends for wire in scene.wires if place.keys() >= {*wire.ends}]
    ends = sorted({(place[one], place[two]) for one, two in known if one != two})
    pairs = np.array(ends, dtype=np.int_).reshape(-1, 2)
    if not 4 <= len(items) <= MOST or not len(pairs):
        return points
    for _ in range(ROUNDS):
        before = points
        for at in _guilty(points, pairs):
            points = _moved(points, at, pairs, wanted)
        if points is before:
            break
    return points


def _moved(points: Matrix, at: int, pairs: Pairs, wanted: Matrix) -> Matrix:
    """The points with one item at the best place around its neighbours."""
    own = (pairs == at).any(axis=1)
    near = pairs[own].sum(axis=1) - at
    if not len(near):
        return points
    centre = points[near].mean(axis=0)
    best, least = points, _cost(points, at, pairs, own, wanted)
    for radius in RADII:
        for ray in range(RAYS):
            angle = 2.0 * np.pi * ray / RAYS
            tried = points.copy()
            tried[at] = centre + radius * np.array([np.cos(angle), np.sin(angle)])
            cost = _cost(tried, at, pairs, own, wanted)
            if cost < least - 0.01:
                best, least = tried, cost
    return best


def _cost(
    points: Matrix, at: int, pairs: Pairs, own: npt.NDArray[np.bool_], wanted: Matrix
) -> float:
    """What changes with one item: its distances, what its wires cross, what runs over it."""
    apart = np.hypot(*(points - points[at]).T)
    stress = (((apart - wanted[at]) / np.maximum(wanted[at], 1e-6)) ** 2).sum()
    lines = _lines(points, pairs)
    crossed = crossings(lines[own], lines[~own]).sum() if not own.all() else 0.0
    over = _over(points, pairs[own]).sum() + _over(points, pairs[~own])[:, at].sum()
    return float(stress + COST * (crossed + over))


def tangles(points: Matrix, pairs: Pairs) -> int:
    """How often straight wires cross, or run over an item.

    >>> corners = np.array([[0.0, 0.0], [1.0, 1.0], [1.0, 0.0], [0.0, 1.0]])
    >>> tangles(corners, np.array([[0, 1], [2, 3]])), tangles(corners, np.array([[0, 2], [1, 3]]))
    (1, 0)
    """
    crossed, over = _faults(points, pairs)
    return int(crossed.sum()) // 2 + int(over.sum())


def _guilty(points: Matrix, pairs: Pairs) -> list[int]:
    """The items whose wires cross, or run over one, or that lie under one."""
    crossed, over = _faults(points, pairs)
    ends = pairs[(crossed > 0) | over.any(axis=1)].ravel().tolist()
    return sorted({*ends, *np.flatnonzero(over.any(axis=0)).tolist()})


def _faults(points: Matrix, pairs: Pairs) -> tuple[Matrix, npt.NDArray[np.bool_]]:
    """For each wire how many others it crosses, and which items it runs over."""
    lines = _lines(points, pairs)
    return crossings(lines, lines), _over(points, pairs)


def _lines(points: Matrix, pairs: Pairs) -> Matrix:
    """Straight wires, a little short: those that share an item meet there, which is no crossing."""
    one, two = points[pairs[:, 0]], points[pairs[:, 1]]
    return np.stack([0.96 * one + 0.04 * two, 0.04 * one + 0.96 * two], axis=1)


def _over(points: Matrix, pairs: Pairs) -> npt.NDArray[np.bool_]:
    """Which wires run over which items."""
    start, way = points[pairs[:, 0]], points[pairs[:, 1]] - points[pairs[:, 0]]
    squared = np.maximum((way**2).sum(axis=1), 1e-12)[:, None]
    offsets = points[None, :, :] - start[:, None, :]
    along = np.clip((offsets * way[:, None, :]).sum(axis=2) / squared, 0.0, 1.0)
    gaps = np.hypot(*np.moveaxis(offsets - along[..., None] * way[:, None, :], 2, 0))
    gaps[np.arange(len(pairs))[:, None], pairs] = np.inf
    result: npt.NDArray[np.bool_] = gaps < NEAR
    return result
