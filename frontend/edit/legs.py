"""Legs by their paths, and the way of each through the statements that hand it on."""

from __future__ import annotations

from dataclasses import dataclass

from diagram.language.core import Apply, Call, Diagram, nodes
from diagram.language.size import Size
from frontend.edit.draft import Draft, Refused, count


@dataclass(frozen=True, slots=True)
class Spot:
    """A leg in one statement; for a source that nobody reads, `place` is -1."""

    name: str
    letter: str
    place: int
    axis: int


def spot(draft: Draft, path: str) -> Spot:
    """The leg at a path: `S/1/2`, `X/0`, or of a call `Y/out/1`."""
    head, _, last = path.rpartition("/")
    if head in draft.sources and last.isdecimal():
        legs = draft.sources[head].legs
        if int(last) < len(legs):
            return Spot(head, legs[int(last)].name, -1, int(last))
    name, _, place = head.rpartition("/")
    if name in draft.lets and last.isdecimal():
        axis = int(last)
        if place == "out" and axis < len(draft.maker(name).output):
            return _plain(Spot(name, "", -1, axis), draft.maker(name).output[axis])
        uses = nodes(draft.maker(name))
        if place.isdecimal() and int(place) < len(uses):
            node = uses[int(place)]
            if axis < len(node.axes):
                return _plain(Spot(name, "", int(place), axis), node.axes[axis])
    raise Refused("this leg is no longer there")


def _plain(found: Spot, axis: tuple[str, ...]) -> Spot:
    if len(axis) != 1:
        raise Refused("this leg is a bundle: edit it in the text")
    return Spot(found.name, axis[0], found.place, found.axis)


def chain(draft: Draft, path: str) -> list[Spot]:
    """A leg in its own statement, then in each one that it is handed to, inner ones first."""
    here = spot(draft, path)
    if here.name in draft.lets and isinstance(draft.maker(here.name), Call) and here.place >= 0:
        raise Refused("this leg goes into a def: it is given as it is")
    found = [here]
    while (after := _handed(draft, here)) is not None:
        found.append(here := after)
    return found


def _handed(draft: Draft, here: Spot) -> Spot | None:
    """The leg in the one statement that reads the value, if it leaves its own."""
    if here.name in draft.outputs or not is_open(draft, here):
        return None
    if here.name in draft.sources:
        return None
    readers = draft.readers(here.name)
    if len(readers) != 1:
        return None
    name, place = readers[0]
    if isinstance(draft.maker(name), Call):
        return None
    axis = draft.maker(here.name).output.index((here.letter,))
    letter = nodes(draft.maker(name))[place].axes[axis]
    return Spot(name, letter[0], place, axis) if len(letter) == 1 else None


def is_open(draft: Draft, here: Spot) -> bool:
    """Whether the leg leaves its statement."""
    return here.name in draft.sources or (here.letter,) in draft.maker(here.name).output


def is_shared(draft: Draft, here: Spot) -> bool:
    """Whether others stand on its letter."""
    return here.name in draft.lets and count(draft.maker(here.name), here.letter) > 1


def length(draft: Draft, here: Spot) -> Size:
    """How long it is."""
    return draft.lengths[here.name].get(here.letter, Size())


def refuse_special(draft: Draft, here: Spot) -> None:
    """Edges with a star or in a bundle have lengths of their own."""
    if here.name in draft.sources:
        return
    maker = draft.maker(here.name)
    if isinstance(maker, Diagram):
        if any(conv.edge == here.letter for conv in maker.convs):
            raise Refused(f"`{here.letter}` is convolved: edit it in the text")
        bundles = [axis for node in maker.nodes for axis in node.axes] + [*maker.output]
        if any(len(axis) > 1 and here.letter in axis for axis in bundles):
            raise Refused(f"`{here.letter}` is in a bundle: edit it in the text")


def where(draft: Draft, here: Spot) -> str:
    """What a leg is of, in words."""
    if here.name in draft.sources:
        return here.name
    maker = draft.maker(here.name)
    uses = nodes(maker)
    value = uses[here.place].value if 0 <= here.place < len(uses) else here.name
    if "~" in value:
        return f"a part of {value.partition('~')[0]}"
    return value if not isinstance(maker, Apply) or maker.op == "+" else f"{maker.op}({value})"
