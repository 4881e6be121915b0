"""A plan whose order a person chose: as it is written, or pairs by hand for some lets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

from diagram.errors import DiagramError, Fault, suggest
from diagram.language.check import check
from diagram.language.core import Diagram, Program
from diagram.language.count import checked
from diagram.language.inline import inline
from diagram.planner import search
from diagram.planner.builder import Builder
from diagram.planner.fuse import Task, fuse, needed
from diagram.planner.lookup import looked_up
from diagram.planner.plan import built
from diagram.planner.policy import ByName, Policy
from diagram.planner.price import FLOPS, Price
from diagram.planner.stars import Lengths
from diagram.planner.steps import Plan

Pairs = Sequence[tuple[int, int]]
Order = Literal["written"] | Pairs | Mapping[str, Pairs]


def ordered(program: Program, order: Order, /, **sizes: int) -> Plan:
    """The plan that merges in a given order, with nothing fused.

    `order` is "written": each let's nodes from left to right; or for each let that is named the
    pairs of positions to merge (the result goes last), as opt_einsum and numpy write paths: after
    the nodes stand the indicators of convolved edges. Pairs alone are for the only product. Where
    they leave more than one value, these are merged in the order of fewest FLOPs.
    Raises DiagramError for lets that are none and pairs that cannot be.

    >>> from diagram import parse
    >>> text = "input A[i j] B[j k] C[k l]\\nD[i l] = A[i j] B[j k] C[k l]\\nreturn D"
    >>> [step.letters for step in ordered(parse(text), [(1, 2), (0, 1)]).steps]
    ['j k, k l -> j l', 'i j, j l -> i l']
    """
    program = inline(check(program))
    chosen = _chosen(program, order)

    class Chosen(Builder):
        def path(
            self,
            task: Task,
            terms: Sequence[search.Edges],
            output: search.Edges,
            lengths: Mapping[str, int] | Lengths,
            held: Sequence[int],
        ) -> search.Path:
            pairs = chosen.get(task.name)
            if pairs is None:
                maker = task.maker
                count = len(maker.nodes) if isinstance(maker, Diagram) else len(terms)
                return _written(terms, count)
            return completed(task.name, pairs, terms, output, lengths)

    def unfused(program: Program, _: Mapping[str, int], __: Policy) -> list[Task]:
        return [Task(let.name, let.name, let.maker) for let in needed(program)]

    return built(program, checked(program, sizes), Chosen, unfused)


def by_hand(program: Program, sizes: Mapping[str, int], policy: Policy) -> Plan:
    """The plan that begins with the pairs of the policy; all else is as cheap as it can be.

    Lets whose pairs were chosen are not fused.
    """
    order = policy.order
    if order == "written":
        return replace(ordered(program, "written", **sizes), policy=policy)
    chosen = _chosen(program, dict(order.pairs) if isinstance(order, ByName) else order)

    class Begun(Builder):
        def path(
            self,
            task: Task,
            terms: Sequence[search.Edges],
            output: search.Edges,
            lengths: Mapping[str, int] | Lengths,
            held: Sequence[int],
        ) -> search.Path:
            pairs = chosen.get(task.name)
            if pairs is None:
                return super().path(task, terms, output, lengths, held)
            return completed(task.name, pairs, terms, output, lengths, policy.price)

    def tasks(program: Program, numbers: Mapping[str, int], policy: Policy) -> list[Task]:
        return looked_up(program, fuse(program, numbers, policy, chosen.keys()))

    return built(program, sizes, Begun, tasks, policy)


def _chosen(program: Program, order: object) -> dict[str, Pairs]:
    """The pairs of each let that has some."""
    if isinstance(order, str):
        if order != "written":
            raise DiagramError(f"no order `{order}`; a plan, pairs or 'written' is wanted")
        return {}
    products = [
        let.name
        for let in program.lets
        if isinstance(let.maker, Diagram) and len(let.maker.nodes) + len(let.maker.convs) > 1
    ]
    if isinstance(order, Mapping):
        faults = [
            Fault(f"the order names `{name}`, which is no product{suggest(str(name), products)}")
            for name in order
            if name not in products
        ]
        if faults:
            raise DiagramError(faults, of="with the order that was given")
        return dict(order)
    if not isinstance(order, Sequence):
        kind = type(order).__name__
        raise DiagramError(f"an order is a plan, pairs or 'written', not {kind}")
    if len(products) != 1:
        said = ", ".join(f"`{name}`" for name in products) or "none"
        raise DiagramError(f"pairs without a name are for one product; there are: {said}")
    return {products[0]: order}


def _written(terms: Sequence[search.Edges], count: int) -> search.Path:
    """From left to right; a convolved edge's indicator goes before the kernel that it meets."""
    waiting = list(range(count, len(terms)))
    sequence: list[int] = []
    met: frozenset[str] = frozenset()
    for place in range(count):
        for indicator in list(waiting):
            if met & terms[indicator] and terms[indicator] & terms[place]:
                sequence.append(indicator)
                met = met | terms[indicator]
                waiting.remove(indicator)
        sequence.append(place)
        met = met | terms[place]
    return _folded([*sequence, *waiting])


def _folded(sequence: Sequence[int]) -> search.Path:
    """Each merged with what all before it have made."""
    standing: list[int] = sorted(sequence)
    made = len(standing)
    path: list[tuple[int, ...]] = []
    last = sequence[0] if sequence else -1
    for other in sequence[1:]:
        first, second = sorted((standing.index(last), standing.index(other)))
        path.append((first, second))
        del standing[second], standing[first]
        standing.append(made)
        last, made = made, made + 1
    return tuple(path)


def completed(
    name: str,
    pairs: object,
    terms: Sequence[search.Edges],
    output: search.Edges,
    lengths: Mapping[str, int] | Lengths,
    price: Price = FLOPS,
) -> search.Path:
    """The pairs that were chosen for a product, and the cheapest order from there.

    >>> chain, sizes = [frozenset("ij"), frozenset("jk"), frozenset("kl")], dict(i=9, j=9, k=9, l=1)
    >>> completed("D", [(0, 1)], chain, frozenset("il"), sizes)
    ((0, 1), (0, 1))
    """
    begun = _checked(name, pairs, len(terms))
    if len(begun) == len(terms) - 1:
        return begun
    return search.best(terms, output, lengths, price, start=begun)


def _checked(name: str, pairs: object, count: int) -> search.Path:
    """The pairs as a path; DiagramError if they cannot be merged one after the other."""
    found: list[tuple[int, ...]] = []
    if isinstance(pairs, str) or not isinstance(pairs, Sequence) or len(pairs) >= count:
        raise DiagramError(
            f"the order of `{name}`: it has {count} nodes; up to {count - 1} pairs of two "
            "positions are wanted, the result of each goes last"
        )
    for step, pair in enumerate(pairs):
        left = count - step
        places = tuple(pair) if isinstance(pair, Sequence) else ()
        whole = all(isinstance(place, int) and 0 <= place < left for place in places)
        if len(places) != 2 or not whole or places[0] == places[1]:
            raise DiagramError(
                f"the order of `{name}`: pair {step + 1} is {pair!r}; two positions from 0 to "
                f"{left - 1} are wanted"
            )
        found.append((min(places), max(places)))
    return tuple(found)
