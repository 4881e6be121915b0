"""Softmax between two contractions, found by structure, whatever the letters: it becomes one `Attend`.

The scores S = (query side)(key side) are cut in two: nodes on the softmax edge m belong to the keys, all
others go where they cost least. The product that reads the softmax is cut in the same way into what
meets m before (the values) and what comes after.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from diagram.language.check import derive
from diagram.language.core import Apply, Diagram, Leg, Let, Maker, Node, Program, Scalar, axes, legs_of
from diagram.language.size import Size
from diagram.planner import search
from diagram.planner.steps import Attend, Causal

MOST_FREE = 7
"""Free nodes up to this many are placed by trying every cut."""

MOVE = 40
"""FLOPs that take about as long as writing one element to memory and reading it back."""

NEVER = 1 << 200


@dataclass(frozen=True, slots=True)
class Task:
    """A let of the program, or one that a fusion made."""

    name: str
    of: str
    maker: Maker | Attend


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


@dataclass(frozen=True, slots=True)
class _Facts:
    """The sizes of all values' legs, and the numbers that dims have."""

    legs: Mapping[str, Sequence[Leg]]
    numbers: Mapping[str, int]

    def edge_sizes(self, nodes: Sequence[Node]) -> dict[str, Size]:
        return {
            edge: leg.size
            for node in nodes
            if node.value in self.legs
            for edge, leg in zip(node.edges, self.legs[node.value], strict=True)
        }

    def lengths_of(self, nodes: Sequence[Node], apart: Node | None = None) -> dict[str, int]:
        sizes = self.edge_sizes([*nodes, *([apart] if apart else [])])
        return {edge: max(1, int(size.ratio(self.numbers))) for edge, size in sizes.items()}


def fuse(program: Program, numbers: Mapping[str, int]) -> list[Task]:
    """The lets that outputs need, in order, with attention fused where that pays."""
    facts = _Facts(derive(program).legs, numbers)
    fused = {}
    gone: set[str] = set()
    for match in _matches(program):
        tasks = _attend(match, facts)
        if tasks is not None and not gone & {match.reader.name, *match.inner}:
            fused[match.reader.name] = tasks
            gone |= set(match.inner)
    result: list[Task] = []
    for let in _needed(program):
        if let.name in fused:
            result += fused[let.name]
        elif let.name not in gone:
            result.append(Task(let.name, let.name, let.maker))
    return result


def _needed(program: Program) -> list[Let]:
    """Lets that the outputs depend on."""
    needed = set(program.outputs)
    for let in reversed(program.lets):
        if let.name in needed:
            maker = let.maker
            uses = maker.nodes if isinstance(maker, Diagram) else maker.args
            needed |= {node.value for node in uses}
    return [let for let in program.lets if let.name in needed]


# -- finding it -----------------------------------------------------------------------------------


def _matches(program: Program) -> list[_Match]:
    found = (_match(program, let) for let in program.lets)
    return [match for match in found if match is not None]


def _match(program: Program, reader: Let) -> _Match | None:
    diagram = reader.maker
    if not isinstance(diagram, Diagram):
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
            plain = len(set(below.maker.kept)) == len(below.maker.kept)
            return (below, tuple(inner), tuple(masks), causal) if plain else None
        maker = below.maker
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


def _attend(match: _Match, facts: _Facts) -> list[Task] | None:
    """The tasks that make the reader with a fused attention; None where the plain way is cheaper."""
    scores, reader = match.scores.maker, match.reader.maker
    assert isinstance(scores, Diagram) and isinstance(reader, Diagram)
    name = match.reader.name
    use = next(node for node in reader.nodes if node.value == match.softmax.name)
    rest = [node for node in reader.nodes if node is not use]
    # The letters of the softmax's result become those of its reader.
    outer = dict(zip(legs_of(match.softmax.maker.output), use.edges, strict=True))
    m = outer[_leg(match.softmax)]
    masks = tuple(_rename(node, outer) for node in match.masks)
    causal = match.causal and match.causal.on(outer[match.causal.query])
    kept = frozenset(reader.kept)
    values, after, reader_cost = _cut(rest, m, kept | {*use.edges}, facts, use, kept)
    width = _width(use, values, {*reader.kept, *_edges(after)})
    inner = _renamed(scores, outer, facts.edge_sizes(values), facts)
    open_rows = frozenset(e for e in use.edges if e != m and e not in _edges(values))
    keys, queries, scores_cost = _cut(inner, m, frozenset(use.edges), facts, rows=open_rows)
    if scores_cost + reader_cost > _plain_cost(inner, use, reader, facts):
        return None
    depth = tuple(e for e in _edges(queries) if e in _edges(keys) and e not in use.edges)
    rows = _rows(use.edges, m, (*_edges(keys), *_edges(values)), masks, causal)
    batch = tuple(e for e in use.edges if e != m and e not in rows)
    tasks: list[Task] = []

    def side(part: str, nodes: Sequence[Node], output: Sequence[str]) -> Node:
        """A node for one side: the value itself where nothing is to be done."""
        if len(nodes) == 1 and set(nodes[0].edges) == set(output):
            return nodes[0]
        made = Node(f"{name}:{part}", axes(list(output)))
        tasks.append(Task(made.value, name, Diagram(tuple(nodes), made.axes)))
        return made

    query = side("q", queries, [*(e for e in use.edges if e in _edges(queries)), *depth])
    key = side("k", keys, [*(e for e in batch if e in _edges(keys)), m, *depth])
    value = side("v", values, [*(e for e in batch if e in _edges(values)), m, *width])
    scale = in_dims(scores.scale, facts.edge_sizes(scores.nodes))
    attend = Attend(query, key, value, batch, rows, m, depth, width, scale, masks, causal)
    result = Node(f"{name}:a", axes([*batch, *rows, *width]))
    tasks.append(Task(result.value, name, attend))
    tasks.append(Task(name, name, Diagram((result, *after), reader.output, reader.scale)))
    return tasks


