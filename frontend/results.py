"""Everything slow, behind one cache: what the library makes of a text and its sizes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

import streamlit as st

from diagram import DiagramError, Program
from diagram.language.core import Kind, nodes
from diagram.language.size import Size
from frontend.limits import refuse_long, refuse_thicket
from frontend.programs import opened, read
from models.placements import PLACEMENTS

if TYPE_CHECKING:
    from diagram.planner import Plan

P = ParamSpec("P")
T = TypeVar("T")

Sizes = tuple[tuple[str, int], ...]


class Failure(Exception):
    """Something that the library cannot do with a program, in words for the reader."""


_STAGES: dict[str, Callable[..., object]] = {}


@st.cache_data(show_spinner=False, max_entries=512)
def _made(stage: str, text: str, sizes: Sizes, more: tuple[object, ...]) -> object:
    return _STAGES[stage](text, dict(sizes), *more)


def stage(
    function: Callable[Concatenate[str, Mapping[str, int], P], T],
) -> Callable[Concatenate[str, Mapping[str, int], P], T]:
    """A function of a text, its sizes and plain values, behind the cache.

    It raises Failure in place of any error, so that the page never breaks.
    """
    name = f"{function.__module__}.{function.__qualname__}"
    _STAGES[name] = function

    @wraps(function)
    def asked(text: str, sizes: Mapping[str, int], /, *more: P.args, **_: P.kwargs) -> T:
        try:
            return _made(name, text, tuple(sizes.items()), more)  # type: ignore[return-value]
        except Failure:  # of a stage that this one asked
            raise
        except DiagramError as error:
            raise Failure(str(error)) from None
        except Exception as error:  # the page stays up whatever a program does
            what = function.__name__.strip("_").replace("_", " ")
            raise Failure(f"{what} failed: {type(error).__name__}: {error}") from error

    return asked


# -- the figure -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Picture:
    """A drawing as text: for the screen, and for the file."""

    screen: str
    svg: str


@stage
def picture(text: str, sizes: Mapping[str, int], name: str = "", batch: bool = False) -> Picture:
    """The figure of a text, with the placement of this name; `batch` shows the batch legs."""
    from diagram.draw import draw

    program = read(text)
    refuse_thicket(program)
    drawing = draw(program, PLACEMENTS.get(name), batch=batch)
    return Picture(drawing.screen, drawing.svg)


@stage
def compared(text: str, sizes: Mapping[str, int], name: str, other: str) -> Picture:
    """The figure of a text, on the screen with marks where another text has not the same."""
    from diagram.draw import draw
    from diagram.draw.marks import highlighted, places
    from diagram.equality.marks import marks

    program = read(text)
    refuse_thicket(program)
    drawing = draw(program, PLACEMENTS.get(name))
    own, _ = marks(program, read(other))
    return Picture(highlighted(drawing, places(drawing, own)), drawing.svg)


@stage
def differences(text: str, sizes: Mapping[str, int], other: str) -> tuple[str, ...]:
    """What two texts have otherwise, in words, a line for each thing."""
    from diagram import diff

    return diff(read(text), read(other))


def drawn(program: Program, name: str = "", batch: bool = False) -> Picture:
    """The figure of a program, the same for all numbers."""
    return picture(str(opened(program)), {}, name, batch)


# -- the plan ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Planned:
    """What the page shows of a plan, and what it costs in words.

    `made` has the FLOPs of each statement, `read` those of the steps that read a value.
    """

    table: str
    flops: int | None
    formula: str
    made: Mapping[str, str]
    read: Mapping[str, str]


@stage
def planned(text: str, sizes: Mapping[str, int]) -> Planned:
    """The plan as a table, and its FLOPs."""
    from diagram.planner import plan

    program = read(text)
    refuse_long(program)
    found = plan(program, sizes)
    made: dict[str, Size] = {}
    used: dict[str, Size] = {}
    for step in found.steps:
        made[step.of] = made.get(step.of, Size()) + step.flops
        for value in dict.fromkeys(node.value for node in step.operands):
            used[value] = used.get(value, Size()) + step.flops
    return Planned(
        str(found),
        None if found.assumed else found.flops,
        found.flops_size.formula(found.order),
        _with_fused(found, {name: _cost(found, size) for name, size in made.items()}),
        {name: _cost(found, size) for name, size in used.items()},
    )


def _cost(plan: Plan, size: Size) -> str:
    from diagram.planner.table import short

    text = size.formula(plan.order)
    return text if plan.assumed else f"{text} = {short(size.value(plan.numbers))}"


def _with_fused(plan: Plan, made: Mapping[str, str]) -> Mapping[str, str]:
    """Also statements that no step is for: they are fused into the next one that has steps."""
    found = dict(made)
    waiting: list[str] = []
    for let in plan.program.lets:
        if let.name not in made:
            waiting.append(let.name)
            continue
        for name in waiting:
            found[name] = f"{made[let.name]}, with {let.name}"
        waiting.clear()
    return found


# -- what a click tells -----------------------------------------------------------------------


@dataclass(frozen=True)
class Described:
    """What a click tells: a title and rows of label and text."""

    title: str
    rows: tuple[tuple[str, str], ...]


@stage
def described(
    text: str, sizes: Mapping[str, int], path: str, unfolded: tuple[str, ...] = ()
) -> Described:
    """What there is to say about one thing of a text's figure, drawn with these calls unfolded."""
    from diagram.draw.describe import describe
    from diagram.language.unfold import unfold

    program = read(text)
    plan = planned(text, sizes)
    options = ("flops", "unfolded")
    sizes = {dim: number for dim, number in sizes.items() if dim not in options}
    value = _weight_at(unfold(program, unfolded).program, path)
    if value in plan.read:
        found = describe(program, path, None, unfolded, **sizes)
        return Described(found.title, (*found.rows, ("FLOPs", plan.read[value])))
    whole = {path: plan.made[path]} if path in plan.made else {}
    found = describe(program, path, whole, unfolded, **sizes)
    return Described(found.title, found.rows)


def _weight_at(program: Program, path: str) -> str:
    """The weight that is drawn at a path such as `S/1`; empty for anything else."""
    head, _, place = path.rpartition("/")
    if head not in program.let or not place.isdecimal():
        return ""
    value = nodes(program.let[head].maker)[int(place)].value
    return value if value in program.source and program.source[value].kind is Kind.WEIGHT else ""


# -- the module -------------------------------------------------------------------------------


@stage
def python_file(text: str, sizes: Mapping[str, int], name: str) -> str:
    """A Python file that defines the module and imports torch only; no weight is made for it."""
    from diagram.runtime.export import python_source

    program = read(text)
    refuse_long(program)
    return python_source(program, name, **sizes)
