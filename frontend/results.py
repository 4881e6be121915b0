"""Everything slow, behind one cache: what the library makes of a text and its sizes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from diagram import DiagramError, Program, parameters
from diagram.language.core import Kind, nodes
from diagram.language.count import Count, maps
from diagram.language.size import Size
from frontend.state import FREE, Model, opened, read
from models.placements import PLACEMENTS

if TYPE_CHECKING:
    from diagram.planner import Plan

Sizes = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Picture:
    """A drawing as text: for the screen, and for the file."""

    screen: str
    svg: str


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


@dataclass(frozen=True)
class Described:
    """What a click tells: a title and rows of label and text."""

    title: str
    rows: tuple[tuple[str, str], ...]


class Failure(Exception):
    """Something that the library cannot do with a program, in words for the reader."""


@st.cache_data(show_spinner=False, max_entries=512)
def _made(stage: str, text: str, sizes: Sizes, *more: str) -> object:
    return STAGES[stage](text, dict(sizes), *more)


def _make(stage: str, text: str, sizes: Mapping[str, int], *more: str) -> object:
    """The result of a stage; Failure in place of any error, so that the page never breaks."""
    try:
        return _made(stage, text, tuple(sizes.items()), *more)
    except DiagramError as error:
        raise Failure(str(error)) from None
    except Exception as error:  # the page stays up whatever a program does
        raise Failure(f"{stage} failed: {type(error).__name__}: {error}") from error


# -- stages -----------------------------------------------------------------------------------


def _picture(text: str, sizes: Mapping[str, int], name: str = "") -> Picture:
    from diagram.draw import draw

    drawing = draw(read(text), PLACEMENTS.get(name))
    return Picture(drawing.screen, drawing.svg)


def _described(text: str, sizes: Mapping[str, int], path: str) -> Described:
    from diagram.draw.describe import describe

    program = read(text)
    plan = _planned(text, sizes)
    value = _weight_at(program, path)
    if value in plan.read:
        found = describe(program, path, None, **sizes)
        return Described(found.title, (*found.rows, ("FLOPs", plan.read[value])))
    whole = {path: plan.made[path]} if path in plan.made else {}
    found = describe(program, path, whole, **sizes)
    return Described(found.title, found.rows)


def _weight_at(program: Program, path: str) -> str:
    """The weight that is drawn at a path such as `S/1`; empty for anything else."""
    head, _, place = path.rpartition("/")
    if head not in program.let or not place.isdecimal():
        return ""
    value = nodes(program.let[head].maker)[int(place)].value
    return value if value in program.source and program.source[value].kind is Kind.WEIGHT else ""


def _planned(text: str, sizes: Mapping[str, int]) -> Planned:
    from diagram.planner import plan

    found = plan(read(text), sizes)
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


def _python(text: str, sizes: Mapping[str, int], name: str) -> str:
    from diagram.runtime.export import python_source

    return python_source(read(text), name)


STAGES: Mapping[str, Callable[..., object]] = {
    "drawing": _picture,
    "description": _described,
    "plan": _planned,
    "python": _python,
}


# -- what the page asks -----------------------------------------------------------------------


def picture(model: Model) -> Picture:
    """The figure, with the placement of the model where it has one; the same for all numbers."""
    return drawn(model.program, model.name or "")


def drawn(program: Program, name: str = "") -> Picture:
    """The figure of a program, with the placement of this name."""
    made = _make("drawing", str(opened(program)), {}, name)
    assert isinstance(made, Picture)
    return made


def described(text: str, path: str, sizes: Mapping[str, int]) -> Described:
    """What there is to say about one thing of a text's figure."""
    made = _make("description", text, sizes, path)
    assert isinstance(made, Described)
    return made


def planned(model: Model, sizes: Mapping[str, int]) -> Planned:
    """The plan as a table, and its FLOPs."""
    made = _make("plan", model.text, sizes)
    assert isinstance(made, Planned)
    return made


def python_file(model: Model) -> str:
    """A Python file that defines the module and imports torch only; no weight is made for it."""
    name = "".join(word.capitalize() for word in model.base.split("-"))
    return str(_make("python", model.text, {}, name))


def weights(model: Model) -> Count:
    """The parameters."""
    return parameters(model.program)


def stored_maps(model: Model, sizes: Mapping[str, int]) -> Count:
    """The elements of the attention maps."""
    return maps(model.program, **sizes)


def map_count(model: Model) -> Count:
    """How many attention maps there are for each sequence."""
    free = set(FREE) - model.program.defaults.keys()
    return maps(model.program, *free)
