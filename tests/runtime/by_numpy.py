"""What numpy makes of a network: einsum for products, and index by index for convolutions.

The network is a tree of the dataclasses below, which know how they are written. Its lengths are
keys: sorted products of dims (`i`), numbers (`2`) and lengths that only a run tells (`$1`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Key = tuple[str, ...]
Axis = tuple[str, ...]

MOST = 200_000
"""Terms of one product's sum: more would only take time."""


class Unfit(Exception):
    """A network that has no value at these lengths."""


def bundle(axis: Axis) -> str:
    return axis[0] if len(axis) == 1 else f"({' '.join(axis)})"


def bundles(axes: Sequence[Axis]) -> str:
    return f"[{' '.join(map(bundle, axes))}]"


@dataclass(frozen=True)
class Node:
    """A value, or what stands inside a product, on edges."""

    value: str | Expression
    axes: tuple[Axis, ...]

    def __str__(self) -> str:
        if isinstance(self.value, str):
            return f"{self.value}{bundles(self.axes)}"
        inside = str(self.value)
        return f"{inside if isinstance(self.value, Op) else f'({inside})'}{bundles(self.axes)}"

    @property
    def edges(self) -> Axis:
        return tuple(edge for axis in self.axes for edge in axis)


@dataclass(frozen=True)
class Clause:
    """A convolved edge; sizes are texts that Python reads as well."""

    kind: str
    edge: str
    pad: str | tuple[str, str] = "valid"
    options: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        given = [f"{name}={size}" for name, size in self.options.items()]
        if isinstance(self.pad, tuple):
            left, right = self.pad
            given.append(f"pad={left}" if left == right else f"pad=({left}, {right})")
        elif self.pad != "valid":
            given.append(f"pad={self.pad}")
        return f"{self.kind} {self.edge}" + (f" ({', '.join(given)})" if given else "")


@dataclass(frozen=True)
class Product:
    """Nodes side by side, a scale of signs and texts, convolved edges; `output` is kept."""

    nodes: tuple[Node, ...]
    output: tuple[Axis, ...]
    keys: Mapping[str, Key]
    scale: tuple[tuple[str, str], ...] = ()
    clauses: tuple[Clause, ...] = ()
    negative: bool = False

    def __str__(self) -> str:
        pieces = [*map(str, self.nodes), *(f"{s} {t}" for s, t in self.scale)]
        return "-" * self.negative + " ".join([*pieces, *map(str, self.clauses)])


@dataclass(frozen=True)
class Sum:
    """Terms with signs; a term that lacks a leg of the output is repeated along it."""

    terms: tuple[tuple[str, Product], ...]
    output: tuple[Axis, ...]

    def __str__(self) -> str:
        text = "".join(f" {sign} {term}" for sign, term in self.terms)
        return text.removeprefix(" + ")


@dataclass(frozen=True)
class Op:
    """An op along legs of a value."""

    name: str
    legs: tuple[str, ...]
    args: tuple[Expression, ...]
    output: tuple[Axis, ...]
    options: Mapping[str, int] = field(default_factory=dict)
    length: Key = ()

    def __str__(self) -> str:
        legs = f"[{' '.join(self.legs)}]" if self.legs else ""
        pieces = [*map(str, self.args), *(f"{k}={v}" for k, v in self.options.items())]
        return f"{self.name}{legs}({', '.join(pieces)})"


@dataclass(frozen=True)
class Call:
    """A def called with values, `times` over."""

    definition: Definition
    args: tuple[Expression, ...]
    output: tuple[Axis, ...]
    times: int = 1
    tied: bool = False
    named: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        times = f"^{self.times}" if self.times > 1 else ""
        pieces = [*map(str, self.args), *(f"{k}={v}" for k, v in self.named.items())]
        pieces += ["tied=1"] * self.tied
        return f"{self.definition.name}{times}({', '.join(pieces)})"


Expression = Product | Sum | Op


@dataclass(frozen=True)
class Source:
    """A declared value; `of` bounds an index."""

    kind: str
    name: str
    legs: tuple[Key, ...]
    init: str = ""
    of: str = ""

    def __str__(self) -> str:
        legs = " ".join(f"l{i}:{_length(key)}" for i, key in enumerate(self.legs))
        tail = f" of {self.of}" * bool(self.of) + f" = {self.init}" * bool(self.init)
        return f"{self.name}[{legs}]{tail}"


