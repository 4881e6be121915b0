"""A program while it is edited: its statements by name, and where the things of its picture went.

Paths are those of the picture: `S/1` a node, `S/1/2` its leg, `S:h` an edge, `S` a statement, `X` a
source that nobody reads, `X/0` a leg of that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain

from diagram.draw.geometry import Point
from diagram.draw.letters import Letters
from diagram.language.core import (
    Apply,
    Axis,
    Diagram,
    Let,
    Maker,
    Node,
    Note,
    Program,
    Source,
    flat,
    nodes,
)
from diagram.language.size import Size

Moved = Mapping[str, str]
"""Paths under a new name; an empty one is gone."""


class Refused(Exception):
    """Why an edit cannot be, in words for the place where it was tried."""


@dataclass
class Draft:
    """It is thrown away once its program is read."""

    before: Program
    points: dict[str, Point]
    sources: dict[str, Source] = field(init=False)
    lets: dict[str, Let] = field(init=False)
    outputs: list[str] = field(init=False)
    notes: list[Note] = field(init=False)
    moves: list[Moved] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.sources = dict(self.before.source)
        self.lets = dict(self.before.let)
        self.outputs = list(self.before.outputs)
        self.notes = list(self.before.notes)

    @cached_property
    def lengths(self) -> Mapping[str, Mapping[str, Size]]:
        """The length of each letter of each statement, before the edit."""
        return Letters(self.before).lengths

    # -- what there is ------------------------------------------------------------------------

    def maker(self, name: str) -> Maker:
        return self.lets[name].maker

    def readers(self, name: str) -> list[tuple[str, int]]:
        """Where a value is used: statements and places in them."""
        return [
            (let.name, place)
            for let in self.lets.values()
            for place, node in enumerate(nodes(let.maker))
            if node.value == name
        ]

    def legs(self, name: str) -> tuple[str, ...]:
        """The letters of a value, those of bundles refused."""
        if name in self.sources:
            return tuple(leg.name for leg in self.sources[name].legs)
        output = self.maker(name).output
        if any(len(axis) != 1 for axis in output):
            raise Refused(f"{name} has a bundled leg: edit it in the text")
        return flat(output)

    def depends(self, name: str, on: str) -> bool:
        """Whether a value is made from another one, or is it."""
        waiting, seen = [name], {name}
        while waiting:
            here = waiting.pop()
            if here == on:
                return True
            uses = nodes(self.maker(here)) if here in self.lets else ()
            waiting += [node.value for node in uses if node.value not in seen]
            seen |= {node.value for node in uses}
        return False

    def fresh(self, wanted: str) -> str:
        """A name that no value has."""
        stem = wanted.rstrip("0123456789'") or "Y"
        taken = self.sources.keys() | self.lets.keys()
        numbered = (f"{stem}{number}" for number in range(2, len(taken) + 3))
        return next(name for name in chain((wanted,), numbered) if name not in taken)

    # -- changes ------------------------------------------------------------------------------

    def put(self, name: str, maker: Maker) -> None:
        self.lets[name] = Let(name, maker)

    def put_node(self, name: str, place: int, node: Node) -> None:
        """Another use at a place of a statement."""
        maker = self.maker(name)
        found = tuple(node if at == place else old for at, old in enumerate(nodes(maker)))
        self.put(name, with_nodes(maker, found))

    def follow(self, name: str, successor: str) -> None:
        """What was said of a value that is gone holds of another one: it is returned, notes."""
        followed = [successor if output == name else output for output in self.outputs]
        self.outputs = [output for output in dict.fromkeys(followed) if output]
        self.notes = [
            replace(note, at=successor) if note.at == name and successor else note
            for note in self.notes
        ]

    def move(self, moved: Moved) -> None:
        """Things of the picture have other paths from now on."""
        self.moves.append(moved)
        self.points = {to: at for id, at in self.points.items() if (to := followed(id, moved))}

    def program(self) -> Program:
        """The program as it is now, in an order in which it can be read."""
        lets = tuple(_ordered(self.lets))
        known = {*self.sources, *self.lets}
        outputs = [name for name in self.outputs if name in known]
        if not outputs:
            read = {node.value for let in lets for node in nodes(let.maker)}
            names = (*self.sources, *(let.name for let in lets))
            outputs = [name for name in names if name not in read][-1:]
        return replace(
            self.before,
            sources=tuple(self.sources.values()),
            lets=lets,
            outputs=tuple(outputs),
            notes=tuple(self.notes),
        )


def _ordered(lets: Mapping[str, Let]) -> Iterator[Let]:
    """Each statement after what it reads, and else where it was."""
    waiting, done = dict(lets), set[str]()
    while waiting:
        ready = next(
            let
            for let in waiting.values()
            if all(node.value not in waiting or node.value in done for node in nodes(let.maker))
        )
        done.add(ready.name)
        yield waiting.pop(ready.name)


def followed(path: str, moved: Moved) -> str:
    """A path where it went; paths in what moved go with it.

    >>> followed("X/1", {"X": "Y/0"}), followed("S:h", {"S": "T"}), followed("S/1/0", {"S/1": ""})
    ('Y/0/1', 'T:h', '')
    """
    head = path
    while head:
        if head in moved:
            return moved[head] + path[len(head) :] if moved[head] else ""
        head = head[: max(head.rfind("/"), head.rfind(":"), 0)]
    return path


# -- statements -------------------------------------------------------------------------------


def with_nodes(maker: Maker, found: tuple[Node, ...]) -> Maker:
    """The same of other values; a sum of one value is that value."""
    if isinstance(maker, Diagram):
        return replace(maker, nodes=found)
    if isinstance(maker, Apply) and maker.op == "+" and len(found) == 1:
        return Diagram(found, maker.output)
    return replace(maker, args=found)


def letters(maker: Maker) -> set[str]:
    """Every letter in a statement."""
    return {edge for node in nodes(maker) for edge in node.edges} | set(flat(maker.output))


def count(maker: Maker, letter: str) -> int:
    """How many legs are on a letter."""
    return sum(node.edges.count(letter) for node in nodes(maker))


def relettered(maker: Maker, names: Mapping[str, str]) -> Maker:
    """The same with other letters."""

    def axes(found: Iterable[Axis]) -> tuple[Axis, ...]:
        return tuple(tuple(names.get(edge, edge) for edge in axis) for axis in found)

    uses = tuple(replace(node, axes=axes(node.axes)) for node in nodes(maker))
    maker = replace(with_nodes(maker, uses), output=axes(maker.output))
    match maker:
        case Diagram():
            sizes = {old: Size.of(new) for old, new in names.items()}
            scale = tuple(replace(s, size=s.size.replace(sizes)) for s in maker.scale)
            convs = tuple(replace(c, edge=names.get(c.edge, c.edge)) for c in maker.convs)
            return replace(maker, scale=scale, convs=convs)
        case Apply():
            return replace(maker, legs=tuple(names.get(leg, leg) for leg in maker.legs))
        case _:
            return maker


def another(letter: str, taken: Iterable[str]) -> str:
    """A letter that is free, near the one that is wanted.

    >>> another("n", {"n", "b"}), another("row", {"row"})
    ('m', "row'")
    """
    taken = set(taken)
    if letter not in taken:
        return letter
    if len(letter) == 1 and "a" <= letter <= "z":
        near = [chr(ord(letter) + way * far) for far in range(1, 26) for way in (-1, 1)]
        free = [one for one in near if "a" <= one <= "z" and one not in taken]
        if free:
            return free[0]
    return another(letter + "'", taken)
