"""A program as a graph without names: what stands for what is in labels, all else in arcs.

Every vertex is made after those that its arcs lead to, so the order of making is topological.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod

from diagram.equality.consts import leg_labels, number_label
from diagram.equality.form import Form
from diagram.equality.scale import content, plain, product
from diagram.language.core import (
    Apply,
    Axis,
    Conv,
    Diagram,
    Let,
    Maker,
    Node,
    Source,
)
from diagram.language.ops import OPS
from diagram.language.size import Atom, Divisor, Floor, Size

Label = tuple[str | int, ...]
Arc = tuple[Label, int]


@dataclass
class Graph:
    """Vertices by number, each with a label and its arcs to vertices made before it."""

    labels: list[Label] = field(default_factory=list)
    arcs: list[list[Arc]] = field(default_factory=list)

    def vertex(self, *label: str | int, arcs: list[Arc] | None = None) -> int:
        self.labels.append(label)
        self.arcs.append(arcs or [])
        return len(self.labels) - 1


@dataclass
class Encoded(Graph):
    """The graph of a program, and where its dims, values, legs, nodes and edges are in it."""

    dims: dict[str, int] = field(default_factory=dict)
    values: dict[str, int] = field(default_factory=dict)
    legs: dict[str, list[int]] = field(default_factory=dict)
    uses: dict[str, list[int]] = field(default_factory=dict)
    edges: dict[str, dict[str, int]] = field(default_factory=dict)
    sizes: dict[Size, int] = field(default_factory=dict)


def encode(form: Form) -> Encoded:
    """The graph of a program's form."""
    graph = Encoded()
    defaults: Mapping[str, int] = form.program.defaults
    for source in form.program.sources:
        _source(graph, source, defaults)
    for let in form.program.lets:
        _let(graph, let, form.sizes[let.name], defaults)
    arcs: list[Arc] = [
        (("return", place), graph.values[name]) for place, name in enumerate(form.program.outputs)
    ]
    graph.vertex("program", arcs=arcs)
    return graph


# -- sizes ----------------------------------------------------------------------------------------


def _size(graph: Encoded, size: Size, defaults: Mapping[str, int]) -> int:
    """The vertex of a size: one for all that are equal."""
    size = plain(size)
    if size not in graph.sizes:
        graph.sizes[size] = _new_size(graph, size, defaults)
    return graph.sizes[size]


def _new_size(graph: Encoded, size: Size, defaults: Mapping[str, int]) -> int:
    if size.number is not None:
        return graph.vertex("number", str(size.number))
    if size == Size.of(name := str(size)):
        graph.dims[name] = graph.vertex("dim", defaults.get(name, -1))
        return graph.dims[name]
    terms: list[Arc] = []
    for powers, factor in size.terms:
        known = factor * prod(content(a) ** power for a, power in powers)
        atoms: list[Arc] = [(("power", n), _atom(graph, atom, defaults)) for atom, n in powers]
        terms.append((("term",), graph.vertex("term", str(known), arcs=atoms)))
    return graph.vertex("size", arcs=terms)


def _atom(graph: Encoded, atom: Atom, defaults: Mapping[str, int]) -> int:
    match atom:
        case str():
            return _size(graph, Size.of(atom), defaults)
        case Floor(over, by):
            parts = (("over", over), ("by", by))
            arcs: list[Arc] = [((part,), _size(graph, size, defaults)) for part, size in parts]
            return graph.vertex("floor", arcs=arcs)
        case Divisor(size):
            size = size * (1 / content(atom))
            return graph.vertex("divisor", arcs=[(("of",), _size(graph, size, defaults))])


# -- values ---------------------------------------------------------------------------------------


def _source(graph: Encoded, source: Source, defaults: Mapping[str, int]) -> None:
    labels = leg_labels(source)
    graph.legs[source.name] = [
        graph.vertex("leg", label, arcs=[(("length",), _size(graph, leg.size, defaults))])
        for leg, label in zip(source.legs, labels, strict=True)
    ]
    arcs: list[Arc] = [(("leg",), leg) for leg in graph.legs[source.name]]
    if source.of is not None:
        arcs.append((("below",), _size(graph, source.of, defaults)))
    label = (str(source.kind), *number_label(source))
    graph.values[source.name] = graph.vertex("source", *label, arcs=arcs)


