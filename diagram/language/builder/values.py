"""Right sides in Python: values, and what operators make of them, each a piece of the text.

`@` puts factors side by side, as the text does; `*` and `/` take scalars only. Sums and products
are flat: Python's parentheses mean nothing in them, but legs after them make a bracket.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, NoReturn

from diagram.language.builder.owners import same_program
from diagram.language.builder.sizes import (
    Length,
    Number,
    fraction,
    leading_text,
    scalar_text,
    size,
)
from diagram.language.builder.stars import Convolvable
from diagram.language.builder.text import axes_text
from diagram.language.builder.where import refuse, said
from diagram.language.core import Leg, Scalar
from diagram.language.size import Size

if TYPE_CHECKING:
    from diagram.language.builder.lines import Lines


MOST_CHARACTERS = 1_000_000
"""Of one right side: one that holds itself over and over doubles each time."""


class Expression(Convolvable):
    """What may stand on a right side; all the values in it are of one builder."""

    __array_ufunc__ = None  # a numpy number leaves its operators to this class

    @property
    @abstractmethod
    def text(self) -> str:
        """As it is written in the language."""

    @property
    @abstractmethod
    def terms(self) -> tuple[Product, ...]:
        """The terms of the sum that it is."""

    @property
    def uses(self) -> tuple[Value, ...]:
        """The values in it, each once."""
        found = (value for term in self.terms for node in term.nodes for value in node.values)
        return tuple(dict.fromkeys(found))

    @property
    def product(self) -> Product:
        if len(self.terms) == 1:
            return self.terms[0]
        return Product((Node(f"({self.text})", self.uses),))

    @property
    @abstractmethod
    def length(self) -> int:
        """About how many characters it is written with."""

    def __post_init__(self) -> None:
        if self.length > MOST_CHARACTERS:
            refuse(
                f"a right side of more than {MOST_CHARACTERS:,} characters; what it holds over and "
                "over is better named with let"
            )

    @property
    def first(self) -> Value | None:
        """The first value in it."""
        return next((v for term in self.terms for node in term.nodes for v in node.values), None)

    def __repr__(self) -> str:
        return self.text

    def __getitem__(self, legs: str) -> Node:
        """A bracket around it, and the legs that leave it."""
        return Node(f"({self.text})[{axes_text(legs)}]", self.uses)

    def __iter__(self) -> NoReturn:
        refuse(f"{self.text} has no parts to go through; its legs are named in [...]")

    # -- products ---------------------------------------------------------------------------------

    def __matmul__(self, other: Expression) -> Product:
        return _side_by_side(self, other)

    def __rmatmul__(self, other: object) -> Product:
        return _side_by_side(other, self)

    def __mul__(self, scalar: Length | Number | Expression) -> Product:
        product = self.product
        if not product.nodes and isinstance(scalar, Expression):
            return replace(scalar.product, scale=product.scale + scalar.product.scale)
        return replace(product, scale=product.scale + _scalars(scalar, "*"))

    def __rmul__(self, scalar: Length | Number) -> Product:
        product = self.product
        return replace(product, scale=_scalars(scalar, "*") + product.scale)

    def __truediv__(self, scalar: Length | Number | Expression) -> Product:
        product = self.product
        return replace(product, scale=product.scale + _scalars(scalar, "/"))

    def __rtruediv__(self, number: Number) -> Product:
        return expression(number, "`/`").product / self

    def __floordiv__(self, other: object) -> NoReturn:
        refuse("`//` rounds sizes down; a product is divided with `/`")

    def __pow__(self, power: object) -> NoReturn:
        refuse(f"there is no `**`; a square is ops.square({self.text})")

    # -- sums -------------------------------------------------------------------------------------

    def __neg__(self) -> Expression:
        terms = tuple(replace(term, negative=not term.negative) for term in self.terms)
        return Sum(terms, self.length) if len(terms) > 1 else terms[0]

    def __pos__(self) -> Expression:
        return self

    def __add__(self, other: Expression | Number) -> Expression:
        term = expression(other, "`+`")
        same_program((self, term))
        return Sum((*self.terms, *term.terms), self.length + term.length)

    def __radd__(self, other: Number) -> Expression:
        return expression(other, "`+`") + self

    def __sub__(self, other: Expression | Number) -> Expression:
        return self + -expression(other, "`-`")

    def __rsub__(self, other: Number) -> Expression:
        return expression(other, "`-`") + -self


@dataclass(frozen=True, eq=False, repr=False)
class Value(Expression):
    """A value with a name, a source or a let; the sizes of its legs are in dims."""

    lines: Lines
    name: str
    legs: tuple[Leg, ...]

    @property
    def text(self) -> str:
        return self.name

    @property
    def terms(self) -> tuple[Product, ...]:
        return Node(self.name, (self,)).terms

    @property
    def length(self) -> int:
        return len(self.name)

    def __repr__(self) -> str:
        return f"{self.name}[{' '.join(leg.name for leg in self.legs)}]"

    def __getitem__(self, legs: str) -> Node:
        """A use of it: the edges on which its legs stand."""
        example = f'{self.name}["{" ".join(leg.name for leg in self.legs)}"]'
        return Node(f"{self.name}[{axes_text(legs, example)}]", (self,))


@dataclass(frozen=True, eq=False, repr=False)
class Node(Expression):
    """One factor: a use, a call of an op, or a bracket; legs may follow a call."""

    written: str
    values: tuple[Value, ...]
    is_call: bool = False

    @property
    def text(self) -> str:
        return self.written

    @property
    def terms(self) -> tuple[Product, ...]:
        return (Product((self,)),)

    @property
    def length(self) -> int:
        return len(self.written)

    def __getitem__(self, legs: str) -> Node:
        """A call with the legs that leave it; else a bracket."""
        if not self.is_call:
            return super().__getitem__(legs)
        return Node(f"{self.written}[{axes_text(legs)}]", self.values)


@dataclass(frozen=True, eq=False, repr=False)
class Product(Expression):
    """Factors side by side, then scalars, then convolutions; `negative` is its sign in a sum."""

    nodes: tuple[Node, ...]
    scale: tuple[Scalar, ...] = ()
    stars: tuple[str, ...] = ()
    negative: bool = False

    @property
    def text(self) -> str:
        return ("-" if self.negative else "") + self.unsigned

    @property
    def terms(self) -> tuple[Product, ...]:
        return (self,)

    @cached_property
    def length(self) -> int:
        return sum(node.length + 1 for node in self.nodes) + 4 * len(self.scale)

    @property
    def unsigned(self) -> str:
        """As it is written behind a sign."""
        factors = [node.written for node in self.nodes]
        if not factors:
            return leading_text(self.scale)
        scale = [f"{'/' if s.inverse else '*'} {scalar_text(s)}" for s in self.scale]
        return " ".join([*factors, *scale, *self.stars])


@dataclass(frozen=True, eq=False, repr=False)
class Sum(Expression):
    """Terms joined by their signs."""

    products: tuple[Product, ...]
    characters: int

    @property
    def length(self) -> int:
        return self.characters

    @property
    def text(self) -> str:
        first, *rest = self.products
        signed = (f" {'-' if term.negative else '+'} {term.unsigned}" for term in rest)
        return first.text + "".join(signed)

    @property
    def terms(self) -> tuple[Product, ...]:
        return self.products


@dataclass(frozen=True, eq=False)
class Called:
    """A call of a def: it stands alone, on the right side of a line of its own."""

    lines: Lines
    text: str
    uses: tuple[Value, ...]


# -- what stands beside an operator ---------------------------------------------------------------


def expression(given: object, sign: str) -> Expression:
    """An expression as it is, a number as a term."""
    if isinstance(given, Expression):
        return given
    if isinstance(given, Called):
        refuse('a def is called in a line of its own: Y = net.let("Y", layer(X))')
    if isinstance(given, str):
        refuse(f'{sign} takes values, not the text {said(given)}; legs stand at a value: X["b n"]')
    number = fraction(given, "a value or a number")
    return Product((), (Scalar(Size.of(abs(number))),), (), number < 0)


def _side_by_side(first: object, second: object) -> Product:
    left, right = expression(first, "`@`").product, expression(second, "`@`").product
    same_program((left, right))
    if not left.nodes or not right.nodes:
        refuse("`@` puts values side by side; scalars come with `*` and `/`")
    if left.stars or right.stars:
        refuse(
            "a convolution ends its product: write it after the last `@`, or name the legs that "
            'leave it: (...).corr("x")["b t x"] @ ...'
        )
    negative = left.negative != right.negative
    return Product(left.nodes + right.nodes, left.scale + right.scale, (), negative)


def _scalars(given: object, sign: str) -> tuple[Scalar, ...]:
    """The scalars behind `*` or `/`."""
    if isinstance(given, Called):
        expression(given, sign)
    if not isinstance(given, Expression):
        return (Scalar(size(given), inverse=sign == "/"),)
    product = given.product
    if product.nodes and sign == "*":
        refuse("`*` takes scalars only; values are put side by side with `@`")
    if product.nodes:
        refuse(f"`/` takes scalars only; divide by a value with ops.recip({given.text})")
    minus = (Scalar(Size.of(-1)),) if product.negative else ()
    inverse = sign == "/"
    return (*minus, *(replace(s, inverse=s.inverse != inverse) for s in product.scale))
