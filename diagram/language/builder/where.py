"""Where in Python a piece of text was made, and faults told there."""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import NoReturn

from diagram.errors import DiagramError, Fault, Span

ROOM = f"{Path(__file__).parents[2]}{os.sep}"


def python_line() -> tuple[str, int]:
    """The file and the line of Python that called into this package."""
    frame = inspect.currentframe()
    while frame is not None and _is_ours(frame):
        frame = frame.f_back
    return (Path(frame.f_code.co_filename).name, frame.f_lineno) if frame else ("Python", 0)


def _is_ours(frame: FrameType) -> bool:
    """Whether this package runs it; what dataclasses generate has no file."""
    file, name = frame.f_code.co_filename, str(frame.f_globals.get("__name__"))
    return file.startswith(ROOM) or (file == "<string>" and name.startswith("diagram."))


def refuse(*messages: str) -> NoReturn:
    """Raises what is wrong with a call, with its line of Python."""
    file, line = python_line()
    faults = [Fault(message, f"line {line} of {file}") for message in messages]
    raise DiagramError(faults, of=f"in {file}")


def told(faults: Iterable[Fault], text: str, before: int = 0, columns: int = 0) -> DiagramError:
    """Faults of a text, told at the line of Python that made it.

    The text stood `before` lines and `columns` columns deep in what was read.
    """
    file, line = python_line()
    moved = [_moved(fault, line, file, before, columns) for fault in faults]
    return DiagramError(moved, "\n" * (line - 1) + text, f"in {file}")


def _moved(fault: Fault, line: int, file: str, before: int, columns: int) -> Fault:
    spans = tuple(
        Span(s.line - before + line - 1, max(0, s.start - columns), max(0, s.end - columns))
        for s in fault.spans
        if s.line > before
    )
    if spans:
        return replace(fault, spans=spans)
    where = f"line {line} of {file}" + (f", {fault.where}" if fault.where else "")
    return Fault(fault.message, where)


def said(given: object) -> str:
    """What was given, as messages quote it."""
    if given is None or isinstance(given, str | int | float):
        return repr(given)[:60]
    return type(given).__name__
