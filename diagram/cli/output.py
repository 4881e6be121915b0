"""What the command prints and writes."""

from __future__ import annotations

import json
import os
import sys
from io import TextIOWrapper
from pathlib import Path

from diagram.errors import FileError


def replace_what_cannot_be_shown() -> None:
    """A terminal that has no `×` shows `?`; tables and facts are read by people."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def has_colour() -> bool:
    """Whether a person reads on a terminal that shows colours and has not asked for none."""
    return (
        sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    )


def exactly(text: str) -> None:
    """Prints a text that another program reads."""
    try:
        print(text, end="")
    except UnicodeEncodeError as error:
        guilty = error.object[error.start]
        raise FileError(
            f"standard output is {error.encoding} and has no {guilty!a}; write a file with -o"
        ) from None


def as_json(facts: object) -> None:
    """Prints plain data."""
    print(json.dumps(facts, indent=2, allow_nan=False))


def write(path: str, made: str | bytes) -> None:
    """Text or bytes into a file."""
    try:
        if isinstance(made, bytes):
            Path(path).write_bytes(made)
        else:
            Path(path).write_text(made, encoding="utf-8", newline="\n")
    except OSError as error:
        raise FileError(f"cannot write {path}: {error.strerror}") from None
    except UnicodeEncodeError as error:
        raise FileError(f"cannot write {path}: {error.object[error.start]!a} is no sign") from None
