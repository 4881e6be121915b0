"""A convolving merge as one call of torch's convolutions, over up to three edges at once.

Edges of both operands that stay are groups, those that are summed are channels; edges of the signal
alone are its batch, those of the kernel alone the channels of the result. An edge of the signal
that lies beside a convolved one rides along, with a kernel of length 1: neither is moved in memory.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import takewhile

import torch
from torch import fx
from torch.nn import functional

from diagram.language.convolve import Indicator
from diagram.language.core import ONE
from diagram.language.size import Size
from diagram.planner.cost import convolved_sizes
from diagram.planner.steps import Convolve, Step
from diagram.runtime import kernels
from diagram.runtime.emit import Edges, Emitter, Value

Along = Sequence[tuple[str, Indicator | None]]
"""The last axes of a call: edges, and how they are convolved; None for one that rides along."""

FEW = 2
"""With this many axes or more, no edge rides along."""

PLAIN = (functional.conv1d, functional.conv2d, functional.conv3d)
TRANSPOSED = (
    functional.conv_transpose1d,
    functional.conv_transpose2d,
    functional.conv_transpose3d,
)


def convolve(
    emit: Emitter, action: Convolve, left: Value, right: Value, step: Step, by_fourier: bool
) -> Value:
    """The product of a signal and a kernel, convolved along the edges of the action's stars.

    One edge with a long kernel is convolved `by_fourier` where that was found to be quicker.
    """
    stars = {star.edges[0]: star for star in action.stars}
    shared = [e for e in left.layout if e in right.layout and e not in stars]
    groups = tuple(edge for edge in shared if edge in step.output)
    summed = tuple(edge for edge in shared if edge not in step.output)
    riders = set() if by_fourier else _riders(left.layout, shared, stars)
    along = [(edge, stars.get(edge)) for edge in left.layout if edge in stars or edge in riders]
    last = [(edge,) for edge, _ in along]
    rows = tuple(e for e in left.layout if e not in shared and (e,) not in last)
    columns = tuple(e for e in right.layout if e not in shared and e not in stars)
    signal = convolved_sizes(action, step.sizes, 1)
    kernel = convolved_sizes(action, step.sizes, 2)
    taps = [(edge,) if star else () for edge, star in along]
    x = emit.grouped(left, [rows, (*groups, *summed), *last], signal)
    count = emit.volume(groups, signal)
    if _is_transposed(action.stars):
        w = emit.grouped(right, [(*groups, *summed), columns, *taps], kernel)
        made = _transposed(emit, x, w, along, count)
    else:
        w = emit.grouped(right, [(*groups, *columns), summed, *taps], kernel)
        made = _plain(emit, x, w, along, count, by_fourier)
    value = emit.split(made, [rows, (*groups, *columns), *last], _results(step, action.stars))
    gone = [place for place, edge in enumerate(value.layout) if edge not in step.output]
    if not gone:
        return value
    kept = tuple(edge for edge in value.layout if edge in step.output)
    return Value(emit.call(torch.sum, value.node, gone), kept)


def _riders(layout: Edges, shared: Sequence[str], stars: Mapping[str, Indicator]) -> set[str]:
    """Edges of the signal alone that lie beside a convolved one: those behind it, then before."""
    places = [place for place, edge in enumerate(layout) if edge in stars]
    first, last = places[0], places[-1]
    free = [edge for edge in layout if edge not in shared and edge not in stars]
    inside = [edge for edge in layout[first:last] if edge in free]
    behind = _while(layout[last + 1 :], free)
    before = _while(layout[:first][::-1], free)
    most = max(0, FEW - len(stars))
    wanted = [*inside, *behind, *before[: len(before) - (len(before) == len(free))]]
    return set(wanted[:most])


def _while(edges: Sequence[str], free: Sequence[str]) -> list[str]:
    return list(takewhile(lambda edge: edge in free, edges))


def _results(step: Step, stars: Sequence[Indicator]) -> dict[str, Size]:
    return {**step.sizes, **{star.edges[0]: star.lengths[0] for star in stars}}


def _is_transposed(stars: Sequence[Indicator]) -> bool:
    """Whether torch's transposed convolution does it: zeros between entries, no stride."""
    spread = any(star.conv.up != ONE for star in stars)
    return spread and all(star.conv.stride == ONE and not star.is_circular for star in stars)


