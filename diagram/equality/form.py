"""A program as it is compared: defs written out, copies seen through, every size in plain dims."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from diagram.equality.scale import in_dims
from diagram.errors import DiagramError, Fault, SizeError
from diagram.language.check import derive
from diagram.language.convolve import replaced
from diagram.language.core import (
    Apply,
    Axis,
    Call,
    Diagram,
    Leg,
    Let,
    Maker,
    Node,
    Option,
    Program,
    Source,
)
from diagram.language.inline import inline
from diagram.language.size import Size


@dataclass(frozen=True)
class Form:
    """What is left of a program when ways of writing are gone; names are still the program's.

    Scales hold dims only, no edges, so `program` is not one to be checked or printed.
    """

    program: Program
    legs: Mapping[str, tuple[Leg, ...]]
    """The legs of every value, sizes in dims that have no equation."""
    sizes: Mapping[str, Mapping[str, Size]]
    """For each let the size of each edge at its nodes; of a convolved one at the first."""


Copy = tuple[str, tuple[int, ...]]
"""A value, and for each leg of its copy the place that it has in the value."""


def form(program: Program) -> Form:
    """The form of a program; DiagramError with every fault if it has some."""
    written = inline(program)
    found = derive(written)
    copies: dict[str, Copy] = {}
    returned = set(written.outputs)
    sizes, lets = {}, []
    for let in written.lets:
        maker = _maker(let.maker, copies, found.equations)
        edges = found.edges.get(let.name, {})
        edges = {**_edge_sizes(maker, found.legs), **edges}
        if isinstance(maker, Diagram):
            maker = _scaled(let, maker, edges, found.equations)
        copy = _copied(maker)
        # No value is returned twice, so a copy of one that is returned stays.
        if copy is None or {let.name, copy[0]} <= returned:
            sizes[let.name] = edges
            lets.append(Let(let.name, maker))
        else:
            copies[let.name] = copy
            returned |= {copy[0]} if let.name in returned else set()
    sources = tuple(_source(source, found.legs, found.equations) for source in written.sources)
    outputs = tuple(copies.get(name, (name, ()))[0] for name in written.outputs)
    dims = tuple(dim for dim in written.dims if dim.name not in found.equations)
    return Form(Program(dims, sources, tuple(lets), outputs), found.legs, sizes)


def _source(
    source: Source, legs: Mapping[str, tuple[Leg, ...]], equations: Mapping[str, Size]
) -> Source:
    of = None if source.of is None else source.of.replace(equations)
    return replace(source, legs=legs[source.name], of=of)


def _scaled(
    let: Let, diagram: Diagram, edges: Mapping[str, Size], equations: Mapping[str, Size]
) -> Diagram:
    try:
        return replace(diagram, scale=in_dims(diagram.scale, edges, equations))
    except SizeError as error:  # division by an edge of length 0, or a size too long to be meant
        raise DiagramError([Fault(str(error), let.name.partition("~")[0])]) from None


def _edge_sizes(maker: Maker, legs: Mapping[str, tuple[Leg, ...]]) -> dict[str, Size]:
    uses = maker.nodes if isinstance(maker, Diagram) else maker.args
    found: dict[str, Size] = {}
    for node in uses:
        for axis, leg in zip(node.axes, legs[node.value], strict=True):
            if len(axis) == 1:
                found.setdefault(axis[0], leg.size)
    return found


# -- copies ---------------------------------------------------------------------------------------


def _copied(maker: Maker) -> Copy | None:
    """The value that a product only names again, its legs in some order."""
    if not isinstance(maker, Diagram) or not maker.is_plain or len(maker.nodes) != 1:
        return None
    (node,) = maker.nodes
    edges = node.edges
    if maker.scale or len(set(edges)) < len(edges) or sorted(edges) != sorted(maker.kept):
        return None
    return node.value, tuple(edges.index(edge) for edge in maker.kept)


def _maker(maker: Maker, copies: Mapping[str, Copy], equations: Mapping[str, Size]) -> Maker:
    match maker:
        case Diagram():
            nodes = tuple(_use(node, copies) for node in maker.nodes)
            convs = tuple(replaced(conv, equations) for conv in maker.convs)
            return replace(maker, nodes=nodes, convs=convs)
        case Apply():
            args = tuple(_use(node, copies) for node in maker.args)
            options = ((name, _number(value, equations)) for name, value in maker.options)
            return replace(maker, args=args, options=tuple(sorted(options, key=lambda o: o[0])))
        case Call():
            raise AssertionError("inline leaves no call")


def _use(node: Node, copies: Mapping[str, Copy]) -> Node:
    """The use as one of the value that is copied."""
    if node.value not in copies:
        return node
    value, places = copies[node.value]
    axes: list[Axis] = [()] * len(places)
    for place, axis in zip(places, node.axes, strict=True):
        axes[place] = axis
    return Node(value, tuple(axes))


def _number(value: Option, equations: Mapping[str, Size]) -> Option:
    """An option's value: true and false are 1 and 0."""
    if isinstance(value, bool):
        return Size.of(int(value))
    return value.replace(equations) if isinstance(value, Size) else value
