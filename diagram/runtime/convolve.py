"""A convolving merge as one call of torch's convolutions, over up to three edges at once.

Edges of both operands that stay are groups, those that are summed are channels; edges of the signal
alone are its batch, those of the kernel alone the channels of the result.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import fx
from torch.nn import functional

from diagram.language.convolve import Indicator
from diagram.language.core import ONE
from diagram.language.size import Size
from diagram.planner.cost import convolved_sizes
from diagram.planner.steps import Convolve, Step
from diagram.runtime import kernels
from diagram.runtime.emit import Emitter, Value

PLAIN = (functional.conv1d, functional.conv2d, functional.conv3d)
TRANSPOSED = (
    functional.conv_transpose1d,
    functional.conv_transpose2d,
    functional.conv_transpose3d,
)


def convolve(emit: Emitter, action: Convolve, left: Value, right: Value, step: Step) -> Value:
    """The product of a signal and a kernel, convolved along the edges of the action's stars."""
    stars = action.stars
    convolved = [star.edges[0] for star in stars]
    shared = [e for e in left.layout if e in right.layout and e not in convolved]
    groups = tuple(edge for edge in shared if edge in step.output)
    summed = tuple(edge for edge in shared if edge not in step.output)
    rows = tuple(e for e in left.layout if e not in shared and e not in convolved)
    columns = tuple(e for e in right.layout if e not in shared and e not in convolved)
    along = [(edge,) for edge in convolved]
    signal = convolved_sizes(action, step.sizes, 1)
    kernel = convolved_sizes(action, step.sizes, 2)
    x = emit.grouped(left, [rows, (*groups, *summed), *along], signal)
    count = emit.volume(groups, signal)
    if _is_transposed(stars):
        w = emit.grouped(right, [(*groups, *summed), columns, *along], kernel)
        made = _transposed(emit, x, w, stars, count)
    else:
        w = emit.grouped(right, [(*groups, *columns), summed, *along], kernel)
        made = _plain(emit, x, w, stars, count)
    value = emit.split(made, [rows, (*groups, *columns), *along], _results(step, stars))
    gone = [place for place, edge in enumerate(value.layout) if edge not in step.output]
    if not gone:
        return value
    kept = tuple(edge for edge in value.layout if edge in step.output)
    return Value(emit.call(torch.sum, value.node, gone), kept)


def _results(step: Step, stars: Sequence[Indicator]) -> dict[str, Size]:
    return {**step.sizes, **{star.edges[0]: star.lengths[0] for star in stars}}


def _is_transposed(stars: Sequence[Indicator]) -> bool:
    """Whether torch's transposed convolution does it: zeros between entries, no stride."""
    spread = any(star.conv.up != ONE for star in stars)
    return spread and all(star.conv.stride == ONE and not star.is_circular for star in stars)


def _plain(
    emit: Emitter, x: fx.Node, w: fx.Node, stars: Sequence[Indicator], groups: int | fx.Node
) -> fx.Node:
    for place, star in enumerate(stars):
        if star.conv.up != ONE:
            x = emit.call(kernels.spread, x, place + 2, emit.length(star.conv.up))
        if star.is_circular:
            x = emit.call(kernels.wrapped, x, place + 2, *map(emit.length, star.padding))
    zeros = [(Size(), Size()) if star.is_circular else star.padding for star in stars]
    options: dict[str, object] = {}
    if all(left == right for left, right in zeros):
        if any(left != Size() for left, _ in zeros):
            options["padding"] = tuple(emit.length(left) for left, _ in zeros)
    else:
        x = _padded(emit, x, zeros)
    w = _flipped(emit, w, [star.is_flipped for star in stars])
    return _called(emit, PLAIN[len(stars) - 1], x, w, stars, groups, options)


def _transposed(
    emit: Emitter, x: fx.Node, w: fx.Node, stars: Sequence[Indicator], groups: int | fx.Node
) -> fx.Node:
    """torch makes every entry that signal and kernel reach; what is not wanted is cut off."""
    w = _flipped(emit, w, [not star.is_flipped for star in stars])
    ends = []
    for star in stars:
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
        return _called(emit, TRANSPOSED[len(stars) - 1], x, w, stars, groups, options)
    made = _called(emit, TRANSPOSED[len(stars) - 1], x, w, stars, groups, options)
    return _padded(emit, made, ends)


def _called(
    emit: Emitter,
    function: object,
    x: fx.Node,
    w: fx.Node,
    stars: Sequence[Indicator],
    groups: int | fx.Node,
    options: dict[str, object],
) -> fx.Node:
    """The call, with the options that are not torch's own."""
    transposed = function in TRANSPOSED
    strides = [star.conv.up if transposed else star.conv.stride for star in stars]
    for name, sizes in (("stride", strides), ("dilation", [s.conv.dilation for s in stars])):
        if any(size != ONE for size in sizes):
            options[name] = tuple(emit.length(size) for size in sizes)
    if groups != 1:
        options["groups"] = groups
    return emit.call(function, x, w, **options)


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
