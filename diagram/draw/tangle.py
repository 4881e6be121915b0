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
    angles = 2.0 * np.pi * np.arange(RAYS) / RAYS
    ring = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    around = (np.array(RADII)[:, None, None] * ring).reshape(-1, 2) + points[near].mean(axis=0)
    places = np.concatenate([points[at][None], around])
    costs = _costs(places, at, points, near, pairs[~own], wanted[at]).tolist()
    best, least = 0, costs[0]
    for place, cost in enumerate(costs):
        if cost < least - 0.01:
            best, least = place, cost
    if best == 0:
        return points
    found = points.copy()
    found[at] = places[best]
    return found


def _costs(
    places: Matrix,
    at: int,
    points: Matrix,
    near: npt.NDArray[np.int_],
    others: Pairs,
    wanted: Matrix,
) -> Matrix:
    """What it costs to have one item at these places: distances, crossings, what runs over it.

    `near` are the items that it is wired to, `others` the wires that it is not on.
    """
    offsets = places[:, None, :] - points[None, :, :]
    apart = np.hypot(offsets[..., 0], offsets[..., 1])
    apart[:, at] = wanted[at]
    cost = (((apart - wanted) / np.maximum(wanted, 1e-6)) ** 2).sum(axis=1)
    start = np.repeat(places, len(near), axis=0)
    end = np.tile(points[near], (len(places), 1))
    own = np.stack([0.96 * start + 0.04 * end, 0.04 * start + 0.96 * end], axis=1)
    faults = crossings(own, _lines(points, others)) if len(others) else np.zeros(len(own))
    gaps = _gaps(start, end, points)
    gaps[:, at] = np.inf
    gaps[np.arange(len(gaps)), np.tile(near, len(places))] = np.inf
    faults = faults + (gaps < NEAR).sum(axis=1)
    under = _gaps(points[others[:, 0]], points[others[:, 1]], places) < NEAR
    found: Matrix = cost + COST * (faults.reshape(len(places), -1).sum(axis=1) + under.sum(axis=0))
    return found


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
    gaps = _gaps(points[pairs[:, 0]], points[pairs[:, 1]], points)
    gaps[np.arange(len(pairs))[:, None], pairs] = np.inf
    result: npt.NDArray[np.bool_] = gaps < NEAR
    return result


def _gaps(start: Matrix, end: Matrix, points: Matrix) -> Matrix:
    """How far each point is from each straight line."""
    way = end - start
    squared = np.maximum((way**2).sum(axis=1), 1e-12)[:, None]
    x = points[None, :, 0] - start[:, None, 0]
    y = points[None, :, 1] - start[:, None, 1]
    across, down = way[:, None, 0], way[:, None, 1]
    along = np.clip((x * across + y * down) / squared, 0.0, 1.0)
    found: Matrix = np.hypot(x - along * across, y - along * down)
    return found