def _length(key: Key) -> str:
    return key[0] if len(key) == 1 else f"({'*'.join(key) or '1'})"


@dataclass(frozen=True, repr=False)
class Definition:
    """A def, or (without a name) a whole program."""

    name: str
    dims: Mapping[str, str]
    definitions: tuple[Definition, ...]
    sources: tuple[Source, ...]
    lets: tuple[tuple[str, Product | Sum | Op | Call], ...]
    outputs: tuple[str, ...]
    keys: Mapping[str, tuple[Key, ...]]
    """The lengths of the legs of every value."""

    @property
    def parameters(self) -> tuple[Source, ...]:
        return tuple(s for s in self.sources if s.kind in ("input", "index"))

    def __repr__(self) -> str:
        return "\n".join(self.lines())

    def lines(self) -> Iterator[str]:
        """The text; what stands in a def stands deeper."""
        if self.dims:
            yield "dims " + " ".join(f"{k}={v}" if v else k for k, v in self.dims.items())
        for inner in self.definitions:
            yield f"def {inner.name}({', '.join(map(str, inner.parameters))})"
            yield from (f"  {line}" for line in inner.lines())
        for source in self.sources:
            if not self.name or source not in self.parameters:
                yield f"{source.kind} {source}"
        for name, maker in self.lets:
            yield f"{name}{bundles(maker.output)} = {maker}"
        yield f"return {', '.join(self.outputs)}"


