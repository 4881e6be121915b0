"""Where the published figures put their nodes: grid points (column, row) and angles of legs.

Items are named as in the programs of `models.attention`: `S/1` is the second node of let S, `S:h`
the junction of its h edge. An angle is that of a wire at an item: a wire is named by its edge
where it joins two nodes (`Y:m`), else by its leg (`S/1/1`).
"""

from __future__ import annotations

from collections.abc import Mapping

from diagram.draw import Placement

Points = dict[str, tuple[float, float]]
Angles = dict[tuple[str, str], float]

LEFT, RIGHT, UP, DOWN = 180.0, 0.0, 90.0, -90.0

TURN: Angles = {
    ("S/0", "S/0/0"): -75.0,
    ("S:b", "S/0/0"): LEFT,
    ("Y:b", "Y/out/0"): RIGHT,
    ("S/0", "Y:n"): LEFT,
    ("S/2", "Y:m"): RIGHT,
    ("Y/1", "Y:m"): RIGHT,
    ("Y/3", "Y:f"): LEFT,
}
"""N leaves to the left, M turns around at the right, F leaves to the left."""


def _rows(
    lower: float,
    batch: tuple[float, float],
    inner: tuple[float, float] = (1.7, 4.0),
    last: float = 5.7,
) -> Points:
    """X, W^Q, W^K, X above; W^O, W^V, X below; batch legs meet between the last two, if drawn."""
    left, right = inner
    return {
        "S:b": (last, batch[0]),
        "Y:b": (last, batch[1]),
        "S/0": (0.0, 0.0),
        "S/1": (left, 0.0),
        "S/3": (right, 0.0),
        "S/2": (last, 0.0),
        "Y/1": (last, lower),
        "Y/2": (right, lower),
        "Y/3": (left, lower),
    }


def _leg(path: str) -> str:
    """The node of a leg."""
    return path.rpartition("/")[0]


def _upper(junction: str, query: str, key: str) -> Angles:
    """Two legs of the upper row that meet below it."""
    return {
        (_leg(query), query): -48.0,
        (_leg(key), key): -132.0,
        (junction, query): 150.0,
        (junction, key): 30.0,
    }


def _lower(junction: str, value: str, output: str) -> Angles:
    """Two legs of the lower row that meet above it."""
    return {
        (_leg(value), value): 132.0,
        (_leg(output), output): 48.0,
        (junction, value): -30.0,
        (junction, output): -150.0,
    }


def _heads(edge: str) -> Placement:
    """Two junctions, one inside the box and one below it."""
    inside, below = f"S:{edge}", f"Y:{edge}"
    points = {**_rows(3.4, (1.6, 2.5)), inside: (2.85, 1.0), below: (2.85, 2.4)}
    upper, lower = _upper(inside, "S/1/1", "S/3/1"), _lower(below, "Y/2/1", "Y/3/0")
    return Placement(points, {**TURN, **upper, **lower})


def _core(inside: str, below: str) -> Placement:
    """A core in the channel between the rows."""
    points = {
        **_rows(4.3, (2.5, 3.4)),
        inside: (2.85, 0.95),
        "S/4": (2.85, 1.7),
        below: (2.85, 3.3),
    }
    upper, lower = _upper(inside, "S/1/1", "S/3/1"), _lower(below, "Y/2/1", "Y/3/0")
    channel = {("S/4", "S/4/0"): UP, ("S/4", "S/4/1"): DOWN}
    return Placement(points, {**TURN, **upper, **lower, **channel})


def _skip_left() -> Placement:
    """An H channel and, through two vectors, a D channel (Liu et al. 2022, skip-left)."""
    h, d = 2.4, 3.7
    points = {
        **_rows(5.0, (3.4, 4.2), (1.5, 4.6), 6.3),
        "S:h": (h, 1.2),
        "Y:h": (h, 3.85),
        "S:d": (d, 1.2),
        "S/4": (d, 1.85),
        "S/5": (d, 2.5),
        "Y:e": (d, 3.85),
    }
    angles: Angles = {
        ("S/1", "S/1/1"): -66.0,
        ("S/1", "S/1/2"): -24.0,
        ("S/3", "S/3/1"): -156.0,
        ("S/3", "S/3/2"): -114.0,
        ("S:h", "S/1/1"): 130.0,
        ("S:h", "S/3/1"): 38.0,
        ("S:d", "S/1/2"): 142.0,
        ("S:d", "S/3/2"): 50.0,
        ("Y/3", "Y/3/0"): 66.0,
        ("Y/3", "Y/3/1"): 24.0,
        ("Y/2", "Y/2/1"): 156.0,
        ("Y/2", "Y/2/2"): 114.0,
        ("Y:h", "Y/3/0"): -130.0,
        ("Y:h", "Y/2/1"): -38.0,
        ("Y:e", "Y/3/1"): -142.0,
        ("Y:e", "Y/2/2"): -50.0,
        ("S/5", "S/5/0"): DOWN,
    }
    return Placement(points, {**TURN, **angles})


