"""A program from the order of its graph: names, legs, nodes, lets and dims in that order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from heapq import heapify, heappop, heappush
from itertools import count, product

from diagram.equality.consts import arranged, leg_labels
from diagram.equality.form import Form
from diagram.equality.graph import Encoded
from diagram.equality.scale import ONE, in_dims, plain
from diagram.language.convolve import replaced
from diagram.language.core import (
    Apply,
    Axis,
    Conv,
    Diagram,
    Dim,
    Init,
    Kind,
    Leg,
    Let,
    Maker,
    Node,
    Program,
    Scalar,
    Source,
)
from diagram.language.ops import OPS
from diagram.language.reader import RESERVED
from diagram.language.size import Size

LETTERS = "abcdefghijklmnopqrstuvwxyz"
KINDS = {Kind.INPUT: "X", Kind.INDEX: "T", Kind.WEIGHT: "W", Kind.BUFFER: "B", Kind.CONST: "C"}
MADE = "Y"
MINUS = Scalar(Size.of(-1))


def rebuilt(form: Form, graph: Encoded, order: Sequence[int]) -> Program:
    """The program again, without anything in it that depends on how it was written."""
    rank = {vertex: place for place, vertex in enumerate(order)}
    return _Rebuild(form, graph, rank).program()


@dataclass
class _Rebuild:
    form: Form
    graph: Encoded
    rank: Mapping[int, int]
    dims: dict[str, Size] = field(default_factory=dict)
    equations: dict[tuple[Size, int], str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    places: dict[str, list[int]] = field(default_factory=dict)
    """For each value its old legs in their new order."""

    def program(self) -> Program:
        self._name_dims()
        old = self.form.program
        sources = [self._source(source) for source in self._sources()]
        lets = [self._let(let) for let in self._lets()]
        defaults = {self.dims[name]: number for name, number in old.defaults.items()
                    if name in self.dims}  # fmt: skip
        dims = [Dim(str(size), _number(defaults.get(size))) for size in self.dims.values()]
        dims += [Dim(name, size) for (size, _), name in self.equations.items()]
        outputs = tuple(self.names[name] for name in old.outputs)
        return Program(tuple(dims), tuple(sources), tuple(lets), outputs)

    def _name_dims(self) -> None:
        letters = _letters()
        for name, _ in self._ranked(self.graph.dims.items()):
            self.dims[name] = Size.of(next(letters))

    def _ranked(self, named: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
        return sorted(named, key=lambda pair: self.rank[pair[1]])

    def _size(self, size: Size) -> Size:
        return plain(size.replace(self.dims))

    # -- sources ------------------------------------------------------------------------------

    def _sources(self) -> list[Source]:
        kinds = list(KINDS)
        values = self.graph.values
        return sorted(
            self.form.program.sources,
            key=lambda s: (kinds.index(s.kind), self.rank[values[s.name]]),
        )

    def _source(self, source: Source) -> Source:
        self._rename(source.name, KINDS[source.kind])
        init, order = source.init, list(range(len(source.legs)))
        if init is not None and init.name == "numbers":
            numbers, arrangement, _ = arranged(source)
            init, order = Init("numbers", numbers), list(arrangement)
        labels, vertices = leg_labels(source), self.graph.legs[source.name]
        # Legs of one label can change places; those of written numbers are as `arranged` has them.
        order.sort(key=lambda leg: (labels[leg], self.rank[vertices[leg]]))
        self.places[source.name] = order
        names = _Names()
        legs = []
        for leg in order:
            size = self._size(source.legs[leg].size)
            legs.append(Leg(names.of(size), size))
        of = None if source.of is None else self._size(source.of)
        return Source(source.kind, self.names[source.name], tuple(legs), init, of)

    def _rename(self, name: str, letter: str) -> None:
        self.counts[letter] = number = self.counts.get(letter, 0) + 1
        self.names[name] = f"{letter}{number}"

    # -- lets ---------------------------------------------------------------------------------

    def _lets(self) -> Iterator[Let]:
        """The lets, each after those that it uses, the first of the order before others."""
        lets = self.form.program.let
        waits = {
            name: {n.value for n in _uses(let.maker)} & lets.keys() for name, let in lets.items()
        }
        readers: dict[str, list[str]] = {}
        for name, before in waits.items():
            for other in before:
                readers.setdefault(other, []).append(name)
        ready = [(self.rank[self.graph.values[name]], name) for name in lets if not waits[name]]
        heapify(ready)
        while ready:
            _, name = heappop(ready)
            yield lets[name]
            for reader in readers.get(name, ()):
                waits[reader].discard(name)
                if not waits[reader]:
                    heappush(ready, (self.rank[self.graph.values[reader]], reader))

    def _let(self, let: Let) -> Let:
        self._rename(let.name, MADE)
        vertices = self.graph.legs[let.name]
        outputs = sorted(range(len(vertices)), key=lambda leg: self.rank[vertices[leg]])
        self.places[let.name] = outputs
        return Let(self.names[let.name], self._maker(let, [let.maker.output[i] for i in outputs]))

    def _maker(self, let: Let, output: Sequence[Axis]) -> Maker:
        maker = let.maker
        convs = {conv.edge for conv in maker.convs} if isinstance(maker, Diagram) else set()
        placed = [self._placed(node) for node in self._nodes(let, convs)]
        names = self._edge_names(let, placed, convs)
        nodes = tuple(Node(node.value, _renamed(node.axes, names)) for node in placed)
        made = _renamed(output, names)
        if isinstance(maker, Diagram):
            clauses = [self._conv(conv, names) for conv in maker.convs]
            places = {edge: place for place, edge in enumerate(names.values())}
            clauses.sort(key=lambda conv: places[conv.edge])
            return Diagram(nodes, made, self._scale(maker), tuple(clauses))
        assert isinstance(maker, Apply)
        legs = [names[leg] for leg in maker.legs]
        if OPS[maker.op].several:
            at = self.graph.edges[let.name]
            legs = [names[leg] for leg in sorted(maker.legs, key=lambda leg: self.rank[at[leg]])]
        options = tuple(
            (name, self._size(value) if isinstance(value, Size) else value)
            for name, value in maker.options
        )
        return Apply(maker.op, tuple(legs), nodes, made, options)

    def _nodes(self, let: Let, convs: set[str]) -> list[Node]:
        """The uses in order; a signal stands before the kernels on its edge."""
        uses = _uses(let.maker)
        if isinstance(let.maker, Apply) and let.maker.op != "+":
            return list(uses)
        vertices = self.graph.uses[let.name]
        left = sorted(range(len(uses)), key=lambda use: self.rank[vertices[use]])
        signals = {
            edge: next(i for i, node in enumerate(uses) if edge in node.edges) for edge in convs
        }
        order: list[int] = []
        while left:
            free = next(
                use
                for use in left
                if all(signals[e] in (use, *order) for e in uses[use].edges if e in convs)
            )
            left.remove(free)
            order.append(free)
        return [uses[use] for use in order]

    def _placed(self, node: Node) -> Node:
        axes = tuple(node.axes[leg] for leg in self.places[node.value])
        return Node(self.names[node.value], axes)

    def _edge_names(self, let: Let, placed: Sequence[Node], convs: set[str]) -> dict[str, str]:
        """New names in order of appearance: an edge of a dim's length is called as the dim."""
        sizes = self.form.sizes[let.name]
        plain = {axis[0] for node in placed for axis in node.axes if len(axis) == 1}
        names, found = _Names(), dict[str, str]()
        named = let.maker.legs if isinstance(let.maker, Apply) else ()
        for edge in dict.fromkeys([*(e for node in placed for e in node.edges), *named]):
            size = self._size(sizes[edge]) if edge in sizes and edge not in convs else ONE
            said = edge in plain or edge in named or edge in convs or not size.dims
            found[edge] = names.of(size) if said else self._said(size, names)
        return found

    def _said(self, size: Size, names: _Names) -> str:
        """A name for an edge that only bundles have: a dim, so that its length is known."""
        if names.is_free(size):
            return names.of(size)
        names.equal[size] = number = names.equal.get(size, 0) + 1
        return self.equations.setdefault((size, number), f"q_{len(self.equations) + 1}")

    def _scale(self, maker: Diagram) -> tuple[Scalar, ...]:
        renamed = [replace(scalar, size=self._size(scalar.size)) for scalar in maker.scale]
        scale = [*in_dims(renamed, {}, {})]
        if not maker.nodes:  # such a product is written with a number in front
            sign = scale[:1] == [MINUS]
            if (
                len(scale) == sign
                or scale[sign].size.number is None
                or scale[sign] != Scalar(scale[sign].size)
            ):
                scale.insert(sign, Scalar(ONE))
        return tuple(scale)

    def _conv(self, conv: Conv, names: Mapping[str, str]) -> Conv:
        return replace(replaced(conv, self.dims), edge=names[conv.edge])


