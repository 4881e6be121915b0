"""Calls of defs: a line of its own each, whose legs on the left bind to those of the result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from diagram.errors import suggest
from diagram.language.core import (
    Axis,
    Call,
    Definition,
    Maker,
    Node,
    Source,
    axes,
    legs_of,
)
from diagram.language.right import Legs, RightSides
from diagram.language.size import Size
from diagram.language.syntax import AxisText, Expression, OpCall


class Calls(RightSides):
    """The part of the reading that knows defs."""

    def __init__(self) -> None:
        super().__init__()
        self.broken: set[str] = set()
        """Defs in which something could not be read."""

    def called(self, right: Expression) -> OpCall | None:
        """The call of a def that a right side is."""
        (term, *more) = right.terms
        alone = not (more or term.scale or term.negative or term.convs) and len(term.factors) == 1
        found = term.factors[0] if alone else None
        if not isinstance(found, OpCall):
            return None
        return found if found.op.text in self.visible or found.times is not None else None

    def call(self, call: OpCall, written: Sequence[AxisText] | None, name: str) -> Maker:
        """The maker; its legs are those on the left, else those that the def says."""
        if call.legs or call.axes is not None:
            self.fault("the legs of a call stand on the left: NAME[legs] = def(...)", call.op.span)
        found = [self._argument(arg, None, first=False, in_sum=False) for arg in call.args]
        args = tuple(node for node, _ in found)
        self.places.put_nodes(name, [spans for _, spans in found])
        self.places.put(("let", name, "op"), call.op.span)
        tied, sizes = False, []
        for word, value in call.options:
            self.places.put(("let", name, "option", word.text), word.span)
            if word.text == "tied":
                tied = value is True or value == Size.of(1)
                if not tied and value is not False and value != Size():
                    self.fault("option `tied` wants 0 or 1", word.span)
            elif isinstance(value, Size):
                sizes.append((word.text, value))
            else:
                self.fault(f"`{word.text}` wants a size", word.span)
        definition = self.visible.get(call.op.text)
        if definition is None:
            hint = suggest(call.op.text, self.visible)
            self.fault(f"no def `{call.op.text}`{hint}", call.op.span)
        if definition is None or call.op.text in self.broken:
            self.unknown.add(name)
        output: tuple[Axis, ...] = ()
        if written is not None:
            output = tuple(axis.names for axis in written)
        elif definition is not None:
            output = axes(self._result(definition, args, name, call))
        return Call(call.op.text, args, output, call.times or 1, tied, tuple(sizes))

    def _result(
        self, definition: Definition, args: Sequence[Node], name: str, call: OpCall
    ) -> Legs:
        names = argument_names(definition, args)
        found = tuple(names.get(leg, leg) for leg in result_legs(definition))
        if len(set(found)) < len(found):
            message = f"the legs of this call would be {' '.join(found)}; write them on the left"
            self.fault(f"{message}: {name}[...] =", call.op.span)
            self.unknown.add(name)
        return found


def result_legs(definition: Definition) -> Legs:
    """The legs of what a def returns, by their names in it; none where it is not defined."""
    returned = definition.program.outputs[0]
    found: Source | None = definition.program.source.get(returned)
    if found is not None:
        return tuple(leg.name for leg in found.legs)
    let = definition.program.let.get(returned)
    return legs_of(let.maker.output) if let else ()


def argument_names(definition: Definition, args: Sequence[Node]) -> Mapping[str, str]:
    """For each leg of a parameter the edge that is given for it; the first one counts."""
    names: dict[str, str] = {}
    for parameter, node in zip(definition.parameters, args, strict=False):
        for leg, edge in zip(parameter.legs, node.edges, strict=False):
            names.setdefault(leg.name, edge)
    return names
