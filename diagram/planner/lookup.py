"""Embeddings found in products: a one_hot value that meets a table is a look-up of its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from diagram.language.core import Apply, Diagram, Node, Program, axes, legs_of
from diagram.planner.fuse import Task
from diagram.planner.steps import Attend, Lookup, operands


def looked_up(program: Program, tasks: Sequence[Task]) -> list[Task]:
    """The tasks with look-ups in place of products with one_hot values, which go where they can."""
    found = [part for task in tasks for part in _parts(program, task)]
    read = {*program.outputs}
    kept: list[Task] = []
    for task in reversed(found):
        if task.name in read or not _is_one_hot(task.maker):
            kept.append(task)
            read |= {node.value for node in _nodes(task)}
    return kept[::-1]


def _nodes(task: Task) -> Sequence[Node]:
    maker = task.maker
    if isinstance(maker, Diagram):
        return maker.nodes
    return operands(maker) if isinstance(maker, Attend | Lookup) else maker.args


def _is_one_hot(maker: object) -> bool:
    return isinstance(maker, Apply) and maker.op == "one_hot"


def _parts(program: Program, task: Task) -> list[Task]:
    """A task, and before it the look-ups that it reads."""
    if not isinstance(task.maker, Diagram) or not task.maker.is_plain:
        return [task]
    diagram = task.maker
    before: list[Task] = []
    for use in diagram.nodes:
        found = _lookup(program, diagram, use)
        if found is None:
            continue
        name = f"{task.name}:e{len(before) + 1}"
        made = Node(name, axes([*found.index.edges, *found.rest]))
        before.append(Task(name, task.of, found))
        left = [made if node is found.table else node for node in diagram.nodes if node is not use]
        diagram = replace(diagram, nodes=tuple(left))
    return [*before, replace(task, maker=diagram)]


def _lookup(program: Program, diagram: Diagram, use: Node) -> Lookup | None:
    """The look-up that one use of a one_hot value is; None where it is more than that."""
    let = program.let.get(use.value)
    if let is None or not isinstance(let.maker, Apply) or let.maker.op != "one_hot":
        return None
    apply = let.maker
    edges = dict(zip(legs_of(apply.output), use.edges, strict=True))
    v = edges[apply.legs[0]]
    tables = [node for node in diagram.nodes if node is not use and v in node.edges]
    scaled = any(v in scalar.size.dims for scalar in diagram.scale)
    if len(tables) != 1 or v in diagram.kept or scaled:
        return None
    (table,) = tables
    everything = [*use.edges, *table.edges]
    if len(set(everything)) != len(everything) - 1 or table.value not in program.source:
        return None
    index = apply.args[0]
    return Lookup(Node(index.value, axes([edges[edge] for edge in index.edges])), table, v)
