"""Which lets are drawn inside their reader, and which are a connected part of their own."""

from __future__ import annotations

from diagram.language.core import Program, nodes

DEEPEST = 30
"""How many lets may be drawn inside each other; deeper ones are drawn apart."""


def inlined(program: Program) -> frozenset[str]:
    """Lets that one let reads, once, and nobody else."""
    height: dict[str, int] = {}
    found = []
    for let in program.lets:
        inside = (height.get(node.value, 0) for node in nodes(let.maker))
        height[let.name] = 1 + max(inside, default=0)
        readers = program.readers.get(let.name, ())
        if len(readers) == 1 and readers[0] != "return" and height[let.name] < DEEPEST:
            found.append(let.name)
        else:
            height[let.name] = 0
    return frozenset(found)


def names(program: Program, inlined: frozenset[str]) -> tuple[str, ...]:
    """Results first, then definitions, then values that nobody reads."""
    own = [let.name for let in program.lets if let.name not in inlined]
    unread = [s.name for s in program.sources if s.name not in program.readers]
    return tuple(dict.fromkeys([*program.outputs, *own, *unread]))
