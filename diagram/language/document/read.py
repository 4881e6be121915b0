"""Plain data to a program; every fault says where in the document it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

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
    Kind,
    Leg,
    Let,
    Maker,
    Node,
    Note,
    Option,
    Pad,
    Program,
    Scalar,
    Source,
    Star,
)
from diagram.language.document.spot import Spot
from diagram.language.size import Size
from diagram.language.tokens import DEEPEST

Read = TypeVar("Read")

KEYS = ("dims", "definitions", "sources", "lets", "notes")
MAKERS = ("diagram", "op", "call")
PADS = ("valid", "same", "full", "circular")


def program_of(spot: Spot, *more: str, deep: int = 0) -> Program:
    """A program, or the lines of a def; `more` are keys that may stand beside its own."""
    found = spot.members(("outputs",), (*KEYS, *more))

    def each(key: str, read: Callable[[Spot], Read]) -> tuple[Read, ...]:
        return tuple(read(item) for item in found[key].items()) if key in found else ()

    if deep > DEEPEST:
        spot.fault(f"defs nested deeper than {DEEPEST}")
        return Program((), (), (), ())
    return Program(
        each("dims", _dim),
        each("sources", _source),
        each("lets", _Parts().let),
        each("outputs", Spot.name),
        each("notes", _note),
        each("definitions", lambda item: _definition(item, deep)),
    )


def _dim(spot: Spot) -> Dim:
    found = spot.members(("name",), ("size",))
    return Dim(found["name"].name(), found["size"].size() if "size" in found else None)


def _definition(spot: Spot, deep: int) -> Definition:
    found = spot.members(("name", "program"))
    return Definition(found["name"].name(), program_of(found["program"], deep=deep + 1))


def _source(spot: Spot) -> Source:
    found = spot.members(("kind", "name", "legs"), ("of", "init"))
    return Source(
        Kind(found["kind"].choice([kind.value for kind in Kind])),
        found["name"].name(),
        tuple(_leg(item) for item in found["legs"].items()),
        _init(found["init"]) if "init" in found else None,
        found["of"].size() if "of" in found else None,
    )


def _leg(spot: Spot) -> Leg:
    found = spot.members(("name", "size"))
    return Leg(found["name"].name(), found["size"].size())


def _init(spot: Spot) -> Init:
    found = spot.members((), ("rule", "numbers"))
    numbers = []
    for item in found["numbers"].items() if "numbers" in found else ():
        number = item.size().number
        if number is None:
            item.wrong("a number")
        else:
            numbers.append(number)
    if not found:
        spot.fault("a rule, numbers, or both are wanted")
    return Init(found["rule"].name() if "rule" in found else "numbers", tuple(numbers))


def _note(spot: Spot) -> Note:
    found = spot.members(("at", "text", "above"))
    text = found["text"].text()
    if "\n" in text or text != text.strip():
        found["text"].fault("a note is one line, without spaces at its ends")
    return Note(found["at"].text(), text, found["above"].flag())


@dataclass
class _Parts:
    """Reads the lets of a program in order; knows how deep parts stand inside each other."""

    depth: dict[str, int] = field(default_factory=dict)

    def let(self, spot: Spot) -> Let:
        found = spot.members(("name",), MAKERS)
        name = found["name"].name(part=True)
        tags = [tag for tag in MAKERS if tag in found]
        if len(tags) != 1:
            if isinstance(spot.value, dict):
                spot.fault("a let has one of the keys diagram, op, call")
            return Let(name, Diagram((), ()))
        maker = {"diagram": _diagram, "op": _apply, "call": _call}[tags[0]](found[tags[0]])
        uses = maker.nodes if isinstance(maker, Diagram) else maker.args
        inside = [self.depth.get(node.value, 0) for node in uses if "~" in node.value]
        self.depth[name] = max(inside, default=0) + 1
        if self.depth[name] > DEEPEST:
            spot.fault(f"parts nested deeper than {DEEPEST}")
        return Let(name, maker)


def _diagram(spot: Spot) -> Maker:
    found = spot.members(("nodes", "output"), ("scale", "convs"))
    return Diagram(
        tuple(_node(item) for item in found["nodes"].items()),
        _axes(found["output"]),
        tuple(_scalar(item) for item in found["scale"].items()) if "scale" in found else (),
        tuple(_conv(item) for item in found["convs"].items()) if "convs" in found else (),
    )


def _apply(spot: Spot) -> Maker:
    found = spot.members(("name", "values", "output"), ("legs", "options"))
    options = found["options"].entries() if "options" in found else {}
    is_sum = found["name"].value == "+"
    return Apply(
        "+" if is_sum else found["name"].name(),
        tuple(item.name() for item in found["legs"].items()) if "legs" in found else (),
        tuple(_node(item) for item in found["values"].items()),
        _axes(found["output"]),
        tuple((_key(item), _option(item)) for item in options.values()),
    )


def _call(spot: Spot) -> Maker:
    found = spot.members(("definition", "values", "output"), ("times", "tied", "dims"))
    dims = found["dims"].entries() if "dims" in found else {}
    return Call(
        found["definition"].name(),
        tuple(_node(item) for item in found["values"].items()),
        _axes(found["output"]),
        found["times"].count() if "times" in found else 1,
        found["tied"].flag() if "tied" in found else False,
        tuple((_key(item), item.size()) for item in dims.values()),
    )


def _key(spot: Spot) -> str:
    """The name that is this spot's key."""
    return Spot(str(spot.key), spot.faults, spot.key, spot.above).name()


def _node(spot: Spot) -> Node:
    found = spot.members(("value", "axes"))
    return Node(found["value"].name(part=True), _axes(found["axes"]))


def _axes(spot: Spot) -> tuple[Axis, ...]:
    return tuple(_axis(item) for item in spot.items())


def _axis(spot: Spot) -> Axis:
    if isinstance(spot.value, str):
        return (spot.name(),)
    if not isinstance(spot.value, list):
        spot.wrong("the name of an edge, or a list of names")
        return ()
    return tuple(item.name() for item in spot.items())


def _scalar(spot: Spot) -> Scalar:
    found = spot.members(("size",), ("root", "inverse"))
    root, inverse = (found[key].flag() if key in found else False for key in ("root", "inverse"))
    return Scalar(found["size"].size(), root, inverse)


def _conv(spot: Spot) -> Conv:
    found = spot.members(("kind", "edge"), ("stride", "dilation", "up", "pad", "shift"))

    def size(key: str, usual: Size) -> Size:
        return found[key].size() if key in found else usual

    return Conv(
        Star(found["kind"].choice([star.value for star in Star])),
        found["edge"].name(),
        size("stride", ONE),
        size("dilation", ONE),
        size("up", ONE),
        _pad(found["pad"]) if "pad" in found else "valid",
        size("shift", ZERO),
    )


def _pad(spot: Spot) -> Pad:
    if isinstance(spot.value, list):
        if len(spot.value) == 2:
            left, right = spot.items()
            return left.size(), right.size()
        spot.fault(f"expected two sizes, left and right, found {len(spot.value)}")
        return "valid"
    return spot.choice(PADS)


def _option(spot: Spot) -> Option:
    if isinstance(spot.value, bool):
        return spot.value
    if isinstance(spot.value, dict):
        return spot.members(("word",))["word"].name()
    return spot.size()
