"""Lessons from files: each is TOML, and every fault of it is told.

`frontend/lessons/README.md` says what may stand in one.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, get_args

from diagram import DiagramError, parse
from diagram.errors import Fault, suggest
from frontend.learn.check import solution
from frontend.learn.lesson import Exercise, Kind, Lesson

LESSONS = Path(__file__).parents[1] / "lessons"


def course() -> tuple[tuple[Lesson, ...], tuple[str, ...]]:
    """The lessons in the order of their files' names, and what is wrong with others.

    Files that came or changed since are read anew.
    """
    return _course(tuple((path, _changed(path)) for path in sorted(LESSONS.glob("*.toml"))))


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0  # to read it will say why


@lru_cache(maxsize=4)
def _course(files: tuple[tuple[Path, int], ...]) -> tuple[tuple[Lesson, ...], tuple[str, ...]]:
    found: list[Lesson] = []
    faults: list[str] = []
    for path, _ in files:
        try:
            found.append(load(path))
        except DiagramError as error:
            faults.append(str(error))
    return tuple(found), tuple(faults)


def load(path: Path) -> Lesson:
    """The lesson in a file, or one DiagramError with all that is wrong in it."""
    faults: list[Fault] = []
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise DiagramError(f"{path.name} is no lesson: {error}") from None
    asked = data.pop("exercise", [])
    tables = asked if isinstance(asked, list) else [asked]
    exercises = [_table(Exercise, t, f"exercise {n}", faults) for n, t in enumerate(tables, 1)]
    lesson = _table(Lesson, {**data, "name": path.stem}, "", faults)
    if not faults:
        made = Lesson(**{**lesson, "exercises": tuple(Exercise(**each) for each in exercises)})
        faults += _meant(made)
        if not faults:
            return made
    here = [replace(each, where=f"{path.name}, {each.where}".rstrip(", ")) for each in faults]
    raise DiagramError(here, of="in a lesson")


def _table(kind: type[Exercise | Lesson], data: object, where: str, faults: list[Fault]) -> Any:
    """The entries of a table, each as its field wants it."""
    if not isinstance(data, dict):
        faults.append(Fault("a table is expected", where))
        return {}
    known = {each.name: each for each in fields(kind)}
    for name in data.keys() - known.keys():
        faults.append(Fault(f"no entry `{name}`{suggest(name, known)}", where))
    for name, each in known.items():
        if name not in data and each.default is MISSING and each.default_factory is MISSING:
            faults.append(Fault(f"`{name}` is missing", where))
    return {name: _entry(name, data[name], where, faults) for name in known if name in data}


def _entry(name: str, value: object, where: str, faults: list[Fault]) -> object:
    what, is_meant = ENTRIES.get(name, ("a text", _is_text))
    if not is_meant(value):
        faults.append(Fault(f"`{name}` is {what}", where))
    return tuple(value) if isinstance(value, list) else value


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_kind(value: object) -> bool:
    return value in get_args(Kind)


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _are_sizes(value: object) -> bool:
    return isinstance(value, dict) and all(type(number) is int for number in value.values())


def _are_programs(value: object) -> bool:
    return isinstance(value, dict) and all(map(_is_text, value.values()))


def _is_switch(value: object) -> bool:
    return isinstance(value, bool)


ENTRIES: Mapping[str, tuple[str, Callable[[object], bool]]] = {
    "kind": (f"one of {', '.join(get_args(Kind))}", _is_kind),
    "batch": ("true or false", _is_switch),
    "hints": ("a list of texts", _are_texts),
    "sizes": ("a table of whole numbers", _are_sizes),
    "programs": ("a table of texts", _are_programs),
}
"""What an entry must be, where it is no text."""


def _meant(lesson: Lesson) -> list[Fault]:
    """What the library has against the programs, the numbers and the answers of a lesson."""
    tried: dict[str, Callable[[], object]] = {"diagram": partial(parse, lesson.diagram)}
    tried |= {f"program {name}": partial(parse, text) for name, text in lesson.programs.items()}
    tried["text"] = lambda: lesson.shown
    for number, each in enumerate(lesson.exercises, 1):
        tried[f"exercise {number}"] = partial(solution, each)
    faults = []
    for where, attempt in tried.items():
        try:
            attempt()
        except DiagramError as error:
            faults += [Fault(fault.message, where) for fault in error.faults]
    return faults
