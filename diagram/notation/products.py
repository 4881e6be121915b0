"""A product as an equation: nodes, sums, scale, and convolved edges as sums of indices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain

from diagram.language.convolve import Indicator
from diagram.language.core import Axis, Node, Scalar, flat
from diagram.language.size import Size
from diagram.notation.formula import (
    Compare,
    Entry,
    Equation,
    Expression,
    Iverson,
    Number,
    Over,
    Plus,
    Range,
    Root,
    Times,
    Total,
    number,
)
from diagram.notation.index import Index, bundled, merged, put, solved

Lengths = Mapping[str, Size]


def product(
    left: tuple[str, Sequence[Axis]],
    nodes: Sequence[Node],
    indicators: Sequence[Indicator],
    scale: Sequence[Scalar],
    lengths: Lengths,
) -> Equation:
    """The value with these axes as the sum of products of the nodes' entries.

    An indicator is no factor: an index is put for the end of the convolved edge that is summed.
    The scale has numbers put for edges and dims where they are known.
    """
    result, axes = left
    kept = flat(axes)
    ends = chain.from_iterable(indicator.edges for indicator in indicators)
    edges = dict.fromkeys([*chain.from_iterable(node.edges for node in nodes), *ends])
    summed = [edge for edge in edges if edge not in kept]
    found, rest = _solved(indicators, summed, nodes, lengths)
    factors: list[Expression] = [
        Entry(node.value, tuple(_axis(axis, found, lengths) for axis in node.axes))
        for node in nodes
    ]
    factors += [_bracket(indicator) for indicator in rest]
    body = factors[0] if len(factors) == 1 else Times(tuple(factors))
    over = tuple(Range(edge, lengths[edge]) for edge in summed if edge not in found)
    right = _scaled(Total(over, body) if over else body, scale)
    indices = tuple(bundled(axis, lengths) for axis in axes)
    return Equation(Entry(result, indices), _free(kept, lengths), right)


def _free(edges: Sequence[str], lengths: Lengths) -> tuple[Range, ...]:
    return tuple(Range(edge, lengths[edge]) for edge in edges)


def _axis(axis: Axis, found: Mapping[str, Index], lengths: Lengths) -> Index:
    index = found.get(axis[0]) if len(axis) == 1 else None
    return index if index is not None else bundled(axis, lengths)


def _solved(
    indicators: Sequence[Indicator],
    summed: Sequence[str],
    nodes: Sequence[Node],
    lengths: Lengths,
) -> tuple[dict[str, Index], list[Indicator]]:
    """An index for one end of each indicator that has one, and the indicators that have none.

    Of several kernels the last comes first: what it makes of the result goes into the others.
    """
    found: dict[str, Index] = {}
    rest: list[Indicator] = []
    waiting = list(indicators)
    while waiting:
        indicator = waiting.pop()
        met = {edge for node in nodes for edge in node.edges}
        met |= {other.edges[0] for other in waiting}
        for place in (1, 2):
            edge = indicator.edges[place]
            index = solved(indicator, place, lengths) if edge in summed and edge in met else None
            index = put(index, found) if index is not None else None
            if index is not None and edge not in found:
                found[edge] = index
                break
        else:
            rest.insert(0, indicator)
    if any(edge in found for indicator in rest for edge in indicator.edges):
        return {}, list(indicators)
    return found, rest


def _bracket(indicator: Indicator) -> Iverson:
    result, signal, kernel = indicator.edges
    left = merged(((result, indicator.conv.stride),), indicator.offset)
    right = merged(((signal, indicator.conv.up), (kernel, indicator.tap)))
    if not indicator.is_circular:
        return Iverson(Compare(left, "=", right))
    gap = merged((*left.terms, *((edge, -factor) for edge, factor in right.terms)), left.offset)
    around = Index(gap.terms, gap.offset, modulo=indicator.lengths[1])
    return Iverson(Compare(around, "=", number(0)))


def indicator_equation(result: str, indicator: Indicator, lengths: Lengths) -> Equation:
    """What the indicator of a convolved edge is: 1 where three indices meet."""
    indices = tuple(bundled((edge,), lengths) for edge in indicator.edges)
    return Equation(Entry(result, indices), _free(indicator.edges, lengths), _bracket(indicator))


def regrouped(
    left: tuple[str, Sequence[Axis]], right: tuple[str, Sequence[Axis]], lengths: Lengths
) -> Equation:
    """The same entries under other indices: bundles opened or made."""
    entries = [
        Entry(name, tuple(bundled(axis, lengths) for axis in axes)) for name, axes in (left, right)
    ]
    return Equation(entries[0], _free(flat(left[1]), lengths), entries[1])


def _scaled(body: Expression, scale: Sequence[Scalar]) -> Expression:
    """The body times the scale, which stands before it."""
    sign = 1
    above: list[Expression] = []
    below: list[Expression] = []
    for scalar in scale:
        size = scalar.size
        if size.number == -1 and not scalar.root:
            sign = -sign
        elif size.number != 1:
            factor: Expression = Root(Number(size)) if scalar.root else Number(size)
            (below if scalar.inverse else above).append(factor)
    factors: list[Expression] = above
    if below:
        numerator = _times(above) if above else number(1)
        factors = [Over(numerator, _times(below))]
    whole = _times([*factors, body])
    return whole if sign > 0 else Plus(((-1, whole),))


def _times(factors: Sequence[Expression]) -> Expression:
    return factors[0] if len(factors) == 1 else Times(tuple(factors))


def constant(name: str, scale: Sequence[Scalar]) -> Equation:
    """A product of no nodes: the scale alone."""
    return Equation(Entry(name, ()), (), _scaled(number(1), scale))
