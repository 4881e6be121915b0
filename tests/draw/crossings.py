"""What a picture is measured by: lines that cross, and things that overlap."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt

from diagram.draw import Drawing, Scene
from diagram.draw.geometry import Box, Point, Samples, sample
from diagram.draw.shapes import half

Numbers = npt.NDArray[np.float64]
AT_END = 8.0
"""Lines that leave one item meet there, which is no crossing."""


def crossed(drawing: Drawing) -> int:
    """How often the curves of a picture cross."""
    layout, wires = drawing.layout, drawing.scene.wires
    lines = [sample(layout.paths[wire.id], 33) for wire in wires]
    count = 0
    for one, two in combinations(range(len(wires)), 2):
        a, b = lines[one], lines[two]
        if (a.min(axis=0) > b.max(axis=0)).any() or (b.min(axis=0) > a.max(axis=0)).any():
            continue
        hit = _cross(a[:-1, None], a[1:, None], b[None, :-1], b[None, 1:])
        for end in {*wires[one].ends} & {*wires[two].ends} - {""}:
            hit[np.hypot(*(a[:-1] - layout.points[end]).T) < AT_END] = False
        count += int(hit.sum())
    return count


def straight(pairs: Sequence[tuple[str, str]], points: Mapping[str, Point]) -> int:
    """How often straight lines cross that have no end in common."""
    count = 0
    for one, two in combinations(pairs, 2):
        if not {*one} & {*two}:
            ends = [np.array(points[id]) for id in (*one, *two)]
            count += bool(_cross(*ends))
    return count


def neato(scene: Scene) -> int:
    """How often the straight lines of graphviz's picture of the same graph cross."""
    ids = [item.id for item in scene.items]
    pairs = []
    for wire in scene.wires:
        one, two = wire.ends[0], wire.ends[1] or f"open {wire.id}"
        ids += [two] if wire.is_open else []
        pairs += [(one, two)] if one != two else []
    number = {id: place for place, id in enumerate(ids)}
    lines = [f"n{place};" for place in range(len(ids))]
    lines += [f"n{number[one]} -- n{number[two]};" for one, two in pairs]
    text = "graph { node [shape=point];\n" + "\n".join(lines) + "}"
    found = subprocess.run(
        ["neato", "-Tplain"], input=text, capture_output=True, text=True, check=True
    )
    points = {}
    for line in found.stdout.splitlines():
        kind, *rest = line.split()
        if kind == "node":
            points[ids[int(rest[0][1:])]] = (float(rest[1]), float(rest[2]))
    return straight(pairs, points)


def _cross(a: Samples, b: Samples, c: Samples, d: Samples) -> npt.NDArray[np.bool_]:
    apart = _side(a, b, c) * _side(a, b, d) < 0
    result: npt.NDArray[np.bool_] = apart & (_side(c, d, a) * _side(c, d, b) < 0)
    return result


def _side(p: Samples, q: Samples, r: Samples) -> Numbers:
    u, v = q - p, r - p
    result: Numbers = u[..., 0] * v[..., 1] - u[..., 1] * v[..., 0]
    return result


def overlaps(drawing: Drawing) -> list[tuple[str, str, str]]:
    """What lies on what: texts on texts, items, borders and wires, items on items."""
    layout, scene = drawing.layout, drawing.scene
    items = {item.id: Box.around(*layout.points[item.id], *half(item)) for item in scene.items}
    texts = {id: text.box for id, text in layout.texts.items()}
    sides = [(id, side.grown(0.5)) for id, box in layout.boxes.items() for side in box.sides()]
    found = [("texts", *pair) for pair in _meeting([*texts.items()], [*texts.items()])]
    found += [("text and item", *pair) for pair in _meeting([*texts.items()], [*items.items()])]
    found += [("text and border", *pair) for pair in _meeting([*texts.items()], sides)]
    found += [("items", *pair) for pair in _meeting([*items.items()], [*items.items()])]
    for wire, path in layout.paths.items():
        line = sample(path, 400)
        names = [id for id, box in texts.items() if id not in items and box.hits(line).any()]
        found += [("text and wire", id, wire) for id in names]
    return found


def _meeting(
    ones: Sequence[tuple[str, Box]], others: Sequence[tuple[str, Box]]
) -> list[tuple[str, str]]:
    """Pairs of boxes of different names that meet."""
    if not ones or not others:
        return []
    a, b = _array(ones)[:, None], _array(others)[None]
    meet = (a[..., 0] < b[..., 2]) & (b[..., 0] < a[..., 2])
    meet &= (a[..., 1] < b[..., 3]) & (b[..., 1] < a[..., 3])
    pairs = ((ones[i][0], others[j][0]) for i, j in np.argwhere(meet).tolist())
    return [pair for pair in pairs if pair[0] != pair[1]]


def _array(boxes: Sequence[tuple[str, Box]]) -> Numbers:
    return np.array([(box.left, box.top, box.right, box.bottom) for _, box in boxes])
