"""The first lines of generated source: the lengths of the inputs, and whether they fit."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from torch import fx

from diagram.runtime.assured import Assured, Axis
from diagram.runtime.require import Expected, require


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


def expected(graph: fx.Graph) -> Expected:
    """What the graph requires of its inputs."""
    return _expected(node) if (node := _check(graph)) else ()


def head(
    graph: fx.Graph, needed: Iterable[fx.Node], taken: Collection[str], checks: bool
) -> tuple[dict[Axis, str], list[str]]:
    """Names of lengths, and the lines `b, n, f = X.shape` and `if f != 512 ...: raise`.

    Where shapes are not checked, only the lengths that are needed have names.
    """
    names: dict[Axis, str] = {}
    for length in needed:
        if is_length(length):
            names.setdefault(axis_of(length), length.name)
    node = _check(graph)
    if node is None:
        return names, []
    if not checks:
        return names, list(_unpacked(node, names, {x for x, _ in names}))
    assured = Assured(graph)
    unequal = list(_unequal(node, assured))
    told = {axis[0] for pair in unequal for axis in pair if isinstance(axis, tuple)}
    told |= {x.name for x in _inputs(node)} - assured.matrices | {x for x, _ in names}
    names = _named(node, told, names, {*taken})
    faults = [f"{names[axis]} != {_told(wanted, names)}" for axis, wanted in unequal]
    faults += _kinds(node, assured)
    lines = list(_unpacked(node, names, told))
    if faults:
        legs = (f"{name}[{' '.join(map(str, legs))}]" for name, _, *legs in _expected(node))
        message = f"expected {' '.join(legs)}"
        lines += [f"if {' or '.join(faults)}:", f"    raise ValueError({message!r})"]
    return names, lines


def _named(
    node: fx.Node, told: Collection[str], names: Mapping[Axis, str], taken: set[str]
) -> dict[Axis, str]:
    """A name for every axis of the inputs whose shapes are read."""
    found = dict(names)
    for x in _inputs(node):
        for place, leg in enumerate(_legs(x) if x.name in told else ()):
            if (x.name, place) not in found:
                name = leg if leg.isidentifier() else "length"
                while name in taken:
                    name += "_"
                taken.add(name)
                found[x.name, place] = name
    return found


def _unpacked(node: fx.Node, names: Mapping[Axis, str], told: Collection[str]) -> Iterator[str]:
    """`b, n, _ = X.shape` for every input that is told."""
    for x in _inputs(node):
        if x.name in told:
            left = [names.get((x.name, place), "_") for place in range(len(_legs(x)))]
            text = f"({left[0]},)" if len(left) == 1 else ", ".join(left) or "()"
            yield f"{text} = {x.name}.shape"


def _unequal(node: fx.Node, assured: Assured) -> Iterator[tuple[Axis, int | Axis]]:
    """Axes that must have a length, or that of another, and that torch lets pass."""
    first: dict[str, Axis] = {}
    for x, (_, _, *legs) in zip(_inputs(node), _expected(node), strict=True):
        for place, leg in enumerate(legs):
            axis = (x.name, place)
            wanted = leg if isinstance(leg, int) else first.setdefault(leg, axis)
            if not assured.are_alike(axis, wanted):
                yield axis, wanted


def _told(wanted: int | Axis, names: Mapping[Axis, str]) -> str:
    return str(wanted) if isinstance(wanted, int) else names[wanted]


def _kinds(node: fx.Node, assured: Assured) -> Iterator[str]:
    """Conditions that inputs hold the wrong kind of numbers; of one dtype one is asked."""
    reals: list[fx.Node] = []
    for x, (_, numbers, *_) in zip(_inputs(node), _expected(node), strict=True):
        if numbers == "whole":
            yield f"{x.name}.is_floating_point()"
        elif numbers == "real" and not any(assured.are_alike(x, real) for real in reals):
            reals.append(x)
            yield f"not {x.name}.is_floating_point()"


def _check(graph: fx.Graph) -> fx.Node | None:
    return next((node for node in graph.nodes if node.target is require), None)


def _inputs(node: fx.Node) -> Sequence[fx.Node]:
    return node.args[0]  # type: ignore[return-value]


def _expected(node: fx.Node) -> Expected:
    return node.args[1]  # type: ignore[return-value]


def _legs(x: fx.Node) -> tuple[str, ...]:
    legs: tuple[str, ...] = x.meta["legs"]
    return legs
