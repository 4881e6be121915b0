"""docs/errors.md: behind each example stands what it prints; here it is printed anew.

- `td`: a program that cannot be read; or a file, where its first line is `# NAME.td`.
- `json`: a document for `from_json`.
- `python`: statements of which the last one fails; without a `text` block they prepare the next.
- `console`: a command of `tensor-diagrams`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import pathlib
import re
import shlex
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy
import torch

import diagram
from diagram import DiagramError
from diagram.cli import main
from diagram.errors import Fault
from diagram.language.warn import find_warnings

EXAMPLE = re.compile(r"^```(\w+)\n(.*?)^```\n(?:```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)
MACHINE = re.compile(r"(?<=more than the )[\d,.]+(?= GiB of this machine)")


class Warned(DiagramError):
    """What is legal and likely wrong, as `check` prints it."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(faults)
        self.args = ("\n".join(f"warning: {fault.message}" for fault in faults),)


@dataclass
class Catalogue:
    """The document made anew, and all that its examples were told."""

    text: str = ""
    messages: list[str] = field(default_factory=list)


def catalogue(text: str) -> Catalogue:
    """Runs every example of the document, in order, in one folder and one namespace."""
    found = Catalogue()
    names: dict[str, object] = {
        module.__name__: module for module in (diagram, dataclasses, json, numpy, pathlib, torch)
    }

    def anew(example: re.Match[str]) -> str:
        kind, body, told = example.groups()
        if told is None:
            _prepare(kind, body, names)
            return example[0]
        error = _told(kind, body, names)
        found.messages += [fault.message for fault in error.faults]
        report = MACHINE.sub("...", str(error))
        return f"```{kind}\n{body}```\n```text\n{report}\n```\n"

    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        found.text = EXAMPLE.sub(anew, text)
    return found


def _prepare(kind: str, body: str, names: dict[str, object]) -> None:
    if kind == "python":
        exec(compile(body, "example.py", "exec"), names)
    elif named := re.match(r"# (\S+\.td)\n", body):
        pathlib.Path(named[1]).write_text(body, encoding="utf-8")
    else:
        raise ValueError(f"no message follows the example\n{body}")


def _told(kind: str, body: str, names: dict[str, object]) -> DiagramError:
    try:
        for line in _failing(kind, body, names):
            raise ValueError(f"`{line}` is no mistake any more")
    except DiagramError as error:
        return error
    raise ValueError(f"no example can be of `{kind}`")


def _failing(kind: str, body: str, names: dict[str, object]) -> Iterator[str]:
    match kind:
        case "td":
            program = diagram.parse(body.removesuffix("\n"))
            if warned := find_warnings(program):
                raise Warned(warned)
            yield body
        case "json":
            diagram.from_json(body)
            yield body
        case "python":
            exec(compile(body, "example.py", "exec"), dict(names))
            yield body
        case "console":
            _command(body)
            yield body


def _command(body: str) -> None:
    """Raises what a command prints, as an error."""
    printed = io.StringIO()
    with contextlib.redirect_stderr(printed), contextlib.redirect_stdout(io.StringIO()):
        code = main(shlex.split(body.removeprefix("$ "))[1:])
    if code:
        raise DiagramError(printed.getvalue().rstrip("\n"))
