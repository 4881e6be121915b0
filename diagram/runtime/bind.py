"""Numbers for dims, read off the shapes that were given; every disagreement at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from diagram.errors import Fault, SizeError
from diagram.language.check import conditions
from diagram.language.core import Program, Source
from diagram.language.count import bound
from diagram.language.findings import Condition
from diagram.language.size import Size

Shape = Sequence[int]


def bind(program: Program, shapes: Mapping[str, Shape], sizes: Mapping[str, int]) -> dict[str, int]:
    """The number of every dim, from sizes, then shapes, then defaults and equations.

    Raises SizeError with every value whose shape does not fit.
    """
    faults: list[Fault] = []
    found = dict(sizes)
    origin = dict.fromkeys(sizes, "as given")
    for source in program.sources:
        shape = shapes.get(source.name)
        if shape is None:
            continue
        if len(shape) != len(source.legs):
            faults.append(Fault(_wrong_count(source, shape)))
            continue
        for leg, length in zip(source.legs, shape, strict=True):
            dim = _alone(leg.size)
            if dim is not None and dim not in program.equations and dim not in found:
                found[dim], origin[dim] = length, f"from leg `{leg.name}` of {source.name}"
    numbers = _equated(program, found, faults)
    for source in program.sources:
        shape = shapes.get(source.name, ())
        if len(shape) == len(source.legs):
            faults += _wrong_lengths(source, shape, numbers, origin)
    faults += [_unmet(condition, numbers) for condition in _unmet_conditions(program, numbers)]
    if faults:
        raise SizeError(faults, of="with the shapes that were given")
    return numbers


def _equated(program: Program, found: Mapping[str, int], faults: list[Fault]) -> dict[str, int]:
    try:
        return bound(program, found)
    except SizeError as error:
        faults += error.faults
        return {**program.defaults, **found}


def _alone(size: Size) -> str | None:
    """The dim where the size is nothing but one."""
    name = str(size)
    return name if size == Size.of(name) else None


def _wrong_count(source: Source, shape: Shape) -> str:
    legs = " ".join(leg.name for leg in source.legs)
    count = f"{len(source.legs)} leg{'s' * (len(source.legs) != 1)}"
    return f"{source.name}[{legs}] has {count}, but was given the shape {tuple(shape)}"


def _wrong_lengths(
    source: Source, shape: Shape, numbers: Mapping[str, int], origin: Mapping[str, str]
) -> list[Fault]:
    faults = []
    for leg, length in zip(source.legs, shape, strict=True):
        if leg.size.dims - numbers.keys():
            continue
        try:
            expected = leg.size.value(numbers)
        except SizeError as error:
            faults.append(Fault(f"leg `{leg.name}` of {source.name}: {error}"))
            continue
        if expected != length:
            whence = ", ".join(
                f"{dim} is {numbers[dim]} {origin.get(dim, 'by default')}"
                for dim in sorted(leg.size.dims)
            )
            message = (
                f"leg `{leg.name}` of {source.name} has length {length}, but {expected} is expected"
            )
            faults.append(Fault(message + (f" ({whence})" if whence else "")))
    return faults


def _unmet_conditions(program: Program, numbers: Mapping[str, int]) -> Iterator[Condition]:
    for condition in conditions(program):
        dims = condition.left.dims | condition.right.dims
        known = not dims - numbers.keys()
        if known and not condition.holds(*_sides(condition, numbers)):
            yield condition


def _sides(condition: Condition, numbers: Mapping[str, int]) -> tuple[int, int]:
    return condition.left.value(numbers), condition.right.value(numbers)


def _unmet(condition: Condition, numbers: Mapping[str, int]) -> Fault:
    left, right = _sides(condition, numbers)
    if condition.at_most:
        return Fault(
            f"{condition.where}: {left} must be at most {condition.right}, which is {right}"
        )
    both = f"{condition.left} and {condition.right}"
    return Fault(f"{condition.where}: {both} must be equal, and are {left} and {right}")
