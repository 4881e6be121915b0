"""One let as a program of its own."""

from __future__ import annotations

from dataclasses import replace

from diagram.language.check import derive
from diagram.language.core import Apply, Diagram, Dim, Kind, Leg, Let, Maker, Program, Source


def alone(program: Program, name: str) -> Program:
    """The program of one let: what it reads are inputs; the program that it stands in has no defs.

    >>> from diagram import parse
    >>> print(alone(parse("weight W[f h]\\nA = relu(W)\\nB = tanh(A)\\nreturn B"), "B"))
    dims  f h
    input A[f h]
    B[f h] = tanh(A)
    return B
    """
    found = derive(program)
    let = program.let[name]
    read = let.maker.nodes if isinstance(let.maker, Diagram) else ()
    read = let.maker.args if isinstance(let.maker, Apply) else read
    values = dict.fromkeys(node.value for node in read)
    names = {value: value.replace("~", "_") for value in (*values, name)}
    sources = tuple(
        Source(
            _kind(program, value, value in found.bounds),
            names[value],
            tuple(Leg(leg.name, leg.size) for leg in found.legs[value]),
            of=found.bounds.get(value),
        )
        for value in values
    )
    nodes = tuple(replace(node, value=names[node.value]) for node in read)
    maker: Maker = let.maker
    if isinstance(maker, Diagram):
        maker = replace(maker, nodes=nodes)
    elif isinstance(maker, Apply):
        maker = replace(maker, args=nodes)
    stated = {dim.name for dim in program.dims}
    dims = (*program.dims, *(Dim(dim) for dim in sorted(found.dims - stated)))
    return Program(dims, sources, (Let(names[name], maker),), (names[name],))


def _kind(program: Program, value: str, is_index: bool) -> Kind:
    """Buffers stay such, since ops may want them."""
    source = program.source.get(value)
    if source is not None and source.kind is Kind.BUFFER:
        return Kind.BUFFER
    return Kind.INDEX if is_index else Kind.INPUT
