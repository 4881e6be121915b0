"""The box around a let, if it has one: barrier, sum, product merged first, definition."""

from __future__ import annotations

from diagram.draw import label, titles
from diagram.draw.letters import Letters
from diagram.draw.scene import Frame, Region
from diagram.language.core import Apply, Call, Diagram, Let, nodes

JOINING = ("+", "concat")
"""Ops whose values stand beside each other."""


def frame_of(
    letters: Letters, let: Let, reader: Let | None, framed: bool, around: str | None, part: str
) -> Region | None:
    """The region of a let; `framed` says that a part without a reader shows its name."""
    if isinstance(let.maker, Call):
        return None  # it is a box itself, of this id
    name = letters.value(let.name)
    tip = f"{let.name}" if not let.is_part else ""
    defines = reader is None and framed
    if isinstance(let.maker, Apply):
        adds = let.maker.op == "+"
        if adds and reader is None and not defines and _all_meet(let.maker):
            return None
        frame = Frame.SUM if adds else Frame.BARRIER
        title = titles.of_op(let, let.maker, letters)
        tip = f"{tip}: {label.plain(title)}" if tip else label.plain(title)
        named = defines or (adds and not let.is_part)
        title = titles.of_definition(name, title) if named else title
    elif defines:
        frame, title = Frame.DEFINITION, name
    elif is_group(let, reader):
        frame, title = Frame.GROUP, name
    else:
        return None
    return Region(let.name, frame, title, around, part, tip)


def is_group(let: Let, reader: Let | None) -> bool:
    """A named product inside a product or a sum is outlined: it is merged first."""
    if reader is None or let.is_part or len(nodes(let.maker)) < 2 or isinstance(let.maker, Call):
        return False
    maker = reader.maker
    return isinstance(maker, Diagram) or (isinstance(maker, Apply) and maker.op in JOINING)


def _all_meet(total: Apply) -> bool:
    """Whether each term shares a leg with another one: the pluses alone say what is added."""
    edges = [set(node.edges) for node in total.args]
    return all(
        any(one & two for at, two in enumerate(edges) if at != place)
        for place, one in enumerate(edges)
    )