def _plain(
    emit: Emitter,
    x: fx.Node,
    w: fx.Node,
    along: Along,
    groups: int | fx.Node,
    by_fourier: bool,
) -> fx.Node:
    for place, (_, star) in enumerate(along):
        if star is not None and star.conv.up != ONE:
            x = emit.call(kernels.spread, x, place + 2, emit.length(star.conv.up))
        if star is not None and star.is_circular:
            x = emit.call(kernels.wrapped, x, place + 2, *map(emit.length, star.padding))
    none = (Size(), Size())
    zeros = [none if star is None or star.is_circular else star.padding for _, star in along]
    options: dict[str, object] = {}
    if all(left == right for left, right in zeros):
        if any(left != Size() for left, _ in zeros):
            options["padding"] = tuple(emit.length(left) for left, _ in zeros)
    else:
        x = _padded(emit, x, zeros)
    w = _flipped(emit, w, [star is not None and star.is_flipped for _, star in along])
    function = kernels.long_conv if by_fourier else PLAIN[len(along) - 1]
    return _called(emit, function, x, w, along, groups, options)


def _transposed(
    emit: Emitter, x: fx.Node, w: fx.Node, along: Along, groups: int | fx.Node
) -> fx.Node:
    """torch makes every entry that signal and kernel reach; what is not wanted is cut off."""
    w = _flipped(emit, w, [star is not None and not star.is_flipped for _, star in along])
    ends = []
    for _, star in along:
        if star is None:
            ends.append((Size(), Size()))
            continue
        result, signal, _ = star.lengths
        whole = star.conv.up * (signal - 1) + star.reach + 1
        left = star.reach - star.padding[0]
        ends.append((-left, result + left - whole))
    options: dict[str, object] = {}
    cut = [-left for left, _ in ends]
    even = all(left == right for left, right in ends)
    if even and all(size.number is not None and size.number >= 0 for size in cut):
        if any(size != Size() for size in cut):
            options["padding"] = tuple(emit.length(size) for size in cut)
        return _called(emit, TRANSPOSED[len(along) - 1], x, w, along, groups, options)
    made = _called(emit, TRANSPOSED[len(along) - 1], x, w, along, groups, options)
    return _padded(emit, made, ends)


def _called(
    emit: Emitter,
    function: object,
    x: fx.Node,
    w: fx.Node,
    along: Along,
    groups: int | fx.Node,
    options: dict[str, object],
) -> fx.Node:
    """The call, with the options that are not torch's own."""
    turned = function in TRANSPOSED
    strides = [_stride(star, turned) for _, star in along]
    dilations = [ONE if star is None else star.conv.dilation for _, star in along]
    for name, sizes in (("stride", strides), ("dilation", dilations)):
        if any(size != ONE for size in sizes):
            options[name] = tuple(emit.length(size) for size in sizes)
    if groups != 1:
        options["groups"] = groups
    return emit.call(function, x, w, **options)


def _stride(star: Indicator | None, transposed: bool) -> Size:
    if star is None:
        return ONE
    return star.conv.up if transposed else star.conv.stride


def _padded(emit: Emitter, x: fx.Node, ends: Sequence[tuple[Size, Size]]) -> fx.Node:
    """Zeros at the ends of the last axes; a negative number cuts entries off."""
    if all(size == Size() for pair in ends for size in pair):
        return x
    sides = [emit.length(size) for pair in reversed(ends) for size in pair]
    return emit.call(functional.pad, x, sides)


def _flipped(emit: Emitter, w: fx.Node, flipped: Sequence[bool]) -> fx.Node:
    """The kernel read from its end along some of its last axes."""
    places = [place + 2 for place, flip in enumerate(flipped) if flip]
    return emit.call(torch.flip, w, places) if places else w
