"""All that a session has of its document, as one frozen value: it is never half written.

A session may be stopped between any two writes, to begin anew with what came meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from secrets import token_hex
from typing import Generic

from frontend import history
from frontend.history import History, T

Moves = tuple[tuple[int, tuple[Mapping[str, str], ...]], ...]


@dataclass(frozen=True)
class Log:
    """How far the log of one browser was taken, where paths went, and what was refused last."""

    name: str = field(default_factory=lambda: token_hex(4))
    taken: int = 0
    moves: Moves = ()
    refused: tuple[tuple[int, str], ...] = ()
    said: str = ""


@dataclass(frozen=True)
class Desk(Generic[T]):
    """The document, what was before it, and how far it follows the browser.

    `revision` counts the texts that the editor did not write; `is_touched` says that the document
    is the reader's choice.
    """

    document: T
    revision: int = 0
    history: History[T] = field(default_factory=History)
    is_touched: bool = False
    log: Log = field(default_factory=Log)


def typed(desk: Desk[T], document: T) -> Desk[T]:
    """The text was edited."""
    past = history.typed(desk.history, desk.document, document)
    return replace(desk, document=document, history=past, is_touched=True)


def changed(desk: Desk[T], document: T) -> Desk[T]:
    """The document is another one, as one step."""
    if document == desk.document:
        return desk
    past = history.changed(desk.history, desk.document)
    return replace(_shown(desk, document), history=past)


def travelled(desk: Desk[T], back: bool) -> Desk[T] | None:
    """One step back, or forth; None where there is none."""
    found = history.travelled(desk.history, desk.document, back)
    if found is None:
        return None
    past, document = found
    return replace(_shown(desk, document), history=past)


def begun(desk: Desk[T], document: T) -> Desk[T]:
    """What a session begins with: nothing is before it."""
    return replace(_shown(desk, document), history=History(), revision=desk.revision + 1)


def _shown(desk: Desk[T], document: T) -> Desk[T]:
    """Another document; if its text is another one, the editor is told."""
    is_new = document.text != desk.document.text
    revision = desk.revision + is_new
    return replace(desk, document=document, revision=revision, is_touched=True)
