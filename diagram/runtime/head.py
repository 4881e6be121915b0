"""The first lines of generated source: the lengths of the inputs, and whether they fit."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from torch import fx

from diagram.runtime.require import Expected, require

Axis = tuple[str, int]
"""An input by its name, and the place of one of its axes."""


def is_length(node: fx.Node) -> bool:
    """Whether a node is the length of an input's axis."""
    return (
        node.op == "call_method"
        and node.target == "size"
        and isinstance(node.args[0], fx.Node)
        and node.args[0].op == "placeholder"
    )


def axis_of(node: fx.Node) -> Axis:
    """The axis that such a node is the length of."""
    source, place = node.args
    assert isinstance(source, fx.Node)
    assert isinstance(place, int)
    return source.name, place


def lengths(needed: Iterable[fx.Node], taken: Collection[str]) -> dict[Axis, str]:
    """A name for every length that is needed, and for all of them where shapes are checked."""
    names: dict[Axis, str] = {}
    checked: dict[Axis, str] = {}
    for node in needed:
        if is_length(node):
            names.setdefault(axis_of(node), node.name)
        elif node.target is require:
            checked = {(x.name, i): leg for x in _inputs(node) for i, leg in enumerate(_legs(x))}
    fresh = set(taken)
    for axis, leg in checked.items():
        if axis not in names:
            name = leg if leg.isidentifier() else "length"
            while name in fresh:
                name += "_"
            fresh.add(name)
            names[axis] = name
    return names


def head(graph: fx.Graph, names: Mapping[Axis, str], checks: bool) -> list[str]:
    """`b, n, f = X.shape` for every input, then `if f != 512 ...: raise`."""
    found = [node for node in graph.nodes if node.target is require]
    if not found:
        return []
    (node,) = found
    inputs = _inputs(node)
    lines = [line for x in inputs if (line := _unpacked(x, names, checks))]
    if not checks:
        return lines
    faults = _faults(node, names)
    if not faults:
        return lines
    legs = (f"{name}[{' '.join(map(str, legs))}]" for name, _, *legs in _expected(node))
    message = f"expected {' '.join(legs)}"
    return [*lines, f"if {' or '.join(faults)}:", f"    raise ValueError({message!r})"]


def expected(graph: fx.Graph) -> Expected:
    """What the graph requires of its inputs."""
    return next((_expected(node) for node in graph.nodes if node.target is require), ())


def _unpacked(x: fx.Node, names: Mapping[Axis, str], checks: bool) -> str:
    """`b, n, _ = X.shape`; nothing where no length is needed."""
    found = [names.get((x.name, place), "_") for place in range(len(_legs(x)))]
    if not checks and set(found) <= {"_"}:
        return ""
    left = ", ".join(found) if len(found) > 1 else f"({''.join(f'{name},' for name in found)})"
    return f"{left} = {x.name}.shape"


def _faults(node: fx.Node, names: Mapping[Axis, str]) -> list[str]:
    """Conditions of which one holds if the inputs do not fit: lengths, then kinds of numbers."""
    shapes: list[str] = []
    kinds: list[str] = []
    first: dict[str | int, str] = {}
    for x, (_, numbers, *legs) in zip(_inputs(node), _expected(node), strict=True):
        for place, leg in enumerate(legs):
            name = names[x.name, place]
            wanted = str(leg) if isinstance(leg, int) else first.setdefault(leg, name)
            if wanted != name:
                shapes.append(f"{name} != {wanted}")
        if numbers != "any":
            no = "not " if numbers == "real" else ""
            kinds.append(f"{no}{x.name}.is_floating_point()")
    return shapes + kinds


def _inputs(node: fx.Node) -> Sequence[fx.Node]:
    return node.args[0]  # type: ignore[return-value]


def _expected(node: fx.Node) -> Expected:
    return node.args[1]  # type: ignore[return-value]


def _legs(x: fx.Node) -> tuple[str, ...]:
    legs: tuple[str, ...] = x.meta["legs"]
    return legs
