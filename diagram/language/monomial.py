"""Products of powers of atoms: arithmetic, order and text."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

from diagram.errors import SizeError

if TYPE_CHECKING:
    from diagram.language.size import Atom, Monomial


def _key(atom: Atom) -> tuple[int, str]:
    return (0 if isinstance(atom, str) else 1, str(atom))


MOST_POWER = 1_000


def times(left: Monomial, right: Monomial) -> Monomial:
    """Their product; an atom with power 0 vanishes."""
    powers = dict(left)
    for atom, power in right:
        powers[atom] = powers.get(atom, 0) + power
        if abs(powers[atom]) > MOST_POWER:
            raise SizeError(f"a size with a power of more than {MOST_POWER}")
    kept = [(atom, power) for atom, power in powers.items() if power]
    return tuple(sorted(kept, key=lambda pair: _key(pair[0])))


def raised(monomial: Monomial, power: int) -> Monomial:
    """Its power."""
    return tuple((atom, p * power) for atom, p in monomial)


def order(monomial: Monomial, rank: Mapping[str, int]) -> tuple[object, ...]:
    """Terms of more factors first, constants last; then by the dims."""
    powers = sorted((rank.get(str(atom), len(rank)), *_key(atom), -p) for atom, p in monomial)
    return (-sum(abs(p) for _, p in monomial), powers)


def number_text(number: Fraction) -> str:
    """A whole number or finite decimal as such, any other as `a/b`.

    >>> number_text(Fraction(1, 8)), number_text(Fraction(1, 3))
    ('0.125', '1/3')
    """
    twos_and_fives = number.denominator
    for prime in (2, 5):
        while twos_and_fives % prime == 0:
            twos_and_fives //= prime
    if number.denominator == 1 or twos_and_fives != 1:
        return str(number)
    digits = 0
    while (number * 10**digits).denominator != 1:
        digits += 1
    whole, sign = abs(int(number * 10**digits)), "-" if number < 0 else ""
    text = str(whole).rjust(digits + 1, "0")
    return f"{sign}{text[:-digits]}.{text[-digits:]}"


def term_text(monomial: Monomial, factor: Fraction, rank: Mapping[str, int], times: str) -> str:
    """A term as it is written: its number, then its atoms in the order of `rank`, then divisors."""

    def of(sign: int) -> list[str]:
        chosen = [(atom, abs(p)) for atom, p in monomial if p * sign > 0]
        chosen.sort(key=lambda pair: (rank.get(str(pair[0]), len(rank)), *_key(pair[0])))
        return [text for atom, p in chosen for text in _power_text(atom, p, rank, times)]

    above, below = of(1), of(-1)
    numerator, denominator = abs(factor.numerator), factor.denominator
    if numerator != 1 or not above:
        above.insert(0, str(numerator))
    if denominator != 1:
        below.insert(0, str(denominator))
    text = times.join(above)
    if below:
        divisor = times.join(below)
        text += f"/({divisor})" if len(below) > 1 else f"/{divisor}"
    return f"-{text}" if factor < 0 else text


def _power_text(atom: Atom, power: int, rank: Mapping[str, int], times: str) -> list[str]:
    if isinstance(atom, str) or (not rank and times == "*"):
        text = str(atom)
    else:
        text = atom.text(rank, times)
    return [text] * power if times == "*" or power == 1 else [f"{text}^{power}"]


def grouped(text: str) -> str:
    """In parentheses unless it is one word."""
    return text if text.replace("'", "").replace("_", "").isalnum() else f"({text})"