@dataclass
class _Names:
    """Names of legs or edges: a dim, `a`, then `a2`, `a3`; `x_1`, `x_2` for other lengths."""

    counts: dict[str, int] = field(default_factory=dict)
    equal: dict[Size, int] = field(default_factory=dict)

    def is_free(self, size: Size) -> bool:
        return size == Size.of(str(size)) and str(size) not in self.counts

    def of(self, size: Size) -> str:
        dim = str(size) if size.number is None and size == Size.of(str(size)) else ""
        self.counts[dim] = number = self.counts.get(dim, 0) + 1
        if not dim:
            return f"x_{number}"
        return dim if number == 1 else f"{dim}{number}"


def _letters() -> Iterator[str]:
    """The names of dims: a to z, then aa, ab."""
    for length in count(1):
        for letters in product(LETTERS, repeat=length):
            if (name := "".join(letters)) not in RESERVED:
                yield name


def _uses(maker: Maker) -> tuple[Node, ...]:
    return maker.nodes if isinstance(maker, Diagram) else maker.args


def _renamed(axes: Sequence[Axis], names: Mapping[str, str]) -> tuple[Axis, ...]:
    return tuple(tuple(names[edge] for edge in axis) for axis in axes)


def _number(number: int | None) -> Size | None:
    return None if number is None else Size.of(number)
