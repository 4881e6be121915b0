"""What an id of the picture stands for: a statement, a use, an edge or a factor of a program."""

from __future__ import annotations

from dataclasses import dataclass

from diagram.draw import stubs
from diagram.draw.letters import Letters
from diagram.language.core import Let, nodes


@dataclass(frozen=True, slots=True)
class Statement:
    """`S`: a let."""

    let: Let


@dataclass(frozen=True, slots=True)
class Use:
    """`S/1`: a value where it stands, or by itself."""

    value: str
    let: Let | None


@dataclass(frozen=True, slots=True)
class Edge:
    """`S:h`, `S/1/2`, `Y/out/0`, `Y/0/1/0`: a letter of a let or of a source."""

    name: str
    letter: str


@dataclass(frozen=True, slots=True)
class Factor:
    """`S/scale`: the scalars of a product."""

    let: Let


Thing = Statement | Use | Edge | Factor


def find(letters: Letters, path: str) -> Thing | None:
    """The first reading of a path that fits; names may hold any sign."""
    program = letters.program
    if path in program.let:
        return Statement(program.let[path])
    if path in program.source:
        return Use(path, None)
    head, _, tail = path.rpartition(":")
    if head in letters.lengths and tail in letters.lengths[head]:
        return Edge(head, tail)
    head, _, tail = path.rpartition("/")
    if head in program.let and tail == "scale":
        return Factor(program.let[head])
    if not tail.isdecimal():
        return None
    if head in program.let:
        let = program.let[head]
        uses = nodes(let.maker)
        return Use(uses[int(tail)].value, let) if int(tail) < len(uses) else None
    return _leg(letters, head, int(tail))


def _leg(letters: Letters, head: str, place: int) -> Thing | None:
    """A leg of a source, a result or a node, or an edge of a bundle."""
    program = letters.program
    base, _, which = head.rpartition("/")
    known: tuple[str, ...] = ()
    name = base
    if head in program.source:
        name, known = head, letters.own(head)
    elif base in letters.lengths and which == "out":
        known = letters.own(base)
    elif base in program.let and which.isdecimal():
        known = _of_use(program.let[base], int(which))
    elif which.isdecimal():
        name, _, where = base.rpartition("/")
        bundles = dict(stubs.bundles(program.let[name])) if name in program.let else {}
        known = bundles.get(f"{where}/{int(which)}", ())
    return Edge(name, known[place]) if place < len(known) else None


def _of_use(let: Let, place: int) -> tuple[str, ...]:
    """The letters of the legs of a node; that of a one-hot value has one more."""
    uses, maker = nodes(let.maker), let.maker
    if place >= len(uses):
        return ()
    own = (stubs.letter_at(maker, place, axis) for axis in range(len(uses[place].axes)))
    return (*own, *stubs.added(maker))
