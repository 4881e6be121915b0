"""From a program to its scene: the parts, and what is said of the whole."""

from __future__ import annotations

from collections.abc import Mapping

from diagram.draw import label, parts, stars
from diagram.draw.label import Label
from diagram.draw.letters import Letters
from diagram.draw.part import Part
from diagram.draw.scene import Scene, Wire
from diagram.language.core import Diagram, Program
from diagram.language.unfold import Inside


def scene(
    program: Program,
    batch: bool = False,
    sizes: Mapping[str, int] | None = None,
    inside: Mapping[str, Inside] | None = None,
) -> Scene:
    """The scene of a checked program; `batch` shows the batch legs, `inside` are unfolded calls."""
    opened = inside or {}
    letters = Letters(program, tuple((sizes or {}).items()))
    inlined = parts.inlined(program)
    held = frozenset(name for one in opened.values() for name in one.names)
    names = tuple(name for name in parts.names(program, inlined) if name not in held)
    found = [
        Part(letters, batch, inlined, part, len(names) > 1 and place >= _alone(program), opened)
        for place, part in enumerate(names)
    ]
    for part in found:
        part.draw()
    note = "" if batch or not letters.batch else _note(letters.batch)
    wires = tuple(wire for part in found for wire in part.wires)
    return Scene(
        tuple(item for part in found for item in part.items),
        wires,
        tuple(dot for part in found for dot in part.dots),
        tuple(region for part in found for region in part.regions),
        names,
        _dims(wires, letters),
        note,
        _stars(program),
    )


def _alone(program: Program) -> int:
    """How many parts at the front need no frame: the one result, where there is one."""
    return 1 if len(program.outputs) == 1 else 0


def _note(batch: tuple[str, ...]) -> str:
    shown = [dim for dim in batch if dim != "batch"]
    return f"batch {', '.join(shown)} not drawn" if shown else "batch not drawn"


def _stars(program: Program) -> tuple[str, ...]:
    """What the convolved edges say, each text once."""
    diagrams = (let.maker for let in program.lets if isinstance(let.maker, Diagram))
    return tuple(dict.fromkeys(stars.words(c) for diagram in diagrams for c in diagram.convs))


def _dims(wires: tuple[Wire, ...], letters: Letters) -> tuple[tuple[str, Label, str], ...]:
    found: dict[str, tuple[str, Label, str]] = {}
    for wire in wires:
        if wire.dim not in found:
            number = letters.numbers.get(wire.dim)
            length = "" if number is None else f"{number:,}"
            found[wire.dim] = (wire.dim, label.of_letter(wire.dim), length)
    return tuple(found.values())
