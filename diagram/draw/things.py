"""Items of the picture: nodes, calls, junctions, stars, joints of bundles."""

from __future__ import annotations

from collections.abc import Mapping

from diagram.draw import label, stars
from diagram.draw.label import Label
from diagram.draw.letters import Letters
from diagram.draw.scene import Item, Look
from diagram.draw.wiring import Net, id_of
from diagram.language.core import Apply, Call, Diagram, Kind, Let

LOOKS: Mapping[Kind, Look] = {
    Kind.INPUT: Look.INPUT,
    Kind.INDEX: Look.INPUT,
    Kind.WEIGHT: Look.WEIGHT,
    Kind.BUFFER: Look.CONST,
    Kind.CONST: Look.CONST,
}


def node(letters: Letters, path: str, value: str, region: str | None, part: str) -> Item:
    """A use of a value."""
    source = letters.program.source.get(value)
    look = LOOKS[source.kind] if source else Look.RESULT
    legs = letters.legs[value]
    lengths = " × ".join(letters.length(value, leg).split(" = ")[-1] for leg in letters.own(value))
    tip = f"{value}: {source.kind if source else 'result'}"
    tip += f" [{' '.join(leg.name for leg in legs)}], {lengths}" if legs else ""
    return Item(path, look, letters.value(value), region, part, tip)


def call(let: Let, maker: Call, region: str | None, part: str, name: Label = ()) -> Item:
    """A use of a def, as one box: `layer` with the number of times above, and a name before it."""
    text = label.of_call(maker.definition, maker.times)
    text = (*name, *label.roman(": "), *text) if name else text
    tip = f"{let.name}: the def {label.line(label.of_call(maker.definition, 1))}"
    if maker.times > 1:
        tip += f", {maker.times} times with {'one set of' if maker.tied else 'their own'} weights"
    return Item(let.name, Look.CALL, text, region, part, tip)


def constant(let: Let, region: str | None, part: str) -> Item:
    """A term that is a number only."""
    scale = let.maker.scale if isinstance(let.maker, Diagram) else ()
    text = label.of_scale(scale, {})
    tip = f"the number {label.plain(text)}"
    return Item(f"{let.name}/scale", Look.CONST, text, region, part, tip)


def joint(letters: Letters, net: Net, region: str | None, part: str) -> Item:
    """Where the edges of a bundle become one leg."""
    tip = f"bundle {stars.bundle_text(letters, net)}"
    return Item(id_of(net), Look.JOINT, (), region, part, tip, letters.dim(*net))


def star(letters: Letters, net: Net, region: str | None, part: str) -> Item:
    """A convolved edge."""
    maker = letters.program.let[net[0]].maker
    assert isinstance(maker, Diagram)
    conv = next(conv for conv in maker.convs if conv.edge == net[1])
    tip = f"{letters.text(*net)}: {stars.words(conv)} of {stars.joined(letters, maker, conv)}"
    return Item(id_of(net), Look.STAR, (), region, part, tip, letters.dim(*net))


def junction(letters: Letters, net: Net, ends: int, region: str | None, part: str) -> Item:
    """Where the legs on an edge meet, or where one ends."""
    let = letters.program.let.get(net[0])
    adds = let is not None and isinstance(let.maker, Apply) and let.maker.op == "+"
    look = Look.END if ends < 2 else Look.PLUS if adds else Look.JUNCTION
    tip = wire_tip(letters, net)
    if look is Look.END and let is not None and isinstance(let.maker, Diagram):
        tip += ", summed" if net[1] in let.maker.summed else ""
    return Item(id_of(net), look, (), region, part, tip, letters.dim(*net))


def wire_tip(letters: Letters, net: Net) -> str:
    """A letter and its length."""
    return f"{letters.text(*net)}: {letters.length(*net)}"
