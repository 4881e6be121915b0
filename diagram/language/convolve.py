"""What a convolved edge means: a dense indicator, the length that results, the padding."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from diagram.language.core import ZERO, Conv, Diagram, Node, Star
from diagram.language.size import Size, total


@dataclass(frozen=True, slots=True)
class Indicator:
    """Where entry j of a signal and k of a kernel meet in entry i of the result.

    It is 1 where `i*stride + offset = j*up + k*tap`, modulo the signal's length if circular.
    """

    edges: tuple[str, str, str]
    """Of the result, the signal and the kernel."""
    lengths: tuple[Size, Size, Size]
    conv: Conv
    """The clause, with equations put in."""

    @property
    def is_flipped(self) -> bool:
        """Whether the kernel is read from its end."""
        return self.conv.kind is Star.CONV

    @property
    def is_circular(self) -> bool:
        return self.conv.pad == "circular"

    @property
    def reach(self) -> Size:
        """How far the kernel reaches beyond its first entry."""
        return self.conv.dilation * (self.lengths[2] - 1)

    @property
    def padding(self) -> tuple[Size, Size]:
        """How many zeros (entries of the signal, if circular) stand left and right of it."""
        if not self.is_circular:
            return padding(self.conv, [self.lengths[2]])
        left = self.reach - self.conv.shift if self.is_flipped else self.conv.shift
        result, signal, _ = self.lengths
        return left, (result - 1) * self.conv.stride + self.reach + 1 - left - signal

    @property
    def tap(self) -> Size:
        return self.conv.dilation if self.is_flipped else -self.conv.dilation

    @property
    def offset(self) -> Size:
        left, _ = self.padding
        return self.reach - left if self.is_flipped else -left


def opened(
    diagram: Diagram,
    lengths: Sequence[Mapping[str, Size]],
    equations: Mapping[str, Size],
    but: Collection[str] = (),
) -> tuple[tuple[Node, ...], list[Indicator]]:
    """A diagram's convolved edges as contractions: each node's own edge, joined by indicators.

    `lengths` are those of the edges of each node; edges in `but` stay. This is what a convolution
    means.
    """
    nodes = list(diagram.nodes)
    found: list[Indicator] = []
    for written in diagram.convs:
        if written.edge in but:
            continue
        conv = replaced(written, equations)
        uses = diagram.uses(conv.edge)
        own = [f"{conv.edge}:{place}" for place in range(len(uses))]
        for edge, use in zip(own, uses, strict=True):
            axes = tuple((edge,) if axis == (conv.edge,) else axis for axis in nodes[use].axes)
            nodes[use] = Node(nodes[use].value, axes)
        signal, signal_length = own[0], lengths[uses[0]][conv.edge]
        for number, (kernel, use) in enumerate(zip(own[1:], uses[1:], strict=True), 2):
            kernel_length = lengths[use][conv.edge]
            result = conv.edge if number == len(uses) else f"{conv.edge}:{number}+"
            made = length(conv, signal_length, [kernel_length])
            sizes = (made, signal_length, kernel_length)
            found.append(Indicator((result, signal, kernel), sizes, conv))
            signal, signal_length = result, made
    return tuple(nodes), found


def replaced(conv: Conv, sizes: Mapping[str, Size]) -> Conv:
    """The clause with sizes put for dims."""
    pad = conv.pad
    if isinstance(pad, tuple):
        pad = (pad[0].replace(sizes), pad[1].replace(sizes))
    return Conv(
        conv.kind,
        conv.edge,
        conv.stride.replace(sizes),
        conv.dilation.replace(sizes),
        conv.up.replace(sizes),
        pad,
        conv.shift.replace(sizes),
    )


def length(conv: Conv, signal: Size, kernels: Sequence[Size]) -> Size:
    """The length of the result of a signal and its kernels.

    >>> from diagram.language.core import Star
    >>> x, k = Size.of("x"), Size.of(3)
    >>> str(length(Conv(Star.CORR, "x", stride=Size.of(2), pad=(Size.of(1), Size.of(1))), x, [k]))
    '((x + 1)//2)'
    """
    if conv.pad == "circular":
        return (signal + conv.stride - 1) // conv.stride
    left, right = padding(conv, kernels)
    reach = conv.dilation * (kernels_of(kernels) - 1)
    return (conv.up * (signal - 1) + left + right - reach) // conv.stride + 1


def kernels_of(kernels: Sequence[Size]) -> Size:
    """The length of all kernels merged into one."""
    return total([Size.of(1 - len(kernels)), *kernels])


def padding(conv: Conv, kernels: Sequence[Size]) -> tuple[Size, Size]:
    """How many zeros stand left and right of the signal."""
    reach = conv.dilation * (kernels_of(kernels) - 1)
    match conv.pad:
        case (left, right):
            return left, right
        case "full":
            return reach, reach
        case "same":
            left = reach // 2
            return left, reach - left
        case _:
            return ZERO, ZERO
