"""What is added: sources, further uses of a value, legs, ops around a value, factors."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from diagram import DiagramError, parse
from diagram.draw.geometry import Point
from diagram.language.core import (
    Apply,
    Diagram,
    Kind,
    Leg,
    Node,
    Scalar,
    Source,
    axes,
    nodes,
)
from diagram.language.ops import OPS
from frontend.edit.draft import Draft, Refused, another
from frontend.edit.flow import arrive
from frontend.edit.legs import Spot, chain, is_open

NAME = r"[^\W\d]\w*'*"
SOURCE = re.compile(rf"\s*(?P<name>{NAME})?\s*(?:\[(?P<legs>[^\[\]#\n]*)\])?\s*")
FACTOR = re.compile(r"[\w\s()+\-*/'.]{1,80}")
WORDS = frozenset({"dims", "return", "def", "corr", "conv", *Kind})
NAMES = {Kind.INPUT: "X", Kind.WEIGHT: "W", Kind.CONST: "C", Kind.INDEX: "T", Kind.BUFFER: "B"}


def add_source(draft: Draft, kind: Kind, text: str, at: Point) -> None:
    """A source as it is declared, `W[f k]`; without a name it gets one."""
    written = SOURCE.fullmatch(text)
    if written is None:
        raise Refused("write a name and its legs: W[f k]")
    name = written["name"] or draft.fresh(NAMES[kind])
    refuse_name(draft, name)
    draft.sources[name] = declared(kind, name, written["legs"] or "")
    draft.points[name] = at


def declared(kind: Kind, name: str, legs: str) -> Source:
    """A source from the text of its legs."""
    of = " of v" if kind is Kind.INDEX else ""
    try:
        program = parse(f"{kind} {name}[{legs}]{of}\nreturn {name}")
    except DiagramError as error:
        raise Refused(error.faults[0].message) from None
    return program.sources[0]


def refuse_name(draft: Draft, name: str) -> None:
    """Names are words that no other value has."""
    if not re.fullmatch(NAME, name) or name in WORDS:
        raise Refused(f"`{name}` is no name: letters, digits and primes, a letter first")
    if name in draft.sources or name in draft.lets:
        raise Refused(f"`{name}` is taken")


def add_use(draft: Draft, path: str, at: Point) -> None:
    """The value of a node once more, free."""
    value = value_at(draft, path)
    legs = axes(draft.legs(value))
    copy = Diagram((Node(value, legs),), legs)
    if value in draft.sources and not draft.readers(value):
        first = draft.fresh(value)
        draft.put(first, copy)
        draft.follow(value, first)
        draft.move({value: f"{first}/0"})
    name = draft.fresh(value)
    draft.put(name, copy)
    draft.points[f"{name}/0"] = at


def value_at(draft: Draft, path: str) -> str:
    """The value of a node, or of a box."""
    if path in draft.sources or path in draft.lets:
        return path
    name, _, place = path.rpartition("/")
    if name in draft.lets and place.isdecimal():
        uses = nodes(draft.maker(name))
        if int(place) < len(uses):
            return uses[int(place)].value
    raise Refused("choose a node first")


def add_leg(draft: Draft, path: str, text: str) -> None:
    """A source gets a leg more, at each of its uses."""
    value = value_at(draft, path)
    if value not in draft.sources:
        raise Refused(f"{value} is a result: its legs come from what it is made of")
    source = draft.sources[value]
    (leg,) = one_leg(source, text)
    if leg.name in {own.name for own in source.legs}:
        raise Refused(f"{value} has a leg `{leg.name}`; write `{another(leg.name, ())}'` or n:size")
    draft.sources[value] = replace(source, legs=(*source.legs, leg), init=None)
    for reader, place in draft.readers(value):
        arrive(draft, reader, place, leg.name)


def one_leg(source: Source, text: str) -> tuple[Leg, ...]:
    """A leg as it is declared: `n`, `r'`, `s:r`, `i:3`."""
    if not re.fullmatch(rf"\s*{NAME}\s*(:[^\[\]#\n\s,]+)?\s*", text):
        raise Refused("write one leg: n, or s:r for a leg s of length r")
    return declared(Kind.WEIGHT, source.name, text).legs


# -- ops --------------------------------------------------------------------------------------


def wrap(draft: Draft, paths: Sequence[str], op: str) -> None:
    """An op around a value: over the chosen legs, or elementwise around a node or box."""
    known = OPS.get(op)
    if known is None or known.values[0] > 1 or known.required or op == "+":
        raise Refused(f"{op} is written in the text")
    if known.names:
        value, legs, users = _over(draft, paths, op)
        if fault := known.leg_fault(legs):
            raise Refused(fault)
    else:
        value, users = _around(draft, paths)
        legs = []
    own = draft.legs(value)
    name = draft.fresh("A")
    loose = value in draft.sources and not draft.readers(value)
    first = f"{users[0][0]}/{users[0][1]}" if users and value in draft.sources else ""
    if not users and not draft.readers(value):
        draft.follow(value, name)
    if loose or first:
        draft.move({first or value: f"{name}/0"})
    output = axes(known.result(legs, own))
    draft.put(name, Apply(op, tuple(legs), (Node(value, axes(own)),), output))
    for reader, place in users:
        draft.put_node(reader, place, Node(name, nodes(draft.maker(reader))[place].axes))


def _over(
    draft: Draft, paths: Sequence[str], op: str
) -> tuple[str, list[str], list[tuple[str, int]]]:
    """The value that some open legs leave, and their letters in it."""
    tops = [chain(draft, path)[-1] for path in paths if path.count("/")]
    if not tops:
        raise Refused(f"{op} runs over a leg: choose the leg first")
    if any(top.name != tops[0].name for top in tops):
        raise Refused(f"{op} runs over legs of one value")
    for top in tops:
        if not is_open(draft, top):
            raise Refused(f"{op} runs over an open leg, and `{top.letter}` is summed")
    return tops[0].name, [_own(draft, top) for top in tops], []


def _own(draft: Draft, top: Spot) -> str:
    return top.letter if top.name in draft.sources else draft.legs(top.name)[_axis(draft, top)]


def _axis(draft: Draft, top: Spot) -> int:
    return draft.maker(top.name).output.index((top.letter,))


def _around(draft: Draft, paths: Sequence[str]) -> tuple[str, list[tuple[str, int]]]:
    """A value, and those of its uses that the op comes before."""
    if not paths:
        raise Refused("choose a node, a leg or a box first")
    path = paths[0]
    if path in draft.sources:
        return path, []
    if path in draft.lets:
        return path, draft.readers(path)
    name, _, place = path.rpartition("/")
    if name in draft.lets and place.isdecimal():
        return value_at(draft, path), [(name, int(place))]
    return chain(draft, path)[-1].name, []


def scale(draft: Draft, path: str, text: str) -> None:
    """A factor of a product, as it is written: `/ sqrt(d)`, `* 2`."""
    name = path if path in draft.lets else path.rpartition(":")[0] or path.partition("/")[0]
    if name in draft.sources and path.partition("/")[0] == name:
        legs = axes(draft.legs(name))
        draft.put(own := draft.fresh("Y"), Diagram((Node(name, legs),), legs))
        draft.follow(name, own)
        draft.move({name: f"{own}/0"})
        name = own
    maker = draft.maker(name) if name in draft.lets else None
    if not isinstance(maker, Diagram):
        raise Refused("a factor stands in a product")
    draft.put(name, replace(maker, scale=factor(text)))


def factor(text: str) -> tuple[Scalar, ...]:
    """Scalars as they are written after a product.

    >>> factor("/ sqrt(d)")[0].root
    True
    """
    text = text.strip()
    if not FACTOR.fullmatch(text):
        raise Refused("write a factor: / sqrt(d), or * 2")
    text = text if text[0] in "*/" else f"* {text}"
    legs = " ".join(dict.fromkeys(re.findall(NAME, text.replace("sqrt", " "))))
    try:
        program = parse(f"input X[{legs}]\nY[{legs}] = X[{legs}] {text}\nreturn Y")
    except DiagramError as error:
        raise Refused(error.faults[0].message) from None
    maker = program.lets[0].maker
    return maker.scale if isinstance(maker, Diagram) else ()
