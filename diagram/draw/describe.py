"""What a click shows: for the path of a node, leg, edge, region or scalar, its facts as rows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from diagram.draw import formula
from diagram.draw.formula import scalar_text, value_text
from diagram.draw.label import plain
from diagram.draw.letters import Letters
from diagram.draw.roles import roles
from diagram.draw.titles import of_op
from diagram.errors import DiagramError, suggest
from diagram.language.core import Apply, Diagram, Kind, Let, Program, nodes
from diagram.language.size import Size, product

Rows = Iterator[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Description:
    """A title and rows of (label, text)."""

    title: str
    rows: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return "\n".join([self.title, *(f"  {label}: {text}" for label, text in self.rows)])


def describe(
    program: Program, path: str, /, flops: Mapping[str, str] | None = None, **sizes: int
) -> Description:
    """The facts of one thing in the picture of a program.

    `path` is an id of the scene: `S/1` a node, `S/1/2` a leg, `S:h` an edge, `S` a let,
    `S/scale` its factor, `Y/out/0` a leg of a result. `flops`: text by name of statement, shown
    as it is. DiagramError if the program has no such thing.

    >>> from diagram import parse
    >>> p = parse("input X[n f]\\nweight W[f k]\\nY[n k] = X[n f] W[f k]\\nreturn Y")
    >>> print(describe(p, "Y/1", f=2, k=3))
    W
      kind: weight
      shape: f k = 2 × 3
      parameters: f k = 6
      used in: Y[n k] = X[n f] W[f k]
      formula: Y_{nk} = Σ_{f} X_{nf} W_{fk}
    """
    book = _Book(program, Letters(program, tuple(sizes.items())), flops or {})
    found = book.find(path)
    if found is None:
        raise DiagramError(f"the diagram has no `{path}`{suggest(path, book.names)}")
    title, rows = found
    return Description(title, tuple((label, text) for label, text in rows if text))


@dataclass(frozen=True)
class _Book:
    """A program with what the rows need."""

    program: Program
    letters: Letters
    flops: Mapping[str, str]

    @property
    def names(self) -> list[str]:
        return [*self.program.let, *self.program.source]

    def find(self, path: str) -> tuple[str, Rows] | None:
        """The first reading of a path that fits; names may hold any sign."""
        if path in self.program.let:
            return self.let(self.program.let[path])
        if path in self.program.source:
            return self.use(path, None)
        head, _, tail = path.rpartition(":")
        if head in self.names and tail in self.letters.lengths[head]:
            return self.edge(head, tail)
        head, _, tail = path.rpartition("/")
        if head in self.program.let and tail == "scale":
            return self.scale(self.program.let[head])
        if head in self.program.let and tail.isdecimal():
            let = self.program.let[head]
            uses = nodes(let.maker)
            return self.use(uses[int(tail)].value, let) if int(tail) < len(uses) else None
        return self.leg(head, tail)

    def leg(self, head: str, tail: str) -> tuple[str, Rows] | None:
        """`S/1/2`, `X/2` or `Y/out/0`."""
        if not tail.isdecimal():
            return None
        place = int(tail)
        base, _, which = head.rpartition("/")
        edges: tuple[str, ...] = ()
        name = base
        if head in self.program.source:
            name, edges = head, tuple(leg.name for leg in self.letters.legs[head])
        elif base in self.names and which == "out":
            edges = tuple(leg.name for leg in self.letters.legs[base])
        elif base in self.program.let and which.isdecimal():
            uses = nodes(self.program.let[base].maker)
            edges = uses[int(which)].edges if int(which) < len(uses) else ()
        return self.edge(name, edges[place]) if place < len(edges) else None

    # -- things -------------------------------------------------------------------------------

    def use(self, value: str, let: Let | None) -> tuple[str, Rows]:
        """A value where it stands."""

        def rows() -> Rows:
            source = self.program.source.get(value)
            yield "kind", str(source.kind) if source else "result"
            yield from self.shape(value)
            if source and source.kind is Kind.WEIGHT:
                yield "parameters", self.count(value)
            else:
                yield "elements", self.count(value)
            if source and source.of is not None:
                yield "values", f"whole numbers below {source.of}"
            if let is not None:
                yield "used in", formula.statement(self.program, let.name)
                yield from self.equation(let)
            elif value in self.program.let:
                yield from self.equation(self.program.let[value])

        return value_text(value), rows()

    def let(self, let: Let) -> tuple[str, Rows]:
        """A statement, as its region."""
        maker = let.maker
        op = plain(of_op(let, maker, self.letters)) if isinstance(maker, Apply) else "product"
        title = op if let.is_part else f"{value_text(let.name)}: {op}"

        def rows() -> Rows:
            yield "statement", formula.statement(self.program, let.name)
            yield "einsum", formula.einsum(let)
            yield from self.equation(let)
            yield from self.inside(let)
            yield from self.shape(let.name)
            yield "elements", self.count(let.name)

        return title, rows()

    def inside(self, let: Let) -> Rows:
        """The named lets that a barrier wraps."""
        for node in nodes(let.maker) if isinstance(let.maker, Apply) else ():
            inner = self.program.let.get(node.value)
            if inner is not None and not inner.is_part:
                yield "of", formula.formula(self.program, inner)
                yield f"FLOPs of {value_text(inner.name)}", self.flops.get(inner.name, "")

    def edge(self, name: str, letter: str) -> tuple[str, Rows]:
        """An edge or one of its legs."""

        def rows() -> Rows:
            yield "letter", letter
            yield "dim", self.letters.dim(name, letter)
            yield "length", self.letters.length(name, letter)
            yield "joins", self.joined(name, letter)
            for role in roles(self.program, name, letter):
                yield "role", role
            if self.letters.hidden(name, letter):
                yield "role", "batch: rides along everywhere"

        return f"edge {self.letters.text(name, letter)}", rows()

    def joined(self, name: str, letter: str) -> str:
        """The values that meet on an edge in its statement."""
        let = self.program.let.get(name)
        uses = nodes(let.maker) if let is not None else ()
        shown = (formula.factor_text(self.program, use) for use in uses if letter in use.edges)
        return ", ".join(shown)

    def scale(self, let: Let) -> tuple[str, Rows] | None:
        """The factor of a product."""
        maker = let.maker
        if not isinstance(maker, Diagram) or not maker.scale:
            return None
        above = [scalar_text(s) for s in maker.scale if not s.inverse]
        below = [scalar_text(s) for s in maker.scale if s.inverse]
        text = " · ".join(above) or "1"
        text += "".join(f" / {divisor}" for divisor in below)

        def rows() -> Rows:
            yield "value", self.value(let)
            yield "in", formula.statement(self.program, let.name)
            yield from self.equation(let)

        return f"scale {text}", rows()

    # -- rows ---------------------------------------------------------------------------------

    def shape(self, value: str) -> Rows:
        """`f h d = 512 × 8 × 64`."""
        legs = self.letters.legs[value]
        names = " ".join(leg.name for leg in legs) or "no legs"
        lengths = [self.number(leg.size) for leg in legs]
        known = " × ".join(lengths)
        yield "shape", f"{names} = {known}" if legs and known != names else names

    def number(self, size: Size) -> str:
        """A length as a number, or as its formula."""
        if size.dims - self.letters.numbers.keys():
            return size.formula(self.program.dim_order)
        return f"{size.value(self.letters.numbers):,}"

    def count(self, value: str) -> str:
        """How many numbers a value holds."""
        size = product(leg.size for leg in self.letters.legs[value])
        text, number = size.formula(self.program.dim_order), self.number(size)
        return text if text == number else f"{text} = {number}"

    def equation(self, let: Let) -> Rows:
        """Index notation and FLOPs of the whole statement that a let is, or is a part of."""
        base = let.name.partition("~")[0]
        yield "formula", formula.formula(self.program, self.program.let.get(base, let))
        yield "FLOPs", self.flops.get(let.name, self.flops.get(base, ""))

    def value(self, let: Let) -> str:
        """The factor as a number, where its dims have one."""
        maker = let.maker
        assert isinstance(maker, Diagram)
        total = 1.0
        lengths = self.letters.lengths[let.name]
        for scalar in maker.scale:
            size = scalar.size.replace(lengths)
            if size.dims - self.letters.numbers.keys():
                return ""
            ratio: Fraction = size.ratio(self.letters.numbers)
            factor = math.sqrt(ratio) if scalar.root else float(ratio)
            if scalar.inverse and not factor:
                return ""
            total = total / factor if scalar.inverse else total * factor
        return f"{total:.6g}".replace("-", "−")
