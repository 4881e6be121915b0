"""What a click shows: for the path of a node, leg, edge, region or scalar, its facts as rows."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from diagram.draw import formula, stubs
from diagram.draw.formula import scalar_text, value_text
from diagram.draw.indices import of_axis
from diagram.draw.label import of_call, plain
from diagram.draw.letters import Letters
from diagram.draw.paths import Edge, Factor, Statement, Thing, Use, find
from diagram.draw.roles import roles
from diagram.draw.stars import stub_rows
from diagram.draw.titles import of_op
from diagram.errors import DiagramError, suggest
from diagram.language.core import Apply, Call, Diagram, Kind, Let, Program, nodes
from diagram.language.inline import inline
from diagram.language.size import Size, product
from diagram.language.unfold import Inside, unfold

Rows = Iterator[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Description:
    """A title and rows of (label, text)."""

    title: str
    rows: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return "\n".join([self.title, *(f"  {label}: {text}" for label, text in self.rows)])


def describe(
    program: Program,
    path: str,
    /,
    flops: Mapping[str, str] | None = None,
    unfolded: Collection[str] = (),
    **sizes: int,
) -> Description:
    """The facts of one thing in the picture of a program.

    `path` is an id of the scene: `S/1` a node, `S/1/2` a leg, `S:h` an edge, `S` a let,
    `S/scale` its factor, `Y/out/0` a leg of a result. `flops`: text by name of statement, shown
    as it is. `unfolded` as `draw` was given it. DiagramError if the program has no such thing.

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
    for version, inside in _versions(program, path, unfolded):
        letters = Letters(version, tuple(sizes.items()))
        thing = find(letters, path)
        found = _Book(version, letters, flops or {}, inside).tell(thing) if thing else None
        if found is not None:
            title, rows = found
            return Description(title, tuple((label, text) for label, text in rows if text))
    names = (*program.let, *program.source)
    raise DiagramError(f"the diagram has no `{path}`{suggest(path, names)}")


def _versions(
    program: Program, path: str, unfolded: Collection[str]
) -> Iterator[tuple[Program, Mapping[str, Inside]]]:
    """The program as it was drawn, then with the calls unfolded that a path names, then flat."""
    found = unfold(program, unfolded)
    yield found.program, found.inside
    if program.definitions:
        found = unfold(program, [re.split("[/:]", path)[0]])
        yield found.program, found.inside
        yield inline(program), {}


@dataclass(frozen=True)
class _Book:
    """A program with what the rows need."""

    program: Program
    letters: Letters
    flops: Mapping[str, str]
    inside: Mapping[str, Inside]

    def tell(self, thing: Thing) -> tuple[str, Rows] | None:
        """A title and rows."""
        match thing:
            case Statement(let):
                return self.let(let)
            case Use(value, let):
                return self.use(value, let)
            case Edge(name, letter):
                return self.edge(name, letter)
            case Factor(let):
                return self.scale(let)

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
        op = "product"
        if isinstance(maker, Apply):
            op = plain(of_op(let, maker, self.letters))
        elif isinstance(maker, Call):
            op = plain(of_call(maker.definition, maker.times))
        elif let.name in self.inside:
            op = plain(of_call(self.inside[let.name].definition, 1))
        title = op if let.is_part else f"{value_text(let.name)}: {op}"

        def rows() -> Rows:
            yield "statement", formula.statement(self.program, let.name)
            yield "einsum", formula.einsum(let)
            yield from self.equation(let)
            yield from self.wrapped(let)
            yield from self.definition(let)
            yield from self.shape(let.name)
            yield "elements", self.count(let.name)

        return title, rows()

    def wrapped(self, let: Let) -> Rows:
        """The named lets that a barrier wraps."""
        for node in nodes(let.maker) if isinstance(let.maker, Apply) else ():
            inner = self.program.let.get(node.value)
            if inner is not None and not inner.is_part:
                yield "of", formula.formula(self.program, inner)
                yield f"FLOPs of {value_text(inner.name)}", self.flops.get(inner.name, "")

    def definition(self, let: Let) -> Rows:
        """What a call stands for."""
        if let.name in self.inside:
            called, names = self.inside[let.name].definition, self.inside[let.name].names
            held = [s.name for s in self.program.sources if s.name in names]
            yield "def", called.rpartition(".")[2]
            yield "weights", " ".join(n for n in held if self.is_weight(n))
        if isinstance(maker := let.maker, Call):
            inner = self.program.definition[maker.definition].program
            yield "def", maker.definition.rpartition(".")[2]
            shared = "one set of weights" if maker.tied else "each with weights of its own"
            yield "times", f"{maker.times}, {shared}" if maker.times > 1 else ""
            yield "weights", " ".join(s.name for s in inner.sources if s.kind is Kind.WEIGHT)

    def is_weight(self, name: str) -> bool:
        return self.program.source[name].kind is Kind.WEIGHT

    def edge(self, name: str, letter: str) -> tuple[str, Rows]:
        """An edge or one of its legs."""

        def rows() -> Rows:
            own = self.letters.spoken[name].get(letter)
            yield "letter", of_axis(own) if own else letter
            yield "dim", self.letters.dim(name, letter)
            yield "length", self.letters.length(name, letter)
            yield "joins", self.joined(name, letter)
            yield from stub_rows(self.letters, name, letter)
            known = letter not in self.letters.spoken[name]
            for role in roles(self.program, name, letter) if known else ():
                yield "role", role
            if self.letters.hidden(name, letter):
                yield "role", "batch: rides along everywhere"

        bundled = name in self.program.let and letter in dict(stubs.bundles(self.program.let[name]))
        return f"{'bundle' if bundled else 'edge'} {self.letters.text(name, letter)}", rows()

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
