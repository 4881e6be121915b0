"""Softmax between two contractions becomes one `Attend`, found by structure, whatever the letters.

The scores S = (query side)(key side) are cut in two: nodes on the softmax edge m belong to the
keys, all others go where they cost least. The product that reads the softmax is cut in the same
way into what meets m before (the values) and what comes after.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace

from diagram.language.check import derive
from diagram.language.core import (
    Apply,
    Diagram,
    Let,
    Maker,
    Node,
    Program,
    Scalar,
    axes,
    legs_of,
    nodes,
)
from diagram.language.size import Size
from diagram.planner import search
from diagram.planner.cut import MOVE, Facts, cut_reader, cut_scores, edges_of, product_cost
from diagram.planner.policy import Policy
from diagram.planner.steps import Attend, Causal, Lookup


@dataclass(frozen=True, slots=True)
class Task:
    """A let of the program, or one that a fusion made."""

    name: str
    of: str
    maker: Maker | Attend | Lookup


@dataclass(frozen=True, slots=True)
class _Match:
    """Where the pattern stands: scores -> masks -> softmax -> the product that reads it."""

    scores: Let
    softmax: Let
    reader: Let
    inner: tuple[str, ...]
    """Names of the lets that vanish: scores, masks, softmax."""
    masks: tuple[Node, ...]
    causal: Causal | None


def fuse(
    program: Program, numbers: Mapping[str, int], policy: Policy, apart: Container[str] = ()
) -> list[Task]:
    """The lets that outputs need, in order, with attention fused where that pays.

    Lets that are to stand `apart` are not fused.
    """
    facts = Facts(derive(program).legs, numbers, policy)
    fused: dict[str, list[Task]] = {}
    gone: set[str] = set()
    for match in _matches(program):
        if match.reader.name in apart or match.scores.name in apart:
            continue
        tasks = _attend(match, facts)
        separate = not gone & {match.reader.name, *match.inner} and not fused.keys() & {
            *match.inner
        }
        if tasks is not None and separate:
            fused[match.reader.name] = tasks
            gone |= set(match.inner)
    result: list[Task] = []
    for let in needed(program):
        if let.name in fused:
            result += fused[let.name]
        elif let.name not in gone:
            result.append(Task(let.name, let.name, let.maker))
    return result


def needed(program: Program) -> list[Let]:
    """Lets that the outputs depend on."""
    needed = set(program.outputs)
    for let in reversed(program.lets):
        if let.name in needed:
            needed |= {node.value for node in nodes(let.maker)}
    return [let for let in program.lets if let.name in needed]


# -- finding it -----------------------------------------------------------------------------------


def _matches(program: Program) -> list[_Match]:
    found = (_match(program, let) for let in program.lets)
    return [match for match in found if match is not None]


def _match(program: Program, reader: Let) -> _Match | None:
    diagram = reader.maker
    if not isinstance(diagram, Diagram) or not diagram.is_plain:
        return None
    for node in diagram.nodes:
        softmax = program.let.get(node.value)
        if softmax is None or not _is_softmax(softmax) or not _only_reader(program, softmax):
            continue
        m = node.edges[legs_of(softmax.maker.output).index(_leg(softmax))]
        others = [other for other in diagram.nodes if other is not node]
        meets = any(m in other.edges for other in others)
        if m in diagram.kept or not meets or len(set(node.edges)) != len(node.edges):
            continue
        found = _scores(program, softmax)
        if found is not None:
            scores, inner, masks, causal = found
            return _Match(scores, softmax, reader, (*inner, softmax.name), masks, causal)
    return None


def _is_softmax(let: Let) -> bool:
    return isinstance(let.maker, Apply) and let.maker.op == "softmax"


def _leg(softmax: Let) -> str:
    assert isinstance(softmax.maker, Apply)
    return softmax.maker.legs[0]


def _only_reader(program: Program, let: Let) -> bool:
    return len(program.readers.get(let.name, ())) == 1


def _scores(
    program: Program, softmax: Let
) -> tuple[Let, tuple[str, ...], tuple[Node, ...], Causal | None] | None:
    """The diagram below the softmax, through masks that keep the names of its legs."""
    masks: list[Node] = []
    causal: Causal | None = None
    inner: list[str] = []
    maker = softmax.maker
    while isinstance(maker, Apply):
        node = maker.args[0]
        below = program.let.get(node.value)
        if below is None or not _only_reader(program, below):
            return None
        if node.edges != legs_of(below.maker.output):
            return None
        inner.append(below.name)
        if isinstance(below.maker, Diagram):
            kept = below.maker.kept
            plain = below.maker.is_plain and len(set(kept)) == len(kept)
            return (below, tuple(inner), tuple(masks), causal) if plain else None
        maker = below.maker
        if not isinstance(maker, Apply):
            return None
        if maker.op == "mask":
            masks.append(maker.args[1])
        elif maker.op == "causal" and causal is None and maker.legs[1] == _leg(softmax):
            options = {name: _whole(value) for name, value in maker.options}
            causal = Causal(maker.legs[0], options.get("window"), options.get("shift", 0))
        else:
            return None
    return None


def _whole(value: object) -> int:
    number = value.number if isinstance(value, Size) else None
    return int(number or 0)


# -- cutting it -----------------------------------------------------------------------------------


def _attend(match: _Match, facts: Facts) -> list[Task] | None:
    """The tasks that make the reader with attention fused; None where the plain way is cheaper."""
    scores, reader = match.scores.maker, match.reader.maker
    assert isinstance(scores, Diagram)
    assert isinstance(reader, Diagram)
    name = match.reader.name
    use = next(node for node in reader.nodes if node.value == match.softmax.name)
    rest = [node for node in reader.nodes if node is not use]
    # The letters of the softmax's result become those of its reader.
    outer = dict(zip(legs_of(match.softmax.maker.output), use.edges, strict=True))
    m = outer[_leg(match.softmax)]
    masks = tuple(_rename(node, outer) for node in match.masks)
    causal = match.causal and match.causal.on(outer[match.causal.query])
    kept = frozenset(reader.kept)
    values, after, reader_cost = cut_reader(rest, m, kept, facts, use)
    width = _width(use, values, {*reader.kept, *edges_of(after)})
    inner = _renamed(scores, outer, facts.edge_sizes(values), facts)
    open_rows = frozenset(e for e in use.edges if e != m and e not in edges_of(values))
    keys, queries, scores_cost = cut_scores(inner, m, frozenset(use.edges), facts, open_rows)
    if scores_cost + reader_cost > _plain_cost(inner, use, reader, facts):
        return None
    depth = tuple(e for e in edges_of(queries) if e in edges_of(keys) and e not in use.edges)
    rows = _rows(use.edges, m, (*edges_of(keys), *edges_of(values)), masks, causal)
    batch = tuple(e for e in use.edges if e != m and e not in rows)
    tasks: list[Task] = []

    def side(part: str, nodes: Sequence[Node], output: Sequence[str]) -> Node:
        """A node for one side: the value itself where nothing is to be done."""
        if len(nodes) == 1 and sorted(nodes[0].edges) == sorted(output):
            return nodes[0]
        made = Node(f"{name}:{part}", axes(list(output)))
        tasks.append(Task(made.value, name, Diagram(tuple(nodes), made.axes)))
        return made

    query = side("q", queries, [*(e for e in use.edges if e in edges_of(queries)), *depth])
    key = side("k", keys, [*(e for e in batch if e in edges_of(keys)), m, *depth])
    value = side("v", values, [*(e for e in batch if e in edges_of(values)), m, *width])
    scale = in_dims(scores.scale, facts.edge_sizes(scores.nodes))
    attend = Attend(query, key, value, batch, rows, m, depth, width, scale, masks, causal)
    result = Node(f"{name}:a", axes([*batch, *rows, *width]))
    tasks.append(Task(result.value, name, attend))
    after_scale = in_dims(reader.scale, facts.edge_sizes(reader.nodes))
    tasks.append(Task(name, name, Diagram((result, *after), reader.output, after_scale)))
    return tasks


def _width(use: Node, values: Sequence[Node], needed: set[str]) -> tuple[str, ...]:
    """Edges of the values that the softmax lacks and something after still needs."""
    return tuple(e for e in edges_of(values) if e not in use.edges and e in needed)


def _plain_cost(inner: Sequence[Node], use: Node, reader: Diagram, facts: Facts) -> int:
    """The cost without fusing: the maps are written, read and written by softmax, and read."""
    sizes = facts.lengths([*inner, *reader.nodes], use)
    maps = search.volume(frozenset(use.edges), sizes)
    scores = product_cost(inner, frozenset(use.edges), sizes, facts.policy)
    read = product_cost(reader.nodes, frozenset(reader.kept), sizes, facts.policy)
    return scores + read + 3 * MOVE * maps


def in_dims(scale: Sequence[Scalar], edges: Mapping[str, Size]) -> tuple[Scalar, ...]:
    """The scale with the lengths of edges put for their names."""
    return tuple(replace(scalar, size=scalar.size.replace(edges)) for scalar in scale)


def _rename(node: Node, names: Mapping[str, str]) -> Node:
    return Node(node.value, tuple(tuple(names[e] for e in axis) for axis in node.axes))


def _renamed(
    scores: Diagram, outer: Mapping[str, str], width: Mapping[str, Size], facts: Facts
) -> list[Node]:
    """The scores in the reader's letters; a summed one keeps its own where that is no other's."""
    own = facts.edge_sizes(scores.nodes)
    names = dict(outer)
    used = set(outer.values())
    for edge in scores.edges:
        if edge not in names:
            fresh = edge
            while fresh in used or width.get(fresh, own[edge]) != own[edge]:
                fresh += "'"
            names[edge] = fresh
            used.add(fresh)
    return [_rename(node, names) for node in scores.nodes]


def _rows(
    edges: Sequence[str],
    m: str,
    shared: Sequence[str],
    masks: Sequence[Node],
    causal: Causal | None,
) -> tuple[str, ...]:
    """Edges that only the query side has: all are rows of one attention, but for masked ones."""
    only = [edge for edge in edges if edge not in shared and edge != m]
    named = [causal.query] if causal else []
    named += [edge for edge in edges_of(masks) if edge in only]
    return tuple(only) if not named else tuple(e for e in named[:1] if e in only)
