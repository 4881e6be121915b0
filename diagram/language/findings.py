"""What a check finds, and the state in which it walks over a program."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from diagram.errors import SizeError
from diagram.language.core import Leg, Program
from diagram.language.places import Place
from diagram.language.size import Divisor, Floor, Size


@dataclass(frozen=True, slots=True)
class Condition:
    """Two sizes that must agree once numbers are bound, or of which one is `at_most` the other."""

    left: Size
    right: Size
    where: str
    at_most: bool = False

    def holds(self, left: int, right: int) -> bool:
        """Whether these lengths meet it."""
        return left <= right if self.at_most else left == right


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault with its places in the program, before it is placed in a text."""

    message: str
    where: str
    places: tuple[Place, ...]


@dataclass(frozen=True)
class Types:
    """What `check` derives: every value's legs with sizes, conditions, and all findings."""

    legs: Mapping[str, tuple[Leg, ...]]
    conditions: tuple[Condition, ...]
    findings: tuple[Finding, ...]
    edges: Mapping[str, Mapping[str, Size]]
    """The sizes of edges at the nodes of lets that have bundles or convolved edges."""
    free: tuple[str, ...]
    """Dims that stand in bundles only."""
    equations: Mapping[str, Size]
    dims: frozenset[str]
    bounds: Mapping[str, Size]
    """What each index stays below."""


@dataclass
class State:
    """What one walk over a program has found so far."""

    program: Program
    unknown: Collection[str]
    legs: dict[str, tuple[Leg, ...]] = field(default_factory=dict)
    conditions: list[Condition] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    equations: dict[str, Size] = field(default_factory=dict)
    known_dims: set[str] = field(default_factory=set)
    index_values: dict[str, Size] = field(default_factory=dict)
    edges: dict[str, dict[str, Size]] = field(default_factory=dict)
    free: list[str] = field(default_factory=list)

    def fault(self, message: str, where: str, *places: Place) -> None:
        self.findings.append(Finding(message, where.partition("~")[0], places))

    def resolved(self, size: Size, where: str, place: Place) -> Size:
        try:
            return size.replace(self.equations)
        except SizeError as error:
            self.fault(str(error), where, place)
            return size

    def at_least(self, least: int, size: Size, what: str) -> None:
        """What only numbers can decide: that a size is not too small."""
        if size.number is None and (least > 0 or may_be_negative(size)):
            self.conditions.append(Condition(Size.of(least), size, what, at_most=True))

    def new_name(self, name: str, place: Place) -> None:
        if name in self.legs:
            self.fault(f"`{name}` is defined twice", name, place)


def may_be_negative(size: Size) -> bool:
    """Whether a size can be below 0 for some lengths.

    >>> n = Size.of("n")
    >>> may_be_negative(2 * n), may_be_negative(n - 2)
    (False, True)
    """
    atoms = [atom for powers, _ in size.terms for atom, _ in powers]
    sums = [a.over for a in atoms if isinstance(a, Floor)]
    sums += [a.size for a in atoms if isinstance(a, Divisor)]
    return any(factor < 0 for _, factor in size.terms) or any(map(may_be_negative, sums))


def shown(name: str) -> str:
    """A value as messages call it."""
    return name if "~" not in name else "the bracket"
