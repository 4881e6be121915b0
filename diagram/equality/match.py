"""Which values, dims and legs of two programs answer to each other, as far as can be told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from diagram.equality.colour import Colouring
from diagram.equality.form import Form
from diagram.equality.graph import Encoded, encode
from diagram.language.core import Apply
from diagram.language.size import Size

FARTHEST = 12
"""How far around a value is looked for what tells it."""

MOST_ROUNDS = 16
"""Rounds in which values are matched by what is around them; then by their kind alone."""

Pair = tuple[int, int]
Item = TypeVar("Item", str, int)


@dataclass(frozen=True)
class Side:
    """One of two programs, as a graph and as one whose vertices have colours."""

    form: Form
    graph: Encoded
    colouring: Colouring

    def kind(self, name: str) -> str:
        """What a value is: its kind of source, its op, or a product."""
        if name in self.form.program.source:
            return str(self.form.program.source[name].kind)
        maker = self.form.program.let[name].maker
        return f"op {maker.op}" if isinstance(maker, Apply) else "product"

    def colours(self, known: Sequence[str]) -> Iterator[Sequence[int]]:
        """Colours by what makes a value, by what uses it, and by what is near, the widest first.

        The known values of both sides stand in one order, which is what tells them.
        """
        pinned = {self.graph.values[name]: number for number, name in enumerate(known)}
        yield self.colouring.reached(pinned, back=False)
        yield self.colouring.reached(pinned, back=True)
        yield from self.colouring.near(FARTHEST, pinned)[::-1]


def side(form: Form) -> Side:
    """A program with what its values and legs are told by."""
    graph = encode(form)
    return Side(form, graph, Colouring(graph))


@dataclass(frozen=True)
class Match:
    """What answers to what, from the first program to the second; legs by their places."""

    values: Mapping[str, str]
    legs: Mapping[str, Sequence[Pair]]
    dims: Mapping[str, str]

    def size(self, size: Size) -> Size:
        """A size of the first in dims of the second."""
        return size.replace({one: Size.of(two) for one, two in self.dims.items()})


def matched(one: Side, two: Side) -> Match:
    """Values by name where the programs share most names, then by what is around them."""
    ones, twos = one.graph.values, two.graph.values
    lets = one.form.program.let, two.form.program.let
    shared = [name for name in ones if name in twos and (name in lets[0]) == (name in lets[1])]
    found: dict[str, str] = {}
    if 2 * len(shared) >= min(len(ones), len(twos)):
        found = {name: name for name in shared}
    for _ in range(MOST_ROUNDS):
        more = _around(one, two, found) or _alike(one, two, found)
        if not more:
            break
        found |= more
    while more := _alike(one, two, found):
        found |= more
    both = [*zip(one.colours(list(found)), two.colours(list(found.values())), strict=True)]
    legs = {name: _legs(one, two, (name, twin), both) for name, twin in found.items()}
    return Match(found, legs, _dims(one, two, found, legs))


def _around(one: Side, two: Side, found: Mapping[str, str]) -> dict[str, str]:
    """More values that answer to each other, by as much around them as tells some."""
    for here, there in zip(
        one.colours(list(found)), two.colours(list(found.values())), strict=True
    ):
        keys = [
            {name: colours[at] for name, at in side.graph.values.items() if name not in known}
            for side, colours, known in ((one, here, found), (two, there, set(found.values())))
        ]
        if more := _alone(keys[0], keys[1]):
            return more
    return {}


def _alike(one: Side, two: Side, found: Mapping[str, str]) -> dict[str, str]:
    """The first two values that are left of one kind, or else two ops."""
    taken = set(found.values())
    ones = [name for name in one.graph.values if name not in found]
    twos = [name for name in two.graph.values if name not in taken]
    for broad in (False, True):
        kinds: dict[str, str] = {}
        for twin in twos:
            kind = two.kind(twin)
            kinds.setdefault(kind.partition(" ")[0] if broad else kind, twin)
        for name in ones:
            kind = one.kind(name)
            if twin := kinds.get(kind.partition(" ")[0] if broad else kind, ""):
                return {name: twin}
    return {}


def _alone(ones: Mapping[Item, object], twos: Mapping[Item, object]) -> dict[Item, Item]:
    """Those that alone have their key, on both sides."""
    keyed: dict[object, tuple[list[Item], list[Item]]] = {}
    for side, keys in enumerate((ones, twos)):
        for item, key in keys.items():
            keyed.setdefault(key, ([], []))[side].append(item)
    pairs = keyed.values()
    return {left[0]: right[0] for left, right in pairs if len(left) == len(right) == 1}


def _legs(
    one: Side,
    two: Side,
    names: tuple[str, str],
    colours: Sequence[tuple[Sequence[int], Sequence[int]]],
) -> list[Pair]:
    """The legs of two values: of one name and size, of one name, of one surrounding, in order."""
    legs = one.form.legs[names[0]], two.form.legs[names[1]]
    vertices = one.graph.legs[names[0]], two.graph.legs[names[1]]
    keys: list[list[Mapping[int, object]]] = [
        [dict(enumerate(found)) for found in legs],
        [{place: leg.name for place, leg in enumerate(found)} for found in legs],
    ]
    for both in colours:
        pairs = zip(vertices, both, strict=True)
        keys.append([{i: of[at] for i, at in enumerate(found)} for found, of in pairs])
    found: dict[int, int] = {}
    for left, right in keys:
        rest = {i: key for i, key in left.items() if i not in found}
        found |= _alone(rest, {i: k for i, k in right.items() if i not in found.values()})
    rest_left = [i for i in range(len(legs[0])) if i not in found]
    rest_right = [i for i in range(len(legs[1])) if i not in found.values()]
    return sorted([*found.items(), *zip(rest_left, rest_right, strict=False)])


def _dims(
    one: Side, two: Side, values: Mapping[str, str], legs: Mapping[str, Sequence[Pair]]
) -> dict[str, str]:
    """Dims by the legs that answer to each other, most votes first, then by name."""
    votes: dict[tuple[str, str], int] = {}
    for name, other in values.items():
        for leg, twin in legs[name] if name in one.form.program.source else ():
            sizes = one.form.legs[name][leg].size, two.form.legs[other][twin].size
            if all(size == Size.of(str(size)) for size in sizes):
                pair = (str(sizes[0]), str(sizes[1]))
                votes[pair] = votes.get(pair, 0) + 1 + (pair[0] == pair[1])
    found: dict[str, str] = {}
    same = [(name, name) for name in one.graph.dims]
    for left, right in [*sorted(votes, key=lambda pair: (-votes[pair], pair)), *same]:
        known = left in one.graph.dims and right in two.graph.dims
        if known and left not in found and right not in found.values():
            found[left] = right
    return found
