"""What is alive while each step runs, also where steps run for one slice of a leg at a time.

A value lives from its step to the last that reads it. Around a block of steps that runs in slices
it has several versions: the slice that the block makes, and the whole that the slices are put into,
which is there from the block's first step on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

from diagram.language.core import Node
from diagram.language.size import Size
from diagram.planner.cost import BYTES, scored
from diagram.planner.cuttable import cuttable
from diagram.planner.gradients import has_gradient, kept, own
from diagram.planner.steps import Attend, Slice, Step

Cuts = Sequence[tuple[str, int]]
"""Edges that are cut, each in so many parts."""


class Version(NamedTuple):
    """A value as it stands inside so many slices, and the steps while which it is alive."""

    maker: int
    depth: int
    start: int
    end: int


@dataclass(frozen=True)
class Fact:
    """A step in numbers: elements of its value, lengths of its edges, FLOPs."""

    step: Step
    volume: int
    lengths: Mapping[str, int]
    flops: int
    scored: int
    """FLOPs of the map of a fused attention."""
    cuttable: frozenset[str]
    """Edges along which it can run in slices."""
    reads: tuple[Node, ...]
    keeps: tuple[str, ...] = ()
    """Values that it keeps for gradients."""
    own: int = 0
    """Elements that it keeps besides."""
    has_gradient: bool = False
    elsewhere: int = 0
    """Bytes that are taken meanwhile by what the flow does not have."""

    def sliced(self, cuts: Cuts) -> int:
        """Elements of a slice of the value: each edge in so many parts."""
        return _part(self.volume, self, [cut for cut in cuts if cut[0] in self.step.output])

    def besides(self, cuts: Cuts) -> int:
        """Bytes besides values while a slice of the step runs."""
        return _part(self.step.workspace, self, cuts)


def fact(step: Step, numbers: Mapping[str, int], learned: Collection[str] = ()) -> Fact:
    """The step in numbers, for dims that all have one; `learned` are the values with gradients."""
    lengths = {edge: int(size.ratio(numbers)) for edge, size in step.sizes.items()}
    scores = scored(step.action, step.sizes) if isinstance(step.action, Attend) else Size()
    counts = (int(size.ratio(numbers)) for size in (step.elements, step.flops, scores))
    volume, flops, scored_flops = counts
    edges = frozenset() if step.once else cuttable(step.action)
    found = Fact(step, volume, lengths, flops, scored_flops, edges, step.operands)
    if not has_gradient(step, learned):
        return found
    more = own(step) * volume + step.kept // BYTES
    return replace(found, keeps=kept(step, learned), own=more, has_gradient=True)


def _part(whole: int, fact: Fact, cuts: Cuts) -> int:
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
    standing: int = 0
    """Steps at the front that only stand for values which are there: they never move."""
    recomputed: tuple[range, ...] = ()
    """Steps that are made again for the gradients."""
    element: int = BYTES
    """Bytes of one."""

    @cached_property
    def place(self) -> Mapping[str, int]:
        """Where each value is made."""
        return {fact.step.result: place for place, fact in enumerate(self.facts)}

    @cached_property
    def readers(self) -> Sequence[Sequence[int]]:
        """For each step those that read its value, in order."""
        found: list[list[int]] = [[] for _ in self.facts]
        for place, fact in enumerate(self.facts):
            for value in dict.fromkeys(node.value for node in fact.reads):
                if value in self.place:
                    found[self.place[value]].append(place)
        return found

    @cached_property
    def chains(self) -> Sequence[Sequence[int]]:
        """For each step the slices in which it runs, outer ones first."""
        found: list[list[int]] = [[] for _ in self.facts]
        for number, each in enumerate(self.slices):
            for place in each.steps:
                found[place].append(number)
        return found

    @cached_property
    def counts(self) -> tuple[int, ...]:
        """In how many parts each of the slices cuts its leg."""
        return tuple(each.count for each in self.slices)

    def cuts(self, place: int, counts: Sequence[int], depth: int | None = None) -> Cuts:
        """The edges that the outer slices cut in a step, and in how many parts."""
        numbers = self.chains[place][:depth]
        return [(self.slices[number].leg(place), counts[number]) for number in numbers]

    @cached_property
    def versions(self) -> Sequence[Version]:
        """Every value, as often as it stands in memory."""
        return [version for maker in range(len(self.facts)) for version in self._versions(maker)]

    def _versions(self, maker: int) -> Iterator[Version]:
        chain, readers = self.chains[maker], self.readers[maker]
        shared = [_shared(chain, self.chains[reader]) for reader in readers]
        is_returned = self.facts[maker].step.result in self.returned
        least = 0 if is_returned else min(shared, default=len(chain))
        for depth in range(least, len(chain) + 1):
            start = maker if depth == len(chain) else self.slices[chain[depth]].steps.start
            ends = [
                self._end(reader, depth)
                for reader, common in zip(readers, shared, strict=True)
                if common == depth
            ]
            if depth > least:
                ends.append(self.slices[chain[depth - 1]].steps[-1])
            elif is_returned:
                ends.append(len(self.facts) - 1)
            yield Version(maker, depth, start, max(ends, default=maker))

    def _end(self, reader: int, depth: int) -> int:
        """Where a reader is done with a value that stands inside so many slices."""
        chain = self.chains[reader]
        return self.slices[chain[depth]].steps[-1] if len(chain) > depth else reader

    @cached_property
    def _whole(self) -> Sequence[int]:
        """How many elements more are alive at each step, of what is not inside a slice."""
        change = [0] * (len(self.facts) + 1)
        for maker, depth, start, end in self.versions:
            if not depth:
                change[start] += self.facts[maker].volume
                change[end + 1] -= self.facts[maker].volume
        return change

    @cached_property
    def _parts(self) -> Sequence[Version]:
        """The values inside slices."""
        return [version for version in self.versions if version.depth]

    def elements(self, version: Version, counts: Sequence[int] | None = None) -> int:
        """Elements of a value as it stands there."""
        counts = self.counts if counts is None else counts
        cuts = self.cuts(version.maker, counts, version.depth) if version.depth else ()
        return self.facts[version.maker].sliced(cuts)

    def alive(self, counts: Sequence[int] | None = None) -> list[int]:
        """Elements of all values alive while each step runs, with other counts if given."""
        counts = self.counts if counts is None else counts
        change = list(self._whole)
        for version in self._parts:
            elements = self.elements(version, counts)
            change[version.start] += elements
            change[version.end + 1] -= elements
        return list(accumulate(change[:-1]))

    def bytes(self, counts: Sequence[int] | None = None) -> list[int]:
        """Bytes that are taken while each step runs, with other counts if given."""
        counts = self.counts if counts is None else counts
        found = []
        for place, elements in enumerate(self.alive(counts)):
            fact = self.facts[place]
            besides = fact.step.workspace
            if besides and self.chains[place]:
                besides = fact.besides(self.cuts(place, counts))
            found.append(elements * self.element + besides + fact.elsewhere)
        return found


def _shared(one: Sequence[int], other: Sequence[int]) -> int:
    """How many slices two steps run in together."""
    count = 0
    for mine, yours in zip(one, other, strict=False):
        if mine != yours:
            break
        count += 1
    return count
