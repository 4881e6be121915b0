"""The kinds of edit, each a value; `apply` makes of a sketch and an edit the next sketch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import assert_never

from diagram import DiagramError, Program, check
from diagram.draw.geometry import Point
from diagram.language.core import Kind
from frontend.edit import add, cut, join, name
from frontend.edit.draft import Draft, Moved, Refused, followed


@dataclass(frozen=True, slots=True)
class AddSource:
    """`text` declares it: `W[f k]`."""

    kind: Kind
    text: str
    at: Point


@dataclass(frozen=True, slots=True)
class AddUse:
    """The value of a node once more."""

    path: str
    at: Point


@dataclass(frozen=True, slots=True)
class AddLeg:
    """A leg more at a source."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Join:
    """Two legs on one edge, summed or `kept`."""

    one: str
    other: str
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Cut:
    """A leg gets a letter of its own."""

    path: str


@dataclass(frozen=True, slots=True)
class Keep:
    """The edge of a leg is kept, or summed."""

    path: str
    kept: bool


@dataclass(frozen=True, slots=True)
class Delete:
    """Things of the picture go."""

    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rename:
    """A value or a leg is called otherwise."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Wrap:
    """An op around a value, over legs."""

    paths: tuple[str, ...]
    op: str


@dataclass(frozen=True, slots=True)
class Scale:
    """A factor of a product."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Give:
    """A value is returned, or no longer is."""

    path: str


@dataclass(frozen=True, slots=True)
class Move:
    """Things of the picture are put somewhere."""

    points: tuple[tuple[str, Point], ...]


Edit = (
    AddSource | AddUse | AddLeg | Join | Cut | Keep | Delete | Rename | Wrap | Scale | Give | Move
)


@dataclass(frozen=True)
class Sketch:
    """A program and where the things of its picture are; one without outputs is empty."""

    program: Program
    points: Mapping[str, Point] = field(default_factory=dict)


EMPTY = Program((), (), (), ())


@dataclass(frozen=True)
class Edited:
    """What an edit makes, and which paths went where."""

    sketch: Sketch
    moved: tuple[Moved, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an edit cannot be."""

    reason: str


def apply(sketch: Sketch, edit: Edit) -> Edited | Refusal:
    """The sketch after an edit, or why it stays as it is.

    >>> one = apply(Sketch(EMPTY), AddSource(Kind.INPUT, "X[n f]", (0.0, 0.0)))
    >>> two = apply(one.sketch, AddSource(Kind.WEIGHT, "W[f k]", (100.0, 0.0)))
    >>> print(apply(two.sketch, Join("X/1", "W/0")).sketch.program.lets[0].maker.summed)
    ('f',)
    >>> apply(two.sketch, Join("X/0", "W/0")).reason[:41]
    '`n` of X has length n, but `f` of W has l'
    """
    if isinstance(edit, Move):
        known = dict(sketch.points) | dict(edit.points)
        return Edited(Sketch(sketch.program, known))
    try:
        program, parts = name.with_named_parts(sketch.program)
        draft = Draft(program, dict(sketch.points))
        draft.move(parts)
        _apply(draft, after(edit, (parts,)))
        found = draft.program()
        if found.sources or found.lets:
            check(found)
    except Refused as refused:
        return Refusal(str(refused))
    except DiagramError as error:
        return Refusal(error.faults[0].message if error.faults else str(error))
    return Edited(Sketch(found, draft.points), tuple(draft.moves))


def _apply(draft: Draft, edit: Edit) -> None:
    match edit:
        case AddSource(kind, text, at):
            add.add_source(draft, kind, text, at)
        case AddUse(path, at):
            add.add_use(draft, path, at)
        case AddLeg(path, text):
            add.add_leg(draft, path, text)
        case Join(one, other, kept):
            join.join(draft, one, other, kept)
        case Cut(path):
            cut.cut(draft, path)
        case Keep(path, kept):
            cut.keep(draft, path, kept)
        case Delete(paths):
            _delete(draft, paths)
        case Rename(path, text):
            name.rename(draft, path, text)
        case Wrap(paths, op):
            add.wrap(draft, paths, op)
        case Scale(path, text):
            add.scale(draft, path, text)
        case Give(path):
            name.give(draft, path)
        case Move():
            pass
        case _:
            assert_never(edit)


def _delete(draft: Draft, paths: tuple[str, ...]) -> None:
    """One after another; what went with an earlier one is passed over."""
    start = len(draft.moves)
    for path in paths:
        if waiting := went(path, draft.moves[start:]):
            cut.delete(draft, waiting)


# -- edits of a picture that has changed since ------------------------------------------------


def went(path: str, moves: Sequence[Moved]) -> str:
    """Where a path is after these moves; empty if it is gone."""
    for moved in moves:
        path = followed(path, moved)
    return path


def paths_of(edit: Edit) -> tuple[str, ...]:
    """What an edit is of.

    >>> paths_of(Join("X/1", "W/0"))
    ('X/1', 'W/0')
    """
    match edit:
        case AddSource():
            return ()
        case Join(one, other):
            return one, other
        case Delete(paths) | Wrap(paths):
            return paths
        case Move(points):
            return tuple(path for path, _ in points)
        case _:
            return (edit.path,)


def after(edit: Edit, moves: Sequence[Moved]) -> Edit:
    """What an edit means once its paths went elsewhere."""
    match edit:
        case AddSource():
            return edit
        case Join(one, other):
            return replace(edit, one=went(one, moves), other=went(other, moves))
        case Delete(paths):
            return Delete(tuple(to for path in paths if (to := went(path, moves))))
        case Wrap(paths):
            return replace(edit, paths=tuple(went(path, moves) for path in paths))
        case Move(points):
            return Move(tuple((to, at) for path, at in points if (to := went(path, moves))))
        case _:
            return replace(edit, path=went(edit.path, moves))
