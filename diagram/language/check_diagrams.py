"""Faults of diagrams: unknown values, numbers of legs, edges whose legs differ, scalars."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from diagram.errors import suggest
from diagram.language.check_convs import ConvChecks
from diagram.language.core import Apply, Diagram, Let, Node
from diagram.language.ops import OPS
from diagram.language.size import Size


class DiagramChecks(ConvChecks):
    """The part of the walk that reads products."""

    def _known(self, let: Let, place: int, node: Node) -> bool:
        """Whether a use is of a value with as many legs; faults if not."""
        name, where = node.value, ("let", let.name, "node", place)
        if name in self.unknown or self._called_value(let):
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
        message = f"{name} has {count}, not {len(node.axes)}: {name}[{legs}]{hint}"
        self.fault(message, let.name, where)
        return False

    def _called_value(self, let: Let) -> str | None:
        """The value that is called as if it were an op: what stands in its brackets are legs."""
        op = let.maker.op if isinstance(let.maker, Apply) else ""
        return op if op in self.legs and op not in OPS else None

    def _undefined(self, name: str) -> str:
        if name in self.program.let or name in self.program.source:
            return f"`{name}` is defined on a later line; lines run from top to bottom"
        if name in OPS:
            return f"`{name}` is an op and is written {name}(...)"
        return f"`{name}` is not defined{suggest(name, self.legs)}"

    def _diagram(self, let: Let, diagram: Diagram) -> Mapping[str, Size]:
        for place, node in enumerate(diagram.nodes):
            self._no_index(let, place, node)
        sizes = self._edges(let, diagram.nodes, [conv.edge for conv in diagram.convs])
        for place, axis in enumerate(diagram.output):
            for edge in axis:
                if edge not in sizes:
                    message = f"leg `{edge}` on the left stands at no node{suggest(edge, sizes)}"
                    self.fault(message, let.name, ("let", let.name, "out", place))
        results = self._convolved(let, diagram, sizes)
        convolved = {conv.edge for conv in diagram.convs}
        for place, scalar in enumerate(diagram.scale):
            number = scalar.size.number
            if number == 0 and scalar.inverse:
                self.fault("a product is divided by 0", let.name, ("let", let.name, "scale", place))
            if number is not None and number < 0 and scalar.root:
                message = f"the root of {number} is not real"
                self.fault(message, let.name, ("let", let.name, "scale", place))
            for name in sorted(scalar.size.dims & convolved):
                message = f"edge `{name}` is convolved and has several lengths; name a dim"
                self.fault(message, let.name, ("let", let.name, "scale", place))
            for name in sorted(scalar.size.dims - sizes.keys() - self.known_dims):
                self._unknown_scalar(let, name, place, sizes)
        return results

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
