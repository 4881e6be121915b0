"""What happens to an edge on its way: contracted, kept, softmaxed, open, and in which statement."""

from __future__ import annotations

from collections.abc import Iterator

from diagram.draw import stubs
from diagram.draw.formula import value_text
from diagram.draw.stars import words
from diagram.language.core import Apply, Call, Diagram, Let, Program, flat, nodes
from diagram.language.ops import OPS, Reduction


def roles(program: Program, name: str, letter: str) -> tuple[str, ...]:
    """The roles of an edge, from the innermost let that it runs through to the outermost."""
    if name in program.source:
        return (f"open: a leg of {value_text(name)}",) if name in program.outputs else ()
    found = [role for let, edge in _way(program, name, letter) for role in _here(let, edge)]
    last, edge = _top(program, name, letter)
    if last.name in program.outputs and edge in flat(last.maker.output):
        found.append(f"open: a leg of the result {value_text(last.name)}")
    return tuple(dict.fromkeys(role for role in found if role))


def _here(let: Let, edge: str) -> Iterator[str]:
    where = f"in {value_text(let.name.partition('~')[0])}"
    maker = let.maker
    uses = [node for node in nodes(maker) if edge in node.edges]
    meets = sum(node.edges.count(edge) for node in uses)
    match maker:
        case Diagram():
            yield from (f"{words(conv)} {where}" for conv in maker.convs if conv.edge == edge)
            if edge in stubs.convolved(maker):
                yield f"summed out {where}" if edge in maker.summed else ""
            elif edge in maker.summed:
                yield f"contracted {where}" if meets > 1 else f"summed out {where}"
            elif meets > 1:
                yield f"kept {where}: multiplied entry by entry (batch)"
            for axis in maker.output:
                if len(axis) > 1 and edge in axis:
                    yield f"one of ({' '.join(axis)}), a leg of {value_text(let.name)}"
        case Apply(op, legs, _, _, _):
            if isinstance(OPS.get(op), Reduction) and edge in legs:
                yield f"{op} over it {where}"
            elif edge in legs:
                yield f"{op.replace('_', ' ')} along it {where}"
            elif op == "+" and meets > 1:
                yield f"added entry by entry {where}"


def _single(program: Program, name: str) -> Let | None:
    """The one let that reads a let, if it is inlined there."""
    readers = program.readers.get(name, ())
    return program.let.get(readers[0]) if len(readers) == 1 else None


def _up(program: Program, let: Let, edge: str) -> tuple[Let, str] | None:
    """The let that an edge is handed to, with its letter there."""
    reader = _single(program, let.name)
    kept = let.maker.output
    if reader is None or (edge,) not in kept or isinstance(reader.maker, Call):
        return None
    node = next(n for n in nodes(reader.maker) if n.value == let.name)
    axis = node.axes[kept.index((edge,))]
    return (reader, axis[0]) if len(axis) == 1 else None


def _top(program: Program, name: str, letter: str) -> tuple[Let, str]:
    here = (program.let[name], letter)
    while (above := _up(program, *here)) is not None:
        here = above
    return here


def _way(program: Program, name: str, letter: str) -> list[tuple[Let, str]]:
    """All lets that an edge runs through: those below it, itself, those above it."""
    found: list[tuple[Let, str]] = []

    def below(let: Let, edge: str) -> None:
        for node in () if isinstance(let.maker, Call) else nodes(let.maker):
            inner = program.let.get(node.value)
            if inner is not None and _single(program, inner.name) is not None:
                for axis, outer in zip(inner.maker.output, node.axes, strict=False):
                    if outer == (edge,) and len(axis) == 1:
                        below(inner, axis[0])
        found.append((let, edge))

    below(*_top(program, name, letter))
    return found
