"""The sizes of a let's edges: what legs say, what bundles leave to be solved, where they differ."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from diagram.language.check_sources import SourceChecks
from diagram.language.core import Axis, Let, Node
from diagram.language.findings import Condition, shown
from diagram.language.places import Place
from diagram.language.size import Size, product

Position = tuple[int, int]
"""A node's place in its let, and an axis of it."""


class EdgeChecks(SourceChecks):
    """The part of the walk that finds the size of each edge."""

    def _edges(self, let: Let, uses: Sequence[Node], free: Collection[str] = ()) -> dict[str, Size]:
        """The size of each edge; legs of one edge must agree, but for `free` edges."""
        sizes: dict[str, Size] = {}
        first: dict[str, Position] = {}
        bundles: list[tuple[Position, Axis, Size]] = []
        for place, node in enumerate(uses):
            for number, (axis, leg) in enumerate(
                zip(node.axes, self.legs[node.value], strict=True)
            ):
                position = (place, number)
                if len(axis) != 1:
                    bundles.append((position, axis, leg.size))
                    continue
                (edge,) = axis
                if edge not in sizes:
                    sizes[edge], first[edge] = leg.size, position
                elif sizes[edge] != leg.size and edge not in free:
                    self._differ(let, uses, edge, first[edge], position, sizes[edge])
        if bundles:
            self._open(let, uses, bundles, sizes)
            self.edges[let.name] = sizes
        return sizes

    def _open(
        self,
        let: Let,
        uses: Sequence[Node],
        bundles: Sequence[tuple[Position, Axis, Size]],
        sizes: dict[str, Size],
    ) -> None:
        """Sizes for the edges of bundles: their dims, then the one that is left in each."""
        for _, axis, _ in bundles:
            for edge in axis:
                if edge not in sizes and edge in self.known_dims:
                    sizes[edge] = Size.of(edge).replace(self.equations)
        for _, axis, whole in bundles:
            unknown = [edge for edge in dict.fromkeys(axis) if edge not in sizes]
            for edge in unknown[:-1]:
                sizes[edge] = self._free(edge)
            if unknown:
                others = product(sizes[edge] for edge in axis if edge != unknown[-1])
                solved = others.number != 0 and axis.count(unknown[-1]) == 1
                sizes[unknown[-1]] = whole / others if solved else self._free(unknown[-1])
        for position, axis, whole in bundles:
            found = product(sizes[edge] for edge in axis)
            if found != whole:
                self._unequal(let, uses, position, axis, whole, found)

    def _free(self, edge: str) -> Size:
        """The length of an edge that nothing tells: a dim of its own."""
        self.known_dims.add(edge)
        self.free.append(edge)
        return Size.of(edge)

    def _unequal(
        self,
        let: Let,
        uses: Sequence[Node],
        position: Position,
        axis: Axis,
        whole: Size,
        found: Size,
    ) -> None:
        """A bundle whose edges make another length than its leg's."""
        place, number = position
        value = uses[place].value
        leg = self.legs[value][number].name
        bundle = f"({' '.join(edge.removeprefix('.') for edge in axis)})"
        if whole.has_floor or found.has_floor:
            where = f"bundle {bundle} of {shown(value)} in {let.name}"
            self.conditions.append(Condition(whole, found, where))
            return
        name, message = str(whole), f"leg `{leg}` of {shown(value)} has length {whole}, but "
        if not axis:
            message += "() is a leg of length 1; a leg that has a name is summed"
        elif whole == Size.of(name) and name not in self.equations:
            message += f"{bundle} makes {found}; if they are equal say so: dims {name} = {found}"
        else:
            message += f"{bundle} makes {found}"
        self.fault(message, let.name, ("let", let.name, "node", *position))

    def _differ(
        self,
        let: Let,
        uses: Sequence[Node],
        edge: str,
        one: Position,
        two: Position,
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


def output_sizes(output: Sequence[Axis], sizes: Mapping[str, Size]) -> list[Size]:
    """The length of each leg of a result: a bundle's is the product of its edges'."""
    return [
        sizes[axis[0]] if len(axis) == 1 else product(sizes[edge] for edge in axis)
        for axis in output
    ]
