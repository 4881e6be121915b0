"""Legs that leave a statement, or no longer do: all that read it follow, outwards."""

from __future__ import annotations

from dataclasses import replace

from diagram.language.core import Apply, Call, Diagram, Node, nodes
from diagram.language.ops import OPS, Op, Resized
from frontend.edit.draft import Draft, Refused, another, count, letters


def expose(draft: Draft, name: str, letter: str) -> None:
    """The letter leaves the statement."""
    maker = draft.maker(name)
    if (letter,) in maker.output:
        return
    draft.put(name, replace(maker, output=(*maker.output, (letter,))))
    for reader, place in draft.readers(name):
        arrive(draft, reader, place, letter)


def arrive(draft: Draft, name: str, place: int, wanted: str) -> None:
    """One of the values in a statement has one leg more, at its end."""
    maker = draft.maker(name)
    node = nodes(maker)[place]
    if isinstance(maker, Call):
        raise Refused(f"{maker.definition} takes {node.value} with the legs that it has")
    if isinstance(maker, Apply) and place and maker.op != "+":
        raise Refused(f"{maker.op} takes {node.value} with the legs that it has")
    letter = another(wanted, letters(maker))
    draft.put_node(name, place, Node(node.value, (*node.axes, (letter,))))
    expose(draft, name, letter)


def hide(draft: Draft, name: str, letter: str) -> None:
    """The letter no longer leaves the statement."""
    maker = draft.maker(name)
    if (letter,) not in maker.output:
        return
    axis = maker.output.index((letter,))
    output = tuple(found for found in maker.output if found != (letter,))
    draft.put(name, replace(maker, output=output))
    for reader, place in draft.readers(name):
        leave(draft, reader, place, axis)


def leave(draft: Draft, name: str, place: int, axis: int) -> None:
    """One of the values in a statement has a leg less; what it was joined to becomes open."""
    maker = draft.maker(name)
    node = nodes(maker)[place]
    if isinstance(maker, Call):
        raise Refused(f"{maker.definition} needs all legs of {node.value}")
    if len(node.axes[axis]) != 1:
        raise Refused(f"leg `{' '.join(node.axes[axis])}` of {node.value} is a bundle")
    (letter,) = node.axes[axis]
    axes = tuple(found for at, found in enumerate(node.axes) if at != axis)
    draft.put_node(name, place, Node(node.value, axes))
    settle(draft, name, letter)


def settle(draft: Draft, name: str, letter: str) -> None:
    """A letter has lost a leg: it vanishes with the last one, and the last but one is open."""
    maker = draft.maker(name)
    left = count(maker, letter)
    if isinstance(maker, Apply):
        if letter in maker.legs and (left == 0 or isinstance(OPS.get(maker.op), Resized)):
            raise Refused(f"{maker.op} runs over `{letter}`: take the {maker.op} away first")
        if not left:
            hide(draft, name, letter)
        return
    if isinstance(maker, Diagram):
        if left == 0:
            _forget(draft, name, letter)
            hide(draft, name, letter)
        elif left == 1:
            expose(draft, name, letter)


def _forget(draft: Draft, name: str, letter: str) -> None:
    """A factor that is written in the letter keeps its value."""
    maker = draft.maker(name)
    size = draft.lengths.get(name, {}).get(letter)
    if isinstance(maker, Diagram) and size is not None:
        scale = tuple(replace(s, size=s.size.replace({letter: size})) for s in maker.scale)
        draft.put(name, replace(maker, scale=scale))


def keeps_legs(maker: Apply) -> bool:
    """Whether an op hands on all legs of its one value."""
    op = OPS.get(maker.op)
    return (
        type(op) is Op
        and len(maker.args) == 1
        and maker.args[0].edges == tuple(edge for axis in maker.output for edge in axis)
    )
