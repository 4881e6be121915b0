"""The scene: what is drawn, as ids and labels. No coordinates, no tensors below this point."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TypeVar

from diagram.draw.label import Label

T = TypeVar("T")
OPEN = ""
"""The item at the end of an open leg: none."""
MANY = 120


class Look(StrEnum):
    """What an item is drawn as."""

    INPUT = "input"
    WEIGHT = "weight"
    CONST = "const"
    RESULT = "result"
    CALL = "call"
    JUNCTION = "junction"
    PLUS = "plus"
    STAR = "star"
    JOINT = "joint"
    END = "end"

    @property
    def is_node(self) -> bool:
        return self in (Look.INPUT, Look.WEIGHT, Look.CONST, Look.RESULT, Look.CALL)


class Frame(StrEnum):
    """What a region says: barrier, sum, product that is merged first, definition, unfolded call."""

    BARRIER = "barrier"
    SUM = "sum"
    GROUP = "group"
    DEFINITION = "definition"
    UNFOLDED = "unfolded"


@dataclass(frozen=True, slots=True)
class Item:
    """A node, or a point where wires meet or end; `region` is the innermost one around it."""

    id: str
    look: Look
    label: Label
    region: str | None
    part: str
    tip: str
    dim: str = ""


@dataclass(frozen=True, slots=True)
class Wire:
    """A line between two items, or from one to the open (`OPEN`, always last)."""

    id: str
    ends: tuple[str, str]
    label: Label
    dim: str
    part: str
    tip: str
    bundled: tuple[str, ...] = ()
    """The joints whose edges are one here."""
    legs: tuple[str, str] = ("", "")
    """The path of the leg at each end; empty where no node is."""
    within: str | None = None
    """The region in which an open wire ends."""

    @property
    def is_open(self) -> bool:
        return self.ends[1] == OPEN


@dataclass(frozen=True, slots=True)
class Dot:
    """A scalar factor on a wire, near one of its ends."""

    id: str
    wire: str
    end: int
    label: Label
    region: str | None
    tip: str


@dataclass(frozen=True, slots=True)
class Region:
    """A box around items and other regions."""

    id: str
    frame: Frame
    title: Label
    parent: str | None
    part: str
    tip: str


@dataclass(frozen=True)
class Scene:
    """All of one picture; `parts` are its connected pieces, the result first."""

    items: tuple[Item, ...]
    wires: tuple[Wire, ...]
    dots: tuple[Dot, ...]
    regions: tuple[Region, ...]
    parts: tuple[str, ...]
    dims: tuple[tuple[str, Label, str], ...]
    """Each dim that a wire has, its label and its length where it has one."""
    note: str = ""
    stars: tuple[str, ...] = ()
    """What the stars in it say, in words."""

    @cached_property
    def item(self) -> Mapping[str, Item]:
        return {item.id: item for item in self.items}

    @cached_property
    def wire(self) -> Mapping[str, Wire]:
        return {wire.id: wire for wire in self.wires}

    @cached_property
    def region(self) -> Mapping[str, Region]:
        return {region.id: region for region in self.regions}

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """Every id that can be clicked, in drawing order."""
        groups = (self.regions, self.wires, self.dots, self.items)
        return tuple(thing.id for group in groups for thing in group)

    def passed(self, wire: Wire) -> tuple[str, ...]:
        """The regions that an open wire leaves, innermost first."""
        around = self.around(self.item[wire.ends[0]].region)
        return around[: around.index(wire.within)] if wire.within in around else around

    @property
    def is_large(self) -> bool:
        """Whether it has so many items that its layout must do with few tries."""
        return len(self.items) > MANY

    @cached_property
    def members(self) -> Mapping[str | None, tuple[Item, ...]]:
        """The items right in each region, and those in none."""
        return _grouped((item.region, item) for item in self.items)

    @cached_property
    def inner(self) -> Mapping[str | None, tuple[Region, ...]]:
        """The regions right in each region, and those in none."""
        return _grouped((region.parent, region) for region in self.regions)

    @cached_property
    def _rings(self) -> Mapping[str | None, tuple[str, ...]]:
        found: dict[str | None, tuple[str, ...]] = {None: ()}
        for region in self.region:
            at, ring = self.region[region].parent, [region]
            while at is not None:
                ring.append(at)
                at = self.region[at].parent
            found[region] = tuple(ring)
        return found

    def around(self, region: str | None) -> tuple[str, ...]:
        """A region and all those around it, innermost first."""
        return self._rings[region]


def _grouped(pairs: Iterable[tuple[str | None, T]]) -> dict[str | None, tuple[T, ...]]:
    found: dict[str | None, list[T]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return {key: tuple(values) for key, values in found.items()}
