"""Parameters counted off the diagram: only sources hold numbers."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from diagram.errors import DiagramError, Fault, SizeError, suggest
from diagram.language.check import derive
from diagram.language.core import Apply, Kind, Program, Source
from diagram.language.inline import inline
from diagram.language.size import Size, fits, product, total


@dataclass(frozen=True)
class Count:
    """A count as a size in the dims, and as a number once every dim has one."""

    size: Size
    order: tuple[str, ...]
    number: int | None
    of: tuple[tuple[str, Count], ...] = ()
    """The count of each weight, in order of declaration."""

    @property
    def formula(self) -> str:
        return self.size.formula(self.order)

    def __str__(self) -> str:
        if self.number is None:
            return self.formula
        return f"{self.formula} = {self.number:,}" if self.size.dims else f"{self.number:,}"


def checked(program: Program, sizes: Mapping[str, int]) -> dict[str, int]:
    """The sizes as plain numbers, if each is a dim of the program and a whole number, 0 or more.

    >>> from diagram import parse
    >>> checked(parse("input X[n]\\nreturn X"), {"n": True})
    Traceback (most recent call last):
    diagram.errors.DiagramError: dim `n` is True; a dim is a whole number, 0 or more
    """
    known = dim_names(program)
    numbers: dict[str, int] = {}
    faults: list[Fault] = []
    for name, value in sizes.items():
        number = _length(value)
        if name not in known:
            faults.append(Fault(f"`{name}` is no dim of this program{suggest(name, known)}"))
        elif number is None:
            message = f"dim `{name}` is {_said(value)}; a dim is a whole number, 0 or more"
            faults.append(Fault(message))
        elif not fits(Fraction(number)):
            faults.append(Fault(f"dim `{name}` is a number too long to be meant"))
        else:
            numbers[name] = number
    if faults:
        raise DiagramError(faults, of="with the sizes that were given")
    return numbers


def dim_names(program: Program) -> tuple[str, ...]:
    """Every dim that can have a number."""
    bounds = (s.of.dims for s in program.sources if s.of is not None)
    bound_by = (name for of in bounds for name in sorted(of))
    return tuple(dict.fromkeys([*program.dim_order, *bound_by, *derive(program).free]))


def _length(value: object) -> int | None:
    """The number that a dim has by this value: any kind of whole number, 0 or more."""
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        return None
    return None if isinstance(value, bool) or number < 0 else number


def _said(value: object) -> str:
    try:
        return repr(value)
    except ValueError:  # a number of more digits than Python prints
        return "negative"


def bound(program: Program, sizes: Mapping[str, int]) -> dict[str, int]:
    """The numbers that dims have: those given, then defaults, then what equations make of them."""
    numbers = {**program.defaults, **sizes}
    waiting = dict(program.equations)
    while True:
        ready = [name for name, size in waiting.items() if not size.dims - numbers.keys()]
        if not ready:
            return numbers
        for name in ready:
            value = waiting.pop(name).value(numbers)
            if sizes.get(name, value) != value:
                raise SizeError(
                    f"dim `{name}` is {program.equations[name]} = {value}, not {sizes[name]}"
                )
            numbers[name] = value


def count(size: Size, order: Sequence[str], numbers: Mapping[str, int]) -> Count:
    """A count of this size; its number where all of its dims have one."""
    number = None if size.dims - numbers.keys() else size.value(numbers)
    return Count(size, tuple(order), number)


def parameters(program: Program, /, **sizes: int) -> Count:
    """The number of learned parameters, as a formula in the dims and as a number.

    >>> from diagram import parse
    >>> program = parse("dims f=4 h=2\\nweight W[f h]\\nY[h] = W[f h]\\nreturn Y")
    >>> str(parameters(program)), parameters(program, f=3).number
    ('f h = 8', 6)
    """
    program = inline(program)
    numbers = bound(program, checked(program, sizes))
    order = program.dim_order
    each = [
        (source.name, _entries(source, order, numbers))
        for source in program.sources
        if source.kind is Kind.WEIGHT
    ]
    whole = total(part.size for _, part in each)
    number = count(whole, order, numbers).number
    return Count(whole, order, number, tuple(each))


def _entries(source: Source, order: Sequence[str], numbers: Mapping[str, int]) -> Count:
    try:
        return count(product(leg.size for leg in source.legs), order, numbers)
    except SizeError as error:
        raise SizeError(f"{source.name}: {error}") from None


def maps(program: Program, /, *whole: str, **sizes: int) -> Count:
    """The elements of all attention maps: of what each softmax makes, where it is stored.

    Dims in `whole` count as 1; with those of batch, queries and keys it is the number of maps.

    >>> from diagram import parse
    >>> program = parse("input S[b h n m]\\nA = softmax[m](S)\\nreturn A")
    >>> str(maps(program, b=2, h=8, n=4, m=4)), maps(program, "b", "n", "m").formula
    ('b h n m = 256', 'h')
    """
    program = inline(program)
    ones = {name: Size.of(1) for name in whole}
    legs = derive(program).legs
    each = [
        product(leg.size.replace(ones) for leg in legs[let.name])
        for let in program.lets
        if isinstance(let.maker, Apply) and let.maker.op == "softmax"
    ]
    return count(total(each), program.dim_order, bound(program, checked(program, sizes)))
