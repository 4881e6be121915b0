"""The interpreter: every value of a program by name, made in the plainest way. It is the oracle.

Diagrams are merged node after node in the order in which they are written (a node that shares a
summed edge goes first), each pair by one two-operand einsum; ops run one by one. Nothing is fused
or planned.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias, overload

import numpy as np
import torch
from torch import Tensor

from diagram.errors import DiagramError, Fault, SizeError, suggest
from diagram.language.check import derive
from diagram.language.convolve import opened
from diagram.language.core import (
    Apply,
    Call,
    Diagram,
    Kind,
    Let,
    Option,
    Program,
    Source,
    legs_of,
    nodes,
)
from diagram.language.count import checked, dim_names
from diagram.language.inline import inline
from diagram.language.ops import OPS, Want
from diagram.runtime import kernels
from diagram.runtime.bind import bind
from diagram.runtime.init import computed, is_computed
from diagram.runtime.scale import scale_number

if TYPE_CHECKING:
    from diagram.planner.order import Order
    from diagram.planner.steps import Plan
    from diagram.runtime.teach import Walk

Array: TypeAlias = "Tensor | np.ndarray[tuple[int, ...], np.dtype[np.generic]] | float | int"
Options: TypeAlias = "Mapping[str, float | str | bool]"

Axes = tuple[str, ...]


@overload
def interpret(
    program: Program, /, *inputs: Array, train: bool = False, order: None = None, **named: Array
) -> dict[str, Tensor]: ...


@overload
def interpret(
    program: Program, /, *inputs: Array, train: bool = False, order: Plan | Order, **named: Array
) -> Walk: ...


def interpret(
    program: Program,
    /,
    *inputs: Array,
    train: bool = False,
    order: Plan | Order | None = None,
    **named: Array,
) -> dict[str, Tensor] | Walk:
    """Every value by name: sources, lets, and what stands inside lets (`Y~1`).

    `inputs` are the inputs and indices in the order of declaration; `named` are further values, or
    whole numbers for dims that no shape tells. float64 stays float64; whole numbers and truth
    values become floats, but for those that only mask. Dropout does nothing; where it is told to
    `train`, batch_norm takes mean and variance from the batch.
    With an `order` it teaches: the steps in which the values come about, one after another, each
    with its equation. It is a plan, "written", or pairs by hand (see `planner.order`).
    Raises DiagramError for values that lack, and SizeError for shapes and indices that do not fit.

    >>> from diagram import parse
    >>> import torch
    >>> program = parse("input A[i j] B[j k]\\nC[i k] = A[i j] B[j k]\\nreturn C")
    >>> interpret(program, torch.eye(2), torch.ones(2, 3))["C"].shape
    torch.Size([2, 3])
    """
    program = inline(program)
    values, sizes = given(program, inputs, named)
    if order is not None:
        from diagram.runtime.teach import walk

        return walk(program, values, sizes, order, train)
    return evaluate(program, values, sizes, train)


def evaluate(
    program: Program,
    given: Mapping[str, Tensor],
    sizes: Mapping[str, int],
    train: bool = False,
) -> dict[str, Tensor]:
    """Every value by name, from those of the sources that are not computed, and numbers of dims.

    The program has no defs: `inline` has written them out.
    """
    values, numbers, like = prepared(program, given, sizes)
    for let in program.lets:
        values[let.name] = _let(program, let, values, numbers, like, train)
    return values


def prepared(
    program: Program, given: Mapping[str, Tensor], sizes: Mapping[str, int]
) -> tuple[dict[str, Tensor], dict[str, int], Tensor]:
    """The sources' values, the dims' numbers, and a tensor of the dtype of what is computed."""
    values = dict(given)
    numbers = bind(program, {name: tuple(value.shape) for name, value in values.items()}, sizes)
    floats = [value for value in values.values() if value.is_floating_point()]
    like = floats[0] if floats else torch.zeros((), device=_device(values))
    if any(value.dtype == torch.float64 for value in floats):
        like = like.double()
    for source in program.sources:
        if source.name not in values:
            values[source.name] = computed(source, numbers, like)
        elif source.kind is Kind.INDEX:
            values[source.name] = _whole(source, values[source.name], numbers)
        elif not values[source.name].is_floating_point() and not _only_masks(program, source.name):
            values[source.name] = values[source.name].to(like.dtype)
    return values, numbers, like


def given(
    program: Program, inputs: Sequence[Array], named: Mapping[str, Array]
) -> tuple[dict[str, Tensor], dict[str, int]]:
    """The values and sizes among the arguments; DiagramError for all that lack or are unknown."""
    faults: list[Fault] = []
    order = [s.name for s in program.sources if s.kind in (Kind.INPUT, Kind.INDEX)]
    if len(inputs) > len(order):
        s, were = ("", "was") if len(inputs) == 1 else ("s", "were")
        message = f"{len(inputs)} input{s} {were} given, but the program has {_list(order)}"
        faults.append(Fault(message))
    arrays = dict(zip(order, inputs, strict=False))
    sizes: dict[str, int] = {}
    dims = dict.fromkeys(dim_names(program))
    for name, value in named.items():
        if name in arrays:
            faults.append(Fault(f"`{name}` was given twice, by position and by name"))
        elif name in program.source:
            arrays[name] = value
        elif name in dims:
            try:
                sizes |= checked(program, {name: value})  # type: ignore[dict-item]
            except DiagramError as error:
                faults += error.faults
        else:
            known = [*program.source, *dims]
            faults.append(Fault(f"`{name}` is no source and no dim{suggest(name, known)}"))
    values: dict[str, Tensor] = {}
    for name, value in arrays.items():
        found = tensor(value)
        if isinstance(found, Tensor):
            values[name] = found
        else:
            faults.append(Fault(f"`{name}` is {found}; a tensor or an array of numbers is wanted"))
    for source in program.sources:
        if source.name not in arrays and not is_computed(source):
            faults.append(
                Fault(f"{source.kind} `{source.name}` is not given: pass {source.name}=...")
            )
    if faults:
        raise DiagramError(faults, of="with the values that were given")
    return values, sizes


def _list(names: Sequence[str]) -> str:
    return f"{len(names)}: {', '.join(names)}" if names else "none"


def tensor(value: object) -> Tensor | str:
    """A value as a tensor of real numbers; if it is none, what it is instead."""
    try:
        if isinstance(value, np.ndarray):
            value = np.array(value, value.dtype.newbyteorder("="), order="C")
        found = value if isinstance(value, Tensor) else torch.as_tensor(value)
    except (TypeError, ValueError, RuntimeError):
        entries = f" with entries of type {value.dtype}" if isinstance(value, np.ndarray) else ""
        return f"of type {type(value).__name__}{entries}"
    if found.layout is not torch.strided:
        return "sparse"
    if found.is_complex():
        return f"complex ({str(found.dtype).removeprefix('torch.')})"
    return found


def _device(values: Mapping[str, Tensor]) -> torch.device | None:
    return next((value.device for value in values.values()), None)


def _only_masks(program: Program, name: str) -> bool:
    """Whether a value is read as the second value of `mask` only, where truth values may stay."""
    return all(
        _moves(let.maker) and _only_masks(program, let.name)
        if isinstance(let.maker, Diagram)
        else isinstance(let.maker, Apply) and let.maker.op == "mask" and place == 1
        for let in program.lets
        for place, node in enumerate(nodes(let.maker))
        if node.value == name
    )


def _moves(diagram: Diagram) -> bool:
    """Whether a diagram moves the legs of one value, and does nothing else."""
    return len(diagram.nodes) == 1 and not (diagram.scale or diagram.convs or diagram.summed)


def _whole(source: Source, value: Tensor, numbers: Mapping[str, int]) -> Tensor:
    """An index; SizeError where an entry is no whole number from 0 to below its bound."""
    found = value.long()
    value = value if value.is_floating_point() else found
    assert source.of is not None
    bound = None if source.of.dims - numbers.keys() else source.of.value(numbers)
    wrong = (found != value) | (found < 0)
    if bound is not None and bound < 2**63:
        wrong = wrong | (found >= bound)
    if wrong.any():
        limit = f"`{source.of}`" if bound is None else f"{source.of} = {bound}"
        entry = value[wrong][0].item()
        raise SizeError(
            f"index {source.name} holds {entry}; whole numbers from 0 to below {limit} are wanted"
        )
    return found


def _let(
    program: Program,
    let: Let,
    values: Mapping[str, Tensor],
    numbers: Mapping[str, int],
    like: Tensor,
    train: bool,
) -> Tensor:
    match let.maker:
        case Diagram():
            return _diagram(program, let.name, let.maker, values, numbers, like)
        case Apply():
            return applied(program, let, let.maker, values, numbers, like, train)
        case Call():
            raise AssertionError("defs are written out before they run")


def _diagram(
    program: Program,
    name: str,
    diagram: Diagram,
    values: Mapping[str, Tensor],
    numbers: Mapping[str, int],
    like: Tensor,
) -> Tensor:
    operands = _operands(program, name, diagram, values, numbers, like)
    lengths = {
        edge: length
        for value, edges in operands
        for edge, length in zip(edges, value.shape, strict=True)
    }
    factor = scale_number(diagram.scale, {**numbers, **lengths}, name.partition("~")[0])
    if not operands:
        value = torch.full((), factor, dtype=like.dtype, device=like.device)
    else:
        value = _merged(operands, diagram.kept)
        value = value * factor if diagram.scale else value
    if all(len(axis) == 1 for axis in diagram.output):
        return value
    return value.reshape([math.prod(lengths[e] for e in axis) for axis in diagram.output])


def _operands(
    program: Program,
    name: str,
    diagram: Diagram,
    values: Mapping[str, Tensor],
    numbers: Mapping[str, int],
    like: Tensor,
) -> list[tuple[Tensor, Axes]]:
    """The nodes' values, bundles opened, and the dense indicators of convolved edges."""
    if diagram.is_plain:
        return [(values[node.value], node.edges) for node in diagram.nodes]
    found = derive(program)
    sizes = found.edges.get(name, {})
    lengths = [
        {
            axis[0]: leg.size
            for axis, leg in zip(node.axes, found.legs[node.value], strict=True)
            if len(axis) == 1
        }
        for node in diagram.nodes
    ]
    nodes, indicators = opened(diagram, lengths, found.equations)
    operands = []
    for node in nodes:
        value = values[node.value]
        if not node.is_plain:
            pairs = zip(node.axes, value.shape, strict=True)
            shape = [
                length if len(axis) == 1 else sizes[edge].value(numbers)
                for axis, length in pairs
                for edge in axis
            ]
            value = value.reshape(shape)
        operands.append((value, node.edges))
    for made in indicators:
        extents = tuple(size.value(numbers) for size in made.lengths)
        steps = tuple(size.value(numbers) for size in (made.conv.stride, made.conv.up, made.tap))
        offset = made.offset.value(numbers)
        dense = kernels.indicator(extents, steps, offset, made.is_circular, like)  # type: ignore[arg-type]
        operands.append((dense, made.edges))
    return operands


