"""The graph of a figure in DOT, for graphviz: nodes, junctions, scalars, barriers as clusters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

from diagram.draw.export.tags import tagged
from diagram.draw.label import Label, plain
from diagram.draw.markup import printable
from diagram.draw.scene import OPEN, Frame, Item, Look, Scene, Wire
from diagram.draw.style import PRINT, Theme, hue_places

_SHAPES: Mapping[Look, Mapping[str, str]] = {
    Look.JUNCTION: {"shape": "point", "width": "0.09"},
    Look.END: {"shape": "point", "width": "0.09"},
    Look.JOINT: {"shape": "triangle", "style": "filled", "width": "0.12", "height": "0.12"},
    Look.STAR: {"shape": "star", "style": "filled", "width": "0.2", "height": "0.2"},
    Look.PLUS: {"shape": "circle", "width": "0.2", "margin": "0"},
}
_LINES = {Frame.BARRIER: "dashed", Frame.SUM: "dotted", Frame.GROUP: "dotted"}


def dot(scene: Scene, by_dim: bool = False, theme: Theme = PRINT) -> str:
    """The graph, undirected; its ids are those of the scene, an open leg ends in a node of its own.

    Language: https://graphviz.org/doc/info/lang.html
    """
    hues = hue_places([dim for dim, _, _ in scene.dims]) if by_dim else {}
    colours = {dim: theme.hues[place] for dim, place in hues.items()}
    title = ", ".join(scene.parts)
    lines = [
        f"graph {_id(title)} {{",
        f"  graph [{_list({'rankdir': 'LR', 'fontname': 'serif', 'tooltip': title})}]",
        f"  node [{_list({'fontname': 'serif', 'label': ''})}]",
        f"  edge [{_list({'fontname': 'serif', 'color': theme.text})}]",
        *_inside(scene, None, theme, colours),
    ]
    for wire in scene.wires:
        lines += _wire(scene, wire, colours.get(wire.dim, theme.text))
    return "\n".join([*lines, "}"]) + "\n"


def _inside(
    scene: Scene, region: str | None, theme: Theme, colours: Mapping[str, str], indent: str = "  "
) -> Iterator[str]:
    """The nodes of a region, and the regions in it as clusters."""
    for inner in scene.regions:
        if inner.parent != region:
            continue
        colour = theme.frames[inner.frame]
        facts = {"tooltip": inner.tip, "color": colour, "fontcolor": colour, "labeljust": "l"}
        facts["style"] = f"rounded,{_LINES.get(inner.frame, 'solid')}"
        yield f"{indent}subgraph {_id(f'cluster {inner.id}')} {{"
        yield f"{indent}  label={_label(inner.title)} {_list(facts, '; ')}"
        yield from _inside(scene, inner.id, theme, colours, f"{indent}  ")
        yield f"{indent}}}"
    for item in scene.items:
        if item.region == region:
            yield f"{indent}{_id(item.id)} [{_item(item, theme, colours)}]"
    for dot in scene.dots:
        if dot.region == region:
            shape = {"shape": "point", "width": "0.09", "tooltip": dot.tip}
            yield f"{indent}{_id(dot.id)} [xlabel={_label(dot.label)} {_list(shape)}]"


def _item(item: Item, theme: Theme, colours: Mapping[str, str]) -> str:
    tip = {"tooltip": item.tip}
    if not item.look.is_node:
        colour = colours.get(item.dim, theme.text)
        shape = {**_SHAPES[item.look], "color": colour, **tip}
        shape |= {"fillcolor": colour} if "style" in shape else {}
        return ('label="+" ' if item.look is Look.PLUS else "") + _list(shape)
    fill, rim = theme.fills[item.look]
    shape = {"shape": "box" if item.look is Look.CALL else "ellipse"}
    shape |= {"style": "rounded,filled" if item.look is Look.CALL else "filled"}
    return f"label={_label(item.label)} {_list({**shape, 'fillcolor': fill, 'color': rim, **tip})}"


def _wire(scene: Scene, wire: Wire, colour: str) -> Iterator[str]:
    """From end to end, through the scalars on it; only one of its pieces has the label."""
    first, last = wire.ends
    if last == OPEN:
        last = f"open {wire.id}"
        yield f"  {_id(last)} [{_list({'shape': 'none', 'width': '0', 'height': '0'})}]"
    dots = {end: [d.id for d in scene.dots if (d.wire, d.end) == (wire.id, end)] for end in (0, 1)}
    stops = [first, *dots[0], *reversed(dots[1]), last]
    facts = {"tooltip": wire.tip, "color": colour, "fontcolor": colour}
    facts |= {"penwidth": "2.5"} if wire.bundled else {}
    named = len(stops) - 2 if not dots[1] else 0
    for place, (one, other) in enumerate(pairwise(stops)):
        label = f"label={_label(wire.label)} " if place == named else ""
        yield f"  {_id(one)} -- {_id(other)} [{label}{_list(facts)}]"


def _list(facts: Mapping[str, str], between: str = " ") -> str:
    return between.join(f"{name}={_quoted(text)}" for name, text in facts.items())


def _id(text: str) -> str:
    """A text in quotes; a backslash is doubled, or the last one would hide the quote."""
    doubled = printable(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{doubled}"'


def _quoted(text: str) -> str:
    """A text that is shown, where `&` would begin the name of a letter."""
    return _id(text.replace("&", "&amp;"))


def _label(label: Label) -> str:
    """Plain text where that says it, else with raised, lowered and slanted letters."""
    if not any(piece.level or piece.italic for piece in label):
        return _quoted(plain(label))
    return f"<{tagged(label)}>"
