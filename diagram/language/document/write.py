"""A program to plain data, as its JSON says it; what goes without saying is left out."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from diagram.language.core import (
    ONE,
    ZERO,
    Apply,
    Axis,
    Call,
    Conv,
    Definition,
    Diagram,
    Dim,
    Init,
    Let,
    Node,
    Note,
    Option,
    Program,
    Scalar,
    Source,
)
from diagram.language.size import Size, number_text

Data = dict[str, object]

EXACT = 2**53
"""Whole numbers up to this are the same in every reader of JSON."""


def program_data(program: Program) -> Data:
    """A program, or the lines of a def."""
    data: Data = {
        "dims": [_dim(dim) for dim in program.dims],
        "definitions": [_definition(definition) for definition in program.definitions],
        "sources": [_source(source) for source in program.sources],
        "lets": [_let(let) for let in program.lets],
        "outputs": list(program.outputs),
        "notes": [_note(note) for note in program.notes],
    }
    return {key: found for key, found in data.items() if found or key in ("sources", "outputs")}


def _dim(dim: Dim) -> Data:
    return {"name": dim.name, **({} if dim.size is None else {"size": size_data(dim.size)})}


def _definition(definition: Definition) -> Data:
    return {"name": definition.name, "program": program_data(definition.program)}


def _source(source: Source) -> Data:
    data: Data = {"kind": str(source.kind), "name": source.name}
    data["legs"] = [{"name": leg.name, "size": size_data(leg.size)} for leg in source.legs]
    if source.of is not None:
        data["of"] = size_data(source.of)
    if source.init is not None:
        data["init"] = _init(source.init)
    return data


def _init(init: Init) -> Data:
    data: Data = {} if init.name == "numbers" else {"rule": init.name}
    if init.numbers or init.name == "numbers":
        data["numbers"] = [number_data(number) for number in init.numbers]
    return data


def _note(note: Note) -> Data:
    return {"at": note.at, "text": note.text, "above": note.above}


def _let(let: Let) -> Data:
    match let.maker:
        case Diagram() as diagram:
            return {"name": let.name, "diagram": _diagram(diagram)}
        case Apply() as apply:
            return {"name": let.name, "op": _apply(apply)}
        case Call() as call:
            return {"name": let.name, "call": _call(call)}


def _diagram(diagram: Diagram) -> Data:
    data: Data = {
        "nodes": [_node(node) for node in diagram.nodes],
        "output": _axes(diagram.output),
        "scale": [_scalar(scalar) for scalar in diagram.scale],
        "convs": [_conv(conv) for conv in diagram.convs],
    }
    return {key: found for key, found in data.items() if found or key in ("nodes", "output")}


def _apply(apply: Apply) -> Data:
    data: Data = {
        "name": apply.op,
        "legs": list(apply.legs),
        "values": [_node(node) for node in apply.args],
        "output": _axes(apply.output),
        "options": {name: _option(value) for name, value in apply.options},
    }
    return {key: found for key, found in data.items() if found or key not in ("legs", "options")}


def _call(call: Call) -> Data:
    data: Data = {"definition": call.definition, "values": [_node(node) for node in call.args]}
    data["output"] = _axes(call.output)
    if call.times != 1:
        data["times"] = call.times
    if call.tied:
        data["tied"] = True
    if call.dims:
        data["dims"] = {name: size_data(size) for name, size in call.dims}
    return data


def _node(node: Node) -> Data:
    return {"value": node.value, "axes": _axes(node.axes)}


def _axes(axes: Sequence[Axis]) -> list[object]:
    return [axis[0] if len(axis) == 1 else list(axis) for axis in axes]


def _scalar(scalar: Scalar) -> Data:
    data: Data = {"size": size_data(scalar.size)}
    return data | dict.fromkeys([key for key in ("root", "inverse") if getattr(scalar, key)], True)


def _conv(conv: Conv) -> Data:
    data: Data = {"kind": str(conv.kind), "edge": conv.edge}
    sizes = (("stride", conv.stride, ONE), ("dilation", conv.dilation, ONE), ("up", conv.up, ONE))
    data |= {key: size_data(size) for key, size, usual in sizes if size != usual}
    if isinstance(conv.pad, tuple):
        data["pad"] = [size_data(size) for size in conv.pad]
    elif conv.pad != "valid":
        data["pad"] = conv.pad
    return data | ({"shift": size_data(conv.shift)} if conv.shift != ZERO else {})


def _option(value: Option) -> object:
    if isinstance(value, str):
        return {"word": value}
    return value if isinstance(value, bool) else size_data(value)


def size_data(size: Size) -> object:
    """A number as such, any other size as its text.

    >>> size_data(Size.of(3)), size_data(Size.of("f") * 4)
    (3, '4*f')
    """
    return str(size) if size.number is None else number_data(size.number)


def number_data(number: Fraction) -> int | float | str:
    """A JSON number where every reader of JSON has it exactly, else its text.

    >>> number_data(Fraction(1, 50)), number_data(Fraction(1, 3))
    (0.02, '1/3')
    """
    if number.denominator == 1 and abs(number) <= EXACT:
        return int(number)
    if number.denominator != 1 and Fraction(str(float(number))) == number:
        return float(number)
    return number_text(number)