def _grouped() -> Placement:
    """The K channel of multi-head, and a G leg straight from W^Q to W^O."""
    heads = _heads("k")
    return Placement(heads.points, {**heads.angles, ("S/1", "Y:g"): DOWN, ("Y/3", "Y:g"): UP})


def _multi_query() -> Placement:
    return Placement(_rows(2.7, (1.0, 1.85)), {**TURN, ("S/1", "Y:h"): DOWN, ("Y/3", "Y:h"): UP})


def _factored() -> Placement:
    """Queries and outputs at the left, keys with values in a group at the right."""
    points = {
        "Y/0": (0.0, 0.0),
        "Y/1": (1.7, 0.0),
        "G/1": (4.3, 0.0),
        "G/0": (6.0, 0.0),
        "Y/3": (1.7, 2.8),
        "G/3": (4.3, 2.8),
        "G/2": (6.0, 2.8),
        "Y:h": (1.7, 1.4),
        "G:h": (4.3, 1.4),
        "G:b": (7.2, 1.9),
        "Y:b": (0.0, 4.2),
    }
    angles: Angles = {
        ("Y/0", "Y:n"): LEFT,
        ("Y/3", "Y:f"): LEFT,
        ("G:b", "Y/2/0"): DOWN,
        ("Y:b", "Y/2/0"): RIGHT,
        ("Y:b", "Y/out/0"): LEFT,
    }
    return Placement(points, angles)


def _with_biases() -> Placement:
    """Each projection is a diamond: weight and bias meet in one plus per leg."""
    points = {
        "Q~1/0": (0.0, 0.0),
        "Q~1/1": (1.6, 0.0),
        "Q/1": (3.3, 0.0),
        "Q:d": (2.45, -0.6),
        "Q:h": (2.45, 0.6),
        "K~1/0": (8.9, 0.0),
        "K~1/1": (7.3, 0.0),
        "K/1": (5.6, 0.0),
        "K:d": (6.45, -0.6),
        "K:h": (6.45, 0.6),
        "S:h": (4.45, 1.75),
        "Y~1:h": (4.45, 3.1),
        "V~1/0": (8.9, 4.4),
        "V~1/1": (7.3, 4.4),
        "V/1": (5.6, 4.4),
        "V:d": (6.45, 5.0),
        "V:h": (6.45, 3.8),
        "Y~1/2": (2.45, 4.4),
        "Y:f": (1.1, 4.4),
        "Y/1": (1.1, 5.4),
    }
    angles: Angles = {
        ("Q~1/0", "Y:n"): LEFT,
        ("Y:f", "Y/out/2"): LEFT,
        ("K~1/0", "Y~1:m"): RIGHT,
        ("V~1/0", "Y~1:m"): RIGHT,
        ("Y~1/2", "Y~1/2/0"): 48.0,
        ("Y~1:h", "Y~1/2/0"): -150.0,
        ("Y~1:h", "Y~1/1/1"): -30.0,
        ("V:h", "Y~1/1/1"): 135.0,
        ("Q:h", "S/0/1"): -45.0,
        ("S:h", "S/0/1"): 150.0,
        ("K:h", "S/1/1"): -135.0,
        ("S:h", "S/1/1"): 30.0,
        ("Y~1/2", "Y~1/2/1"): -30.0,
        ("V:d", "Y~1/2/1"): LEFT,
    }
    return Placement(points, angles)


MULTI_HEAD_WITH_BIASES = _with_biases()
"""For `multi_head(bias=True)`."""

PLACEMENTS: Mapping[str, Placement] = {
    "single-head": Placement(_rows(2.4, (0.85, 1.65)), TURN),
    "multi-head": _heads("h"),
    "lossless": _heads("r"),
    "tunable-head": _core("S:r", "Y:s"),
    "skip-left": _skip_left(),
    "skip-right": _core("S:h", "Y:k"),
    "cross-attention": _heads("h"),
    "grouped-query": _grouped(),
    "multi-query": _multi_query(),
    "linear-quadratic": _heads("h"),
    "linear-factored": _factored(),
    "multi-head with biases": MULTI_HEAD_WITH_BIASES,
}
"""By the names of `models.ZOO`; with biases also what is read from a pretrained transformer."""
