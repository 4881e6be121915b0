"""Sources whose numbers depend on the order of their legs: which legs can change places."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import permutations, product
from math import prod

from diagram.language.core import Source

MOST_LEGS = 5
MOST_NUMBERS = 4096
"""Written numbers of more legs or entries keep their legs in order."""

Numbers = tuple[Fraction, ...]
Order = tuple[int, ...]


def leg_labels(source: Source) -> tuple[int, ...]:
    """A number for each leg: legs of one number can change places and leave the source the same."""
    count = len(source.legs)
    match source.init.name if source.init else "":
        case "numbers":
            _, order, classes = arranged(source)
            return tuple(classes[order.index(leg)] for leg in range(count))
        case "orthogonal" if count > 2:
            return (0, *(1 for _ in range(count - 1)))
    return (0,) * count


def number_label(source: Source) -> tuple[str, ...]:
    """How the numbers are made, or the numbers, in the order that `arranged` gives the legs."""
    if source.init is None:
        return ()
    numbers = source.init.numbers
    if source.init.name == "numbers":
        numbers, _, _ = arranged(source)
    return (source.init.name, *(str(number) for number in numbers))


def arranged(source: Source) -> tuple[Numbers, Order, Order]:
    """The written numbers with the legs in the order that makes them least.

    Also that order, and for each of its places the first one that it can change with.
    """
    assert source.init is not None
    lengths = [leg.size.number for leg in source.legs]
    count, numbers = len(lengths), source.init.numbers
    known = tuple(int(length) for length in lengths if length is not None)
    fits = len(known) == count and prod(known) == len(numbers)
    if not fits or count > MOST_LEGS or len(numbers) > MOST_NUMBERS:
        return numbers, tuple(range(count)), tuple(range(count))
    return _arranged(known, numbers)


@lru_cache(maxsize=256)
def _arranged(lengths: Order, numbers: Numbers) -> tuple[Numbers, Order, Order]:
    ways = {order: _moved(lengths, numbers, order) for order in permutations(range(len(lengths)))}
    best = min(ways, key=lambda order: ([lengths[leg] for leg in order], ways[order]))
    classes = tuple(
        next(
            first
            for first in range(place + 1)
            if lengths[best[first]] == lengths[best[place]]
            and ways[_swapped(best, first, place)] == ways[best]
        )
        for place in range(len(lengths))
    )
    return ways[best], best, classes


def _swapped(order: Order, one: int, two: int) -> Order:
    found = list(order)
    found[one], found[two] = found[two], found[one]
    return tuple(found)


def _moved(lengths: Sequence[int], numbers: Numbers, order: Order) -> Numbers:
    """The numbers, row-major, of the array with its axes in another order."""
    steps = [prod(lengths[leg + 1 :]) for leg in range(len(lengths))]
    return tuple(
        numbers[sum(steps[leg] * at for leg, at in zip(order, place, strict=True))]
        for place in product(*(range(lengths[leg]) for leg in order))
    )
