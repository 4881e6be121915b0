"""What is legal and likely wrong."""

from __future__ import annotations

from collections.abc import Iterator

from diagram.errors import Fault
from diagram.language.check import check
from diagram.language.check_calls import calls
from diagram.language.core import Diagram, Let, Program
from diagram.language.findings import shown


def warnings(program: Program) -> list[str]:
    """What is legal and likely wrong: a typo in a letter, an unused value, a value used twice.

    >>> from diagram import parse
    >>> warnings(parse("input X[n f]\\nweight W[g d]\\nY[n d] = X[n f] W[g d]\\nreturn Y"))[0]
    'Y: leg `f` of X stands at no other node and is summed out'
    """
    return [fault.message for fault in find_warnings(check(program))]


def find_warnings(program: Program) -> list[Fault]:
    """The same with their statements apart."""
    found = [w for let in program.lets for w in _diagram_warnings(let)]
    for name in [*program.source, *(let.name for let in program.lets if not let.is_part)]:
        if name not in program.readers:
            found.append(Fault(f"`{name}` is never used", name))
    called = {call.definition for call in calls(program)}
    for definition in program.definitions:
        if definition.name not in called:
            found.append(Fault(f"def `{definition.name}` is never called", definition.name))
        found += [
            Fault(f"def {definition.name}, {inner.message}", definition.name)
            for inner in find_warnings(definition.program)
        ]
    return found


def _diagram_warnings(let: Let) -> Iterator[Fault]:
    diagram = let.maker
    where = let.name.partition("~")[0]
    if not isinstance(diagram, Diagram) or len(diagram.nodes) < 2:
        return
    for edge in diagram.summed:
        users = diagram.uses(edge)
        if len(users) == 1 and diagram.nodes[users[0]].edges.count(edge) == 1:
            name = shown(diagram.nodes[users[0]].value)
            message = f"{where}: leg `{edge}` of {name} stands at no other node and is summed out"
            yield Fault(message, where)
    for place, node in enumerate(diagram.nodes):
        if node.edges and node in diagram.nodes[:place]:
            message = f"{where}: {shown(node.value)} stands twice on the same edges"
            yield Fault(f"{message}; two uses joined on all legs multiply elementwise", where)
