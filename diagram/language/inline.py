"""`inline`: a program with its defs written out, values under dotted paths (`Y.0.WQ`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from diagram.language.check import check, derive
from diagram.language.core import (
    Apply,
    Call,
    Diagram,
    Dim,
    Let,
    Maker,
    Node,
    Program,
    Source,
    nodes,
)
from diagram.language.instance import bind, edges_named, given_for, instance, within


def inline(program: Program) -> Program:
    """The same network without defs: each call's lines under the path of its let.

    >>> from diagram import parse
    >>> text = "def f(X[n])\\n  weight W[n]\\n  Y[n] = X[n] W[n]\\n  return Y\\n"
    >>> found = inline(parse(text + "input X[n]\\nZ = f^2(X)\\nreturn Z"))
    >>> [source.name for source in found.sources], [let.name for let in found.lets]
    (['X', 'Z.0.W', 'Z.1.W'], ['Z.0.Y', 'Z.1.Y', 'Z'])
    """
    check(program)
    if not program.definitions:
        return program
    return replace(_inlined(program), notes=program.notes)


@lru_cache(maxsize=64)
def _inlined(program: Program) -> Program:
    dims, sources, lets = [*program.dims], [*program.sources], []
    for let in program.lets:
        if isinstance(let.maker, Call):
            found, made, inner, returned = _called(program, let.name, let.maker)
            dims += found
            sources += made
            lets += inner
            output = let.maker.output
            lets.append(Let(let.name, Diagram((Node(returned, output),), output)))
        else:
            lets.append(let)
    return Program(tuple(dims), tuple(sources), _named_arguments(program, lets), program.outputs)


def _named_arguments(program: Program, lets: list[Let]) -> tuple[Let, ...]:
    """The lets, with what stands inside a call named by its path: `Y~1` becomes `Y.1`."""
    calls = {let.name for let in program.lets if isinstance(let.maker, Call)}
    used = {let.name for let in lets} | {node.value for let in lets for node in nodes(let.maker)}
    names = {
        name: name.replace("~", ".") if name.partition("~")[0] in calls else name for name in used
    }
    return tuple(Let(names[let.name], renamed(let.maker, names)) for let in lets)


def _called(
    program: Program, path: str, call: Call
) -> tuple[list[Dim], list[Source], list[Let], str]:
    """The dims, sources and lets of one call, and the name of the value that it returns."""
    flat, dims = with_paths(program, path, _inlined(body(program, call)))
    parameters = [s.name for s in program.definition[call.definition].parameters]
    values = [node.value for node in call.args]
    sources: list[Source] = []
    lets: list[Let] = []
    for number in range(call.times):
        here = f"{path}.{number}." if call.times > 1 else f"{path}."
        names = {let.name: f"{here}{let.name}" for let in flat.lets}
        held = [s for s in flat.sources if s.name not in parameters]
        names |= {s.name: f"{path}.{s.name}" if call.tied else f"{here}{s.name}" for s in held}
        names |= dict(zip(parameters, values, strict=True))
        if number == 0 or not call.tied:
            sources += [replace(source, name=names[source.name]) for source in held]
        lets += [Let(names[let.name], renamed(let.maker, names)) for let in flat.lets]
        values = [names[flat.outputs[0]], *values[1:]]
    return dims, sources, lets, values[0]


def with_paths(program: Program, path: str, flat: Program) -> tuple[Program, list[Dim]]:
    """A call's lines with its own dims (`.k`, and those of calls inside) under its path."""
    shared = {dim.name for dim in program.dims if not dim.name.startswith(".")}
    own = [d for d in flat.dims if d.size and "." in d.name and d.name not in shared]
    names = {dim.name: f"{path}.{dim.name.removeprefix('.')}" for dim in own}
    lets = tuple(Let(let.name, edges_named(let.maker, names)) for let in flat.lets)
    return replace(flat, lets=lets), [Dim(names[dim.name], dim.size) for dim in own]


def body(program: Program, call: Call) -> Program:
    """The program of a def as one call runs it, in the dims of the program that calls."""
    found = derive(program)
    definition = program.definition[call.definition]
    named = {name: size.replace(found.equations) for name, size in call.dims}
    bound = bind(definition, given_for(call, found.legs, found.bounds), named)
    return within(program, definition, instance(definition, bound.sizes), found.dims)


def renamed(maker: Maker, names: Mapping[str, str]) -> Maker:
    """The same of values by other names; those that have none keep theirs."""
    match maker:
        case Diagram():
            return replace(maker, nodes=_nodes(maker.nodes, names))
        case Apply() | Call():
            return replace(maker, args=_nodes(maker.args, names))


def _nodes(found: tuple[Node, ...], names: Mapping[str, str]) -> tuple[Node, ...]:
    return tuple(Node(names.get(node.value, node.value), node.axes) for node in found)
