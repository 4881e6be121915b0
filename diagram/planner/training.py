"""What is alive while a program is trained: values, what is kept for gradients, and gradients.

Backward, the gradient of a value lives from the last step that read it to the one that made it:
over the same steps as the value itself. What a step keeps stands from there on, until its own
gradients are made. Steps in slices, and those that are made again, keep what they read from
outside; what they keep inside is there only while their gradients are made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

from diagram.language.size import product
from diagram.planner.gradients import learned
from diagram.planner.peak import Flow, Version, fact
from diagram.planner.steps import Plan

Stretch = tuple[int, int, int]
"""Elements, and the first and last step while which they are alive."""


class Kept(NamedTuple):
    """A value that is kept inside so many scopes, from the first step that does to the last."""

    maker: int
    scope: int
    start: int
    end: int


@dataclass(frozen=True)
class Training(Flow):
    """Steps of a program that is trained: forward, and then back."""

    learned: tuple[tuple[str, int], ...] = ()
    """Sources that have gradients, and their elements."""

    @cached_property
    def scopes(self) -> Sequence[Sequence[range]]:
        """For each step the blocks in which it runs, outer ones first."""
        found = [[self.slices[number].steps for number in chain] for chain in self.chains]
        for block in self.recomputed:
            for place in block:
                found[place] = [block]
        return found

    @cached_property
    def kept(self) -> Sequence[Kept]:
        """Every value that is kept; inside a block too, for its own gradients."""
        return [found for maker in range(len(self.facts)) for found in self._kept(maker)]

    def _kept(self, maker: int) -> Iterator[Kept]:
        value, mine = self.facts[maker].step.result, self.scopes[maker]
        starts: dict[int, int] = {}
        if value in self.facts[maker].keeps:
            starts[len(mine)] = maker
        for reader in self.readers[maker]:
            theirs = self.scopes[reader]
            common = _common(mine, theirs)
            inside = len(theirs) > common
            if inside or value in self.facts[reader].keeps:
                start = theirs[common].start if inside else reader
                starts[common] = min(start, starts.get(common, start))
        for scope, start in starts.items():
            yield Kept(maker, scope, start, self._last(mine, scope))

    def _last(self, scopes: Sequence[range], scope: int) -> int:
        """The last step inside so many of the scopes."""
        return scopes[scope - 1][-1] if scope else len(self.facts) - 1

    def alive(self, counts: Sequence[int] | None = None) -> list[int]:
        """Elements alive while each step runs, forward or back, whichever is more."""
        counts = self.counts if counts is None else counts
        back = self._sum(self._back(counts))
        return [max(pair) for pair in zip(self.forward(counts), back, strict=True)]

    def forward(self, counts: Sequence[int] | None = None) -> list[int]:
        """Elements alive while each step runs forward."""
        return self._sum(self._forward(self.counts if counts is None else counts))

    def _sum(self, stretches: Iterable[Stretch]) -> list[int]:
        change = [0] * (len(self.facts) + 1)
        for elements, start, end in stretches:
            change[start] += elements
            change[end + 1] -= elements
        return list(accumulate(change[:-1]))

    def _forward(self, counts: Sequence[int]) -> Iterator[Stretch]:
        """Values, those that are kept to the end; slices stand twice while they are joined."""
        always = {found.maker for found in self.kept if not found.scope}
        last = len(self.facts) - 1
        for version in self.versions:
            stays = not version.depth and version.maker in always
            yield self.elements(version, counts), version.start, last if stays else version.end
        for maker, found in enumerate(self.facts):
            if found.own and not self.scopes[maker]:
                yield found.own, maker, last
        for number, each in enumerate(self.slices):
            joined = (
                self.elements(version, counts)
                for version in self.versions
                if self.chains[version.maker][version.depth : version.depth + 1] == [number]
                and each.leg(version.maker) in self.facts[version.maker].step.output
            )
            yield max(joined, default=0), each.steps[-1], each.steps[-1]

    def _back(self, counts: Sequence[int]) -> Iterator[Stretch]:
        """Gradients, what is kept for them, and what was returned."""
        last = len(self.facts) - 1
        for version in self.versions:
            if self.facts[version.maker].has_gradient:
                yield self.elements(version, counts), version.start, version.end
        for maker, scope, start, end in self.kept:
            if scope or self.facts[maker].step.result not in self.returned:
                depth = min(scope, len(self.chains[maker]))
                yield self.elements(Version(maker, depth, 0, 0), counts), start, end
        for maker, found in enumerate(self.facts):
            if found.step.result in self.returned:
                yield found.volume, 0, last
            if found.own:
                scopes = self.scopes[maker]
                whole = Version(maker, len(self.chains[maker]), 0, 0)
                share = self.elements(whole, counts) * found.own // max(1, found.volume)
                yield share, maker, self._last(scopes, len(scopes))
        yield from self._contributed(counts)
        yield from self._gathered()

    @cached_property
    def _uses(self) -> Mapping[str, Sequence[int]]:
        """The steps that read each value, once for each use."""
        found: dict[str, list[int]] = {}
        for place, each in enumerate(self.facts):
            for node in each.reads if each.has_gradient else ():
                found.setdefault(node.value, []).append(place)
        return found

    def _gathered(self) -> Iterator[Stretch]:
        """Gradients of sources that several steps or slices read, until they are added up.

        Those that are whole do not count, as the sources do not.
        """
        for source, elements in self.learned:
            uses = self._uses.get(source, ())
            if len(uses) > 1 or any(self.chains[place] for place in uses):
                yield elements, uses[0], uses[-1]
                for place in uses if self.chains[uses[-1]] else uses[:-1]:
                    yield elements, place, place
                for place in uses[1:-1]:  # neither the first sum nor the last
                    yield elements, place, place

    def _contributed(self, counts: Sequence[int]) -> Iterator[Stretch]:
        """What each slice adds to the gradients of values from outside, beside their sums."""
        for number, each in enumerate(self.slices):
            most = 0
            for place in each.steps:
                depth = self.chains[place].index(number)
                for node in self.facts[place].reads:
                    maker = self.place.get(node.value)
                    if maker is None or maker in each.steps or not self.facts[maker].has_gradient:
                        continue
                    outside = min(depth, len(self.chains[maker]))
                    elements = self.elements(Version(maker, outside, 0, 0), counts)
                    if (each.leg(place),) in node.axes:
                        most = max(most, elements)
                    else:
                        yield elements, place, place
            yield most, each.steps.start, each.steps[-1]


def _common(one: Sequence[range], other: Sequence[range]) -> int:
    """How many blocks two steps run in together."""
    count = 0
    for mine, theirs in zip(one, other, strict=False):
        if mine is not theirs:
            break
        count += 1
    return count


def flow(plan: Plan, numbers: Mapping[str, int] | None = None) -> Flow:
    """A plan's steps in numbers: those of its dims, or others."""
    numbers = plan.numbers if numbers is None else numbers
    known = learned(plan.program.sources, plan.steps)
    facts = tuple(fact(step, numbers, known) for step in plan.steps)
    returned = frozenset(result.node.value for result in plan.outputs)
    element = plan.policy.rates.element
    if not plan.policy.train:
        return Flow(facts, returned, plan.slices, element=element)
    sources = [
        (source.name, int(product(leg.size for leg in source.legs).ratio(numbers)))
        for source in plan.program.sources
        if source.name in known
    ]
    return Training(
        facts,
        returned,
        plan.slices,
        recomputed=plan.recomputed,
        element=element,
        learned=tuple(sources),
    )


def counted(plan: Plan, numbers: Mapping[str, int]) -> Plan:
    """The plan with the elements that are alive while each step is trained."""
    pairs = zip(plan.steps, flow(plan, numbers).alive(), strict=True)
    return replace(plan, steps=tuple(replace(step, alive=alive) for step, alive in pairs))
