"""Letters of a program: length and dim of every edge, how it is printed, which are batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from diagram.draw import label
from diagram.draw.label import Label
from diagram.language.check import types
from diagram.language.core import Apply, Diagram, Kind, Leg, Program, legs_of, nodes
from diagram.language.count import bound
from diagram.language.size import Size


@dataclass(frozen=True)
class Letters:
    """What is known of the letters of a program; `sizes` are numbers of dims."""

    program: Program
    sizes: tuple[tuple[str, int], ...] = ()

    @cached_property
    def legs(self) -> Mapping[str, tuple[Leg, ...]]:
        return types(self.program)

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        return bound(self.program, dict(self.sizes))

    @cached_property
    def lengths(self) -> Mapping[str, Mapping[str, Size]]:
        """For each let the length of each of its letters; for a source those of its legs."""
        found = {s: {leg.name: leg.size for leg in self.legs[s]} for s in self.program.source}
        for let in self.program.lets:
            edges: dict[str, Size] = {}
            for node in nodes(let.maker):
                for edge, leg in zip(node.edges, self.legs[node.value], strict=False):
                    edges.setdefault(edge, leg.size)
            for name, leg in zip(legs_of(let.maker.output), self.legs[let.name], strict=False):
                edges[name] = leg.size
            found[let.name] = edges
        return found

    @cached_property
    def _named(self) -> Mapping[Size, str]:
        """The dim that a length is: itself, or one whose equation it is."""
        resolved: dict[Size, str] = {}
        for name in self.program.equations:
            resolved.setdefault(Size.of(name).replace(self._equations), name)
        return resolved

    @cached_property
    def _equations(self) -> Mapping[str, Size]:
        equations = dict(self.program.equations)
        for _ in equations:
            equations = {name: size.replace(equations) for name, size in equations.items()}
        return equations

    @cached_property
    def _declared(self) -> frozenset[tuple[str, Size]]:
        return frozenset((leg.name, leg.size) for s in self.program.source for leg in self.legs[s])

    @cached_property
    def _on_weights(self) -> frozenset[str]:
        weights = (s.name for s in self.program.sources if s.kind is Kind.WEIGHT)
        return frozenset(dim for w in weights for leg in self.legs[w] for dim in leg.size.dims)

    def dim(self, let: str, letter: str) -> str:
        """The dim of an edge, or its letter where the length is no single dim."""
        size = self.lengths[let].get(letter, Size())
        if size in self._named:
            return self._named[size]
        return str(size) if size == Size.of(str(size)) else letter

    def shown(self, let: str, letter: str) -> str:
        """The letter that stands for an edge in the picture.

        The dim's letter, so that the g edge of attention reads F; but the edge's own where a
        source declares a leg of that name and length (`C[r s:r]`), or where the dim is on no
        weight: two edges of such a dim are two positions (n queries, m keys).
        """
        size = self.lengths[let].get(letter, Size())
        dim = self.dim(let, letter)
        keep = (letter, size) in self._declared or not (size.dims and size.dims <= self._on_weights)
        return letter if keep else dim

    def label(self, let: str, letter: str) -> Label:
        return label.of_letter(self.shown(let, letter))

    def text(self, let: str, letter: str) -> str:
        """The printed letter in one line of text."""
        return label.line(self.label(let, letter))

    def length(self, let: str, letter: str) -> str:
        """`f = 512`, or only the formula where a dim has no number."""
        size = self.lengths[let].get(letter, Size())
        formula = size.formula(self.program.dim_order)
        if size.dims - self.numbers.keys() or not size.dims:
            return formula
        return f"{formula} = {size.value(self.numbers):,}"

    @cached_property
    def batch(self) -> tuple[str, ...]:
        """Dims that ride along from the inputs to every output and mean nothing on the way."""
        found = []
        for source in self.program.sources:
            legs = self.legs[source.name]
            if source.kind is Kind.INPUT and len(legs) >= 3:
                dim = str(legs[0].size)
                if dim not in found and legs[0].size == Size.of(dim) and self._rides(dim):
                    found.append(dim)
        return tuple(found)

    def _rides(self, dim: str) -> bool:
        size = Size.of(dim)
        for source in self.program.sources:
            legs = self.legs[source.name]
            carries = any(dim in leg.size.dims for leg in legs)
            given = source.kind in (Kind.INPUT, Kind.INDEX)
            first = legs and legs[0].size == size
            if carries and (not given or not first or any(dim in x.size.dims for x in legs[1:])):
                return False
        for let in self.program.lets:
            letters = [e for e, s in self.lengths[let.name].items() if dim in s.dims]
            kept = set(legs_of(let.maker.output))
            named = let.maker.legs if isinstance(let.maker, Apply) else ()
            if len(letters) > 1 or any(e not in kept or e in named for e in letters):
                return False
            if isinstance(let.maker, Diagram) and any(
                node.edges.count(e) > 1 for node in let.maker.nodes for e in letters
            ):
                return False
        outputs = (self.legs[name] for name in self.program.outputs)
        return all(any(leg.size == size for leg in legs) for legs in outputs)

    def hidden(self, let: str, letter: str) -> bool:
        """Whether an edge is of a batch dim."""
        return self.lengths[let].get(letter) in [Size.of(dim) for dim in self.batch]
