"""A def at one call: its program with the sizes that the call gives put for its dims.

Arguments bind the legs of parameters in order and so set the def's dims; others are given by name,
are set by the def's own dims lines, or are the program's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TypeVar

from diagram.language.convolve import replaced
from diagram.language.core import (
    Apply,
    Axis,
    Call,
    Definition,
    Diagram,
    Dim,
    Leg,
    Let,
    Maker,
    Program,
    Source,
)
from diagram.language.size import Size

MakerT = TypeVar("MakerT", bound=Maker)


@dataclass(frozen=True, slots=True)
class Given:
    """What a call gives for one parameter: the legs of a value, and its bound if it is an index."""

    value: str
    legs: Sequence[Leg]
    of: Size | None = None


@dataclass(frozen=True, slots=True)
class Unequal:
    """A leg of a parameter that cannot have the length that is given: argument, leg, two sizes."""

    argument: int
    axis: int
    wanted: Size
    given: Size


@dataclass(frozen=True)
class Bound:
    """The sizes of a def's dims at a call, and what does not fit."""

    sizes: Mapping[str, Size]
    unequal: tuple[Unequal, ...]


def bind(definition: Definition, given: Sequence[Given], named: Mapping[str, Size]) -> Bound:
    """The sizes that a call gives to a def's dims; arguments have as many legs as parameters."""
    sizes: dict[str, Size] = {}
    pairs = list(_pairs(definition, given))
    for _, _, wanted, found in pairs:
        if (dim := _alone(wanted)) is not None and dim not in named:
            sizes.setdefault(dim, found)
    sizes |= named
    sizes |= own(definition.program, sizes)
    sizes = {**dict(definition.scope), **sizes}
    said = {d: size for d, size in definition.program.equations.items() if d not in named}
    expected = [wanted.replace(said).replace(sizes) for _, _, wanted, _ in pairs]
    unequal = tuple(
        Unequal(argument, axis, wanted, found)
        for (argument, axis, _, found), wanted in zip(pairs, expected, strict=True)
        if wanted != found
    )
    return Bound(sizes, unequal)


def _pairs(definition: Definition, given: Sequence[Given]) -> Iterator[tuple[int, int, Size, Size]]:
    """Argument, axis, the size that the parameter has, and the one that is given."""
    for place, (parameter, found) in enumerate(zip(definition.parameters, given, strict=True)):
        for axis, (leg, other) in enumerate(zip(parameter.legs, found.legs, strict=True)):
            yield place, axis, leg.size, other.size
        if parameter.of is not None and found.of is not None:
            yield place, len(parameter.legs), parameter.of, found.of


def own(program: Program, sizes: Mapping[str, Size]) -> dict[str, Size]:
    """What the def's own dims lines say of dims that the call does not set."""
    waiting = {d.name: d.size for d in program.dims if d.size is not None and d.name not in sizes}
    found: dict[str, Size] = {}
    for _ in range(len(waiting)):
        for name, size in list(waiting.items()):
            if not size.dims & waiting.keys():
                found[name] = size.replace({**sizes, **found})
                del waiting[name]
    return found


def _alone(size: Size) -> str | None:
    """The dim where the size is nothing but one."""
    name = str(size)
    return name if size == Size.of(name) and size.number is None else None


def dims_of(definition: Definition) -> frozenset[str]:
    """Every dim that a def names; a call may set those that no parameter sets."""
    program = definition.program
    found = {name for s in program.sources for leg in s.legs for name in leg.size.dims}
    found |= {name for s in program.sources if s.of is not None for name in s.of.dims}
    found |= {dim.name for dim in program.dims}
    for let in program.lets:
        found |= {name for size in sizes_in(let.maker) for name in size.dims}
        found |= _unsized(let.maker)
    return frozenset(found)


def sizes_in(maker: Maker) -> Iterator[Size]:
    """The sizes that stand in a let: of scales, options, clauses and calls."""
    match maker:
        case Diagram():
            yield from (scalar.size for scalar in maker.scale)
            for conv in maker.convs:
                yield from (conv.stride, conv.dilation, conv.up, conv.shift)
                yield from conv.pad if isinstance(conv.pad, tuple) else ()
        case Apply():
            yield from (value for _, value in maker.options if isinstance(value, Size))
        case Call():
            yield from (size for _, size in maker.dims)


def instance(definition: Definition, sizes: Mapping[str, Size]) -> Program:
    """The def's program with sizes put for its dims; edges that share a dim's name make room.

    An edge that takes its length from a dim of the def is named anew (`.k`), and so is the dim. The
    defs inside see the sizes.
    """
    program = definition.program
    statements = groupby(program.lets, key=lambda let: let.name.partition("~")[0])
    lines = [_statement(tuple(lets), sizes) for _, lets in statements]
    named = {dim for let in program.lets for dim in _by_name(let.maker, sizes)}
    scope = tuple(sorted(sizes.items(), key=lambda pair: pair[0]))
    return replace(
        program,
        dims=tuple(Dim(f".{name}", sizes[name]) for name in sorted(named)),
        sources=tuple(_source(source, sizes) for source in program.sources),
        lets=tuple(let for line in lines for let in line),
        notes=(),
        definitions=tuple(replace(inner, scope=scope) for inner in program.definitions),
    )


