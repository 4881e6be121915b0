"""The picture that is edited: the figure, and what gestures need to know of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from diagram import DiagramError, Program, check
from diagram.draw import Drawing, Scene
from diagram.draw.build import scene
from diagram.draw.geometry import Point, at_length, sample
from diagram.draw.label import line
from diagram.draw.layout import layout, pinned
from diagram.draw.letters import Letters
from diagram.draw.scene import Wire
from diagram.draw.separate import held_by
from diagram.draw.shapes import half
from diagram.language.core import nodes
from diagram.language.unfold import unfold
from frontend.board.settle import rounded, settled
from frontend.document import EXAMPLES, Document, example, program
from frontend.limits import refuse_dense
from frontend.programs import opened
from frontend.results import Failure, stage
from models.placements import PLACEMENTS

HANDLE = 8.0
"""From the rim of a node to the handle of its leg."""

Points = tuple[tuple[str, Point], ...]


@dataclass(frozen=True)
class Board:
    """A figure for the screen; `items`, `wires` and `regions` by their ids, plain for the page."""

    svg: str
    points: Mapping[str, Point]
    items: Mapping[str, Mapping[str, object]]
    wires: Mapping[str, Mapping[str, object]]
    regions: Mapping[str, Mapping[str, object]]
    letters: Mapping[str, tuple[str, ...]]
    """The letters of each statement: what a factor may be of."""


NOTHING = Board("", {}, {}, {}, {}, {})


@dataclass(frozen=True)
class Shown:
    """How a program is shown: as which example, with its batch legs, with which calls unfolded."""

    name: str
    batch: bool = False
    unfolded: tuple[str, ...] = ()

    def scene(self, found: Program) -> tuple[Scene, Program]:
        """The scene of a program, and the program that it is of."""
        opened = unfold(found, self.unfolded)
        return scene(opened.program, self.batch, None, opened.inside), opened.program


def board(document: Document) -> Board:
    """The picture of a document; Failure where there is none."""
    if document.is_empty:
        return NOTHING
    points = tuple(document.points.items())
    shown = Shown(document.name, document.batch, document.unfolded)
    return _board(document.good, {}, shown, points)


@stage
def _board(text: str, sizes: Mapping[str, int], shown: Shown, points: Points) -> Board:
    drawn, of = _drawn(text, shown, dict(points))
    at = {item.id: rounded(drawn.layout.points[item.id]) for item in drawn.scene.items}
    return Board(drawn.screen, at, _items(drawn, of), _wires(drawn), _regions(drawn), _letters(of))


def drawing(document: Document) -> Drawing:
    """The figure of a document as it is edited: calls are boxes, what was put stays there."""
    shown = Shown(document.name, document.batch, document.unfolded)
    return _drawn(document.good, shown, document.points)[0]


def _drawn(text: str, shown: Shown, points: Mapping[str, Point]) -> tuple[Drawing, Program]:
    found = check(opened(program(text)))
    drawn, of = shown.scene(found)
    refuse_dense(drawn)
    if not points:
        return Drawing(drawn, layout(drawn, PLACEMENTS.get(shown.name)), program=found), of
    at = settled(drawn, points)
    return Drawing(drawn, pinned(drawn, at, _angles(shown, at)), program=found), of


def _angles(shown: Shown, points: Mapping[str, Point]) -> Mapping[tuple[str, str], float]:
    """Those of the published figure, for items that are still where that has them."""
    name = shown.name
    if name not in PLACEMENTS or name not in EXAMPLES:
        return {}
    try:
        start = board(replace(example(name), batch=shown.batch))
    except Failure:
        return {}
    same = {id for id, at in points.items() if start.points.get(id) == at}
    found = PLACEMENTS[name].angles
    ends = {id: set(wire["ends"]) - {""} for id, wire in start.wires.items()}  # type: ignore[call-overload]
    return {
        (item, wire): angle
        for (item, wire), angle in found.items()
        if item in same and ends.get(wire, {item}) <= same
    }


# -- what gestures need -----------------------------------------------------------------------


def _items(drawn: Drawing, of: Program) -> dict[str, dict[str, object]]:
    """Where each item is, how large, and for a point where wires meet a leg that is on it."""
    found: dict[str, dict[str, object]] = {}
    for item in drawn.scene.items:
        x, y = drawn.layout.points[item.id]
        wide, high = half(item)
        found[item.id] = {
            "at": [round(x, 1), round(y, 1)],
            "half": [round(wide, 1), round(high, 1)],
            "node": item.look.is_node,
            "call": item.look == "call",
            "label": item.tip,
            "value": _value(of, item.id),
        }
    return found


def _value(found: Program, id: str) -> str:
    """The name of what is drawn at a path."""
    name, _, place = id.rpartition("/")
    uses = nodes(found.let[name].maker) if name in found.let and place.isdecimal() else ()
    return uses[int(place)].value if place.isdecimal() and int(place) < len(uses) else id


def _wires(drawn: Drawing) -> dict[str, dict[str, object]]:
    """The ends of each wire, its legs, its curve, and where its legs are taken hold of."""
    return {wire.id: _wire(drawn, wire) for wire in drawn.scene.wires}


def _wire(drawn: Drawing, wire: Wire) -> dict[str, object]:
    path = drawn.layout.paths[wire.id]
    run = sample(path)
    one, two = at_length(run, HANDLE), at_length(run[::-1], HANDLE)
    if wire.is_open:
        two = (float(run[-1][0]), float(run[-1][1]))
    return {
        "ends": list(wire.ends),
        "legs": list(wire.legs),
        "curve": [[round(x, 1), round(y, 1)] for x, y in path],
        "grips": [[round(x, 1), round(y, 1)] for x, y in (one, two)],
        "dim": wire.dim,
        "letter": line(wire.label),
        "open": wire.is_open,
    }


def _regions(drawn: Drawing) -> dict[str, dict[str, object]]:
    """What is inside of each region."""
    return {
        region.id: {"holds": list(held_by(drawn.scene, region.id)), "label": region.tip}
        for region in drawn.scene.regions
    }


def _letters(found: Program) -> dict[str, tuple[str, ...]]:
    try:
        lengths = Letters(found).lengths
    except DiagramError:
        return {}
    return {name: tuple(own) for name, own in lengths.items()}


def points_of(document: Document) -> Mapping[str, Point]:
    """Where everything of a document's picture is: from there its things are moved."""
    return document.points or board(document).points


def kept(document: Document, before: Mapping[str, Point]) -> dict[str, Point]:
    """The points of an edited text: what is still there stays, unless most of it is new."""
    if document.is_empty or not before:
        return {}
    shown = Shown(document.name, document.batch, document.unfolded)
    drawn, _ = shown.scene(check(opened(document.program)))
    found = {item.id: before[item.id] for item in drawn.items if item.id in before}
    nodes = [item.id for item in drawn.items if item.look.is_node]
    if 2 * sum(id in found for id in nodes) < len(nodes):
        return {}
    return settled(drawn, found)
