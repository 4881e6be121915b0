"""Things of a picture that stand out: where two programs differ, for one."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from diagram.draw import Drawing
from diagram.draw.groups import curve, dot, inserted
from diagram.draw.markup import digits, element
from diagram.draw.style import DOT, RADIUS
from diagram.equality.marks import Marks
from diagram.language.core import nodes
from diagram.language.inline import inline

COLOUR = "#c27a12"
WIDE = 11.0


def places(drawing: Drawing, marks: Marks) -> frozenset[str]:
    """The ids of the picture for places of its program."""
    wanted = {f"{name}/{place}" for name, place in marks.uses}
    wanted |= {f"{name}/scale" for name in marks.scales} | marks.lets
    for let in inline(drawing.program).lets:
        edges = {edge for name, edge in marks.edges if name == let.name}
        wanted |= {f"{let.name}:{edge}" for edge in edges}
        for place, node in enumerate(nodes(let.maker)):
            for axis, names in enumerate(node.axes):
                if edges & {*names}:
                    wanted.add(f"{let.name}/{place}/{axis}")
    return frozenset(wanted & {*drawing.scene.ids})


def highlighted(drawing: Drawing, ids: Collection[str]) -> str:
    """The figure for the screen with a coloured ground behind these things.

    >>> from diagram import draw, parse
    >>> drawing = draw(parse("input A[i j] B[j k]\\nC[i k] = A[i j] B[j k]\\nreturn C"))
    >>> highlighted(drawing, ["C:j", "C/0"]).count("td-marked")
    2
    """
    return inserted(drawing.screen, [*_shown(drawing, ids)])


def _shown(drawing: Drawing, ids: Collection[str]) -> Iterator[str]:
    scene, layout = drawing.scene, drawing.layout
    for wire in scene.wires:
        if wire.id in ids:
            yield _line(curve(layout.paths[wire.id]), WIDE)
    for item in scene.items:
        if item.id in ids and item.look.is_node:
            yield _line(dot(layout.points[item.id]), 2 * RADIUS + WIDE)
    for each in scene.dots:
        if each.id in ids:
            yield _line(dot(layout.points[each.id]), 2 * DOT + WIDE)
    for region in scene.regions:
        if region.id in ids:
            box = layout.boxes[region.id]
            corners = [(box.left, box.top), (box.right, box.top), (box.right, box.bottom)]
            path = "L".join(f"{digits(x)} {digits(y)}" for x, y in corners)
            yield _line(f"M{path}L{digits(box.left)} {digits(box.bottom)}Z", WIDE)


def _line(path: str, width: float) -> str:
    return element(
        "path",
        [
            ("class", "td-marked"),
            ("d", path),
            ("fill", "none"),
            ("stroke", COLOUR),
            ("stroke-opacity", "0.5"),
            ("stroke-width", width),
            ("stroke-linecap", "round"),
        ],
    )