def _merged(operands: Sequence[tuple[Tensor, Axes]], output: Axes) -> Tensor:
    """The operands merged one after another; edges that `output` lacks are summed."""
    waiting = list(operands)
    value, edges = waiting.pop(0)
    while waiting:
        other, others = waiting.pop(_next(edges, [edges for _, edges in waiting], output))
        needed = {*output, *(e for _, left in waiting for e in left)}
        kept = tuple(e for e in dict.fromkeys((*edges, *others)) if e in needed)
        value = merge([(value, edges), (other, others)], kept)
        edges = kept
    return merge([(value, edges)], output)


def _next(edges: Axes, waiting: Sequence[Axes], kept: Sequence[str]) -> int:
    """The first operand with an edge that can be summed once it has joined; else the first."""
    for place, own in enumerate(waiting):
        others = {e for i, other in enumerate(waiting) if i != place for e in other}
        if any(e in edges and e not in others and e not in kept for e in own):
            return place
    return 0


def merge(operands: Sequence[tuple[Tensor, Axes]], output: Axes) -> Tensor:
    """One einsum: the product of these values, edges that the output lacks summed."""
    numbering: dict[str, int] = {}
    arguments: list[Tensor | list[int]] = []
    dtype = operands[0][0].dtype
    for value, _ in operands[1:]:
        dtype = torch.promote_types(dtype, value.dtype)
    for value, edges in operands:
        arguments += [value.to(dtype), [numbering.setdefault(e, len(numbering)) for e in edges]]
    return torch.einsum(*arguments, [numbering[e] for e in output])


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
    length = derive(program).legs[let.name][-1].size if apply.op == "one_hot" else None
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
