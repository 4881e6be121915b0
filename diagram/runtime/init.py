"""Initial numbers: of constants and buffers as they are written, of weights by rule.

A weight without a rule is drawn uniformly with variance 2 / (fan in + fan out) (Glorot and Bengio
2010), both read off the diagram: the edges over which the data reach it come in, others go out.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

import torch
from torch import Tensor

from diagram.errors import SizeError
from diagram.language.check import derive
from diagram.language.core import Apply, Diagram, Init, Kind, Node, Program, Source
from diagram.language.size import product
from diagram.planner import Plan

COMPUTED = ("zeros", "ones", "eye", "range", "numbers")


def is_computed(source: Source) -> bool:
    """Whether the numbers follow from the declaration alone."""
    return source.init is not None and source.init.name in COMPUTED


def shape_of(source: Source, numbers: Mapping[str, int]) -> tuple[int, ...]:
    """The lengths of a source's legs."""
    shape = []
    for leg in source.legs:
        length = leg.size.value(numbers)
        if length < 0:
            raise SizeError(f"leg `{leg.name}` of {source.name} would have length {length}")
        shape.append(length)
    return tuple(shape)


def computed(source: Source, numbers: Mapping[str, int], like: Tensor) -> Tensor:
    """The numbers of a source that is_computed."""
    assert source.init is not None
    shape = shape_of(source, numbers)
    kind = {"dtype": like.dtype, "device": like.device}
    match source.init.name:
        case "zeros":
            return torch.zeros(shape, **kind)  # type: ignore[call-overload,no-any-return]
        case "ones":
            return torch.ones(shape, **kind)  # type: ignore[call-overload,no-any-return]
        case "eye":
            return torch.eye(shape[0], shape[1], **kind)  # type: ignore[call-overload,no-any-return]
        case "range":
            return torch.arange(shape[0], **kind)  # type: ignore[call-overload,no-any-return]
        case _:
            written = [float(number) for number in source.init.numbers]
            if len(written) != math.prod(shape):
                count = f"{len(written)} numbers are written"
                raise SizeError(f"{source.name} has {math.prod(shape)} entries, but {count}")
            return torch.tensor(written, **kind).reshape(shape)  # type: ignore[arg-type]


def initialise(program: Program, source: Source, value: Tensor, numbers: Mapping[str, int]) -> None:
    """Fills a weight or buffer with its initial numbers, in place; draws from torch's generator."""
    with torch.no_grad():
        if source.init is None and source.kind is Kind.BUFFER:
            value.zero_()
        elif source.init is None:
            _by_fans(program, source, value, numbers)
        elif is_computed(source):
            value.copy_(computed(source, numbers, value))
        else:
            _drawn(source.init, value)


def _drawn(init: Init, value: Tensor) -> None:
    numbers = [float(number) for number in init.numbers]
    match init.name:
        case "normal":
            value.normal_(0.0, numbers[0])
        case "uniform":
            value.uniform_(numbers[0], numbers[1])
        case "orthogonal":
            torch.nn.init.orthogonal_(value)
        case _:
            value.zero_()


def _by_fans(program: Program, source: Source, value: Tensor, numbers: Mapping[str, int]) -> None:
    found = fans(program, source.name, numbers)
    if found is None:
        value.zero_()
        return
    bound = glorot(found)
    value.uniform_(-bound, bound)


def glorot(fans: tuple[int, int]) -> float:
    """The bound of the uniform numbers whose variance is 2 / (fan in + fan out).

    >>> glorot((4, 2))
    1.0
    """
    return math.sqrt(Fraction(6, max(1, sum(fans))))


def fans(program: Program, name: str, numbers: Mapping[str, int]) -> tuple[int, int] | None:
    """Fan in and fan out of a weight at its first use in a product; None if only sums use it."""
    source = program.source[name]
    lengths = [leg.size.value(numbers) for leg in source.legs]
    for let in program.lets:
        if isinstance(let.maker, Diagram):
            for place, node in enumerate(let.maker.nodes):
                if node.value == name:
                    sizes = derive(program).edges.get(let.name, {})
                    own = [
                        (edge, length if len(axis) == 1 else sizes[edge].value(numbers))
                        for axis, length in zip(node.axes, lengths, strict=True)
                        for edge in axis
                    ]
                    return _fans_at(program, let.maker, place, own)
    return None if _stands_in_sums(program, name) else (_last(lengths), _last(lengths[:-1]))


def _last(lengths: Sequence[int]) -> int:
    return lengths[-1] if lengths else 1


def _stands_in_sums(program: Program, name: str) -> bool:
    return any(
        isinstance(let.maker, Apply)
        and let.maker.op == "+"
        and name in {node.value for node in let.maker.args}
        for let in program.lets
    )


