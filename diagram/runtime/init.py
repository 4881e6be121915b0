"""Initial numbers: of constants and buffers as they are written, of weights by rule.

A weight without a rule is drawn uniformly with variance 2 / (fan in + fan out) (Glorot and Bengio 2010),
both read off the diagram: an edge comes in from the data where it is summed at this weight, that is,
where no node of the edge is farther from the data; other summed edges go out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from diagram.errors import SizeError
from diagram.language.core import Apply, Diagram, Init, Kind, Node, Program, Source

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
        if source.init is None:
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
    bound = math.sqrt(6.0 / max(1, sum(found)))
    value.uniform_(-bound, bound)


def fans(program: Program, name: str, numbers: Mapping[str, int]) -> tuple[int, int] | None:
    """Fan in and fan out of a weight at its first use in a product; None if it stands in sums only."""
    source = program.source[name]
    lengths = [leg.size.value(numbers) for leg in source.legs]
    for let in program.lets:
        if isinstance(let.maker, Diagram):
            for place, node in enumerate(let.maker.nodes):
                if node.value == name:
                    return _fans_at(program, let.maker, place, lengths)
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
    program: Program, diagram: Diagram, place: int, lengths: Sequence[int]
) -> tuple[int, int]:
    far = _distances(program, diagram)
    fan_in = fan_out = 1
    for edge, length in zip(diagram.nodes[place].edges, lengths, strict=True):
        others = [i for i in diagram.uses(edge) if i != place]
        if edge in diagram.kept and others:
            continue
        if others and all(far[i] < far[place] for i in others):
            fan_in *= length
        else:
            fan_out *= length
    return fan_in, fan_out


def _distances(program: Program, diagram: Diagram) -> list[int]:
    """How many edges each node is from the data, along edges that are summed."""
    far = [0 if _is_data(program, node) else len(diagram.nodes) for node in diagram.nodes]
    for _ in diagram.nodes:
        for edge in diagram.summed:
            users = diagram.uses(edge)
            nearest = min(far[i] for i in users)
            for i in users:
                far[i] = min(far[i], nearest + 1)
    return far


def _is_data(program: Program, node: Node) -> bool:
    source = program.source.get(node.value)
    return source is None or source.kind in (Kind.INPUT, Kind.INDEX)
