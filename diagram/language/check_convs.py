"""Faults of convolved edges, and the lengths that they have in the result."""

from __future__ import annotations

from collections.abc import Sequence

from diagram.errors import SizeError, suggest
from diagram.language.check_edges import EdgeChecks
from diagram.language.convolve import kernels_of, length, padding, replaced
from diagram.language.core import ONE, ZERO, Conv, Diagram, Let, Node, Star
from diagram.language.expressions import PADS
from diagram.language.findings import Condition, shown
from diagram.language.places import Place
from diagram.language.size import Size, total


class ConvChecks(EdgeChecks):
    """The part of the walk that reads convolutions."""

    def _convolved(self, let: Let, diagram: Diagram, sizes: dict[str, Size]) -> dict[str, Size]:
        """The sizes of the result's edges: those of convolved ones put in."""
        results: dict[str, Size] = {}
        for place, conv in enumerate(diagram.convs):
            before = len(self.findings)
            self._options_of(let, conv, place)
            if conv.edge in results or any(c.edge == conv.edge for c in diagram.convs[:place]):
                message = f"edge `{conv.edge}` is convolved twice; say all of it in one clause"
                self._conv_fault(let, place, message)
            self._nodes_of(let, diagram, conv, place)
            if len(self.findings) == before:
                results[conv.edge] = self._length(let, diagram, conv, place)
        if diagram.convs:
            self.edges[let.name] = dict(sizes)
        return {**sizes, **results}

    def _conv_fault(self, let: Let, place: int, message: str, option: str = "") -> None:
        at: Place = ("let", let.name, "conv", place)
        self.fault(message, let.name, (*at, option) if option else at)

    def _options_of(self, let: Let, conv: Conv, place: int) -> None:
        pads = conv.pad if isinstance(conv.pad, tuple) else ()
        if isinstance(conv.pad, str) and conv.pad not in PADS:
            known = ", ".join(PADS)
            self._conv_fault(let, place, f"`pad` is {known}, a size or a pair of sizes", "pad")
        named = {"stride": conv.stride, "dilation": conv.dilation, "up": conv.up}
        known_pads = f"; pad is {', '.join(PADS)}, a size or a pair of sizes"
        for name, size in dict.fromkeys(
            (*named.items(), ("shift", conv.shift), *(("pad", p) for p in pads))
        ):
            for dim in sorted(size.dims - self.known_dims):
                message = f"`{dim}` is no dim{suggest(dim, self.known_dims)}"
                hint = known_pads if name == "pad" else ""
                self._conv_fault(let, place, message + hint, name)
            if size.number is not None and size.number.denominator != 1:
                self._conv_fault(let, place, f"`{name}` is {size}; a whole number is wanted", name)
            elif size.number is not None and name in named and size.number < 1:
                self._conv_fault(let, place, f"`{name}` is {size}; it is 1 or more", name)
            elif size.number is not None and name == "pad" and size.number < 0:
                self._conv_fault(let, place, f"`pad` is {size}; it is 0 or more", name)
        if conv.shift != ZERO and conv.pad != "circular":
            message = "`shift` moves the origin of pad=circular only"
            self._conv_fault(let, place, message, "shift")
        if conv.up != ONE and conv.pad == "circular":
            message = "`up` and pad=circular do not go together; take another pad"
            self._conv_fault(let, place, message, "up")

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
                message = (
                    f"{shown(node.value)} meets itself on the convolved edge `{edge}`; take the "
                    "diagonal in a line of its own"
                )
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
        self._whole_options(let, conv)
        signal, *kernels = self._lengths_on(diagram.nodes, conv.edge)
        try:
            found = length(conv, signal, kernels)
        except SizeError as error:
            self._conv_fault(let, place, f"edge `{conv.edge}`: {error}")
            return ZERO
        extent = conv.up * (signal - 1) + 1
        if conv.pad not in ("same", "circular"):
            extent = extent + total(padding(conv, kernels))
        # Modulo the signal's length each kernel slides along a result that is as long again.
        sliding = kernels if conv.pad == "circular" else [kernels_of(kernels)]
        reaches = [conv.dilation * (kernel - 1) + 1 for kernel in sliding]
        for reach in reaches:
            self._at_most(let, place, reach, extent, conv)
        implied = any(_is_negative(extent - conv.up * signal - reach) for reach in reaches)
        self._not_empty(let, place, conv, kernels if implied else [signal, *kernels])
        return found

    def _not_empty(self, let: Let, place: int, conv: Conv, lengths: Sequence[Size]) -> None:
        """That what is convolved has an entry or more."""
        for size in dict.fromkeys(lengths):
            self.at_least(1, size, f"a length on the convolved edge `{conv.edge}` of {let.name}")
            if size == ZERO:
                message = f"edge `{conv.edge}` joins a leg of length 0; a convolution needs entries"
                self._conv_fault(let, place, message)

    def _whole_options(self, let: Let, conv: Conv) -> None:
        """The conditions of options that are no numbers yet."""
        where = f"of edge `{conv.edge}` in {let.name.partition('~')[0]}"
        for name, size in (("stride", conv.stride), ("dilation", conv.dilation), ("up", conv.up)):
            self.at_least(1, size, f"`{name}` {where}")
        for size in conv.pad if isinstance(conv.pad, tuple) else ():
            self.at_least(0, size, f"`pad` {where}")

    def resolved_conv(self, conv: Conv) -> Conv:
        """The clause with equations put in."""
        return replaced(conv, self.equations)

    def _lengths_on(self, nodes: Sequence[Node], edge: str) -> list[Size]:
        return [
            self.legs[node.value][node.axes.index((edge,))].size
            for node in nodes
            if (edge,) in node.axes
        ]

    def _at_most(self, let: Let, place: int, reach: Size, extent: Size, conv: Conv) -> None:
        """That a kernel reaches no further than its signal: a fault, nothing, or a condition."""
        difference = extent - reach
        if difference.number is None:
            where = f"the reach of the kernel on edge `{conv.edge}` of {let.name}"
            self.conditions.append(Condition(reach, extent, where, at_most=True))
        elif difference.number < 0:
            padded = "the padded signal" if isinstance(conv.pad, tuple) else "the signal"
            message = (
                f"the kernel on edge `{conv.edge}` reaches over {reach}, {padded} over {extent}; "
                "a kernel is no longer than what it slides along"
            )
            self._conv_fault(let, place, message)


def _is_negative(size: Size) -> bool:
    return size.number is not None and size.number < 0