def _statement(lets: Sequence[Let], sizes: Mapping[str, Size]) -> list[Let]:
    """A let and the parts that stand in it: legs that leave a part have one name on both sides."""
    diagrams = [let.maker for let in lets if isinstance(let.maker, Diagram)]
    edges = {edge for diagram in diagrams for edge in diagram.edges}
    names: dict[str, str] = {}
    for diagram in diagrams:
        taken = _taken(diagram, sizes)
        names |= {edge: _fresh(edge, edges | taken) for edge in taken & set(diagram.edges)}
    for diagram in diagrams:
        names |= {edge: f".{edge}" for edge in _by_name(diagram, sizes)}
    return [Let(let.name, _maker(let.maker, sizes, names)) for let in lets]


def _taken(diagram: Diagram, sizes: Mapping[str, Size]) -> set[str]:
    """The dims that come into a scale: an edge of such a name would stand for its own length.

    One that takes its length from the dim of its name stands for the same.
    """
    found = {
        name
        for scalar in diagram.scale
        for dim in scalar.size.dims & (sizes.keys() - set(diagram.edges))
        for name in sizes[dim].dims
    }
    return found - _by_name(diagram, {name: Size.of(name) for name in found})


def _by_name(maker: Maker, sizes: Mapping[str, Size]) -> frozenset[str]:
    """The edges of bundles that no leg sizes, and whose dim of the same name has a size here."""
    return _unsized(maker) & sizes.keys()


def _unsized(maker: Maker) -> frozenset[str]:
    """The edges of bundles that no leg sizes."""
    if not isinstance(maker, Diagram) or maker.is_plain:
        return frozenset()
    axes = [axis for node in maker.nodes for axis in node.axes]
    sized = {axis[0] for axis in axes if len(axis) == 1}
    return frozenset({edge for axis in axes if len(axis) != 1 for edge in axis} - sized)


def _source(source: Source, sizes: Mapping[str, Size]) -> Source:
    legs = tuple(Leg(leg.name, leg.size.replace(sizes)) for leg in source.legs)
    of = source.of.replace(sizes) if source.of is not None else None
    return replace(source, legs=legs, of=of)


def _maker(maker: Maker, sizes: Mapping[str, Size], names: Mapping[str, str]) -> Maker:
    match edges_named(maker, names):
        case Diagram() as diagram:
            return _diagram(diagram, sizes)
        case Apply() as apply:
            options = tuple(
                (name, value.replace(sizes) if isinstance(value, Size) else value)
                for name, value in apply.options
            )
            return replace(apply, options=options)
        case Call() as call:
            dims = tuple((name, size.replace(sizes)) for name, size in call.dims)
            return replace(call, dims=dims)


def _diagram(diagram: Diagram, sizes: Mapping[str, Size]) -> Diagram:
    """In a scale a name is an edge first: sizes are put for the others only."""
    outer = {name: size for name, size in sizes.items() if name not in diagram.edges}
    scale = tuple(replace(s, size=s.size.replace(outer)) for s in diagram.scale)
    return replace(diagram, scale=scale, convs=tuple(replaced(c, sizes) for c in diagram.convs))


def edges_named(maker: MakerT, names: Mapping[str, str]) -> MakerT:
    """The same with other names for edges."""
    if not names:
        return maker
    output = _axes(maker.output, names)
    if not isinstance(maker, Diagram):
        args = tuple(replace(node, axes=_axes(node.axes, names)) for node in maker.args)
        found = replace(maker, args=args, output=output)
        if isinstance(found, Apply):
            return replace(found, legs=tuple(names.get(leg, leg) for leg in found.legs))
        return found
    sizes = {old: Size.of(new) for old, new in names.items() if old in maker.edges}
    return replace(
        maker,
        nodes=tuple(replace(node, axes=_axes(node.axes, names)) for node in maker.nodes),
        output=output,
        scale=tuple(replace(s, size=s.size.replace(sizes)) for s in maker.scale),
        convs=tuple(replace(conv, edge=names.get(conv.edge, conv.edge)) for conv in maker.convs),
    )


def _fresh(edge: str, taken: set[str]) -> str:
    while edge in taken:
        edge += "'"
    return edge


def _axes(axes: Sequence[Axis], names: Mapping[str, str]) -> tuple[Axis, ...]:
    return tuple(tuple(names.get(edge, edge) for edge in axis) for axis in axes)


def given_for(
    call: Call, legs: Mapping[str, Sequence[Leg]], bounds: Mapping[str, Size]
) -> list[Given]:
    """What a call gives, value by value."""
    return [Given(n.value, legs[n.value], bounds.get(n.value)) for n in call.args]


def within(
    program: Program, definition: Definition, found: Program, known: Collection[str]
) -> Program:
    """An instance as a program of its own: it sees the dims, and the defs before its own."""
    stated = {dim.name for dim in program.dims}
    others = (Dim(name) for name in sorted(set(known) - stated))
    shared = (dim for dim in (*program.dims, *others) if not dim.name.startswith("."))
    dims = (*shared, *found.dims)
    outer = program.definitions[: program.definitions.index(definition)]
    return replace(found, dims=dims, definitions=(*outer, *found.definitions))
