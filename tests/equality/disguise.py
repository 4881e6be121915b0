"""The same program in another dress: every name new, every order that means nothing shuffled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import TypeVar

from diagram import check, types
from diagram.language.convolve import replaced
from diagram.language.core import (
    Apply,
    Axis,
    Call,
    Diagram,
    Dim,
    Leg,
    Let,
    Maker,
    Node,
    Program,
    Scalar,
    Source,
)
from diagram.language.instance import sizes_in
from diagram.language.ops import OPS
from diagram.language.size import Size

Item = TypeVar("Item")


def disguised(program: Program, random: Random) -> Program:
    """An equivalent program of plain diagrams and ops, checked."""
    return check(_Disguise(program, random).program())


@dataclass
class _Disguise:
    old: Program
    random: Random
    dims: dict[str, str] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    turned: dict[str, list[int]] = field(default_factory=dict)
    """For each value its old legs in their new order."""

    def program(self) -> Program:
        old = self.old
        legs = (leg.size.dims for found in types(old).values() for leg in found)
        every = {*old.dim_order, *(dim for names in legs for dim in names)}
        every |= {name for source in old.sources if source.of for name in source.of.dims}
        every |= {name for let in old.lets for name in self._dims_of(let.maker)}
        self.dims = self._names(sorted(every), "z")
        names = [*old.source, *old.let]
        self.values = self._names(names, "V")
        dims = [Dim(self.dims[d.name], d.size and self._size(d.size)) for d in old.dims]
        sources = [self._source(source) for source in self._shuffled(old.sources)]
        lets = [self._let(let) for let in self._sorted(old.lets)]
        outputs = tuple(self.values[name] for name in old.outputs)
        self.random.shuffle(dims)
        return Program(tuple(dims), tuple(sources), tuple(lets), outputs)

    def _dims_of(self, maker: Maker) -> set[str]:
        edges = {edge for node in _uses(maker) for edge in node.edges if node.is_plain}
        if isinstance(maker, Apply):
            edges = set()
        return {name for size in sizes_in(maker) for name in size.dims} - edges

    def _shuffled(self, items: Sequence[Item]) -> list[Item]:
        return self.random.sample(list(items), len(items))

    def _names(self, old: Sequence[str], letter: str) -> dict[str, str]:
        numbers = self.random.sample(range(3 * len(old) + 1), len(old))
        return {name: f"{letter}{number}" for name, number in zip(old, numbers, strict=True)}

    def _size(self, size: Size) -> Size:
        return size.replace({name: Size.of(new) for name, new in self.dims.items()})

    def _source(self, source: Source) -> Source:
        order = list(range(len(source.legs)))
        if source.init is None or source.init.name not in ("numbers", "orthogonal"):
            self.random.shuffle(order)
        self.turned[source.name] = order
        names = self._names([leg.name for leg in source.legs], "l")
        legs = [source.legs[leg] for leg in order]
        return Source(
            source.kind,
            self.values[source.name],
            tuple(Leg(names[leg.name], self._size(leg.size)) for leg in legs),
            source.init,
            source.of and self._size(source.of),
        )

    def _sorted(self, lets: Sequence[Let]) -> list[Let]:
        """The lets in another order, each after those that it uses."""
        waiting, found = list(lets), dict[str, Let]()
        while waiting:
            names = {let.name for let in waiting}
            free = [let for let in waiting if not {n.value for n in _uses(let.maker)} & names]
            let = self.random.choice(free)
            waiting.remove(let)
            found[let.name] = let
        return list(found.values())

    def _let(self, let: Let) -> Let:
        maker = let.maker
        named = maker.legs if isinstance(maker, Apply) else ()
        edges = dict.fromkeys([*(e for node in _uses(maker) for e in node.edges), *named])
        names = self._names(list(edges), "e")
        # The length of an edge that only stands in bundles is that of the dim of its name.
        split = {e for node in _uses(maker) for axis in node.axes if len(axis) > 1 for e in axis}
        names |= {edge: self.dims[edge] for edge in split & self.dims.keys()}
        order = self._shuffled(range(len(maker.output)))
        self.turned[let.name] = order
        output = self._axes([maker.output[leg] for leg in order], names)
        nodes = tuple(self._node(node, names) for node in self._order(maker))
        if isinstance(maker, Diagram):
            sizes = {name: Size.of(edge) for name, edge in names.items()}
            dims = {name: Size.of(dim) for name, dim in self.dims.items()} | sizes
            scale = tuple(replace(s, size=s.size.replace(dims)) for s in maker.scale)
            convs = tuple(
                replace(replaced(conv, dims), edge=names[conv.edge])
                for conv in self._shuffled(maker.convs)
            )
            made: Maker = Diagram(nodes, output, tuple(self._shuffled(scale)), convs)
        else:
            assert isinstance(maker, Apply)
            legs = [names[leg] for leg in maker.legs]
            if OPS[maker.op].several:
                legs = self._shuffled(legs)
            made = replace(maker, legs=tuple(legs), args=nodes, output=output,
                           options=tuple(self._options(maker)))  # fmt: skip
        return Let(self.values[let.name], made)

    def _options(self, maker: Apply) -> list[tuple[str, Size | str | bool]]:
        return [
            (name, self._size(value) if isinstance(value, Size) else value)
            for name, value in self._shuffled(maker.options)
        ]

    def _order(self, maker: Maker) -> Sequence[Node]:
        """The uses; on a convolved edge the signal stays before the kernels."""
        ordered = maker.op != "+" if isinstance(maker, Apply) else isinstance(maker, Call)
        ordered = ordered or (isinstance(maker, Diagram) and bool(maker.convs))
        return _uses(maker) if ordered else self._shuffled(_uses(maker))

    def _node(self, node: Node, names: Mapping[str, str]) -> Node:
        axes = [node.axes[leg] for leg in self.turned[node.value]]
        return Node(self.values[node.value], self._axes(axes, names))

    @staticmethod
    def _axes(axes: Sequence[Axis], names: Mapping[str, str]) -> tuple[Axis, ...]:
        return tuple(tuple(names[edge] for edge in axis) for axis in axes)


def _uses(maker: Maker) -> tuple[Node, ...]:
    return maker.nodes if isinstance(maker, Diagram) else maker.args


def changed(program: Program, random: Random) -> Program:
    """One product with another leg kept or summed, a node less, or two edges made one."""
    places = [i for i, let in enumerate(program.lets) if isinstance(let.maker, Diagram)]
    place = random.choice(places)
    let = program.lets[place]
    maker = let.maker
    assert isinstance(maker, Diagram)
    match random.randrange(3):
        case 0 if maker.nodes:
            gone = random.randrange(len(maker.nodes))
            maker = replace(maker, nodes=maker.nodes[:gone] + maker.nodes[gone + 1 :])
        case 1 if len(maker.edges) > 1:
            one, two = random.sample(maker.edges, 2)
            nodes = [
                replace(n, axes=tuple((one,) if a == (two,) else a for a in n.axes))
                for n in maker.nodes
            ]
            maker = replace(maker, nodes=tuple(nodes))
        case _:
            return scaled(program, let.name)
    lets = [*program.lets[:place], Let(let.name, maker), *program.lets[place + 1 :]]
    return replace(program, lets=tuple(lets))


def scaled(program: Program, name: str) -> Program:
    """The same with one let that is a product twice as large."""
    lets = [
        Let(let.name, replace(let.maker, scale=(*let.maker.scale, Scalar(Size.of(2)))))
        if let.name == name and isinstance(let.maker, Diagram)
        else let
        for let in program.lets
    ]
    return replace(program, lets=tuple(lets))
