"""What is alive while each step runs, also where steps run for one slice of a leg at a time.

A value lives from its step to the last that reads it. Around a block of steps that runs in slices
it has several versions: the slice that the block makes, and the whole that the slices are put into,
which is there from the block's first step on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

from diagram.planner.cost import BYTES
from diagram.planner.steps import Slice, Step


class Version(NamedTuple):
    """A value as it stands inside so many slices, and the steps while which it is alive."""

    maker: int
    depth: int
    start: int
    end: int


@dataclass(frozen=True)
class Fact:
    """A step in numbers: elements of its value, lengths of its edges, bytes besides."""

    step: Step
    volume: int
    lengths: Mapping[str, int]
    workspace: int

    def sliced(self, cuts: Sequence[tuple[str, int]]) -> int:
        """Elements of a slice of the value: each edge in so many parts."""
        return _part(self.volume, self, [cut for cut in cuts if cut[0] in self.step.output])

    def besides(self, cuts: Sequence[tuple[str, int]]) -> int:
        """Bytes besides values while a slice of the step runs."""
        return _part(self.workspace, self, cuts)


def fact(step: Step, numbers: Mapping[str, int]) -> Fact:
    """The step in numbers, for dims that all have one."""
    lengths = {edge: int(size.ratio(numbers)) for edge, size in step.sizes.items()}
    return Fact(step, int(step.elements.ratio(numbers)), lengths, step.workspace)


def _part(whole: int, fact: Fact, cuts: Sequence[tuple[str, int]]) -> int:
    for edge, count in cuts:
        length = max(1, fact.lengths[edge])
        whole = -(-whole * -(-length // count) // length)
    return whole


@dataclass(frozen=True)
class Flow:
    """Steps in an order, the values that are returned, and what runs in slices."""

    facts: tuple[Fact, ...]
    returned: frozenset[str]
    slices: tuple[Slice, ...] = ()

    @cached_property
    def place(self) -> Mapping[str, int]:
        """Where each value is made."""
        return {fact.step.result: place for place, fact in enumerate(self.facts)}

    @cached_property
    def readers(self) -> Sequence[Sequence[int]]:
        """For each step those that read its value, in order."""
        found: list[list[int]] = [[] for _ in self.facts]
        for place, fact in enumerate(self.facts):
            for value in dict.fromkeys(node.value for node in fact.step.operands):
                if value in self.place:
                    found[self.place[value]].append(place)
        return found

    @cached_property
    def chains(self) -> Sequence[Sequence[Slice]]:
        """For each step the slices in which it runs, outer ones first."""
        found: list[list[Slice]] = [[] for _ in self.facts]
        for each in self.slices:
            for place in each.steps:
                found[place].append(each)
        return found

    def cuts(self, place: int, depth: int | None = None) -> list[tuple[str, int]]:
        """The edges that the outer slices cut in a step, and in how many parts."""
        return [(found.leg(place), found.count) for found in self.chains[place][:depth]]

    def versions(self) -> Iterator[Version]:
        """Every value, as often as it stands in memory."""
        for maker, chain in enumerate(self.chains):
            shared = [_shared(chain, self.chains[reader]) for reader in self.readers[maker]]
            is_returned = self.facts[maker].step.result in self.returned
            least = 0 if is_returned else min(shared, default=len(chain))
            for depth in range(least, len(chain) + 1):
                start = maker if depth == len(chain) else chain[depth].steps.start
                ends = [
                    self._end(reader, depth)
                    for reader, common in zip(self.readers[maker], shared, strict=True)
                    if common == depth
                ]
                if depth > least:
                    ends.append(chain[depth - 1].steps[-1])
                elif is_returned:
                    ends.append(len(self.facts) - 1)
                yield Version(maker, depth, start, max(ends, default=maker))

    def _end(self, reader: int, depth: int) -> int:
        """Where a reader is done with a value that stands inside so many slices."""
        chain = self.chains[reader]
        return chain[depth].steps[-1] if len(chain) > depth else reader

    def elements(self, version: Version) -> int:
        """Elements of a version."""
        return self.facts[version.maker].sliced(self.cuts(version.maker, version.depth))

    def alive(self) -> list[int]:
        """Elements of all values alive while each step runs."""
        change = [0] * (len(self.facts) + 1)
        for version in self.versions():
            elements = self.elements(version)
            change[version.start] += elements
            change[version.end + 1] -= elements
        for place in range(len(self.facts)):
            change[place + 1] += change[place]
        return change[:-1]

    def bytes(self) -> list[int]:
        """Bytes that are taken while each step runs."""
        return [
            alive * BYTES + fact.besides(self.cuts(place))
            for place, (alive, fact) in enumerate(zip(self.alive(), self.facts, strict=True))
        ]


def _shared(one: Sequence[Slice], other: Sequence[Slice]) -> int:
    """How many slices two steps run in together."""
    count = 0
    for mine, yours in zip(one, other, strict=False):
        if mine is not yours:
            break
        count += 1
    return count


def flow(
    steps: Iterable[Step],
    returned: Iterable[str],
    numbers: Mapping[str, int],
    slices: Sequence[Slice] = (),
) -> Flow:
    """The steps in numbers."""
    return Flow(tuple(fact(step, numbers) for step in steps), frozenset(returned), tuple(slices))


def counted(found: Flow) -> list[Step]:
    """The steps with the elements that are alive while they run."""
    pairs = zip(found.facts, found.alive(), strict=True)
    return [replace(fact.step, alive=alive) for fact, alive in pairs]
