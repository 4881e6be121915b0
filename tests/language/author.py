"""Random texts of the language, well-typed by construction, with the legs each value must have.

`Author(random).text()` follows the grammar of the reference: dims, all kinds of sources with their
initial numbers, sums of products, ops and brackets inside each other, scalars, negative terms and
leading numbers, primes and unicode names. `layout` sets a text with other spaces, commas, line
breaks and notes, which must not change what it means.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from hypothesis import strategies as st

from diagram.language.ops import ELEMENTWISE
from diagram.language.size import Size

BETWEEN = "\x1f"
"""Stands between legs, tensors and dims, where a comma may stand."""

DIMS = ("f", "h", "d", "n", "ν", "x1", "l_2", "Δ", "b")
EDGES = ("a", "b", "c", "i", "j", "k", "m", "n", "n'", "n''", "h", "d", "β", "x1", "q.1")
VALUES = ("A", "B", "WQ", "W_2", "X'", "Ξ", "Y.0.W1", "ñ", "K1", "Z''", "V", "f", "b", "P.x")
SIGNS = ("relu(X)", "a # b", "ß → 2", "return Y", "x = (", "Ende")

Legs = tuple[tuple[str, Size], ...]
Pool = dict[str, Size]


@dataclass(frozen=True, repr=False)
class Written:
    """A text as statements of single-spaced words, and the legs of every value with a name."""

    statements: tuple[str, ...]
    legs: Mapping[str, Legs]
    outputs: tuple[str, ...]

    @property
    def text(self) -> str:
        return "\n".join(s.replace(BETWEEN, " ") for s in self.statements)

    def __repr__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Piece:
    """A part of a right side: the edges that it can keep, and those that it must keep.

    `natural` are the legs it has when nothing says which; None if something must. `hands` says that
    the legs may be handed inwards from the left side without being written.
    """

    text: str
    edges: tuple[str, ...]
    must: tuple[str, ...]
    natural: tuple[str, ...] | None = None
    lone: bool = False


@dataclass
class Author:
    """Writes one program; every choice comes from `random`."""

    random: Random
    dims: dict[str, Size] = field(default_factory=dict)
    sizes: list[tuple[str, Size]] = field(default_factory=list)
    legs: dict[str, Legs] = field(default_factory=dict)
    indices: dict[str, str] = field(default_factory=dict)
    said: set[str] = field(default_factory=set)
    spare: int = 0

    def program(self) -> Written:
        """Dims, sources, one to five lets, return."""
        statements = [*self._dims_lines()]
        statements += self._sources()
        lets = [self._let() for _ in range(self.random.randint(1, 5))]
        names = [name for name in self.legs if name not in self.indices]
        outputs = self._some(names, least=1, most=3)
        closing = f"return {', '.join(outputs)}"
        return Written((*statements, *lets, closing), self.legs, tuple(outputs))

    def _chance(self, odds: float) -> bool:
        return self.random.random() < odds

    def _some(self, of: Iterable[str], least: int = 0, most: int = 99) -> list[str]:
        """A few of these, in any order."""
        of = list(of)
        most = min(most, len(of))
        return self.random.sample(of, self.random.randint(min(least, most), most))

    # -- dims and sizes -----------------------------------------------------------------------

    def _dims_lines(self) -> Iterable[str]:
        random = self.random
        plain = self._some(DIMS, least=2, most=5)
        self.dims = {name: Size.of(name) for name in plain}
        self.sizes = [(name, Size.of(name)) for name in plain]
        entries = [
            f"{name}={random.randint(0, 99)}" if self._chance(0.4) else name
            for name in plain
            if self._chance(0.6)
        ]
        for name in self._some(("r", "s", "t"), most=2):
            text, size = self._size()
            if size.dims:
                entries.append(f"{name} = {text}")
                self.dims[name] = size
                self.sizes.append((name, size))
        random.shuffle(entries)
        self.sizes += [self._leg_size() for _ in range(random.randint(0, 2))]
        cut = random.randint(0, len(entries))
        self.said = {entry.partition("=")[0].strip() for entry in entries}
        for part in (entries[:cut], entries[cut:]):
            if part:
                yield f"dims {BETWEEN.join(part)}"

    def _leg_size(self) -> tuple[str, Size]:
        if self._chance(0.4):
            number = self.random.randint(0, 9)
            return str(number), Size.of(number)
        text, size = self._size()
        return f"({text})", size

    def _size(self) -> tuple[str, Size]:
        """A size in the dims, and its value with all equations put in."""
        random = self.random
        a, b = (random.choice(list(self.dims)) for _ in range(2))
        x, y = Size.of(a), Size.of(b)
        k = random.randint(1, 9)
        forms: tuple[tuple[str, Callable[[], Size]], ...] = (
            (f"{a}*{b}", lambda: x * y),
            (f"{k}*{a}", lambda: x * k),
            (f"{a} + {k}", lambda: x + k),
            (f"{a}/{k}", lambda: x / k),
            (f"{a}//{k}", lambda: x // k),
            (f"({a} + {b})*{k}", lambda: (x + y) * k),
            (f"({a} - 1)//{k} + 1", lambda: (x - 1) // k + 1),
            (f"{a}*{b}/({a} + {b})", lambda: x * y / (x + y)),
            (f"{k}*{a} - {b} + {k}", lambda: k * x - y + k),
        )
        text, value = random.choice(forms)
        return text, value().replace(self.dims)

    # -- sources ------------------------------------------------------------------------------

    def _sources(self) -> list[str]:
        lines = []
        names = self._some(VALUES, least=2, most=7)
        at = 0
        while at < len(names):
            kind = self.random.choice(("input", "weight", "weight", "buffer", "const", "index"))
            group = names[at : at + self.random.randint(1, 3)]
            at += len(group)
            lines.append(f"{kind} {BETWEEN.join(self._source(kind, name) for name in group)}")
        if all(name in self.indices for name in names):
            lines.append(f"input {self._source('input', 'X0')}")
        return lines

    def _source(self, kind: str, name: str) -> str:
        legs: list[tuple[str, Size]] = []
        texts = []
        for _ in range(self.random.choice((0, 1, 2, 2, 3, 3, 4))):
            text, leg, size = self._leg([name for name, _ in legs])
            texts.append(text)
            legs.append((leg, size))
        self.legs[name] = tuple(legs)
        text = f"{name}[{BETWEEN.join(texts)}]"
        if kind == "index":
            self.indices[name] = self.random.choice(list(self.dims))
            return f"{text} of {self.indices[name]}"
        return text if kind == "input" or self._chance(0.5) else text + self._init(kind, legs)

    def _leg(self, taken: Sequence[str]) -> tuple[str, str, Size]:
        """A leg as written, its name and its size."""
        written, size = self.random.choice(self.sizes)
        if written in self.dims and self._chance(0.7):
            name = written
            while name in taken:
                name += "'"
            return name, name, size
        name = next(e for e in self.random.sample(EDGES, len(EDGES)) if e not in taken)
        return f"{name}:{written}", name, size

    def _init(self, kind: str, legs: Sequence[tuple[str, Size]]) -> str:
        rules = ["zeros", "ones", "given"]
        if kind != "const":
            rules += ["normal(0.02)", "normal(1e-3)", "uniform(-1 .5)"]
        rules += ["range"] * (len(legs) == 1) + ["eye"] * (len(legs) == 2)
        rules += ["orthogonal"] * (len(legs) >= 2 and kind != "const")
        lengths = [size.number for _, size in legs]
        count = 1
        for length in lengths:
            count *= -1 if length is None else int(length)
        if 0 <= count <= 20 and None not in lengths:
            number = ("0", "1", "-2", "0.25", "-1e2", "7")
            numbers = " ".join(self.random.choice(number) for _ in range(count))
            rules += [f"({numbers})"] * 3
        return f" = {self.random.choice(rules)}"

    # -- lets ---------------------------------------------------------------------------------

    def _let(self) -> str:
        taken = {*self.legs, *self.dims}
        name = next(f"L{i}" for i in range(1, 99) if f"L{i}" not in taken)
        pool: Pool = {}
        right = self._expression(pool, depth=0)
        must = () if right.lone else right.must
        if right.natural is not None and self._chance(0.4):
            left, legs = "", right.natural
        else:
            legs = self._kept(right.edges, must)
            left = f"[{BETWEEN.join(legs)}]"
        self.legs[name] = tuple((leg, pool[leg]) for leg in legs)
        return f"{name}{left} = {right.text}"

    def _kept(self, edges: Sequence[str], must: Sequence[str]) -> tuple[str, ...]:
        """Legs of a result in any order: those that must be kept, and some others."""
        more = [edge for edge in edges if edge not in must]
        return tuple(self._some([*must, *self._some(more, most=3)], least=99))

    def _expression(self, pool: Pool, depth: int) -> Piece:
        count = self.random.choice((1, 1, 1, 2, 2, 3))
        if count == 1:
            return self._term(pool, depth, alone=True)
        terms = [self._term(pool, depth, alone=False) for _ in range(count)]
        text = terms[0].text
        for term in terms[1:]:
            sign = self.random.choice("+-")
            text += f" {sign} {term.text.removeprefix('-')}"
        natural: tuple[str, ...] | None = _union(term.natural or () for term in terms)
        if any(term.natural is None for term in terms):
            natural = None
        edges = _union(term.edges for term in terms)
        return Piece(text, edges, _union(term.must for term in terms), natural)

    def _term(self, pool: Pool, depth: int, alone: bool) -> Piece:
        """One term of a sum, or (`alone`) a whole right side."""
        kind = self.random.choice(("use", "product", "product", "product", "op", "op", "number"))
        if kind == "number" and not alone:
            return Piece(self._number(), (), (), ())
        if kind in ("use", "number"):
            return self._scaled(self._lone(pool), pool)
        if kind == "op":
            return self._op(pool, depth, written=not alone and self._chance(0.5), alone=alone)
        factors = [self._factor(pool, depth) for _ in range(self.random.randint(2, 4))]
        edges = _union(factor.edges for factor in factors)
        text = " ".join(factor.text for factor in factors) + self._scale(edges)
        return Piece(self._led(text), edges, ())

    def _led(self, text: str) -> str:
        """With a sign and a number in front, perhaps."""
        lead = self.random.choice(("", "", "", "0.5 ", "2 * ", "3 "))
        return self.random.choice(("", "", "", "-")) + lead + text

    def _scaled(self, piece: Piece, pool: Pool) -> Piece:
        if self._chance(0.6):
            return piece
        text = piece.text + self._scale(piece.edges, least=1)
        return Piece(self._led(text), piece.edges, piece.must, piece.natural, piece.lone)

    def _scale(self, edges: Sequence[str], least: int = 0) -> str:
        names = [*edges, *sorted(self.said), "2", "0.125", "1e-3", "(1/3)"]
        text = ""
        for _ in range(self.random.choice((least, least, 1, 2))):
            name = self.random.choice(names)
            form = self.random.choice(("{}", "{}", "sqrt({})", "({}*2)", "({} + 1)"))
            plain = form == "{}" or name in (*edges, *self.said)
            text += f" {self.random.choice('*/')} {form.format(name) if plain else name}"
        return text

    def _number(self) -> str:
        return self.random.choice(("1", "2", "0.5", ".25", "1e-3", "12"))

    # -- factors ------------------------------------------------------------------------------

    def _factor(self, pool: Pool, depth: int) -> Piece:
        """A node of a product, with all its edges."""
        kind = self.random.choice(("use", "use", "use", "use", "op", "bracket"))
        if kind == "use" or depth > 1:
            return self._use(pool)
        if kind == "op":
            return self._op(pool, depth, written=True, alone=False)
        inner = dict(pool)
        inside = self._expression(inner, depth + 1)
        if inside.natural is not None and self._chance(0.3):
            legs, after = inside.natural, ""
        else:
            legs = self._kept(inside.edges, () if inside.lone else inside.must)
            after = f"[{BETWEEN.join(legs)}]"
        pool.update({leg: inner[leg] for leg in legs})
        return Piece(f"({inside.text}){after}", legs, legs)

    def _lone(self, pool: Pool) -> Piece:
        """A value that stands alone: each leg on an edge of its own."""
        name = self._value()
        legs = self.legs[name]
        if self._fits(pool, legs) and self._chance(0.6):
            return self._bare(name, pool)
        edges = self._bind(pool, legs, distinct=True)
        return Piece(f"{name}[{BETWEEN.join(edges)}]", edges, edges, edges, lone=True)

    def _use(self, pool: Pool) -> Piece:
        name = self._value()
        legs = self.legs[name]
        if self._fits(pool, legs) and self._chance(0.2):
            return self._bare(name, pool)
        edges = self._bind(pool, legs, distinct=False)
        return Piece(f"{name}[{BETWEEN.join(edges)}]", _union([edges]), ())

    def _value(self) -> str:
        return self.random.choice([name for name in self.legs if name not in self.indices])

    @staticmethod
    def _fits(pool: Pool, legs: Legs) -> bool:
        return all(pool.get(name, size) == size for name, size in legs)

    def _bare(self, name: str, pool: Pool) -> Piece:
        legs = self.legs[name]
        pool.update(legs)
        edges = tuple(leg for leg, _ in legs)
        return Piece(name, edges, edges, edges, lone=True)

    def _bind(self, pool: Pool, legs: Legs, distinct: bool) -> tuple[str, ...]:
        """An edge for each leg: one of this size that is there already, or a new one."""
        found: list[str] = []
        for _, size in legs:
            there = [e for e, s in pool.items() if s == size and not (distinct and e in found)]
            if there and self._chance(0.7):
                found.append(self.random.choice(there))
            else:
                found.append(self._new(pool, size, found))
        return tuple(found)

    def _new(self, pool: Pool, size: Size, taken: Sequence[str] = ()) -> str:
        free = [edge for edge in EDGES if edge not in pool and edge not in taken]
        self.spare += 1
        name = self.random.choice(free) if free else f"e{self.spare}"
        pool[name] = size
        return name

    # -- ops ----------------------------------------------------------------------------------

    def _op(self, pool: Pool, depth: int, written: bool, alone: bool) -> Piece:
        """An op; where it does not stand alone, its legs are written unless they are natural."""
        if self.indices and self._chance(0.2):
            return self._one_hot(pool)
        if self._chance(0.2):
            return self._resized(pool)
        inner = dict(pool)
        value = self._expression(inner, depth + 1) if depth < 2 else self._lone(inner)
        piece = self._named(value, inner)
        if alone or (piece.natural is not None and not written):
            pool.update({edge: inner[edge] for edge in piece.edges})
            return piece
        legs = self._kept(piece.edges, piece.must)
        pool.update({leg: inner[leg] for leg in legs})
        return Piece(f"{piece.text}[{BETWEEN.join(legs)}]", legs, legs, legs)

    def _named(self, value: Piece, pool: Pool) -> Piece:
        """An op of this value, chosen among those that its legs allow."""
        edges, must, natural, random = value.edges, value.must, value.natural, self.random
        allowed = ["elementwise", "dropout", "mask"]
        allowed += ["norm", "reduction"] * bool(edges) + ["causal"] * (len(edges) > 1)
        kind = random.choice(allowed)
        if kind == "elementwise":
            op = random.choice(ELEMENTWISE)
            return Piece(f"{op}({value.text})", edges, must, natural)
        if kind == "dropout":
            return Piece(f"dropout({value.text}, p=0.1)", edges, must, natural)
        if kind == "mask":
            over = natural or must
            other = self._mask(pool, over)
            if other is None:
                return Piece(f"relu({value.text})", edges, must, natural)
            text, legs = other
            return Piece(f"mask({value.text}, {text})", edges, _union([must, legs]), natural)
        choices = natural or edges
        if kind == "causal" and len(choices) > 1:
            legs = tuple(random.sample(choices, 2))
            options = random.choice(("", ", window=3", ", shift=1", ", window=2, shift=-1"))
            text = f"causal[{BETWEEN.join(legs)}]({value.text}{options})"
            return Piece(text, edges, _union([must, legs]), natural)
        if kind == "reduction":
            legs = tuple(self._some(choices, least=1, most=2))
            text = f"{random.choice(('max', 'min', 'mean'))}[{BETWEEN.join(legs)}]({value.text})"
            edges, must, left = (without(legs, of) for of in (edges, must, natural or ()))
            return Piece(text, edges, must, None if natural is None else left)
        return self._norm(value, choices)

    def _norm(self, value: Piece, choices: Sequence[str]) -> Piece:
        one = ("softmax", "log_softmax", "cumsum", "sort")
        op = self.random.choice((*one, "layer_norm", "rms_norm", "unit"))
        legs = tuple(self._some(choices, least=1, most=1 if op in one else 2))
        option = ", descending=1" if op == "sort" and self._chance(0.5) else ""
        option = ", eps=1e-5" if op not in one and self._chance(0.3) else option
        text = f"{op}[{BETWEEN.join(legs)}]({value.text}{option})"
        return Piece(text, value.edges, _union([value.must, legs]), value.natural)

    def _mask(self, pool: Pool, over: Sequence[str]) -> tuple[str, tuple[str, ...]] | None:
        """A value whose legs are among these, each on an edge of its own."""
        for name in self.random.sample(list(self.legs), len(self.legs)):
            free = [edge for edge in over if edge in pool]
            edges: list[str] = []
            for _, size in self.legs[name]:
                fitting = [e for e in free if pool[e] == size and e not in edges]
                edges += fitting[:1]
            if len(edges) == len(self.legs[name]) and name not in self.indices:
                return f"{name}[{BETWEEN.join(edges)}]", tuple(edges)
        return None

    def _one_hot(self, pool: Pool) -> Piece:
        name = self.random.choice(list(self.indices))
        edges = self._bind(pool, self.legs[name], distinct=True)
        leg = self._new(pool, self.dims[self.indices[name]], edges)
        text = f"one_hot[{leg}]({name}[{BETWEEN.join(edges)}])"
        return Piece(text, (*edges, leg), (*edges, leg), (*edges, leg))

    def _resized(self, pool: Pool) -> Piece:
        """A concat of a value with itself, or a slice of one: a leg of another length."""
        name = self.random.choice([n for n in self.legs if n not in self.indices])
        if not self.legs[name]:
            return self._lone(pool)
        edges = self._bind(dict(pool), self.legs[name], distinct=True)
        sizes = dict(zip(edges, (size for _, size in self.legs[name]), strict=True))
        fresh = [edge for edge in edges if edge not in pool]
        if not fresh:
            return self._lone(pool)
        leg, use = fresh[0], f"{name}[{BETWEEN.join(edges)}]"
        literal = sizes[leg].number
        if self._chance(0.5) or (literal is not None and literal < 2):
            text, sizes[leg] = f"concat[{leg}]({use}, {use})", sizes[leg] * 2
        elif self._chance(0.5):
            text, sizes[leg] = f"slice[{leg}]({use}, stop=2)", Size.of(2)
        else:
            text = f"slice[{leg}]({use}, start=1)"
            sizes[leg] = sizes[leg] - 1
        pool.update(sizes)
        return Piece(text, edges, edges, edges)


def _union(groups: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for group in groups for name in group))


def without(names: Sequence[str], of: Sequence[str]) -> tuple[str, ...]:
    """Those that are not among the names."""
    return tuple(name for name in of if name not in names)


def layout(written: Written, random: Random) -> str:
    """The same statements in another dress: spaces, commas, deeper lines, empty lines, notes."""
    lines: list[str] = []
    for statement in written.statements:
        while random.random() < 0.2:
            lines.append(random.choice(("", "   ", f"# {random.choice(SIGNS)}")))
        text = "".join(_dressed(character, random) for character in statement)
        lines += [text + random.choice(("", "", "  ", f" # {random.choice(SIGNS)}"))]
    return "\n".join(lines) + random.choice(("", "\n", "\n# the end", "\n\n"))


def _dressed(character: str, random: Random) -> str:
    if character == BETWEEN:
        return random.choice((" ", " ", ", ", ",", " , ", "\n     "))
    if character == " ":
        return random.choice(
            (" ", " ", " ", "  ", "\t", "\n\t  ", f" # {random.choice(SIGNS)}\n  ")
        )
    return character


@st.composite
def programs(draw: st.DrawFn) -> Written:
    """Random programs, well-typed by construction."""
    return Author(draw(_RANDOMS)).program()


@st.composite
def laid_out(draw: st.DrawFn) -> tuple[Written, str]:
    """A random program, and its text in another dress."""
    random = draw(_RANDOMS)
    written = Author(random).program()
    return written, layout(written, random)


_RANDOMS = st.randoms(use_true_random=True)
"""Seeds: a program is hundreds of choices, too many for hypothesis to steer one by one."""
