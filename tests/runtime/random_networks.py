"""Random networks: products with bundles, diagonals and convolved edges, sums, ops, brackets, defs.

Each line is run while it is written (at the lengths that were drawn, with 3 for every number): a
line that has no value there, or one that is too large to be exact, is dropped and another tried.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random

import numpy as np
from hypothesis import strategies as st

from tests.runtime.by_numpy import (
    Axis,
    Call,
    Clause,
    Definition,
    Expression,
    Key,
    Node,
    Numbers,
    Op,
    Product,
    Run,
    Source,
    Sum,
    Unfit,
)

DIMS = {"i": 3, "j": 3, "k": 2, "x": 6, "y": 5}
"""The dims and their greatest lengths."""
EDGES = ("a", "b", "c", "d", "e", "g", "i", "j", "k", "u")
CONVOLVED = ("p", "q", "x'")
EXACT, HALVED = 2.0**50, 2.0**25
"""What no number may exceed; halves take bits of their own."""
OUTPUT = 400
"""Entries of a value."""

Keys = tuple[Key, ...]


def key(*parts: Iterable[str]) -> Key:
    return tuple(sorted(base for part in parts for base in part))


@dataclass
class Author:
    """Writes one program, or one def; every choice comes from `random`."""

    random: Random
    lengths: Mapping[str, int]
    name: str = ""
    dims: dict[str, str] = field(default_factory=dict)
    definitions: list[Definition] = field(default_factory=list)
    visible: list[Definition] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    lets: list[tuple[str, Expression | Call]] = field(default_factory=list)
    keys: dict[str, Keys] = field(default_factory=dict)
    indices: dict[str, str] = field(default_factory=dict)
    told: int = 0
    halved: bool = False

    def __post_init__(self) -> None:
        self.run = Run(self.made(()), dict(self.lengths), self.lengths, threes, bounding=True)

    def made(self, outputs: Sequence[str]) -> Definition:
        parts = (tuple(self.definitions), tuple(self.sources), tuple(self.lets))
        return Definition(self.name, dict(self.dims), *parts, tuple(outputs), dict(self.keys))

    def chance(self, odds: float) -> bool:
        return self.random.random() < odds

    # -- sources ------------------------------------------------------------------------------

    def declare(self, source: Source) -> None:
        self.sources.append(source)
        self.run.source(source)
        if source.kind == "index":
            self.indices[source.name] = source.of
        else:
            self.keys[source.name] = source.legs

    def leg(self, bases: Sequence[str]) -> Key:
        odds = self.random.random()
        if odds < 0.7:
            return (self.random.choice(bases),)
        if odds < 0.9:
            return key(self.random.choices([*bases, "2"], k=self.random.choice((2, 2, 3))))
        return ("2",) if odds < 0.95 else ()

    def source(self, kind: str, name: str, bases: Sequence[str]) -> None:
        legs = [self.leg(bases) for _ in range(self.random.choice((0, 1, 2, 2, 3, 3)))]
        while np.prod([self.run.length(leg) for leg in legs]) > OUTPUT:
            legs.pop()
        init = of = ""
        if kind == "const":
            rules = ["ones", "given"] + ["range"] * (len(legs) == 1) + ["eye"] * (len(legs) == 2)
            init = self.random.choice(rules[:1] + rules[2:] if self.name else rules)
        if kind == "index":
            of = self.random.choice(bases)
        self.declare(Source(kind, name, tuple(legs), init, of))

    # -- lines --------------------------------------------------------------------------------

    def line(self, name: str) -> None:
        """One more let; what cannot be run is tried again as something else."""
        for _ in range(20):
            halved = self.halved
            try:
                maker, keys = self.maker()
                before = dict(self.run.dims)
                with np.errstate(all="ignore"):
                    value = self.run.let(name, maker, keys)
            except Unfit:
                self.halved = halved
                continue
            if value.size > OUTPUT or not self.is_exact(name):
                self.run.dims, self.halved = before, halved
                continue
            self.lets.append((name, maker))
            self.keys[name] = keys
            return

    def is_exact(self, name: str) -> bool:
        """Whether no number of this line, nor inside its call, leaves the exact whole ones."""
        limit = HALVED if self.halved else EXACT
        made = [v for path, v in self.run.shown.items() if path.partition(".")[0] == name]
        return all(bool(np.abs(value).max(initial=0.0) * 4 <= limit) for value in made)

    def maker(self) -> tuple[Expression | Call, Keys]:
        if self.visible and self.chance(0.4):
            return self.call()
        pool: dict[str, Key] = {}
        made = self.expression(pool, depth=0)
        if isinstance(made, Product) and self.chance(0.5):
            made = replace(made, output=self.grouped(made))
        return made, tuple(key(*(pool[e] for e in axis)) for axis in made.output)

    def grouped(self, made: Product) -> tuple[Axis, ...]:
        """The output with some neighbours bundled, perhaps with an axis of length 1."""
        convolved = {clause.edge for clause in made.clauses}
        axes: list[Axis] = []
        for axis in made.output:
            plain = not convolved & {*axis, *(axes[-1] if axes else ())}
            if axes and plain and len(axes[-1]) < 3 and self.chance(0.4):
                axes[-1] += axis
            else:
                axes.append(axis)
        if self.chance(0.1):
            axes.insert(self.random.randint(0, len(axes)), ())
        return tuple(axes)

    def expression(self, pool: dict[str, Key], depth: int) -> Expression:
        """A right side; its output's edges are in the pool."""
        kind = self.random.choice(("product",) * 5 + ("sum", "sum", "op", "op", "op"))
        if kind == "sum":
            return self.sum(pool, depth)
        if kind == "op":
            return self.op(pool, depth)
        return self.product(pool, depth, most=8 if depth == 0 else 3)

    # -- products -----------------------------------------------------------------------------

    def product(self, pool: dict[str, Key], depth: int, most: int) -> Product:
        random = self.random
        count = random.choice([n for n in (1, 2, 2, 2, 3, 3, 4, 5, 8) if n <= most])
        nodes = [self.node(pool, depth) for _ in range(count)]
        nodes, clauses, results = self.convolved(nodes, pool)
        nodes = self.opened(nodes, pool)
        keys = {e: pool[e] for node in nodes for e in node.edges if e in pool}
        pool.update(results)
        edges = list(dict.fromkeys(e for node in nodes for e in node.edges))
        kept = random.sample(edges, random.randint(0, min(4, len(edges))))
        scale = self.scale([e for e in edges if e not in (*results, "x'")], results)
        negative = self.chance(0.1)
        output = tuple((e,) for e in kept)
        return Product(tuple(nodes), output, keys, scale, tuple(clauses), negative)

    def node(self, pool: dict[str, Key], depth: int) -> Node:
        if depth < 2 and self.chance(0.1):
            inner = dict(pool)
            made = self.expression(inner, depth + 1)
            pool.update({e: inner[e] for axis in made.output for e in axis})
            return Node(made, made.output)
        name = self.random.choice(sorted(self.keys))
        return Node(name, tuple((self.edge(leg, pool),) for leg in self.keys[name]))

    def edge(self, wanted: Key, pool: dict[str, Key], apart: Sequence[str] = ()) -> str:
        """An edge of this length: one that is there, or a new one."""
        there = [e for e, found in pool.items() if found == wanted and e not in apart]
        there = [e for e in there if e not in CONVOLVED]
        free = [e for e in EDGES if e not in pool and e not in apart]
        if there and (not free or self.chance(0.6)):
            return self.random.choice(there)
        if not free:
            raise Unfit
        name = self.random.choice(free)
        pool[name] = wanted
        return name

    def opened(self, nodes: Sequence[Node], pool: dict[str, Key]) -> list[Node]:
        """The nodes with some axes in bundles, whose lengths can be told."""
        nodes = list(nodes)
        chosen = [
            (place, number)
            for place, node in enumerate(nodes)
            for number, (edge,) in enumerate(node.axes)
            if isinstance(node.value, str) and len(pool.get(edge, ("?",))) != 1
            if edge not in CONVOLVED and self.chance(0.6)
        ]
        sized = {
            edge
            for place, node in enumerate(nodes)
            for number, (edge,) in enumerate(node.axes)
            if (place, number) not in chosen
        }
        for place, number in chosen:
            node = nodes[place]
            ((edge,), axes) = node.axes[number], list(node.axes)
            axis = self.bundle(pool[edge], pool, sized)
            if axis is None:
                sized.add(edge)
                continue
            sized |= set(axis)
            axes[number] = axis
            nodes[place] = Node(node.value, tuple(axes))
        return nodes

    def bundle(self, whole: Key, pool: dict[str, Key], sized: set[str]) -> Axis | None:
        """Edges whose lengths make the whole: known ones, dims, and at most one that is left."""
        parts: list[Key] = [(base,) for base in self.random.sample(whole, len(whole))]
        if len(parts) == 3 and self.chance(0.3):
            parts = [key(parts[0], parts[1]), parts[2]]
        axis: list[str] = []
        unknown = 0
        for part in parts:
            known = [e for e in sized if pool.get(e) == part]
            named = "".join(part)
            if named in DIMS and pool.get(named, part) == part:
                known.append(named)
            if known and self.chance(0.8):
                chosen = self.random.choice(sorted(known))
                pool[chosen] = part
            else:
                fresh = [e for e in EDGES if e not in pool and e not in DIMS]
                if not fresh or unknown:
                    return None
                unknown, chosen = 1, self.random.choice(fresh)
                pool[chosen] = part
            axis.append(chosen)
        return tuple(axis)

    def scale(
        self, edges: Sequence[str], results: Mapping[str, Key]
    ) -> tuple[tuple[str, str], ...]:
        dims = [d for d in self.dims if d not in results] if not self.name else []
        choices = ["3", "2", "sqrt(4)", *edges, *dims]
        choices += [f"({d} + 1)" for d in dims]
        found = [
            ("*", self.random.choice(choices)) for _ in range(self.random.choice((0, 0, 0, 1)))
        ]
        if self.chance(0.1):
            self.halved = True
            found.append(("/", "2"))
        return tuple(found)

    # -- convolved edges ----------------------------------------------------------------------

    def convolved(
        self, nodes: list[Node], pool: dict[str, Key]
    ) -> tuple[list[Node], list[Clause], dict[str, Key]]:
        """Some legs of two nodes joined by a convolved edge; the lengths that result."""
        clauses: list[Clause] = []
        results: dict[str, Key] = {}
        for edge in CONVOLVED:
            if edge in pool or not self.chance(0.4):
                break
            at = [
                place
                for place, node in enumerate(nodes)
                if isinstance(node.value, str) and set(node.edges) - {*CONVOLVED}
            ]
            if len(at) < 2:
                break
            chain = len(at) > 2 and self.chance(0.3)
            legs: list[Key] = []
            for place in sorted(self.random.sample(at, 3 if chain else 2)):
                node = nodes[place]
                free = [n for n, (e,) in enumerate(node.axes) if e not in CONVOLVED]
                number = self.random.choice(free)
                legs.append(self.key_of(node, number, pool))
                axes = tuple((edge,) if n == number else a for n, a in enumerate(node.axes))
                nodes[place] = Node(node.value, axes)
            clause, result = self.clause(edge, legs)
            clauses.append(clause)
            results[edge] = result
        return nodes, clauses, results

    def key_of(self, node: Node, number: int, pool: Mapping[str, Key]) -> Key:
        return pool[node.axes[number][0]]

    def clause(self, edge: str, legs: Sequence[Key]) -> tuple[Clause, Key]:
        random = self.random
        signal, *kernels = legs
        if len(kernels) > 1:
            chain = random.choice(("full", "circular"))
            return Clause("conv", edge, chain), signal if chain == "circular" else self.opaque()
        kind = random.choice(("corr", "conv"))
        pads: list[str | tuple[str, str]] = ["valid", "same", "full", "circular", "circular"]
        pads += [(str(n), str(n)) for n in (0, 1, 2)] + [("2", "1"), ("0", "3")]
        dims = [base for base in signal + kernels[0] if base in DIMS]
        pads += [(f"{d} - 1", f"2*{d}") for d in dims]
        pad = random.choice(pads)
        options = {}
        for name in ("stride", "dilation") + ("up",) * (pad != "circular"):
            if self.chance(0.3):
                options[name] = random.choice(("2", "3", *dims[:1]))
        if pad == "circular" and self.chance(0.6):
            options["shift"] = random.choice(("1", "2", "7"))
        same = pad in ("same", "circular") and not options.keys() & {"stride", "up"}
        return Clause(kind, edge, pad, options), signal if same else self.opaque()

    def opaque(self) -> Key:
        """A length that only a run tells."""
        self.told += 1
        return (f"${self.told}",)

    # -- sums and ops -------------------------------------------------------------------------

    def sum(self, pool: dict[str, Key], depth: int) -> Sum:
        first = self.term(pool, depth, None)
        output = first.output
        terms = [("+", first)]
        for _ in range(self.random.choice((1, 1, 2, 3))):
            wanted = [e for axis in output for e in axis]
            inner = {e: pool[e] for e in wanted}
            try:
                term = self.term(inner, depth, wanted)
            except Unfit:
                continue
            negative = term.negative
            term = replace(term, negative=False)
            terms.append(("-" if negative or self.chance(0.3) else "+", term))
        return Sum(tuple(terms), output)

    def term(self, pool: dict[str, Key], depth: int, wanted: Sequence[str] | None) -> Product:
        """A product; in a sum whose legs are known it keeps those that it has."""
        made = self.product(pool, depth + 1, most=3)
        if lone(made):
            made = whole(made)
        if wanted is None:
            return made
        own = {e for node in made.nodes for e in node.edges}
        if any(clause.edge in wanted for clause in made.clauses):
            raise Unfit
        if lone(made) and not own <= set(wanted):
            made = replace(made, scale=(("*", "2"),))
        if lone(made):
            return made
        return replace(made, output=tuple((e,) for e in wanted if e in own))

    def use(self, pool: dict[str, Key]) -> Product:
        """A value alone, each leg on an edge of its own."""
        name = self.random.choice(sorted(self.keys))
        edges: list[str] = []
        for leg in self.keys[name]:
            edges.append(self.edge(leg, pool, edges))
        axes = tuple((e,) for e in edges)
        return Product((Node(name, axes),), axes, dict(pool))

    def op(self, pool: dict[str, Key], depth: int) -> Op:
        random = self.random
        if self.indices and self.chance(0.2):
            return self.one_hot(pool)
        kind = random.choice(("one", "one", "along", "along", "length"))
        if kind == "length":
            return self.resized(pool)
        found = (
            self.expression(pool, depth + 1) if depth < 2 and self.chance(0.6) else self.use(pool)
        )
        if isinstance(found, Product) and lone(found):
            found = whole(found)
        if len({e for axis in found.output for e in axis}) < len(found.output):
            raise Unfit
        if isinstance(found, Op) or kind == "one" or not found.output:
            name = random.choice(("relu", "square"))
            return Op(name, (), (found,), found.output)
        name = random.choice(("cumsum", "sort", "sort", "max", "min"))
        (leg,) = random.choice(found.output)
        if name in ("max", "min"):
            rest = [axis for axis in found.output if axis != (leg,)]
            found = replace(found, output=(*rest, (leg,)))
            return Op(name, (leg,), (found,), tuple(rest))
        options = {"descending": 1} if name == "sort" and self.chance(0.5) else {}
        return Op(name, (leg,), (found,), found.output, options)

    def one_hot(self, pool: dict[str, Key]) -> Op:
        name = self.random.choice(sorted(self.indices))
        legs = next(s.legs for s in self.sources if s.name == name)
        edges: list[str] = []
        for leg in legs:
            edges.append(self.edge(leg, pool, edges))
        length = (self.indices[name],)
        added = self.edge(length, pool, edges)
        axes = tuple((e,) for e in edges)
        use = Product((Node(name, axes),), axes, {})
        return Op("one_hot", (added,), (use,), (*axes, (added,)), {}, length)

    def resized(self, pool: dict[str, Key]) -> Op:
        """A concat with itself, a slice or a pool: a leg of another length."""
        random = self.random
        inner = dict(pool)
        found = self.use(inner)
        if not found.output:
            return Op("relu", (), (found,), ())
        (leg,) = random.choice(found.output)
        if leg in pool:
            raise Unfit
        length = self.run.length(inner[leg])
        pool.update(inner)
        pool[leg] = self.opaque()
        name = random.choice(("concat", "slice", "max_pool"))
        if name == "concat":
            return Op(name, (leg,), (found, found), found.output)
        if name == "slice":
            start = random.randint(0, length)
            options = {"start": start, "stop": random.randint(start, length)}
            if options["start"] == options["stop"]:
                raise Unfit
            return Op(name, (leg,), (found,), found.output, options)
        size = random.randint(1, 3)
        options = {"size": size, "stride": random.randint(1, 3), "pad": random.randint(0, size - 1)}
        return Op(name, (leg,), (found,), found.output, options)

    # -- calls --------------------------------------------------------------------------------

    def call(self) -> tuple[Call, Keys]:
        random = self.random
        found = random.choice(self.visible)
        bound: dict[str, Key] = {name: (size,) for name, size in found.dims.items()}
        named: dict[str, str] = {}
        for name in found.dims:
            if self.chance(0.5):
                size = random.choice(("1", "3", *(() if self.name else self.dims)))
                named[name], bound[name] = size, (size,) if size != "1" else ()
        args = []
        for parameter in found.parameters:
            value, legs = self.argument(parameter)
            args.append(value)
            for wanted, given in zip(parameter.legs, legs, strict=True):
                if bound.setdefault(wanted[0], given) != given:
                    raise Unfit
            if parameter.of and bound.setdefault(parameter.of, (self.of(value),)) != (
                self.of(value),
            ):
                raise Unfit
        result = [self.bound(leg, bound) for leg in found.keys[found.outputs[0]]]
        edges = random.sample(EDGES, len(result))
        first = [self.bound(leg, bound) for leg in found.parameters[0].legs]
        again = result == first and not found.parameters[0].of
        times = random.choice((1, 2, 3)) if again else 1
        output = tuple((e,) for e in edges)
        tied = times > 1 and self.chance(0.4)
        return Call(found, tuple(args), output, times, tied, named), tuple(result)

    def of(self, value: Expression) -> str:
        assert isinstance(value, Product)
        return self.indices[str(value.nodes[0].value)]

    def bound(self, leg: Key, bound: Mapping[str, Key]) -> Key:
        """A def's length in the dims of the caller; what is told by a run is told anew."""
        unbound = {base for base in leg if base not in bound and not base.isdigit()}
        if any(base.startswith("$") for base in leg) or (self.name and unbound):
            return self.opaque()  # in a def a dim of the program may have the name of one here
        return key(*(bound.get(base, (base,)) for base in leg))

    def argument(self, parameter: Source) -> tuple[Expression, Keys]:
        """A value of as many legs, alone or in an op."""
        if parameter.of:
            names = [s.name for s in self.sources if s.name in self.indices]
            fit = [n for n in names if len(self.run.values[n].shape) == len(parameter.legs)]
            legs = {s.name: s.legs for s in self.sources}
        else:
            fit = [n for n, legs in self.keys.items() if len(legs) == len(parameter.legs)]
            legs = self.keys
        if not fit:
            raise Unfit
        name = self.random.choice(fit)
        axes = tuple((e,) for e in self.random.sample(EDGES, len(legs[name])))
        use: Expression = Product((Node(name, axes),), axes, {})
        if not parameter.of and self.chance(0.3):
            use = Op("relu", (), (use,), axes)
        return use, legs[name]


