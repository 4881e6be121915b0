"""Faults of diagrams: unknown values, numbers of legs, edges whose legs differ, scalars."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from diagram.errors import suggest
from diagram.language.check_sources import SourceChecks
from diagram.language.core import Diagram, Let, Node, legs_of
from diagram.language.findings import Condition, shown
from diagram.language.ops import OPS
from diagram.language.places import Place
from diagram.language.size import Size


class DiagramChecks(SourceChecks):
    """The part of the walk that reads products."""

    def _known(self, let: Let, place: int, node: Node) -> bool:
        """Whether a use is of a value with as many legs; faults if not."""
        name, where = node.value, ("let", let.name, "node", place)
        if name in self.unknown:
            return False
        if name not in self.legs:
            self.fault(self._undefined(name), let.name, where)
            return False
        declared = self.legs[name]
        if len(declared) == len(node.axes):
            return True
        legs = " ".join(leg.name for leg in declared)
        letters = "".join(edge for edge in node.edges)
        glued = len(node.axes) == 1 and letters == legs.replace(" ", "")
        hint = "; legs are set apart by spaces" if glued else ""
        count = f"{len(declared)} leg{'s' * (len(declared) != 1)}"
        self.fault(f"{name} has {count}: {name}[{legs}]{hint}", let.name, where)
        return False

    def _undefined(self, name: str) -> str:
        if name in self.program.let or name in self.program.source:
            return f"`{name}` is defined on a later line; lines run from top to bottom"
        if name in OPS:
            return f"`{name}` is an op and is written {name}(...)"
        return f"`{name}` is not defined{suggest(name, self.legs)}"

    def _diagram(self, let: Let, diagram: Diagram) -> Mapping[str, Size]:
        for place, node in enumerate(diagram.nodes):
            self._no_index(let, place, node)
        sizes = self._edges(let, diagram.nodes)
        for place, leg in enumerate(legs_of(diagram.output)):
            if leg not in sizes:
                message = f"leg `{leg}` on the left stands at no node{suggest(leg, sizes)}"
                self.fault(message, let.name, ("let", let.name, "out", place))
        for place, scalar in enumerate(diagram.scale):
            number = scalar.size.number
            if number == 0 and scalar.inverse:
                self.fault("a product is divided by 0", let.name, ("let", let.name, "scale", place))
            if number is not None and number < 0 and scalar.root:
                message = f"the root of {number} is not real"
                self.fault(message, let.name, ("let", let.name, "scale", place))
            for name in sorted(scalar.size.dims - sizes.keys() - self.known_dims):
                self._unknown_scalar(let, name, place, sizes)
        return sizes

    def _unknown_scalar(self, let: Let, name: str, place: int, sizes: Iterable[str]) -> None:
        if name in self.legs:
            message = (
                f"`{name}` is a value; `*` and `/` take scalars only: put it beside the others, "
                f"or divide with recip({name})"
            )
        else:
            known = [*sizes, *self.known_dims]
            message = f"`{name}` is no edge of this product and no dim{suggest(name, known)}"
        self.fault(message, let.name, ("let", let.name, "scale", place))

    def _no_index(self, let: Let, place: int, node: Node) -> None:
        if node.value in self.index_values:
            of = self.index_values[node.value]
            message = f"{node.value} holds whole numbers; use one_hot[{of}]({node.value})"
            self.fault(message, let.name, ("let", let.name, "node", place))

    def _edges(self, let: Let, uses: Sequence[Node], free: Collection[str] = ()) -> dict[str, Size]:
        """The size of each edge; legs of one edge must agree, but for `free` edges."""
        sizes: dict[str, Size] = {}
        first: dict[str, tuple[int, int]] = {}
        for place, node in enumerate(uses):
            for axis, (edge, leg) in enumerate(zip(node.edges, self.legs[node.value], strict=True)):
                if edge not in sizes:
                    sizes[edge], first[edge] = leg.size, (place, axis)
                elif sizes[edge] != leg.size and edge not in free:
                    self._differ(let, uses, edge, first[edge], (place, axis), sizes[edge])
        return sizes

    def _differ(
        self,
        let: Let,
        uses: Sequence[Node],
        edge: str,
        one: tuple[int, int],
        two: tuple[int, int],
        size: Size,
    ) -> None:
        a, b = (uses[place].value for place, _ in (one, two))
        leg_a, leg_b = self.legs[a][one[1]], self.legs[b][two[1]]
        if size.has_floor or leg_b.size.has_floor:
            self.conditions.append(Condition(size, leg_b.size, f"edge `{edge}` of {let.name}"))
            return
        message = (
            f"edge `{edge}` joins legs of two lengths: leg `{leg_a.name}` of {shown(a)} has "
            f"length {size}, but leg `{leg_b.name}` of {shown(b)} has length {leg_b.size}"
        )
        at: list[Place] = [("let", let.name, "node", *position) for position in (one, two)]
        self.fault(message, let.name, *at)
