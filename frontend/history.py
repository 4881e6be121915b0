"""What was before and what was undone: frozen values, the last ones of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

MOST = 200
"""Steps that can be undone."""


class Written(Protocol):
    """What has a text."""

    @property
    def text(self) -> str: ...


T = TypeVar("T", bound=Written)


@dataclass(frozen=True)
class History(Generic[T]):
    """Values before the one that is now, and those after it; `types` says that a text is typed."""

    past: tuple[T, ...] = ()
    future: tuple[T, ...] = ()
    types: bool = False


def changed(history: History[T], before: T) -> History[T]:
    """One step more; what was undone is forgotten."""
    return History((*history.past, before)[-MOST:])


def typed(history: History[T], before: T, after: T) -> History[T]:
    """A text was edited: what is typed in one line is one step, and typing it back undoes it."""
    if history.types and history.past:
        start = history.past[-1]
        if start == after:
            return History(history.past[:-1])
        if in_one_line(start.text, after.text):
            return History(history.past, (), True)
    return History((*history.past, before)[-MOST:], (), True)


def travelled(history: History[T], now: T, back: bool) -> tuple[History[T], T] | None:
    """The history and the value one step back, or forth; None where there is none."""
    past, future = history.past, history.future
    if back and past:
        return History(past[:-1], (now, *future)), past[-1]
    if not back and future:
        return History((*past, now)[-MOST:], future[1:]), future[0]
    return None


def in_one_line(one: str, other: str) -> bool:
    """Whether two texts differ in one line at most.

    >>> in_one_line("a\\nb", "a\\nbc"), in_one_line("a\\nb", "aa\\nbb")
    (True, False)
    """
    first, second = one.split("\n"), other.split("\n")
    while first and second and first[0] == second[0]:
        first, second = first[1:], second[1:]
    while first and second and first[-1] == second[-1]:
        first, second = first[:-1], second[:-1]
    return len(first) <= 1 and len(second) <= 1
