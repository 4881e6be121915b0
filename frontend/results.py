"""Everything slow, behind one cache: what the library makes of a text and its sizes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import streamlit as st

from diagram import DiagramError, parameters
from diagram.language.count import Count, maps
from frontend.state import FREE, Model, opened, read
from models import ZOO

Sizes = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Picture:
    """A drawing as text: for the screen, and for the file."""

    screen: str
    svg: str


@dataclass(frozen=True)
class Planned:
    """What the page shows of a plan; FLOPs of each step by the statement that it is for."""

    table: str
    flops: int | None
    formula: str
    each: Mapping[str, int]


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

    drawing = draw(read(text), ZOO[name].placement if name else None)
    return Picture(drawing.screen, drawing.svg)


def _described(text: str, sizes: Mapping[str, int], path: str) -> Described:
    from diagram.draw import describe

    found = describe(read(text), path, **sizes)
    return Described(found.title, tuple((label, said) for label, said in found.rows))


def _planned(text: str, sizes: Mapping[str, int]) -> Planned:
    from diagram.planner import plan

    found = plan(read(text), **sizes)
    each: dict[str, int] = {}
    if not found.assumed:
        for step in found.steps:
            each[step.of] = each.get(step.of, 0) + step.flops.value(found.numbers)
    formula = found.flops_size.formula(found.order)
    return Planned(str(found), None if found.assumed else found.flops, formula, each)


def _code(text: str, sizes: Mapping[str, int]) -> str:
    from diagram.runtime import compile

    return str(compile(read(text), **sizes).code)


def _python(text: str, sizes: Mapping[str, int], name: str) -> str:
    from diagram.runtime.export import python_source

    return python_source(read(text), name)


STAGES: Mapping[str, Callable[..., object]] = {
    "drawing": _picture,
    "description": _described,
    "plan": _planned,
    "code": _code,
    "python": _python,
}


# -- what the page asks -----------------------------------------------------------------------


def picture(model: Model) -> Picture:
    """The figure, with the placement of the model where it has one; the same for all numbers."""
    made = _make("drawing", str(opened(model.program)), {}, model.name or "")
    assert isinstance(made, Picture)
    return made


def described(model: Model, path: str, sizes: Mapping[str, int]) -> Described:
    """What there is to say about one thing of the figure."""
    made = _make("description", model.text, sizes, path)
    assert isinstance(made, Described)
    return made


def planned(model: Model, sizes: Mapping[str, int]) -> Planned:
    """The plan as a table, and its FLOPs."""
    made = _make("plan", model.text, sizes)
    assert isinstance(made, Planned)
    return made


def code(model: Model) -> str:
    """The source of the compiled module."""
    return str(_make("code", model.text, {}))


def python_file(model: Model) -> str:
    """A Python file that defines the module and imports torch only."""
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
