"""Sizes: the lengths of legs and all counts, as exact polynomials in the dims.

A size is a sum of terms, a term a rational number times powers of atoms. An atom is a dim, a floor
`a // b` (whole parts pulled out first), or a sum that something is divided by. The form is
canonical for sums of products, quotients by one term and exact ones, and floors by a number: there
two sizes are equal if and only if their values here are. A sum that something is divided by is
divided out where that leaves no remainder, and is never factored.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from diagram.errors import SizeError
from diagram.language import monomial
from diagram.language.monomial import number_text

__all__ = ["Atom", "Divisor", "Floor", "Monomial", "Size", "number_text", "product", "total"]

MOST_TERMS = 2_000
MOST_DIGITS = 60
MOST_DEPTH = 50
MOST_DIVISORS = 20
MOST_LETTERS = 5_000
"""Of a floor or a divisor as it is written: one in the other they grow beyond measure."""
QUOTIENTS = "a size of too many quotients"


@dataclass(frozen=True)
class Floor:
    """`over // by`, rounded down; no whole part is left in `over`."""

    over: Size
    by: Size

    def __post_init__(self) -> None:
        _refuse_long(self)

    @cached_property
    def depth(self) -> int:
        """How deep floors and divisors stand in each other."""
        return _depth(self.over, self.by)

    @cached_property
    def _text(self) -> str:
        return self.text({}, "*")

    def text(self, rank: Mapping[str, int], times: str) -> str:
        """As it is written, dims in the order of `rank`."""
        over, by = (monomial.grouped(size.text(rank, times)) for size in (self.over, self.by))
        return f"({over}//{by})"

    def __str__(self) -> str:
        return self._text


@dataclass(frozen=True)
class Divisor:
    """A sum that something is divided by; it stands with negative powers only."""

    size: Size

    def __post_init__(self) -> None:
        _refuse_long(self)

    @cached_property
    def depth(self) -> int:
        """How deep floors and divisors stand in each other."""
        return _depth(self.size)

    @cached_property
    def _text(self) -> str:
        return self.text({}, "*")

    def text(self, rank: Mapping[str, int], times: str) -> str:
        """As it is written, dims in the order of `rank`."""
        return f"({self.size.text(rank, times)})"

    def __str__(self) -> str:
        return self._text


Atom = str | Floor | Divisor
Monomial = tuple[tuple[Atom, int], ...]


@dataclass(frozen=True)
class Size:
    """A polynomial in dims; build it with `Size.of` and arithmetic.

    >>> f, h = Size.of("f"), Size.of("h")
    >>> str((f + h) * 4 - 4 * h), (f * h / 2).value({"f": 3, "h": 4})
    ('4*f', 6)
    """

    terms: tuple[tuple[Monomial, Fraction], ...] = ()

    @staticmethod
    def of(value: Size | str | int | Fraction) -> Size:
        """A dim's name, a number, or a size as it is."""
        if isinstance(value, Size):
            return value
        if isinstance(value, str):
            return Size(((((value, 1),), Fraction(1)),))
        return Size((((), Fraction(value)),) if value else ())

    # -- arithmetic ---------------------------------------------------------------------------

    def __add__(self, other: Size | int | Fraction) -> Size:
        total = dict(self.terms)
        for powers, factor in Size.of(other).terms:
            total[powers] = total.get(powers, Fraction(0)) + factor
        return _canonical(total)

    __radd__ = __add__

    def __neg__(self) -> Size:
        return Size(tuple((powers, -factor) for powers, factor in self.terms))

    def __sub__(self, other: Size | int | Fraction) -> Size:
        return self + -Size.of(other)

    def __rsub__(self, other: int | Fraction) -> Size:
        return Size.of(other) - self

    def __mul__(self, other: Size | int | Fraction) -> Size:
        other = Size.of(other)
        if len(self.terms) * len(other.terms) > MOST_TERMS:
            raise SizeError(f"a size of more than {MOST_TERMS} terms")
        total: dict[Monomial, Fraction] = {}
        for left, a in self.terms:
            for right, b in other.terms:
                powers = monomial.times(left, right)
                total[powers] = total.get(powers, Fraction(0)) + a * b
        return _canonical(total)

    __rmul__ = __mul__

    def __truediv__(self, other: Size | int | Fraction) -> Size:
        """The exact quotient; what it stands for must divide when numbers are bound."""
        other = Size.of(other)
        if not other.terms:
            raise SizeError("a size divided by zero")
        if len(other.terms) == 1:
            powers, factor = other.terms[0]
            return self * Size(((monomial.raised(powers, -1), 1 / factor),))
        quotient = _divide(self, other)
        return quotient if quotient is not None else self * Size((_inverse(other),))

    def __floordiv__(self, other: Size | int) -> Size:
        """The quotient rounded down, as an atom once whole parts are pulled out."""
        by = Size.of(other)
        if not by.terms:
            raise SizeError("a size divided by zero")
        if _is_whole(quotient := self / by):
            return quotient
        whole, rest = Size(), Size()
        for powers, factor in self.terms:
            part, base = Size(((powers, factor),)), Size(((powers, Fraction(1)),))
            quotient = part / by
            if _is_whole(quotient):
                whole += quotient
            elif by.number is not None and _is_whole(base):
                whole += base * (factor // by.number)
                rest += base * (factor % by.number)
            else:
                rest += part
        if rest.number is not None and by.number is not None:
            return whole + rest.number // by.number
        if not rest.terms:
            return whole
        return whole + Size(((((Floor(rest, by), 1),), Fraction(1)),))

    # -- what it says -------------------------------------------------------------------------

    @property
    def number(self) -> Fraction | None:
        """The value where no dim stands in it."""
        if not self.terms:
            return Fraction(0)
        (powers, factor), *more = self.terms
        return factor if not powers and not more else None

    @cached_property
    def dims(self) -> frozenset[str]:
        """The names that stand in it."""
        return frozenset(name for atom in _atoms(self) for name in _names(atom))

    @property
    def has_floor(self) -> bool:
        return any(isinstance(atom, Floor) for atom in _atoms(self))

    def replace(self, values: Mapping[str, Size]) -> Size:
        """The same with sizes put for dims."""
        if not self.dims & values.keys():
            return self
        total = Size()
        for powers, factor in self.terms:
            term = Size.of(factor)
            for atom, power in powers:
                base = _replace(atom, values)
                for _ in range(abs(power)):
                    term = term * base if power > 0 else term / base
            total += term
        return total

    def value(self, dims: Mapping[str, int]) -> int:
        """The whole number it is, for these dims; SizeError if a dim lacks or it is not whole."""
        value = self.ratio(dims)
        if value.denominator != 1:
            given = ", ".join(f"{name}={dims[name]}" for name in sorted(self.dims))
            raise SizeError(f"{self} is not a whole number with {given}")
        return int(value)

    def ratio(self, dims: Mapping[str, int]) -> Fraction:
        """The rational number it is, for these dims; SizeError if a dim lacks."""
        self._refuse_missing(dims)
        total = Fraction(0)
        for powers, factor in self.terms:
            value = factor
            for atom, power in powers:
                base = _ratio(atom, dims)
                if base == 0 and power < 0:
                    raise SizeError(f"{self} divides by zero")
                value *= base**power
            total += value
        return total

    def _refuse_missing(self, dims: Mapping[str, int]) -> None:
        missing = sorted(self.dims - dims.keys())
        if missing:
            names = ", ".join(f"`{name}`" for name in missing)
            have = "has" if len(missing) == 1 else "have"
            raise SizeError(f"{names} {have} no number; give one, as in {missing[0]}=8")

    # -- text ---------------------------------------------------------------------------------

    def __str__(self) -> str:
        return self.text({}, "*")

    def formula(self, order: Sequence[str] = (), times: str = " ") -> str:
        """As people write it: `4 f h d + r^2`; dims in the given order, then by name."""
        return self.text({name: place for place, name in enumerate(order)}, times)

    def text(self, rank: Mapping[str, int], times: str) -> str:
        """The sum with this sign for products."""
        ranked = sorted(self.terms, key=lambda term: monomial.order(term[0], rank))
        pieces = [monomial.term_text(powers, factor, rank, times) for powers, factor in ranked]
        if not pieces:
            return "0"
        text = pieces[0]
        for piece in pieces[1:]:
            text += f" - {piece[1:]}" if piece.startswith("-") else f" + {piece}"
        return text


def _depth(*sizes: Size) -> int:
    atoms = [atom for size in sizes for atom in _atoms(size)]
    return 1 + max((atom.depth for atom in atoms if not isinstance(atom, str)), default=0)


def _refuse_long(atom: Floor | Divisor) -> None:
    if atom.depth > MOST_DEPTH or len(str(atom)) > MOST_LETTERS:
        raise SizeError(QUOTIENTS)


def fits(number: Fraction) -> bool:
    """Whether a number is short enough to stand in a size, and so in a text."""
    return all(part.bit_length() <= 4 * MOST_DIGITS for part in number.as_integer_ratio())


def product(sizes: Iterable[Size]) -> Size:
    """Their product; 1 of none."""
    total = Size.of(1)
    for size in sizes:
        total = total * size
    return total


def total(sizes: Iterable[Size]) -> Size:
    """Their sum; 0 of none."""
    result: dict[Monomial, Fraction] = {}
    for size in sizes:
        for powers, factor in size.terms:
            result[powers] = result.get(powers, Fraction(0)) + factor
    return _canonical(result)


def _canonical(total: Mapping[Monomial, Fraction]) -> Size:
    size = _sorted(total)
    divisors = dict.fromkeys(atom for atom in _atoms(size) if isinstance(atom, Divisor))
    if len(divisors) > MOST_DIVISORS:
        raise SizeError(QUOTIENTS)
    return next((found for d in divisors if (found := _without(size, d)) is not None), size)


def _sorted(total: Mapping[Monomial, Fraction]) -> Size:
    """The sum in its order; no divisor is divided out."""
    if len(total) > MOST_TERMS:
        raise SizeError(f"a size of more than {MOST_TERMS} terms")
    kept = [(powers, factor) for powers, factor in total.items() if factor]
    if not all(fits(factor) for _, factor in kept):
        raise SizeError(f"a size with a number of more than {MOST_DIGITS} digits")
    return Size(tuple(sorted(kept, key=lambda term: monomial.order(term[0], {}))))


def _without(size: Size, divisor: Divisor) -> Size | None:
    """The size with a divisor divided out where that leaves no remainder."""
    with_it = [term for term in size.terms if dict(term[0]).get(divisor, 0) < 0]
    above = _sorted({monomial.times(p, ((divisor, 1),)): factor for p, factor in with_it})
    quotient = _divide(above, divisor.size) if above.terms else None
    if quotient is None:
        return None
    return total([quotient, *(Size((term,)) for term in size.terms if term not in with_it)])


def _inverse(size: Size) -> tuple[Monomial, Fraction]:
    """1 / size, with the leading number pulled out so that the form is canonical."""
    lead = size.terms[0][1]
    return (((Divisor(size * (1 / lead)), -1),), 1 / lead)


def _divide(size: Size, by: Size) -> Size | None:
    """The quotient where it has no remainder; divisors are atoms like others here."""
    rest, quotient = size, Size()
    lead, lead_factor = by.terms[0]
    for _ in range(MOST_TERMS):
        if not rest.terms:
            return quotient
        powers, factor = rest.terms[0]
        step = monomial.times(powers, monomial.raised(lead, -1))
        if any(power < 0 and not isinstance(a, Divisor) for a, power in step):
            return None
        found = factor / lead_factor
        quotient = quotient + Size(((step, found),))
        left = dict(rest.terms)
        for other, times in by.terms:
            both = monomial.times(step, other)
            left[both] = left.get(both, Fraction(0)) - found * times
        rest = _sorted(left)
    return None


def _is_whole(size: Size) -> bool:
    return all(
        factor.denominator == 1 and all(power > 0 for _, power in powers)
        for powers, factor in size.terms
    )


def _atoms(size: Size) -> list[Atom]:
    return [atom for powers, _ in size.terms for atom, _ in powers]


def _names(atom: Atom) -> Iterable[str]:
    match atom:
        case str():
            return (atom,)
        case Floor(over, by):
            return over.dims | by.dims
        case Divisor(size):
            return size.dims


def _replace(atom: Atom, values: Mapping[str, Size]) -> Size:
    match atom:
        case str():
            return values.get(atom, Size.of(atom))
        case Floor(over, by):
            return over.replace(values) // by.replace(values)
        case Divisor(size):
            return size.replace(values)


def _ratio(atom: Atom, dims: Mapping[str, int]) -> Fraction:
    match atom:
        case str():
            return Fraction(dims[atom])
        case Floor(over, by):
            divisor = by.ratio(dims)
            if divisor == 0:
                raise SizeError(f"{atom} divides by zero")
            return Fraction(over.ratio(dims) // divisor)
        case Divisor(size):
            return size.ratio(dims)
