"""Orders of merging from the searches of others: opt_einsum's by name, or any of that signature."""

from __future__ import annotations

import random
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager, suppress
from inspect import signature
from operator import index
from typing import Any

import opt_einsum

from diagram.errors import DiagramError, suggest
from diagram.planner.network import Network, bits

Optimizer = str | Callable[..., Any]
"""A name, or what makes a path of `(inputs, output, size_dict, memory_limit)`."""

VERSION = str(opt_einsum.__version__)
"""Of the searches by name."""

Steps = Sequence[tuple[int, ...]]
"""Positions of terms that are merged, of two or more at once; what they make goes last."""


def steps_of(optimizer: Optimizer, network: Network) -> Steps:
    """The path that an optimizer gives; it may stop before one term is left.

    Raises DiagramError for what is no optimizer, for one that fails, and for impossible paths.

    >>> chain = [frozenset("ij"), frozenset("jk"), frozenset("kl")]
    >>> network = Network.of(chain, frozenset("il"), {"i": 2, "j": 9, "k": 9, "l": 9})
    >>> steps_of("greedy", network)
    [(0, 1), (0, 1)]
    """
    name, search = _named(optimizer)
    # Letters in a set have another order in each run, and with it opt_einsum another path.
    numbered = isinstance(optimizer, str | opt_einsum.paths.PathOptimizer)
    given = _as_sets(network, int if numbered else opt_einsum.get_symbol)
    try:
        with _random_as_before():
            path = search(*([*given, None] if _is_limited(search) else given))
    except Exception as error:  # whatever a stranger's search raises
        told = f"{type(error).__name__}: {error}".removesuffix(": ")
        raise DiagramError(f"optimizer {name} failed with {told}") from error
    return _checked(name, path, network.count)


def require(optimizer: object) -> None:
    """Raises DiagramError for what is no optimizer.

    >>> require("auto-hq")
    """
    _named(optimizer)


def _named(optimizer: object) -> tuple[str, Callable[..., object]]:
    """How messages call an optimizer, and the function."""
    if isinstance(optimizer, str):
        known = opt_einsum.paths._PATH_OPTIONS
        if optimizer.lower() not in known:
            own = sorted(name for name, found in known.items() if _is_own(found))
            hint = suggest(optimizer, sorted(known)) or f"; there are {', '.join(own)}"
            raise DiagramError(f"no optimizer `{optimizer}`{hint}")
        return f"`{optimizer}`", opt_einsum.paths.get_path_fn(optimizer)
    if isinstance(optimizer, type):
        name = optimizer.__name__
        raise DiagramError(f"the optimizer {name} is a class; give an object of it: {name}()")
    if not callable(optimizer):
        kind = type(optimizer).__name__
        raise DiagramError(f"an optimizer is a name or a function, not {kind}")
    return getattr(optimizer, "__name__", type(optimizer).__name__), optimizer


def _is_own(optimizer: Any) -> bool:
    """Whether it is one of opt_einsum's; other packages register theirs when they are imported."""
    optimizer = getattr(optimizer, "func", optimizer)
    kind = optimizer if hasattr(optimizer, "__name__") else type(optimizer)
    return str(kind.__module__).startswith("opt_einsum")


def _as_sets(
    network: Network, letter: Callable[[int], Hashable]
) -> tuple[list[frozenset[Hashable]], frozenset[Hashable], dict[Hashable, int]]:
    """Inputs, output and sizes; a convolved edge is as long as in the result."""
    whole = (1 << network.count) - 1
    edges = [(edge.nodes, edge.stays, edge.length) for edge in network.edges]
    edges += [(star.nodes, star.stays, star.length(whole)) for star in network.stars]
    inputs: list[list[Hashable]] = [[] for _ in range(network.count)]
    for number, (nodes, _, _) in enumerate(edges):
        for place in bits(nodes):
            inputs[place].append(letter(number))
    output = frozenset(letter(number) for number, (_, stays, _) in enumerate(edges) if stays)
    sizes = {letter(number): length for number, (_, _, length) in enumerate(edges)}
    return [frozenset(found) for found in inputs], output, sizes


def _is_limited(search: Callable[..., object]) -> bool:
    """Whether a search takes a limit of memory; some of cotengra's do not."""
    with suppress(TypeError, ValueError):
        signature(search).bind(1, 2, 3)
        with suppress(TypeError):
            signature(search).bind(1, 2, 3, None)
            return True
        return False
    return True


@contextmanager
def _random_as_before() -> Iterator[None]:
    """opt_einsum seeds the random numbers that everybody shares."""
    state = random.getstate()
    try:
        yield
    finally:
        random.setstate(state)


def _checked(name: str, path: object, count: int) -> Steps:
    """The path with its positions as numbers; DiagramError where it cannot be followed."""
    if isinstance(path, str) or not isinstance(path, Sequence):
        kind = type(path).__name__
        raise DiagramError(f"optimizer {name} gave {kind}; a list of pairs of positions is wanted")
    found: list[tuple[int, ...]] = []
    for step in path:
        try:
            places = tuple(index(place) for place in step)
        except TypeError:
            places = ()
        if not places or len(set(places)) < len(places) or not set(places) <= set(range(count)):
            raise DiagramError(
                f"optimizer {name} gave {step!r} as step {len(found) + 1}; positions from 0 to "
                f"{count - 1} are wanted"
            )
        found.append(places)
        count -= len(places) - 1
    return found
