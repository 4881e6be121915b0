"""The scale of a product in one form: a number, then sizes, then roots, each above and below."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from math import gcd, isqrt, lcm, prod

from diagram.language.core import Scalar
from diagram.language.document.spot import size_of
from diagram.language.size import Atom, Divisor, Size

ONE = Size.of(1)
MOST_READINGS = 4


def in_dims(
    scale: Sequence[Scalar], edges: Mapping[str, Size], equations: Mapping[str, Size]
) -> tuple[Scalar, ...]:
    """The same factor with sizes put for edges, all that can be multiplied out.

    >>> d = Size.of("d")
    >>> found = in_dims([Scalar(d, root=True, inverse=True), Scalar(Size.of("i"))], {"i": d}, {})
    >>> [str(scalar.size) for scalar in found]
    ['d', 'd']
    """
    sizes = {**equations, **edges}
    whole, rooted = product([replace(s, size=s.size.replace(sizes)) for s in scale])
    return (*_scalars(whole, False), *_scalars(rooted, True))


def product(scale: Sequence[Scalar]) -> tuple[Size, Size]:
    """A scale as a size, times the root of another."""
    found = {False: ONE, True: ONE}
    for scalar in scale:
        whole = found[scalar.root]
        found[scalar.root] = whole / scalar.size if scalar.inverse else whole * scalar.size
    outside, rooted = _drawn(plain(found[True]))
    return plain(found[False] * outside), rooted


def plain(size: Size) -> Size:
    """The size as its text is read, which multiplies out what is divided by.

    >>> f, h = Size.of("f"), Size.of("h")
    >>> str(plain(f / (f + h) / (f + 1)))
    'f/(f*f + f*h + f + h)'
    """
    for _ in range(MOST_READINGS):
        is_plain = all(isinstance(atom, str) for powers, _ in size.terms for atom, _ in powers)
        read = size if is_plain else size_of(str(size))
        if read == size:
            return size
        size = read
    return size


def content(atom: Atom) -> Fraction:
    """What is drawn out of a divisor so that no name of a dim has a say in what is left."""
    if not isinstance(atom, Divisor):
        return Fraction(1)
    factors = [factor for _, factor in atom.size.terms]
    above = gcd(*(factor.numerator for factor in factors))
    below = lcm(*(factor.denominator for factor in factors))
    return Fraction(-above if sum(factors) < 0 else above, below)


def _drawn(size: Size) -> tuple[Size, Size]:
    """What can be drawn from under a root, and what stays: the root of 12 n n is n 2 root 3."""
    if len(size.terms) != 1:
        return ONE, size
    ((powers, factor),) = size.terms
    number = factor * prod(content(atom) ** power for atom, power in powers)
    if number < 0:
        return ONE, size
    drawn = tuple((atom, power // 2) for atom, power in powers if _is_even(atom, power))
    stays = tuple((atom, power) for atom, power in powers if not _is_even(atom, power))
    outside = Fraction(_square(number.numerator), _square(number.denominator))
    return Size(((drawn, outside),)), Size(((stays, factor / outside**2),))


def _is_even(atom: Atom, power: int) -> bool:
    """Whether the root of this power is one without doubt about its sign."""
    return power % 2 == 0 and not isinstance(atom, Divisor)


def _square(number: int) -> int:
    """The largest number up to 1000, or the root of the whole, whose square divides this one."""
    if (root := isqrt(number)) ** 2 == number:
        return root
    return max(k for k in range(1, 1000) if number % k**2 == 0)


def _scalars(size: Size, root: bool) -> Iterator[Scalar]:
    """A size as factors: its sign, its number, what stands above the line and what below."""
    if len(size.terms) != 1 or (root and size.terms[0][1] < 0):
        yield Scalar(size, root)
        return
    ((powers, number),) = size.terms
    if number < 0:
        yield Scalar(Size.of(-1))
        number = -number
    sums = [(atom.size, power) for atom, power in powers if isinstance(atom, Divisor)]
    above = tuple((atom, power) for atom, power in powers if power > 0)
    below = tuple((a, -power) for a, power in powers if power < 0 and not isinstance(a, Divisor))
    parts = (
        (Size.of(number.numerator), False),
        (Size.of(number.denominator), True),
        (Size(((above, Fraction(1)),)), False),
        (Size(((below, Fraction(1)),)), True),
        *(
            (inner, True)
            for inner, power in sorted(sums, key=lambda pair: str(pair[0]))
            for _ in range(-power)
        ),
    )
    for part, inverse in parts:
        if part != ONE:
            yield Scalar(part, root, inverse)
