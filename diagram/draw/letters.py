"""Letters of a program: length and dim of every edge, how it is printed, which are batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from diagram.draw import label, stubs
from diagram.draw.label import Label
from diagram.language.check import derive, types
from diagram.language.core import Apply, Axis, Diagram, Kind, Leg, Maker, Program, nodes
from diagram.language.count import bound
from diagram.language.inline import inline
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
        """For each let the length of each of its letters; for a source those of its legs.

        A convolved edge has the length that it has in the result.
        """
        found = {s: {leg.name: leg.size for leg in self.legs[s]} for s in self.program.source}
        inside = derive(self.program).edges
        for let in self.program.lets:
            edges = dict(inside.get(let.name, {}))
            for place, node in enumerate(nodes(let.maker)):
                for axis, leg in enumerate(self.legs[node.value][: len(node.axes)]):
                    edges.setdefault(stubs.letter_at(let.maker, place, axis), leg.size)
            letters = stubs.letters_out(let.maker)
            for name, leg in zip(letters, self.legs[let.name], strict=False):
                edges[name] = leg.size
            found[let.name] = edges
        return found

    @cached_property
    def spoken(self) -> Mapping[str, Mapping[str, Axis]]:
        """For each let the letters by which those are known that are none of the text."""
        found: dict[str, dict[str, Axis]] = {s: {} for s in self.program.source}
        for let in self.program.lets:
            found[let.name] = own = dict(stubs.bundles(let))
            for place, node in enumerate(nodes(let.maker)):
                for axis, names in enumerate(node.axes):
                    if stubs.is_apart(let.maker, names) and names:
                        own[stubs.at(place, axis)] = self._spoken(let.maker, place, axis)
        return found

    def _spoken(self, maker: Maker, place: int, axis: int) -> Axis:
        """A leg as its value has it, but the signal of a star and a leg of a call by its edge."""
        node = nodes(maker)[place]
        names = node.axes[axis]
        kernel = isinstance(maker, Diagram) and maker.uses(names[0])[0] != place
        if len(names) == 1 and not kernel:
            return names
        let = self.program.let.get(node.value)
        whole = let.maker.output[axis] if let is not None else ()
        return whole if len(whole) > 1 else (self.legs[node.value][axis].name,)

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
        if size == Size.of(str(size)) and size.dims:
            return str(size)
        names = self.spoken[let].get(letter, (letter,))
        return names[0] if len(names) == 1 else f"({' '.join(names)})"

    def shown(self, let: str, letter: str) -> str:
        """The letter that stands for an edge in the picture.

        The dim's letter, so that the g edge of attention reads F; but the edge's own where a
        source declares a leg of that name and length (`C[r s:r]`), or where the dim is on no
        weight: two edges of such a dim are two positions (n queries, m keys).
        """
        size = self.lengths[let].get(letter, Size())
        dim = self.dim(let, letter)
        (letter,) = self.spoken[let].get(letter, (letter,))
        keep = (letter, size) in self._declared or not (size.dims and size.dims <= self._on_weights)
        return letter if keep else dim

    def label(self, let: str, letter: str) -> Label:
        """The printed letter; those of a bundle in brackets."""
        names = self.spoken[let].get(letter, (letter,))
        if len(names) == 1:
            return label.of_letter(self.shown(let, letter))
        known = self.lengths[let]
        return label.bracket(
            self.label(let, name) if name in known else label.of_letter(name) for name in names
        )

    def text(self, let: str, letter: str) -> str:
        """The printed letter in one line of text."""
        return label.line(self.label(let, letter))

    def own(self, value: str) -> tuple[str, ...]:
        """The letters of a value's legs."""
        let = self.program.let.get(value)
        return stubs.letters_out(let.maker) if let else tuple(x.name for x in self.legs[value])

    def value(self, name: str) -> Label:
        """A value's name as figures print it, with its path where another one ends alike."""
        while name in self._handed:
            name = self._handed[name]
        return label.of_path(name, self._paths.get(name.rpartition(".")[2], ()))

    @cached_property
    def _handed(self) -> Mapping[str, str]:
        """Values that a call returns, under the name that they have outside of it."""
        found = {}
        for let in self.program.lets:
            maker = let.maker
            if isinstance(maker, Diagram) and len(maker.nodes) == 1 and maker.is_plain:
                (node,) = maker.nodes
                if node.value.startswith(f"{let.name}.") and not maker.scale:
                    found[node.value] = let.name
        return found

    @cached_property
    def _paths(self) -> Mapping[str, Sequence[str]]:
        """All names that end alike."""
        found: dict[str, list[str]] = {}
        for name in (*self.program.source, *self.program.let):
            if name in self._handed:
                continue
            found.setdefault(name.rpartition(".")[2], []).append(name)
        return found

    def length(self, let: str, letter: str) -> str:
        """`f = 512`, or only the formula where a dim has no number."""
        return self.size_text(self.lengths[let].get(letter, Size()))

    def size_text(self, size: Size) -> str:
        """A size as a formula, and as a number where its dims have one."""
        formula = size.formula(self.program.dim_order)
        if size.dims - self.numbers.keys() or not size.dims:
            return formula
        return f"{formula} = {size.value(self.numbers):,}"

    @cached_property
    def batch(self) -> tuple[str, ...]:
        """Dims that ride along from the inputs to every output and mean nothing on the way."""
        flat = inline(self.program)
        if flat is not self.program:
            return Letters(flat).batch
        found = []
        for source in self.program.sources:
            legs = self.legs[source.name]
            least = {Kind.INPUT: 3, Kind.INDEX: 2}.get(source.kind, 0)
            if 0 < least <= len(legs):
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
            kept = set(stubs.letters_out(let.maker)) - set(stubs.convolved(let.maker))
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
