"""Ops run one by one, in the plainest way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import torch
from torch import Tensor

from diagram.errors import SizeError
from diagram.language.check import derive
from diagram.language.core import (
    Apply,
    Let,
    Option,
    Program,
    legs_of,
)
from diagram.language.ops import OPS, Want
from diagram.runtime import kernels

Options: TypeAlias = "Mapping[str, float | str | bool]"
Axes = tuple[str, ...]


def applied(
    program: Program,
    let: Let,
    apply: Apply,
    values: Mapping[str, Tensor],
    numbers: Mapping[str, int],
    like: Tensor,
    train: bool,
) -> Tensor:
    """The value of an op."""
    output = legs_of(apply.output)
    if apply.op == "+":
        terms = [_aligned(values[node.value], node.edges, output) for node in apply.args]
        total = terms[0]
        for term in terms[1:]:
            total = total + term
        return total
    first = apply.args[0].edges
    if apply.op == "batch_norm":
        return _batch_norm(apply, values, numbers, train)
    rest = [_aligned(values[node.value], node.edges, first) for node in apply.args[1:]]
    options = {name: _option(apply, name, value, numbers) for name, value in apply.options}
    length = derive(program).bounds[apply.args[0].value] if apply.op == "one_hot" else None
    _refuse_lengths(let, apply, values[apply.args[0].value].shape, options)
    value = run_op(
        apply,
        first,
        [values[apply.args[0].value], *rest],
        options,
        length.value(numbers) if length is not None else 0,
        like,
    )
    result = first if apply.op != "one_hot" else (*first, apply.legs[0])
    if apply.op in ("max", "min", "mean"):
        result = tuple(edge for edge in first if edge not in apply.legs)
    return value.permute([result.index(edge) for edge in output])


def _batch_norm(
    apply: Apply, values: Mapping[str, Tensor], numbers: Mapping[str, int], train: bool
) -> Tensor:
    """Training takes mean and variance from the batch; the buffers that are given stay."""
    x, *statistics = apply.args
    rest = tuple(edge for edge in x.edges if edge not in apply.legs)
    mean, var = (_aligned(values[node.value], node.edges, rest).clone() for node in statistics)
    places = tuple(x.edges.index(leg) for leg in apply.legs)
    options = {name: _option(apply, name, value, numbers) for name, value in apply.options}
    eps = _float(options, "eps", 1e-5)
    found = kernels.batch_norm(values[x.value], mean, var, places, train, eps)
    return found.permute([x.edges.index(edge) for edge in legs_of(apply.output)])


def _option(
    apply: Apply, name: str, value: Option, numbers: Mapping[str, int]
) -> float | str | bool:
    if isinstance(value, str | bool):
        return value
    whole = OPS[apply.op].options[name] in (Want.SIZE, Want.COUNT)
    return value.value(numbers) if whole else float(value.ratio(numbers))


def _refuse_lengths(let: Let, apply: Apply, shape: Sequence[int], options: Options) -> None:
    """SizeError where an op has no value for legs of these lengths."""
    lengths = dict(zip(apply.args[0].edges, shape, strict=True))
    where = let.name.partition("~")[0]
    if apply.op in ("max", "min"):
        for leg in apply.legs:
            if lengths[leg] == 0:
                raise SizeError(f"{where}: {apply.op} over leg `{leg}`, whose length is 0")
    if apply.op == "slice":
        length = lengths[apply.legs[0]]
        start, stop = int(options.get("start", 0)), int(options.get("stop", length))
        if not 0 <= start <= stop <= length:
            raise SizeError(
                f"{where}: a slice from {start} to {stop} does not fit into leg `{apply.legs[0]}` "
                f"of length {length}"
            )


def run_op(
    apply: Apply,
    first: Axes,
    values: Sequence[Tensor],
    options: Options,
    length: int,
    like: Tensor,
) -> Tensor:
    """One op on values in the layout of the first; `length` and `like` are for one_hot."""
    x, *others = values
    places = tuple(first.index(leg) for leg in apply.legs) if apply.op != "one_hot" else ()
    match apply.op:
        case "softmax":
            return kernels.masked_softmax(x, places[0])
        case "log_softmax":
            return kernels.masked_log_softmax(x, places[0])
        case "cumsum":
            return torch.cumsum(x, places[0])
        case "sort":
            return kernels.sort(x, places[0], bool(options.get("descending", False)))
        case "layer_norm":
            return kernels.layer_norm(x, places, _float(options, "eps", 1e-5))
        case "rms_norm":
            return kernels.rms_norm(x, places, _float(options, "eps", 1e-6))
        case "unit":
            return kernels.unit(x, places, _float(options, "eps", 1e-12))
        case "causal":
            window = int(options["window"]) if "window" in options else None
            shift = int(options.get("shift", 0))
            return kernels.causal(x, (places[0], places[1]), window, shift)
        case "mask":
            return kernels.mask(x, others[0])
        case "dropout":
            return x
        case "max":
            return x.amax(dim=places)
        case "min":
            return x.amin(dim=places)
        case "mean":
            return x.mean(dim=places)
        case "one_hot":
            return kernels.one_hot(x, length, like)
        case "concat":
            return torch.cat([x, *others], dim=places[0])
        case "max_pool":
            size = int(options["size"])
            stride, pad = int(options.get("stride", size)), int(options.get("pad", 0))
            return kernels.max_pool(x, places, size, stride, pad)
        case "slice":
            start = int(options.get("start", 0))
            stop = int(options.get("stop", x.shape[places[0]]))
            return x.narrow(places[0], start, stop - start)
        case op:
            return kernels.ELEMENTWISE[op](x)


def _float(options: Options, name: str, default: float) -> float:
    return float(options.get(name, default))


def _aligned(value: Tensor, edges: Axes, layout: Axes) -> Tensor:
    """Axes in the order of a layout, with axes of length 1 for edges that it lacks."""
    order = [edges.index(edge) for edge in layout if edge in edges]
    value = value.permute(order)
    for place, edge in enumerate(layout):
        if edge not in edges:
            value = value.unsqueeze(place)
    return value