def _width(use: Node, values: Sequence[Node], needed: set[str]) -> tuple[str, ...]:
    """Edges of the values that the softmax lacks and something after still needs."""
    return tuple(e for e in _edges(values) if e not in use.edges and e in needed)


def _plain_cost(inner: Sequence[Node], use: Node, reader: Diagram, facts: _Facts) -> int:
    """The cost without fusing: the maps are written, read and written by softmax, and read."""
    sizes = facts.lengths_of([*inner, *reader.nodes], use)
    maps = search.volume(frozenset(use.edges), sizes)
    scores = _cost(inner, frozenset(use.edges), sizes)
    return scores + _cost(reader.nodes, frozenset(reader.kept), sizes) + 3 * MOVE * maps


def in_dims(scale: Sequence[Scalar], edges: Mapping[str, Size]) -> tuple[Scalar, ...]:
    """The scale with the lengths of edges put for their names."""
    return tuple(replace(scalar, size=scalar.size.replace(edges)) for scalar in scale)


def _rename(node: Node, names: Mapping[str, str]) -> Node:
    return Node(node.value, tuple(tuple(names[e] for e in axis) for axis in node.axes))


def _renamed(
    scores: Diagram, outer: Mapping[str, str], width: Mapping[str, Size], facts: _Facts
) -> list[Node]:
    """The scores in the reader's letters; a summed letter keeps its own where that is no other's."""
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


def _edges(nodes: Sequence[Node]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(edge for node in nodes for edge in node.edges))


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
    named += [edge for edge in _edges(masks) if edge in only]
    return tuple(only) if not named else tuple(e for e in named[:1] if e in only)


def _cut(
    nodes: Sequence[Node],
    m: str,
    kept: frozenset[str],
    facts: _Facts,
    apart: Node | None = None,
    output: frozenset[str] = frozenset(),
    rows: frozenset[str] = frozenset(),
) -> tuple[list[Node], list[Node], int]:
    """Nodes that go with m, the others, and the cost of both products and of what joins them.

    Without `apart` the two sides meet over m (scores), and the m side is kept free of some of `rows`,
    the edges that can be rows of one attention. With it the m side meets that value first, and the
    result meets the others for `output`.
    """
    free = [place for place, node in enumerate(nodes) if m not in node.edges]
    sizes = facts.lengths_of(nodes, apart)

    def sides(near_free: frozenset[int]) -> tuple[list[Node], list[Node]]:
        near = [n for i, n in enumerate(nodes) if i not in free or i in near_free]
        return near, [n for i, n in enumerate(nodes) if i in free and i not in near_free]

    def cost(near_free: frozenset[int]) -> int:
        near, far = sides(near_free)
        near_edges, far_edges = frozenset(_edges(near)), frozenset(_edges(far))
        near_out = near_edges & (kept | far_edges)
        if apart is None:
            far_out = far_edges & (kept | near_edges)
            joined = 2 * search.volume(near_out | far_out, sizes)
            return _cost(near, near_out, sizes) + _cost(far, far_out, sizes) + joined
        all_edges = near_out | frozenset(apart.edges)
        middle = Node("", axes(sorted(e for e in all_edges if e != m and e in far_edges | output)))
        after = _cost([middle, *far], output, sizes)
        return _cost(near, near_out, sizes) + 2 * search.volume(all_edges, sizes) + after

    choices = [frozenset(chosen) for count in range(len(free) + 1) for chosen in combinations(free, count)]
    if len(free) > MOST_FREE:
        choices = [frozenset()]
    if apart is None:
        choices = [c for c in choices if len(c) < len(free)]
        apart_rows = [c for c in choices if rows - frozenset(_edges(sides(c)[0]))]
        choices = apart_rows or choices
    costs = [cost(choice) for choice in choices]
    if not costs:
        return list(nodes), [], NEVER
    return *sides(choices[costs.index(min(costs))]), min(costs)


def _cost(nodes: Sequence[Node], output: frozenset[str], sizes: Mapping[str, int]) -> int:
    """FLOPs and elements written of a product's best order, as one number."""
    inputs = [frozenset(node.edges) for node in nodes]
    path = search.best(inputs, output, sizes)
    found = search.score(path, inputs, output, sizes)
    return found.flops + MOVE * found.written
