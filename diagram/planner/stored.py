"""Orders that took long to find, kept on disk: under a digest of all that they depend on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from time import perf_counter

from diagram.planner.folder import read, write
from diagram.planner.network import Network
from diagram.planner.optimizers import VERSION, Optimizer
from diagram.planner.price import Price
from diagram.planner.tree import Path

SEARCH = 1
"""Of the searches: another number wherever they may find another order."""

SLOW = 0.05
"""Seconds of a search from which on it is kept."""

FAST = 8
"""Products of up to this many nodes are never slow enough for our own search."""


def stored(
    network: Network, price: Price, optimizer: Optimizer | None, search: Callable[[], Path]
) -> Path:
    """The order that a search finds, from disk where it was found before.

    A file that is damaged, or of something else, counts as none and is written anew.
    """
    name = _file(network, price, optimizer)
    if name is None:
        return search()
    known = _path(read(name), network.count)
    if known is not None:
        return known
    start = perf_counter()
    found = search()
    if perf_counter() - start > SLOW:
        write(name, {"path": found})
    return found


def _file(network: Network, price: Price, optimizer: Optimizer | None) -> str | None:
    """The file for a search; None for what has no name, and for what is fast anyway."""
    measure = getattr(price, "name", None)
    is_named = isinstance(measure, str) and isinstance(optimizer, str | None)
    if not is_named or (optimizer is None and network.count <= FAST):
        return None
    about = [SEARCH, VERSION, network.count, network.edges, network.stars, measure, optimizer]
    return f"order-{hashlib.sha256(json.dumps(about).encode()).hexdigest()}.json"


def _path(value: object, count: int) -> Path | None:
    """The path in a file, if it merges so many terms into one."""
    pairs = value.get("path") if isinstance(value, dict) else None
    if not isinstance(pairs, list) or len(pairs) != count - 1:
        return None
    found: list[tuple[int, ...]] = []
    for left, pair in zip(range(count, 1, -1), pairs, strict=True):
        if not isinstance(pair, list) or len(pair) != 2:
            return None
        if not all(type(place) is int and 0 <= place < left for place in pair):
            return None
        found.append((pair[0], pair[1]))
    return tuple(found) if all(one < other for one, other in found) else None
