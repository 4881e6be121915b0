"""Where items go without a placement: classical scaling, then stress majorisation (SMACOF).

Gansner, Koren, North, Graph Drawing by Stress Majorization (2004). Lengths are in grid steps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from diagram.draw.geometry import Point
from diagram.draw.scene import Item, Look, Scene
from diagram.draw.tangle import untangled

Matrix = npt.NDArray[np.float64]

STEP, SHORT, STUB, BORDER = 1.55, 1.05, 0.9, 0.35
"""How long wires want to be: between nodes, to a junction, to a joint; more for each border."""
ROUNDS = 150
ALIKE = 0.3
"""Within how much of a step coordinates are drawn as one."""


def spread(scene: Scene, part: str, fixed: Mapping[str, Point]) -> dict[str, Point]:
    """A point for each item of a part; those of `fixed` stay."""
    items = [item for item in scene.items if item.part == part]
    if len(items) == 1:
        return {items[0].id: fixed.get(items[0].id, (0.0, 0.0))}
    wanted = _distances(scene, items)
    points = _classical(wanted)
    pinned = np.array([item.id in fixed for item in items])
    if pinned.any():
        points = _start_at(items, fixed, wanted, points)
        points = _majorise(points, wanted, pinned)
    else:
        points = untangled(scene, items, _majorise(points, wanted, pinned), wanted)
        points = _turned(points, items)
    return {item.id: (float(x), float(y)) for item, (x, y) in zip(items, points, strict=True)}


def _distances(scene: Scene, items: Sequence[Item]) -> Matrix:
    """Shortest paths along wires, and along threads that hold together what no wire joins."""
    place = {item.id: at for at, item in enumerate(items)}
    apart = np.where(np.eye(len(items), dtype=bool), 0.0, np.inf)
    pairs = []
    for wire in scene.wires:
        one, two = (place.get(end, -1) for end in wire.ends)
        if one >= 0 and two >= 0 and one != two:
            pairs.append((one, two))
            apart[one, two] = apart[two, one] = _length(scene, items[one], items[two])
    for one, two in _threads(scene, items, pairs):
        apart[one, two] = apart[two, one] = min(apart[one, two], STEP)
    for at in range(len(items)):
        apart = np.minimum(apart, apart[:, at, None] + apart[None, at, :])
    return apart


def _threads(
    scene: Scene, items: Sequence[Item], pairs: Sequence[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Inside each region, pieces that its wires do not join are strung together."""
    around = [{*scene.around(item.region), None} for item in items]
    found: list[tuple[int, int]] = []
    for region in (*(r.id for r in scene.regions), None):
        members = [at for at in range(len(items)) if region in around[at]]
        piece = {at: at for at in members}
        for one, two in (*pairs, *found):
            if one in piece and two in piece and piece[one] != piece[two]:
                old, new = piece[two], piece[one]
                piece = {at: new if p == old else p for at, p in piece.items()}
        first = list(dict.fromkeys(piece.values()))
        heads = [next(at for at in members if piece[at] == p) for p in first]
        found += list(pairwise(heads))
    return found


def _length(scene: Scene, one: Item, two: Item) -> float:
    crossed = set(scene.around(one.region)) ^ set(scene.around(two.region))
    nodes = one.look.is_node + two.look.is_node
    stub = Look.JOINT in (one.look, two.look)
    return (STUB if stub else (SHORT, SHORT, STEP)[nodes]) + BORDER * len(crossed)


def _classical(wanted: Matrix) -> Matrix:
    """The plane that keeps squared distances best."""
    count = len(wanted)
    centre = np.eye(count) - 1.0 / count
    values, vectors = np.linalg.eigh(-0.5 * centre @ wanted**2 @ centre)
    points = np.zeros((count, 2))
    for axis in range(min(2, count)):
        vector = vectors[:, -1 - axis]
        lead = int(np.argmax(np.abs(vector) > np.abs(vector).max() - 1e-9))
        vector = vector * np.sign(vector[lead])
        points[:, axis] = vector * np.sqrt(max(values[-1 - axis], 0.0))
    # A nudge that differs from item to item: chains and twins must not stay on one line or point.
    angle = np.arange(count) * 2.399963
    return points + 0.05 * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def _start_at(
    items: Sequence[Item], fixed: Mapping[str, Point], wanted: Matrix, points: Matrix
) -> Matrix:
    """Fixed items at their points, the others near the fixed ones that are nearest by wire."""
    anchors = [place for place, item in enumerate(items) if item.id in fixed]
    for place, item in enumerate(items):
        if item.id in fixed:
            points[place] = fixed[item.id]
        else:
            near = min(anchors, key=lambda at: (wanted[place, at], at))
            offset = points[place] * 0.1
            points[place] = np.array(fixed[items[near].id]) + offset
    return points


def _majorise(points: Matrix, wanted: Matrix, pinned: npt.NDArray[np.bool_]) -> Matrix:
    """Each round moves every free item to where its springs balance."""
    count = len(points)
    weights = np.where(np.eye(count, dtype=bool), 0.0, 1.0 / np.maximum(wanted, 1e-6) ** 2)
    total = weights.sum(axis=1, keepdims=True)
    for _ in range(ROUNDS):
        offsets = points[:, None, :] - points[None, :, :]
        lengths = np.maximum(np.hypot(offsets[..., 0], offsets[..., 1]), 1e-9)
        pull = (weights * wanted / lengths)[..., None] * offsets
        moved: Matrix = (weights @ points + pull.sum(axis=1)) / total
        moved[pinned] = points[pinned]
        if float(np.abs(moved - points).max()) < 1e-4:
            return moved
        points = moved
    return points


def _turned(points: Matrix, items: Sequence[Item]) -> Matrix:
    """The longest axis lies flat; the first node is left of the last, and weights above."""
    points = points - points.mean(axis=0)
    _, vectors = np.linalg.eigh(points.T @ points)
    points = points @ vectors[:, ::-1]
    nodes = [place for place, item in enumerate(items) if item.look.is_node]
    half = len(nodes) // 2
    for axis in (0, 1):
        first = points[nodes[: half or 1], axis].mean()
        last = points[nodes[half:], axis].mean()
        if first > last + 1e-9:
            points[:, axis] = -points[:, axis]
    return np.stack([_aligned(points[:, 0]), _aligned(points[:, 1])], axis=1)


def _aligned(values: Matrix) -> Matrix:
    """Nearly equal coordinates become equal: rows and columns."""
    order = np.argsort(values, kind="stable")
    result = values.copy()
    group: list[int] = []
    for at in order.tolist():
        if group and (values[at] - values[group[0]] > ALIKE):
            result[group] = values[group].mean()
            group = []
        group.append(at)
    result[group] = values[group].mean()
    return result
