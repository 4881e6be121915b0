"""The order of merging for one product."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from functools import lru_cache

from diagram.planner.exact import Problem, exact
from diagram.planner.many import many
from diagram.planner.network import Edges, Groups, Network
from diagram.planner.optimizers import Optimizer, Steps, require, steps_of
from diagram.planner.price import FLOPS, Price, is_whole
from diagram.planner.score import Score, scored
from diagram.planner.stars import Lengths
from diagram.planner.stored import stored
from diagram.planner.subsets import sure
from diagram.planner.tree import Path, Tree, path_of, sequence

__all__ = ["MOST_EXACT", "NOMINAL", "Edges", "Path", "Score", "best", "merged", "score", "volume"]

NOMINAL = 128
"""The length that a dim without a number is given while orders are compared."""

MOST_EXACT = 12
"""Products of up to this many nodes are searched through."""

MOST_PLAIN = 5
"""Up to this many without numpy, whose calls take longer than they save."""


def volume(edges: Edges, lengths: Mapping[str, int]) -> int:
    """Elements of a value with these edges."""
    result = 1
    for edge in edges:
        result *= lengths[edge]
    return result


def merged(left: Edges, right: Edges, others: Sequence[Edges], output: Edges) -> Edges:
    """The edges that stay when two values merge: those that something else still needs."""
    needed = output.union(*others)
    return (left | right) & needed


def best(
    inputs: Sequence[Edges],
    output: Edges,
    lengths: Mapping[str, int] | Lengths,
    price: Price = FLOPS,
    optimizer: Optimizer | None = None,
    start: Path = (),
) -> Path:
    """The cheapest order found, that of the least peak among equals; deterministic.

    `start` are merges that the order begins with. An `optimizer` searches in place of our own
    search; what either leaves to merge is merged in the cheapest order.

    >>> sizes = {"i": 2, "j": 100, "k": 100, "l": 100}
    >>> best([frozenset("ij"), frozenset("jk"), frozenset("kl")], frozenset("il"), sizes)
    ((0, 1), (0, 1))
    """
    if optimizer is not None:
        require(optimizer)
    if len(inputs) < 3:
        return ((0, 1),) * (len(inputs) - 1)
    network = Network.of(inputs, output, lengths)
    if start or not isinstance(optimizer, Hashable):
        return found(network, price, optimizer, start)
    return _known(network, price, optimizer)


@lru_cache(maxsize=4096)
def _known(network: Network, price: Price, optimizer: Optimizer | None) -> Path:
    return stored(network, price, optimizer, lambda: found(network, price, optimizer))


def found(
    network: Network, price: Price, optimizer: Optimizer | None = None, start: Path = ()
) -> Path:
    """The order of `best`, searched for anew."""
    groups = Groups(network)
    leaves = [1 << place for place in range(network.count)]
    if start:
        begun, terms = _followed(groups, leaves, start, price)
        rest = searched(groups, terms, price)
        return path_of(begun | rest, [*begun, *sequence(rest, groups.volume)], leaves)
    steps = steps_of(optimizer, network) if optimizer is not None else ()
    tree, terms = _followed(groups, leaves, steps, price)
    tree |= searched(groups, terms, price)
    return path_of(tree, sequence(tree, groups.volume), leaves)


def _followed(
    groups: Groups, leaves: Sequence[int], steps: Steps, price: Price
) -> tuple[Tree, list[int]]:
    """The tree of steps, and the groups that they leave; of several terms the best order."""
    tree: Tree = {}
    terms = list(leaves)
    for step in steps:
        chosen = [terms[place] for place in step]
        terms = [term for term in terms if term not in chosen] + [sum(chosen)]
        tree |= searched(groups, chosen, price)
    return tree, terms


def searched(groups: Groups, leaves: Sequence[int], price: Price) -> Tree:
    """The best tree over these groups."""
    if len(leaves) < 3:
        return {sum(leaves): (leaves[0], leaves[1])} if leaves[1:] else {}
    if len(leaves) > MOST_EXACT:
        return many(groups, leaves, price)
    standing = {leaf: groups.volume(leaf) for leaf in leaves if leaf & (leaf - 1)}
    problem = Problem.of(groups, leaves, standing)
    if len(leaves) <= MOST_PLAIN and is_whole(price):
        return exact(problem, price)
    return sure(problem, price)


def score(
    path: Path,
    inputs: Sequence[Edges],
    output: Edges,
    lengths: Mapping[str, int] | Lengths,
    price: Price = FLOPS,
) -> Score:
    """Price, FLOPs, most elements alive at a step, and elements written of an order."""
    return scored(path, Network.of(inputs, output, lengths), price)
