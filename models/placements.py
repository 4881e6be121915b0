"""Where the published figures put their nodes: grid points (column, row) and angles of legs.

Items are named as in the programs of `models.attention`: `S/1` is the second node of let S.
"""

from __future__ import annotations

from collections.abc import Mapping

from diagram.draw import Placement

Angles = dict[tuple[str, str], float]

_ROW = {
    "S/0": (0.0, 0.0),
    "S/1": (1.7, 0.0),
    "S/3": (4.0, 0.0),
    "S/2": (5.7, 0.0),
    "Y/1": (5.7, 3.4),
    "Y/2": (4.0, 3.4),
    "Y/3": (1.7, 3.4),
}
"""X, W^Q, W^K, X above; W^O, W^V, X below."""

_TURN: Angles = {
    ("S/0", "Y:n"): 180.0,
    ("S/2", "Y:m"): 0.0,
    ("Y/1", "Y:m"): 0.0,
    ("Y/3", "Y:f"): 180.0,
}
"""N leaves to the left, M turns around at the right, F leaves to the left."""


def _channel(edge: str, legs: tuple[str, str, str, str]) -> Angles:
    """The legs of one edge: two meet inside the box, two below it."""
    query, key, value, output = legs
    return {
        (query.rpartition("/")[0], query): -48.0,
        (key.rpartition("/")[0], key): -132.0,
        (value.rpartition("/")[0], value): 132.0,
        (output.rpartition("/")[0], output): 48.0,
        (f"S:{edge}", query): 150.0,
        (f"S:{edge}", key): 30.0,
        (f"Y:{edge}", value): -30.0,
        (f"Y:{edge}", output): -150.0,
    }


def _heads(edge: str, legs: tuple[str, str, str, str]) -> Placement:
    points = {**_ROW, f"S:{edge}": (2.85, 1.0), f"Y:{edge}": (2.85, 2.4)}
    return Placement(points, {**_TURN, **_channel(edge, legs)})


MULTI_HEAD = _heads("h", ("S/1/1", "S/3/1", "Y/2/1", "Y/3/0"))
LOSSLESS = _heads("r", ("S/1/1", "S/3/1", "Y/2/1", "Y/3/0"))

PLACEMENTS: Mapping[str, Placement] = {
    "multi-head": MULTI_HEAD,
    "lossless": LOSSLESS,
}
"""By the names of `models.ZOO`."""