def lone(made: Product) -> bool:
    """Whether a product is one value and nothing else."""
    return len(made.nodes) == 1 and not (made.scale or made.negative or made.clauses)


def whole(made: Product) -> Product:
    """A value alone with all its legs, in its own order; no diagonal, no bundle."""
    (node,) = made.nodes
    if len(set(node.edges)) < len(node.axes) or any(len(axis) != 1 for axis in node.axes):
        return replace(made, scale=(("*", "2"),))
    return replace(made, output=node.axes)


def threes(path: str, source: Source, shape: tuple[int, ...]) -> Numbers:
    return np.full(shape, 0.0 if source.kind == "index" else 3.0)


def definition(random: Random, name: str, lengths: Mapping[str, int], visible: list[Definition],
               deep: bool = False) -> Definition:  # fmt: skip
    """A def of up to three lines, with weights of its own; perhaps with a def inside."""
    author = Author(random, {d: max(2, n) for d, n in lengths.items()}, name)
    author.visible = list(visible)
    if author.chance(0.3):
        author.dims["m"] = "2"
        author.run.dims["m"] = 2
    bases = random.sample(sorted(DIMS), 3)
    for place in range(random.choice((1, 1, 2))):
        legs = [(random.choice(bases),) for _ in range(random.choice((1, 2, 2, 3)))]
        author.declare(Source("input", f"P{place}", tuple(legs)))
    if author.chance(0.15):
        author.declare(Source("index", "T", ((bases[0],),), "", bases[1]))
    if not deep and author.chance(0.2):
        inner = definition(random, f"{name}n", lengths, visible, deep=True)
        author.definitions.append(inner)
        author.visible.append(inner)
    for place in range(random.choice((0, 1, 2))):
        kind = random.choice(("weight", "weight", "buffer", "const"))
        author.source(kind, f"W{place}", [*bases, *author.dims])
    for place in range(random.randint(1, 3)):
        author.line(f"V{place}")
    returned = author.lets[-1][0] if author.lets else "P0"
    return author.made([returned])


def network(random: Random) -> tuple[Definition, dict[str, int], bool]:
    """A program, the lengths of its dims, and whether it halves."""
    lengths = {dim: random.randint(1, most) for dim, most in DIMS.items()}
    author = Author(random, lengths, dims=dict.fromkeys(DIMS, ""))
    for place in range(random.choice((0, 0, 1, 1, 2, 3))):
        made = definition(random, f"f{place}", lengths, author.visible)
        author.definitions.append(made)
        author.visible.append(made)
    for place in range(random.randint(1, 5)):
        kinds = ("input", "input", "input", "weight", "buffer", "const", "index")
        author.source("input" if not place else random.choice(kinds), f"A{place}", sorted(DIMS))
    for place in range(random.randint(1, 6)):
        author.line(f"V{place}")
    lets = [name for name, _ in author.lets]
    outputs = random.sample(lets, random.randint(1, min(3, len(lets)))) if lets else ["A0"]
    return author.made(outputs), lengths, author.halved


@st.composite
def networks(draw: st.DrawFn) -> tuple[Definition, dict[str, int], bool]:
    return network(draw(st.randoms(use_true_random=True)))
