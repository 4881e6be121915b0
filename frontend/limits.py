"""What the studio does not try, so that no text can hold it up for long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diagram import DiagramError, Program
from diagram.language.core import Diagram
from diagram.language.inline import inline

if TYPE_CHECKING:
    from diagram.draw import Scene

MOST_LETS = 1500
MOST_NODES = 80
"""Nodes of one product: more take seconds to plan."""

MOST_ITEMS = 150
MOST_WIRES = 300
FEW_WIRES = 40
DENSE = 3.0
"""Lines for each node from which a picture is a thicket, once it has more than a few lines."""


def refuse_long(program: Program) -> None:
    """DiagramError for programs that would take too long to plan or compile here.

    >>> from diagram import parse
    >>> refuse_long(parse("input X[n]\\nreturn X"))
    """
    lets = inline(program).lets
    if len(lets) > MOST_LETS:
        raise DiagramError(
            f"this program has {len(lets):,} lines with its defs written out; the studio plans at "
            f"most {MOST_LETS:,}"
        )
    for let in lets:
        count = len(let.maker.nodes) if isinstance(let.maker, Diagram) else 0
        if count > MOST_NODES:
            raise DiagramError(
                f"{let.name} is a product of {count} nodes; the studio plans at most {MOST_NODES}"
            )


def refuse_thicket(program: Program) -> None:
    """DiagramError for pictures that would take too long to lay out here, and not be read."""
    from diagram.draw import shown
    from diagram.draw.build import scene

    refuse_dense(scene(shown(program)))


def refuse_dense(found: Scene) -> None:
    """DiagramError for scenes that would take too long to lay out here."""
    items, wires = len(found.items), len(found.wires)
    is_dense = wires > FEW_WIRES and wires > DENSE * items
    if items > MOST_ITEMS or wires > MOST_WIRES or is_dense:
        raise DiagramError(
            f"this picture would have {wires} lines between {items} nodes and points; that is more "
            "than the studio lays out. The library's `draw` takes its time and does"
        )