def _let(graph: Encoded, let: Let, sizes: Mapping[str, Size], defaults: Mapping[str, int]) -> None:
    maker = let.maker
    convs = {conv.edge: conv for conv in maker.convs} if isinstance(maker, Diagram) else {}
    split = {e for node in _uses(maker) for axis in node.axes if len(axis) > 1 for e in axis}
    edges = {
        edge: _edge(graph, convs.get(edge), sizes[edge] if edge in split else None, defaults)
        for edge in _edges(maker)
    }
    graph.edges[let.name] = edges
    uses = _uses(maker)
    signals: set[str] = set()
    graph.uses[let.name] = []
    for node in uses:
        roles = {e: ("signal" if e not in signals else "kernel") for e in node.edges if e in convs}
        signals |= roles.keys()
        graph.uses[let.name].append(_use(graph, node, edges, roles))
    graph.legs[let.name] = [
        graph.vertex("leg", "made", arcs=_bundle(axis, edges, {})) for axis in maker.output
    ]
    arcs: list[Arc] = [(("leg",), leg) for leg in graph.legs[let.name]]
    arcs += [
        ((role, place if ordered else 0), use)
        for (role, ordered) in [_role(maker)]
        for place, use in enumerate(graph.uses[let.name])
    ]
    graph.values[let.name] = graph.vertex(
        *_maker_label(maker), arcs=arcs + _maker_arcs(graph, maker, edges, defaults)
    )


def _uses(maker: Maker) -> tuple[Node, ...]:
    return maker.nodes if isinstance(maker, Diagram) else maker.args


def _edges(maker: Maker) -> tuple[str, ...]:
    named = maker.legs if isinstance(maker, Apply) else ()
    return tuple(dict.fromkeys([*(e for node in _uses(maker) for e in node.edges), *named]))


def _edge(
    graph: Encoded, conv: Conv | None, length: Size | None, defaults: Mapping[str, int]
) -> int:
    """An edge; one that stands in a bundle says its length, which no leg may say."""
    if conv is None:
        known = [] if length is None else [(("length",), _size(graph, length, defaults))]
        return graph.vertex("edge", arcs=list[Arc](known))
    left, right = conv.pad if isinstance(conv.pad, tuple) else (None, None)
    sizes = {
        "stride": conv.stride,
        "dilation": conv.dilation,
        "up": conv.up,
        "shift": conv.shift,
        "left": left,
        "right": right,
    }
    arcs: list[Arc] = [
        ((name,), _size(graph, size, defaults)) for name, size in sizes.items() if size is not None
    ]
    pad = conv.pad if isinstance(conv.pad, str) else "sizes"
    return graph.vertex("edge", str(conv.kind), pad, arcs=arcs)


def _use(graph: Encoded, node: Node, edges: Mapping[str, int], roles: Mapping[str, str]) -> int:
    arcs: list[Arc] = [(("of",), graph.values[node.value])]
    for leg, axis in zip(graph.legs[node.value], node.axes, strict=True):
        at = graph.vertex("axis", arcs=[(("leg",), leg), *_bundle(axis, edges, roles)])
        arcs.append((("axis",), at))
    return graph.vertex("use", arcs=arcs)


def _bundle(axis: Axis, edges: Mapping[str, int], roles: Mapping[str, str]) -> list[Arc]:
    """The arcs of an axis to its edges, which stand in order; the first is the slowest."""
    return [
        (("at", place, len(axis), roles.get(edge, "")), edges[edge])
        for place, edge in enumerate(axis)
    ]


def _role(maker: Maker) -> tuple[str, bool]:
    """What a use is in its let, and whether the order of uses means something."""
    if isinstance(maker, Diagram):
        return "node", False
    return ("value", True) if isinstance(maker, Apply) and maker.op != "+" else ("term", False)


def _maker_label(maker: Maker) -> Label:
    if isinstance(maker, Apply):
        words = [f"{name}={value}" for name, value in maker.options if isinstance(value, str)]
        return ("op", maker.op, *words)
    return ("product",)


def _maker_arcs(
    graph: Encoded, maker: Maker, edges: Mapping[str, int], defaults: Mapping[str, int]
) -> list[Arc]:
    """What a let names beside its values: scalars, an op's legs, options."""
    if isinstance(maker, Diagram):
        plain, rooted = product(maker.scale)
        return [
            (("scale",), _size(graph, plain, defaults)),
            (("root",), _size(graph, rooted, defaults)),
        ]
    assert isinstance(maker, Apply)
    op = OPS[maker.op]
    named: list[Arc] = [
        (("names", 0 if op.several else place), edges[leg]) for place, leg in enumerate(maker.legs)
    ]
    return named + [
        (("option", name), _size(graph, value, defaults))
        for name, value in maker.options
        if isinstance(value, Size)
    ]
