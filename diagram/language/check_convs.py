"""Faults of convolved edges, and the lengths that they have in the result."""

from __future__ import annotations

from collections.abc import Sequence

from diagram.errors import SizeError, suggest
from diagram.language.check_edges import EdgeChecks
from diagram.language.convolve import kernels_of, length, padding, replaced
from diagram.language.core import ONE, ZERO, Conv, Diagram, Let, Node, Star
from diagram.language.findings import Condition, shown
from diagram.language.size import Size

PADS = ("valid", "same", "full", "circular")


class ConvChecks(EdgeChecks):
    """The part of the walk that reads convolutions."""

    def _convolved(self, let: Let, diagram: Diagram, sizes: dict[str, Size]) -> dict[str, Size]:
        """The sizes of the result's edges: those of convolved ones put in."""
        results: dict[str, Size] = {}
        for place, conv in enumerate(diagram.convs):
            before = len(self.findings)
            self._options_of(let, conv, place)
            if conv.edge in results or any(c.edge == conv.edge for c in diagram.convs[:place]):
                self._conv_fault(let, place, f"edge `{conv.edge}` is convolved twice")
            self._nodes_of(let, diagram, conv, place)
            if len(self.findings) == before:
                results[conv.edge] = self._length(let, diagram, conv, place)
        if diagram.convs:
            self.edges[let.name] = dict(sizes)
        return {**sizes, **results}

    def _conv_fault(self, let: Let, place: int, message: str) -> None:
        self.fault(message, let.name, ("let", let.name, "conv", place))

    def _options_of(self, let: Let, conv: Conv, place: int) -> None:
        pads = conv.pad if isinstance(conv.pad, tuple) else ()
        if isinstance(conv.pad, str) and conv.pad not in PADS:
            known = ", ".join(PADS)
            self._conv_fault(let, place, f"`pad` is {known}, a size or a pair of sizes")
        named = {"stride": conv.stride, "dilation": conv.dilation, "up": conv.up}
        for name, size in (*named.items(), ("shift", conv.shift), *(("pad", p) for p in pads)):
            for dim in sorted(size.dims - self.known_dims):
                message = f"`{dim}` is no dim{suggest(dim, self.known_dims)}"
                self._conv_fault(let, place, message)
            if size.number is not None and size.number.denominator != 1:
                self._conv_fault(let, place, f"`{name}` is {size}; a whole number is wanted")
            elif size.number is not None and name in named and size.number < 1:
                self._conv_fault(let, place, f"`{name}` is {size}; it is 1 or more")
        if conv.shift != ZERO and conv.pad != "circular":
            self._conv_fault(let, place, "`shift` moves the origin of pad=circular only")
        if conv.up != ONE and conv.pad == "circular":
            self._conv_fault(let, place, "`up` and pad=circular do not go together")

    def _nodes_of(self, let: Let, diagram: Diagram, conv: Conv, place: int) -> None:
        """Faults of the nodes that the edge joins."""
        edge = conv.edge
        uses = diagram.uses(edge)
        if len(uses) < 2:
            here = "no node" if not uses else f"{shown(diagram.nodes[uses[0]].value)} only"
            message = f"a convolved edge joins a signal and a kernel, but `{edge}` stands at {here}"
            hint = suggest(edge, diagram.edges) if not uses else ""
            self._conv_fault(let, place, message + hint)
        for use in uses:
            node = diagram.nodes[use]
            if any(edge in axis for axis in node.axes if len(axis) != 1):
                message = (
                    f"convolved edge `{edge}` stands in a bundle; split it in a line of its own"
                )
                self.fault(message, let.name, ("let", let.name, "node", use))
            if node.edges.count(edge) > 1:
                message = f"{shown(node.value)} meets itself on the convolved edge `{edge}`"
                self.fault(message, let.name, ("let", let.name, "node", use))
        if any(edge in axis for axis in diagram.output if len(axis) != 1):
            message = (
                f"convolved edge `{edge}` is bundled on the left; bundle it in a line of its own"
            )
            self._conv_fault(let, place, message)
        alone = (conv.stride, conv.dilation, conv.up, conv.shift) == (ONE, ONE, ONE, ZERO)
        chain = conv.kind is Star.CONV and conv.pad in ("full", "circular") and alone
        if len(uses) > 2 and not chain:
            self._conv_fault(
                let,
                place,
                f"edge `{edge}` has {len(uses) - 1} kernels; that is possible for conv with "
                "pad=full or pad=circular and no other option: merge the kernels in a line of "
                "their own",
            )

    def _length(self, let: Let, diagram: Diagram, conv: Conv, place: int) -> Size:
        conv = self.resolved_conv(conv)
        signal, *kernels = self._lengths_on(diagram.nodes, conv.edge)
        try:
            found = length(conv, signal, kernels)
        except SizeError as error:
            self._conv_fault(let, place, f"edge `{conv.edge}`: {error}")
            return ZERO
        where = f"convolved edge `{conv.edge}` of {let.name}"
        if conv.pad in ("same", "circular"):
            reach = conv.dilation * (kernels_of(kernels) - 1) + 1
            self._at_most(let, place, reach, conv.up * (signal - 1) + 1, where, conv)
        else:
            left, right = padding(conv, kernels)
            self._at_most(let, place, ONE, found, where, conv)
            for side in (left, right):
                if side.number is not None and side.number < 0:
                    self._conv_fault(let, place, f"`pad` is {side}; it is 0 or more")
        return found

    def resolved_conv(self, conv: Conv) -> Conv:
        """The clause with equations put in."""
        return replaced(conv, self.equations)

    def _lengths_on(self, nodes: Sequence[Node], edge: str) -> list[Size]:
        return [
            self.legs[node.value][node.axes.index((edge,))].size
            for node in nodes
            if (edge,) in node.axes
        ]

    def _at_most(
        self, let: Let, place: int, small: Size, large: Size, where: str, conv: Conv
    ) -> None:
        """That one size is at most another: a fault, nothing, or a condition."""
        difference = large - small
        if difference.number is None:
            self.conditions.append(Condition(small, large, where, at_most=True))
        elif difference.number < 0 and conv.pad in ("same", "circular"):
            message = (
                f"the kernel on edge `{conv.edge}` reaches over {small}, the signal over {large}"
            )
            self._conv_fault(let, place, f"{message}; pad={conv.pad} wants no longer kernel")
        elif difference.number < 0:
            message = f"edge `{conv.edge}` would have length {large}; the kernel is too long"
            self._conv_fault(let, place, message)