@dataclass
class Run:
    """The values of one program or def at given lengths."""

    definition: Definition
    dims: dict[str, int]
    around: Mapping[str, int]
    """The dims of the program, for defs that do not set them."""
    draw: Callable[[str, Source, tuple[int, ...]], Numbers]
    path: str = ""
    held: str = ""
    """The path of its weights: that of the call where repeated ones share them."""
    bounding: bool = False
    """Whether every sign is taken as plus and every quotient as a product: an upper bound."""
    values: dict[str, Numbers] = field(default_factory=dict)
    shown: dict[str, Numbers] = field(default_factory=dict)
    """All values made so far, also those inside calls, by their paths."""
    scopes: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """For a def that stands in another: the dims of that, those that have a name."""

    bounds: dict[str, int] = field(default_factory=dict)
    """What the numbers of indices are below."""

    def source(self, source: Source) -> None:
        """Its numbers: computed, or drawn under the path."""
        if source.of:
            self.bounds[source.name] = self.number(source.of)
        shape = tuple(self.length(key) for key in source.legs)
        value: Numbers
        match source.init:
            case "eye":
                value = np.eye(shape[0], shape[1])
            case "range":
                value = np.arange(shape[0], dtype=np.float64)
            case "ones":
                value = np.ones(shape)
            case _:
                value = self.draw(self.held + source.name, source, shape)
        self.values[source.name] = value

    def length(self, key: Key) -> int:
        try:
            return math.prod(int(b) if b.isdigit() else self.dims[b] for b in key)
        except KeyError:  # a length that is told by a bracket of this very line
            raise Unfit from None

    def let(self, name: str, maker: Expression | Call, keys: Sequence[Key]) -> Numbers:
        """The value of a line; lengths that were not known before are told by it."""
        value = self.call(name, maker) if isinstance(maker, Call) else self.value(maker)
        for key, length in zip(keys, value.shape, strict=True):
            if len(key) == 1 and key[0].startswith("$"):
                self.dims.setdefault(key[0], length)
        self.values[name] = self.shown[self.path + name] = value
        return value

    def value(self, found: Expression) -> Numbers:
        match found:
            case Product():
                return self.product(found)
            case Sum(terms, output):
                return self.sum(terms, output)
            case Op():
                return self.op(found)

    # -- products -----------------------------------------------------------------------------

    def product(self, found: Product) -> Numbers:
        arrays = [self.opened(node, found.keys) for node in found.nodes]
        labels = [list(node.edges) for node in found.nodes]
        for clause in found.clauses:
            self.convolve(clause, arrays, labels)
        lengths = {
            e: n for a, own in zip(arrays, labels, strict=True)
            for e, n in zip(own, a.shape, strict=True)
        }  # fmt: skip
        if math.prod(lengths.values()) > MOST:
            raise Unfit
        names = {edge: place for place, edge in enumerate(lengths)}
        operands: list[object] = []
        for array, own in zip(arrays, labels, strict=True):
            operands += [array, [names[e] for e in own]]
        kept = [e for axis in found.output for e in axis]
        value = np.einsum(*operands, [names[e] for e in kept])  # type: ignore[call-overload]
        value = np.asarray(value * self.factor(found, lengths), dtype=np.float64)
        return value.reshape([math.prod(lengths[e] for e in axis) for axis in found.output])

    def factor(self, found: Product, lengths: Mapping[str, int]) -> float:
        factor = -1.0 if found.negative and not self.bounding else 1.0
        for sign, text in found.scale:
            number = eval(text, {"sqrt": math.sqrt}, {**self.dims, **lengths})
            factor = factor / number if sign == "/" and not self.bounding else factor * number
        return factor

    def opened(self, node: Node, keys: Mapping[str, Key]) -> Numbers:
        value = self.values[node.value] if isinstance(node.value, str) else self.value(node.value)
        shape: list[int] = []
        for axis, length in zip(node.axes, value.shape, strict=True):
            shape += [length] if len(axis) == 1 else [self.length(keys[e]) for e in axis]
        return value.reshape(shape)

    def convolve(self, clause: Clause, arrays: list[Numbers], labels: list[list[str]]) -> None:
        """Gives the signal an axis for each kernel, entry by entry; the rest is einsum."""
        first, *kernels = [i for i, own in enumerate(labels) if clause.edge in own]
        signal, *others = [arrays[i].shape[labels[i].index(clause.edge)] for i in (first, *kernels)]
        if clause.pad == "circular" and sum(n - 1 for n in others) >= signal:
            raise Unfit
        for number, kernel in enumerate(kernels):
            tap = f"{clause.edge}#{number}"
            count = arrays[kernel].shape[labels[kernel].index(clause.edge)]
            labels[kernel] = [tap if e == clause.edge else e for e in labels[kernel]]
            axis = labels[first].index(clause.edge)
            signal = np.moveaxis(arrays[first], axis, 0)
            arrays[first] = self.windows(clause, signal, count)
            labels[first] = [clause.edge, tap, *(e for e in labels[first] if e != clause.edge)]

    def windows(self, clause: Clause, signal: Numbers, count: int) -> Numbers:
        """For each entry of the result and each of the kernel the entry of the signal, or 0."""
        given = {name: self.number(size) for name, size in clause.options.items()}
        stride, dilation, up, shift = (
            given.get(n, d) for n, d in (("stride", 1), ("dilation", 1), ("up", 1), ("shift", 0))
        )
        reach = dilation * (count - 1)
        wide = np.zeros((up * (len(signal) - 1) + 1, *signal.shape[1:]))
        wide[::up] = signal
        flip = clause.kind == "conv"
        if clause.pad in ("same", "circular") and reach + 1 > len(wide):
            raise Unfit
        if clause.pad == "circular":
            sign, move = (-1, shift) if flip else (1, -shift)
            rows = [
                [wide[(i * stride + move + sign * k * dilation) % len(wide)] for k in range(count)]
                for i in range(-(-len(wide) // stride))
            ]
            return np.array(rows)
        left, right = self.pads(clause.pad, reach)
        if min(left, right) < 0:
            raise Unfit
        edges = [(left, right)] + [(0, 0)] * (wide.ndim - 1)
        wide = np.pad(wide, edges)
        length = (len(wide) - reach - 1) // stride + 1
        if length < 1:
            raise Unfit
        rows = [
            [wide[i * stride + dilation * (count - 1 - k if flip else k)] for k in range(count)]
            for i in range(length)
        ]
        return np.array(rows)

    def pads(self, pad: str | tuple[str, str], reach: int) -> tuple[int, int]:
        match pad:
            case (left, right):
                return self.number(left), self.number(right)
            case "full":
                return reach, reach
            case "same":
                return reach // 2, reach - reach // 2
            case _:
                return 0, 0

    def number(self, text: str) -> int:
        return int(eval(text, {}, self.dims))

    # -- sums and ops -------------------------------------------------------------------------

    def sum(self, terms: Sequence[tuple[str, Product]], output: Sequence[Axis]) -> Numbers:
        total = np.zeros(())
        for sign, term in terms:
            value = self.product(term)
            own = [axis for axis in output if axis in term.output]
            value = value.transpose([term.output.index(axis) for axis in own])
            for place, axis in enumerate(output):
                if axis not in own:
                    value = np.expand_dims(value, place)
            total = total - value if sign == "-" and not self.bounding else total + value
        return np.asarray(total)

    def op(self, found: Op) -> Numbers:
        legs = [e for axis in found.args[0].output for e in axis]
        x, *others = (self.value(arg) for arg in found.args)
        axis = legs.index(found.legs[0]) if found.legs and found.name != "one_hot" else 0
        option = found.options
        match found.name:
            case "relu":
                value = np.maximum(x, 0.0)
            case "square":
                value = x * x
            case "cumsum":
                value = np.cumsum(x, axis)
            case "sort":
                value = -np.sort(-x, axis) if option.get("descending") else np.sort(x, axis)
            case "max" | "min":
                value = (np.max if found.name == "max" or self.bounding else np.min)(x, axis=axis)
                legs.pop(axis)
            case "one_hot":
                value = np.eye(self.length(found.length))[x.astype(int)]
                legs.append(found.legs[0])
            case "concat":
                value = np.concatenate([x, *others], axis)
            case "slice":
                if option["stop"] > x.shape[axis]:
                    raise Unfit
                value = x.take(range(option["start"], option["stop"]), axis)
            case name:
                assert name == "max_pool"
                value = self.pooled(x, axis, option["size"], option["stride"], option["pad"])
        return value.transpose([legs.index(e) for (e,) in found.output])

    @staticmethod
    def pooled(x: Numbers, axis: int, size: int, stride: int, pad: int) -> Numbers:
        x = np.moveaxis(x, axis, 0)
        rows = [
            x[max(0, start) : max(0, start + size)].max(0)
            for start in range(-pad, len(x) + pad - size + 1, stride)
        ]
        if not rows:
            raise Unfit
        return np.moveaxis(np.array(rows), 0, axis)

    # -- calls --------------------------------------------------------------------------------

    def call(self, name: str, call: Call) -> Numbers:
        args = [self.value(arg) for arg in call.args]
        for number in range(call.times):
            part = "" if call.times == 1 else f"{number}."
            held = f"{self.held}{name}." + ("" if call.tied else part)
            args[0] = self.inside(call, args, f"{self.path}{name}.{part}", held)
        return args[0]

    def below(self, index: Expression) -> int:
        """What the numbers of an index are below."""
        assert isinstance(index, Product)
        (node,) = index.nodes
        assert isinstance(node.value, str)
        return self.bounds[node.value]

    def inside(self, call: Call, args: Sequence[Numbers], path: str, held: str) -> Numbers:
        found = call.definition
        dims = {name: int(size) for name, size in found.dims.items()}
        dims |= {name: self.number(size) for name, size in call.named.items()}
        for parameter, value in zip(found.parameters, args, strict=True):
            for key, length in zip(parameter.legs, value.shape, strict=True):
                if len(key) == 1 and dims.setdefault(key[0], length) != length:
                    raise Unfit
        for parameter, arg in zip(found.parameters, call.args, strict=True):
            if parameter.of and dims.setdefault(parameter.of, self.below(arg)) != self.below(arg):
                raise Unfit
        around = self.scopes.get(found.name, self.around)
        run = Run(found, {**around, **dims}, self.around, self.draw, path, held, self.bounding)
        run.shown = self.shown
        named = {dim: n for dim, n in run.dims.items() if not dim.startswith("$")}
        run.scopes = {**self.scopes, **{each.name: named for each in found.definitions}}
        for source in found.sources:
            if source not in found.parameters:
                run.source(source)
        run.bounds |= {p.name: run.number(p.of) for p in found.parameters if p.of}
        run.values |= {p.name: v for p, v in zip(found.parameters, args, strict=True)}
        for let, maker in found.lets:
            run.let(let, maker, found.keys[let])
        return run.values[found.outputs[0]]
