"""Which lets are drawn inside their reader, and which are a connected part of their own."""

from __future__ import annotations

from diagram.language.core import Apply, Let, Program, nodes

DEEPEST = 30
"""How many lets may be drawn inside each other; deeper ones are drawn apart."""
BOXES = 5
"""How many boxes may lie inside each other before a named value between them is drawn apart."""


def inlined(program: Program) -> frozenset[str]:
    """Lets that one let reads, once, and nobody else."""
    inside: set[str] = set()
    height: dict[str, int] = {}
    boxes: dict[str, int] = {}
    for let in program.lets:
        _measure(let, inside, height, boxes)
        while boxes[let.name] > BOXES and (middle := _middle(program, let, inside, boxes)):
            inside.discard(middle)
            for other in program.lets[: len(boxes)]:
                _measure(other, inside, height, boxes)
        readers = program.readers.get(let.name, ())
        if len(readers) == 1 and readers[0] != "return" and height[let.name] < DEEPEST:
            inside.add(let.name)
    return frozenset(inside)


def _measure(let: Let, inside: set[str], height: dict[str, int], boxes: dict[str, int]) -> None:
    """How many lets, and how many boxes, lie in each other up to this one."""
    held = [node.value for node in nodes(let.maker) if node.value in inside]
    height[let.name] = 1 + max((height[name] for name in held), default=0)
    own = 1 if isinstance(let.maker, Apply) else 0
    boxes[let.name] = own + max((boxes[name] for name in held), default=0)


def _middle(program: Program, let: Let, inside: set[str], boxes: dict[str, int]) -> str | None:
    """On the tallest way down from a let the named value that is nearest to the middle."""
    found: list[str] = []
    while held := [node.value for node in nodes(let.maker) if node.value in inside]:
        let = program.let[max(held, key=lambda name: boxes[name])]
        if not let.is_part and boxes[let.name]:
            found.append(let.name)
    aim = BOXES // 2 + 1
    return min(reversed(found), key=lambda name: abs(boxes[name] - aim), default=None)


def names(program: Program, inlined: frozenset[str]) -> tuple[str, ...]:
    """Results first, then definitions, then values that nobody reads."""
    own = [let.name for let in program.lets if let.name not in inlined]
    unread = [s.name for s in program.sources if s.name not in program.readers]
    return tuple(dict.fromkeys([*program.outputs, *own, *unread]))
