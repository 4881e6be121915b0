"""Indices as sums of names: `2·x + k - 1`, and the one that a convolved edge puts for another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from diagram.language.convolve import Indicator
from diagram.language.core import ONE, ZERO
from diagram.language.size import Size


@dataclass(frozen=True, slots=True)
class Index:
    """`(offset + sum of coefficient * name) / over`, modulo a length.

    Where it is no whole number or not from 0 to below `inside`, the entry counts as 0.
    """

    terms: tuple[tuple[str, Size], ...]
    offset: Size = ZERO
    over: Size = ONE
    modulo: Size | None = None
    inside: Size | None = None

    @property
    def is_name(self) -> bool:
        """Whether it is one name and nothing else."""
        plain = self.over == ONE and self.modulo is None and not self.offset.terms
        return plain and len(self.terms) == 1 and self.terms[0][1] == ONE

    @property
    def is_partial(self) -> bool:
        """Whether some of its values meet no entry."""
        return self.inside is not None or self.over != ONE


def name(edge: str) -> Index:
    """The index that is one edge."""
    return Index(((edge, ONE),))


def bundled(edges: tuple[str, ...], lengths: Mapping[str, Size]) -> Index:
    """The index of an axis: row-major over its edges, 0 where it has none.

    >>> bundled(("i", "k"), {"i": Size.of(2), "k": Size.of(4)}).terms[0]
    ('i', Size(terms=(((), Fraction(4, 1)),)))
    """
    terms: list[tuple[str, Size]] = []
    stride = ONE
    for edge in reversed(edges):
        terms.append((edge, stride))
        stride = stride * _told(edge, lengths)
    return merged(tuple(reversed(terms)))


def marked(size: Size) -> Size:
    """The size with `|d|` for each dim d, so that lengths and indices of one name are told apart.

    >>> str(marked(Size.of("d") * 2))
    '2*|d|'
    """
    return size.replace({dim: Size.of(f"|{dim}|") for dim in size.dims if dim[0] != "|"})


def _told(edge: str, lengths: Mapping[str, Size]) -> Size:
    """A length as a number, or as `|s2|`, which no dim is called."""
    length = lengths[edge]
    return length if length.number is not None else Size.of(f"|{edge}|")


def merged(terms: tuple[tuple[str, Size], ...], offset: Size = ZERO) -> Index:
    """The sum of these terms, each name once."""
    found: dict[str, Size] = {}
    for edge, factor in terms:
        found[edge] = found.get(edge, ZERO) + factor
    return Index(tuple((edge, factor) for edge, factor in found.items() if factor.terms), offset)


def put(index: Index, found: Mapping[str, Index]) -> Index | None:
    """The index with others put for its names; None where that is no index."""
    terms: list[tuple[str, Size]] = []
    offset = index.offset
    for edge, factor in index.terms:
        other = found.get(edge)
        if other is None:
            terms.append((edge, factor))
        elif other.over != ONE or (other.modulo is not None and other.modulo != index.modulo):
            return None
        else:
            terms += [(own, factor * scale) for own, scale in other.terms]
            offset = offset + factor * other.offset
    done = merged(tuple(terms), offset)
    return replace(index, terms=done.terms, offset=done.offset)


def solved(indicator: Indicator, place: int, lengths: Mapping[str, Size]) -> Index | None:
    """The index of the signal (1) or the kernel (2) that meets those of the other two ends.

    None where that is no index: a step around a circle that skips entries.
    """
    result, signal, kernel = indicator.edges
    stride, up, offset = indicator.conv.stride, indicator.conv.up, indicator.offset
    start = (result, stride)
    if place == 1:
        terms, over = (start, (kernel, -indicator.tap)), up
    elif indicator.is_flipped:
        terms, over = (start, (signal, -up)), indicator.tap
    else:
        terms, over, offset = ((signal, up), (result, -stride)), -indicator.tap, -offset
    if indicator.is_circular and over != ONE:
        return None
    whole = indicator.lengths[1] if indicator.is_circular else None
    # Around the circle every signal entry is met; a kernel may be shorter than the circle.
    inside = None if indicator.is_circular and place == 1 else indicator.lengths[place]
    found = replace(merged(terms, offset), over=over, modulo=whole, inside=inside)
    return replace(found, inside=None) if _stays_inside(found, lengths) else found


def _stays_inside(index: Index, lengths: Mapping[str, Size]) -> bool:
    """Whether numbers tell that every value is that of an entry."""
    if index.inside is None or index.inside.number is None or index.modulo is not None:
        return False
    low = high = index.offset.number
    for edge, factor in index.terms:
        length = lengths[edge].number
        if low is None or high is None or factor.number is None or length is None:
            return False
        end = factor.number * (length - 1)
        low, high = (low + end, high) if end < 0 else (low, high + end)
    if low is None or high is None or index.over.number is None:
        return False
    return low >= 0 and high < index.inside.number * index.over.number
