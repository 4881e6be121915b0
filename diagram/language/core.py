"""The values of the language: a program is a flat list of lets, each one fat statement.

A use of a value holds edge names only; names that stand at two nodes are an edge. All sizes are
derived (`check.types`), so nothing is stored twice, and equality, hashes and undo are free.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from html import escape

from diagram.language.size import Size

ONE, ZERO = Size.of(1), Size()

Axis = tuple[str, ...]
"""One axis of a use: `("n",)` is a leg, more names are a bundle, none an axis of length 1."""


@dataclass(frozen=True, slots=True)
class Leg:
    """A leg of a declared value; its size is written in dims."""

    name: str
    size: Size


class Kind(StrEnum):
    """What a source is: where its numbers come from."""

    INPUT = "input"
    INDEX = "index"
    WEIGHT = "weight"
    BUFFER = "buffer"
    CONST = "const"


@dataclass(frozen=True, slots=True)
class Init:
    """Initial numbers: a rule's name with its arguments, or `numbers` themselves, row-major."""

    name: str
    numbers: tuple[Fraction, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """A value that holds numbers; `of` is the size below which an index stays."""

    kind: Kind
    name: str
    legs: tuple[Leg, ...]
    init: Init | None = None
    of: Size | None = None


@dataclass(frozen=True, slots=True)
class Node:
    """One use of a value: its axes, in the order of the value's declaration, on named edges."""

    value: str
    axes: tuple[Axis, ...]

    @property
    def edges(self) -> tuple[str, ...]:
        return tuple(edge for axis in self.axes for edge in axis)

    @property
    def is_plain(self) -> bool:
        """Whether every axis is one leg."""
        return all(len(axis) == 1 for axis in self.axes)


@dataclass(frozen=True, slots=True)
class Scalar:
    """One factor of a diagram's scale: a size in edges and dims, its root, its inverse, or both."""

    size: Size
    root: bool = False
    inverse: bool = False


class Star(StrEnum):
    """The two kinds of convolution: as torch's layers compute it, and with the kernel flipped."""

    CORR = "corr"
    CONV = "conv"


Pad = str | tuple[Size, Size]
"""`valid`, `same`, `full`, `circular`, or how many entries of zeros stand left and right."""


@dataclass(frozen=True, slots=True)
class Conv:
    """A convolved edge: the first node on it is the signal, the others are kernels.

    With `j` the signal's index, `k` the kernel's and `i` the result's it joins entries where
    `i*stride - left = j*up - k*dilation` (corr), `i*stride - left + dilation*(K-1) = j*up +
    k*dilation` (conv); circular: modulo N, `shift` in place of `left`, and for conv of the whole
    left side but `i*stride`.
    """

    kind: Star
    edge: str
    stride: Size = ONE
    dilation: Size = ONE
    up: Size = ONE
    pad: Pad = "valid"
    shift: Size = ZERO


@dataclass(frozen=True)
class Diagram:
    """One multilinear map: nodes on shared edges, times a scale; edges off `output` are summed."""

    nodes: tuple[Node, ...]
    output: tuple[Axis, ...]
    scale: tuple[Scalar, ...] = ()
    convs: tuple[Conv, ...] = ()

    @cached_property
    def edges(self) -> tuple[str, ...]:
        """Every edge, in order of first appearance at a node."""
        return tuple(dict.fromkeys(edge for node in self.nodes for edge in node.edges))

    @cached_property
    def kept(self) -> tuple[str, ...]:
        """The edges of the result, in its order."""
        return tuple(edge for axis in self.output for edge in axis)

    @property
    def is_plain(self) -> bool:
        """Whether it has no bundles and no convolved edges."""
        plain = all(node.is_plain for node in self.nodes) and all(len(a) == 1 for a in self.output)
        return plain and not self.convs

    @cached_property
    def summed(self) -> tuple[str, ...]:
        """The edges that the result lacks: contractions, and legs summed out."""
        return tuple(edge for edge in self.edges if edge not in set(self.kept))

    def uses(self, edge: str) -> tuple[int, ...]:
        """The positions of the nodes on an edge."""
        return tuple(i for i, node in enumerate(self.nodes) if edge in node.edges)


Option = Size | str | bool
"""The value of an op's option: a number or size, or a word."""


@dataclass(frozen=True)
class Apply:
    """A barrier or structural function of named values; the sum is the op `+`."""

    op: str
    legs: tuple[str, ...]
    args: tuple[Node, ...]
    output: tuple[Axis, ...]
    options: tuple[tuple[str, Option], ...] = ()


@dataclass(frozen=True)
class Call:
    """A use of a def: values for its parameters, `times` over, sizes for dims by name.

    Repeated, each result is the next one's first value; `tied` ones share one set of weights.
    """

    definition: str
    args: tuple[Node, ...]
    output: tuple[Axis, ...]
    times: int = 1
    tied: bool = False
    dims: tuple[tuple[str, Size], ...] = ()


Maker = Diagram | Apply | Call


@dataclass(frozen=True, slots=True)
class Let:
    """A named value and what makes it; its legs are the maker's output."""

    name: str
    maker: Maker

    @property
    def is_part(self) -> bool:
        """Whether it was written inside another let's right side (`Y~1`)."""
        return "~" in self.name


@dataclass(frozen=True, slots=True)
class Dim:
    """A dim with nothing, a default (a number) or an equation (a size in other dims)."""

    name: str
    size: Size | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """A comment and the statement it stands at: `dims`, a name, or `return`."""

    at: str
    text: str
    above: bool


@dataclass(frozen=True)
class Program:
    """A whole network: dims, sources, lets in order, what is returned, and defs to call."""

    dims: tuple[Dim, ...]
    sources: tuple[Source, ...]
    lets: tuple[Let, ...]
    outputs: tuple[str, ...]
    notes: tuple[Note, ...] = field(default=(), compare=False)
    definitions: tuple[Definition, ...] = ()

    def __str__(self) -> str:
        from diagram.language.write import write

        return write(self)

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"

    @cached_property
    def source(self) -> Mapping[str, Source]:
        """Sources by name."""
        return {source.name: source for source in self.sources}

    @cached_property
    def let(self) -> Mapping[str, Let]:
        """Lets by name."""
        return {let.name: let for let in self.lets}

    @cached_property
    def definition(self) -> Mapping[str, Definition]:
        """Defs by name."""
        return {definition.name: definition for definition in self.definitions}

    @cached_property
    def equations(self) -> Mapping[str, Size]:
        """What each dim with an equation stands for.

        A dim of a call (`Y.k`, written out) stands for its number too: it is no default.
        """
        sizes = {d.name: d.size for d in self.dims if d.size is not None}
        return {name: size for name, size in sizes.items() if size.dims or "." in name}

    @cached_property
    def defaults(self) -> Mapping[str, int]:
        """The numbers that dims have by default."""
        numbers = {d.name: d.size.number for d in self.dims if d.size is not None}
        return {
            name: int(number)
            for name, number in numbers.items()
            if number is not None and name not in self.equations
        }

    @cached_property
    def dim_order(self) -> tuple[str, ...]:
        """Every dim, in order of appearance in the sources, then in the dims lines."""
        in_legs = [d for s in self.sources for leg in s.legs for d in sorted(leg.size.dims)]
        stated = [dim.name for dim in self.dims]
        within = [name for size in self.equations.values() for name in sorted(size.dims)]
        return tuple(dict.fromkeys([*in_legs, *stated, *within]))

    @cached_property
    def readers(self) -> Mapping[str, tuple[str, ...]]:
        """For each value the lets that use it, once per use; `return` counts as one."""
        found: dict[str, list[str]] = {}
        for let in self.lets:
            for node in nodes(let.maker):
                found.setdefault(node.value, []).append(let.name)
        for name in self.outputs:
            found.setdefault(name, []).append("return")
        return {name: tuple(readers) for name, readers in found.items()}


@dataclass(frozen=True, slots=True)
class Definition:
    """A def: a program whose inputs are its parameters, and which returns one value."""

    name: str
    program: Program
    scope: tuple[tuple[str, Size], ...] = ()
    """At a call of the def in which this one stands: the sizes of that def's dims."""

    @property
    def parameters(self) -> tuple[Source, ...]:
        return tuple(s for s in self.program.sources if s.kind in (Kind.INPUT, Kind.INDEX))


def nodes(maker: Maker) -> Sequence[Node]:
    """The uses in a let: the nodes of a diagram, the values of an op or a call."""
    return maker.nodes if isinstance(maker, Diagram) else maker.args


def axes(names: Sequence[str]) -> tuple[Axis, ...]:
    """Plain axes, one leg each.

    >>> axes(["b", "n"])
    (('b',), ('n',))
    """
    return tuple((name,) for name in names)


def flat(found: Sequence[Axis]) -> tuple[str, ...]:
    """The edges on these axes, bundles opened.

    >>> flat([("b",), ("g", "c")])
    ('b', 'g', 'c')
    """
    return tuple(edge for axis in found for edge in axis)


def legs_of(output: Sequence[Axis]) -> tuple[str, ...]:
    """The leg names of a value whose maker has this output: those of a bundle joined by `_`.

    >>> legs_of([("b",), ("c'", "e"), ()])
    ('b', "c_e'", 'one')
    """
    return tuple(_joined(axis) for axis in output)


def _joined(axis: Axis) -> str:
    """One name for the edges of a bundle; primes stand at its end, where names have them."""
    name = "_".join(axis) or "one"
    return name if len(axis) == 1 else name.replace("'", "") + "'" * name.count("'")
