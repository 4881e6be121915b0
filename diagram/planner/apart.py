"""Why two nodes cannot be merged: what stands between them."""

from __future__ import annotations

from typing import assert_never

from diagram.errors import DiagramError
from diagram.language.check import check
from diagram.language.core import Apply, Call, Diagram, Let, Program, nodes
from diagram.language.inline import inline
from diagram.planner.together import Use


def apart(program: Program, first: Use, second: Use) -> str:
    """Why two uses cannot be merged with each other, in words; empty if they can.

    A use is a let and the place of a node in it. DiagramError for a use that is none.

    >>> from diagram import parse
    >>> text = "input Q[n] K[m] V[m]\\nA[n m] = softmax[m](Q[n] K[m])\\nY[n] = A[n m] V[m]\\n"
    >>> text += "return Y"
    >>> print(apart(parse(text), ("A~1", 0), ("Y", 1)))
    Q is inside softmax[m] and V is not. softmax is not linear: it needs every entry of what it is
    taken of, so softmax(Q ...) V is not softmax(Q ... V). All inside is merged to one value first.
    >>> apart(parse(text), ("A~1", 0), ("A~1", 1))
    ''
    """
    program = inline(check(program))
    for name, place in (first, second):
        if name not in program.let or place not in range(len(nodes(program.let[name].maker))):
            raise DiagramError(f"the diagram has no `{name}/{place}`")
    one, other = (nodes(program.let[name].maker)[place].value for name, place in (first, second))
    if first[0] == second[0]:
        return _in_one(program.let[first[0]], one, other)
    inner, outer = _way(program, first[0]), _way(program, second[0])
    if second[0] in inner:
        return _between(program, inner, second[0], one, other)
    if first[0] in outer:
        return _between(program, outer, first[0], other, one)
    meeting = next((let.name for let in program.lets if let.name in {*inner} & {*outer}), "")
    if not meeting:
        return f"{one} and {other} stand in results that have nothing to do with each other."
    for way, value, against in ((inner, one, other), (outer, other, one)):
        if any(isinstance(program.let[name].maker, Apply) for name in _path(way, meeting)):
            return _between(program, way, meeting, value, against)
    return _lines(program, _path(inner, meeting)[0], one, other)


def _in_one(let: Let, one: str, other: str) -> str:
    match let.maker:
        case Diagram():
            return ""
        case Apply(op="+"):
            return f"{one} and {other} are terms of one sum: they are added, not multiplied."
        case Apply(op):
            return f"{one} and {other} are both what {op} is taken of: no product joins them."
        case Call():
            raise AssertionError("defs are written out")
        case _:
            assert_never(let.maker)


def _way(program: Program, name: str) -> dict[str, str]:
    """The lets that a let flows into, nearest first, each with the one that it is reached from."""
    found = {name: ""}
    waiting = [name]
    for here in waiting:
        for reader in dict.fromkeys(program.readers.get(here, ())):
            if reader != "return" and reader not in found:
                found[reader] = here
                waiting.append(reader)
    return found


def _path(way: dict[str, str], end: str) -> list[str]:
    """From a let on the way to another: both, and what lies between."""
    found = [end]
    while way[found[-1]]:
        found.append(way[found[-1]])
    return found[::-1]


def _between(program: Program, way: dict[str, str], end: str, one: str, other: str) -> str:
    """The first barrier on the way, or that lines are made one after the other."""
    path = _path(way, end)
    for name in path[1:] if isinstance(program.let[path[0]].maker, Diagram) else path:
        maker = program.let[name].maker
        if isinstance(maker, Apply) and not (name == end and maker.op == "+"):
            return _barrier(maker, one, other)
    return _lines(program, path[0], one, other)


def _barrier(maker: Apply, one: str, other: str) -> str:
    if maker.op == "+":
        return (
            f"{one} is in a sum and {other} is not. The terms of a sum are added first: to merge "
            f"{other} with {one} alone it would have to be multiplied into every term."
        )
    legs = f"[{' '.join(maker.legs)}]" if maker.legs else ""
    return "\n".join(
        [
            f"{one} is inside {maker.op}{legs} and {other} is not. {maker.op} is not linear: it "
            "needs every entry of what it is",
            f"taken of, so {maker.op}({one} ...) {other} is not {maker.op}({one} ... {other}). "
            "All inside is merged to one value first.",
        ]
    )


def _lines(program: Program, name: str, one: str, other: str) -> str:
    """A let between the two that is written as a line of its own."""
    count = len(set(program.readers.get(name, ())))
    why = "it is used more than once" if count > 1 else "what a line says is made first"
    return (
        f"{one} stands in {name.partition('~')[0]}, which is a value of its own: {why}. "
        f"Write it and {other} in one product, and they may be merged."
    )