def _fans_at(
    program: Program, diagram: Diagram, place: int, lengths: Sequence[tuple[str, int]]
) -> tuple[int, int]:
    """The products of the lengths of edges that come in, and of those that go out.

    A convolved edge counts on both sides: each entry is reached by a kernel's length of others.
    """
    convolved = {conv.edge for conv in diagram.convs}
    data = {i for i, node in enumerate(diagram.nodes) if _is_data(program, node)}
    inputs = {i for i in data if diagram.nodes[i].value in program.source}
    coming = _coming(diagram, data, inputs).get(place, frozenset())
    fan_in = fan_out = 1
    for edge, length in lengths:
        rides_along = edge in diagram.kept and data & set(diagram.uses(edge))
        if edge in convolved:
            fan_in, fan_out = fan_in * length, fan_out * length
        elif edge in coming:
            fan_in *= length
        elif not rides_along:
            fan_out *= length
    return fan_in, fan_out


def _coming(diagram: Diagram, data: set[int], inputs: set[int]) -> dict[int, frozenset[str]]:
    """For each weight the edges over which the data reach it.

    Data that share a summed edge are one stream. In rounds, a weight joins the stream with which it
    shares most edges that can be summed there, because all other nodes on them have joined before;
    weights beside an input join first.
    """
    stream = _streams(diagram, data)
    found: dict[int, frozenset[str]] = {}
    while True:
        joining: dict[int, tuple[int, frozenset[str]]] = {}
        for place, node in enumerate(diagram.nodes):
            reached = _reached(diagram, place, node, stream) if place not in stream else {}
            if reached:
                best = max(reached, key=lambda first: (len(reached[first]), -first))
                joining[place] = best, reached[best]
        beside = {
            place: pair
            for place, pair in joining.items()
            if any(inputs & set(diagram.uses(edge)) for edge in pair[1])
        }
        if not joining:
            return found
        for place, (first, edges) in (beside or joining).items():
            stream[place], found[place] = first, edges


def _streams(diagram: Diagram, data: set[int]) -> dict[int, int]:
    """The data nodes, each with the first one that it hangs together with."""
    stream = {place: place for place in data}
    for _ in data:
        for edge in diagram.summed:
            users = [place for place in diagram.uses(edge) if place in data]
            for place in users:
                stream[place] = min(stream[user] for user in users)
    return stream


def _reached(
    diagram: Diagram, place: int, node: Node, stream: Mapping[int, int]
) -> dict[int, frozenset[str]]:
    """For each stream the edges that can be summed when the node joins it."""
    reached: dict[int, frozenset[str]] = {}
    for edge in node.edges:
        others = [i for i in diagram.uses(edge) if i != place]
        if edge not in diagram.kept and others and all(i in stream for i in others):
            for first in {stream[i] for i in others}:
                reached[first] = reached.get(first, frozenset()) | {edge}
    return reached


def _is_data(program: Program, node: Node) -> bool:
    source = program.source.get(node.value)
    return source is None or source.kind in (Kind.INPUT, Kind.INDEX)


def refuse_too_large(program: Program, numbers: Mapping[str, int]) -> None:
    """Refuses what this machine's memory cannot hold, before any of it is allocated."""
    held = [s for s in program.sources if s.kind not in (Kind.INPUT, Kind.INDEX)]
    sizes = [product(leg.size for leg in s.legs) for s in held]
    entries = sum(size.value(numbers) for size in sizes if not size.dims - numbers.keys())
    size = entries * torch.finfo(torch.get_default_dtype()).bits // 8
    memory = _memory()
    if memory is not None and size > memory:
        raise SizeError(
            f"the weights and constants have {entries:,} entries, {Decimal(size) / 2**30:,.1f} "
            f"GiB, more than the {memory / 2**30:,.1f} GiB of this machine"
        )


def refuse_large_values(plan: Plan, numbers: Mapping[str, int]) -> None:
    """Refuses intermediate values that are too large at every call: those with these dims alone."""
    memory = _memory()
    sliced = {place for each in plan.slices for place in each.steps}
    for place, step in enumerate(plan.steps):
        if memory is None or place in sliced or step.elements.dims - numbers.keys():
            continue
        entries = step.elements.value(numbers)
        size = entries * torch.finfo(torch.get_default_dtype()).bits // 8
        if size > memory:
            value = f"{step.result}[{' '.join(step.output)}]"
            raise SizeError(
                f"{step.of}: {value} would have {entries:,} entries, {Decimal(size) / 2**30:,.1f} "
                f"GiB, more than the {memory / 2**30:,.1f} GiB of this machine"
            )


def _memory() -> int | None:
    """Bytes of this machine's memory, where the system tells them."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None
