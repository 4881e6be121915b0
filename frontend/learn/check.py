"""Answers: whether one is right, and if not, what differs, in the library's own words."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import assert_never

from diagram import DiagramError, Program, diff, equivalent, from_einsum
from diagram import check as check_program
from diagram.language.core import Kind
from frontend.learn.lesson import Exercise, closed
from frontend.learn.quantity import quantity, shape
from frontend.programs import opened, read

LONGEST = 4_000
"""Characters of an answer."""
MOST_SAID = 3
"""Differences that are told at once."""

NUMBER = re.compile(r"[0-9][0-9,_ '\u00a0\u202f]*")
LENGTHS = re.compile(r"[0-9]+")


@dataclass(frozen=True)
class Verdict:
    """Whether an answer is right, and what is said of it."""

    is_right: bool
    said: str


def check(exercise: Exercise, answer: str) -> Verdict:
    """What the library makes of an answer.

    >>> asked = Exercise("equation", "", "t[] = A[i i]", "input A[i i']")
    >>> check(asked, "ii->").is_right, check(asked, "t[i] = A[i i]").is_right
    (True, False)
    """
    if not answer.strip():
        return Verdict(False, "Nothing is written yet.")
    if len(answer) > LONGEST:
        return Verdict(False, f"An answer of more than {LONGEST:,} characters is not read.")
    try:
        match exercise.kind:
            case "draw":
                return _compared(read(answer), exercise.program)
            case "equation":
                return _equation(exercise, answer)
            case "number":
                return _number(exercise, answer)
            case "shape":
                return _shape(exercise, answer)
            case never:
                assert_never(never)
    except DiagramError as error:
        return Verdict(False, f"This cannot be read. {error}")


def solution(exercise: Exercise) -> str:
    """The right answer, as it would be written; DiagramError where an exercise has none."""
    match exercise.kind:
        case "draw" | "equation":
            check_program(exercise.program)
            return exercise.answer.strip()
        case "number":
            return f"{quantity(exercise.of, exercise.given, exercise.sizes):,}"
        case "shape":
            lengths = shape(exercise.of, exercise.given, exercise.sizes)
            return " ".join(map(str, lengths)) or "1"
        case never:
            assert_never(never)


def _equation(exercise: Exercise, answer: str) -> Verdict:
    """A line for the declarations, or an einsum, whose values are all inputs."""
    if "=" in answer:
        return _compared(read(closed(exercise.given, answer)), exercise.program)
    wanted = exercise.program
    inputs = tuple(replace(s, kind=Kind.INPUT, init=None) for s in wanted.sources)
    return _compared(from_einsum(answer.strip()), replace(wanted, sources=inputs))


def _compared(given: Program, asked: Program) -> Verdict:
    """Numbers of dims do not matter: they are no part of the picture."""
    mine, wanted = opened(given), opened(asked)
    if equivalent(mine, wanted):
        return Verdict(True, "Right: it is the same picture.")
    lines = [_reworded(line) for line in diff(mine, wanted)]
    more = f"\n… and {len(lines) - MOST_SAID} more" if len(lines) > MOST_SAID else ""
    return Verdict(False, "Not yet. " + "\n".join(lines[:MOST_SAID]) + more)


def _reworded(line: str) -> str:
    """A difference in the words of the exercise."""
    yours = line.replace("in the first only", "in yours only").replace("the first", "yours")
    asked = yours.replace("in the second only", "only in what is asked for")
    return asked.replace("the second", "what is asked for")


def _number(exercise: Exercise, answer: str) -> Verdict:
    if not NUMBER.fullmatch(answer.strip()):
        return Verdict(False, "Write a whole number, such as 4096 or 4,096.")
    given = int(re.sub(r"[^0-9]", "", answer))
    wanted = quantity(exercise.of, exercise.given, exercise.sizes)
    if given == wanted:
        return Verdict(True, f"Right: {wanted:,}.")
    return Verdict(False, "Not yet: that is too many." if given > wanted else "Not yet: too few.")


def _shape(exercise: Exercise, answer: str) -> Verdict:
    given = tuple(int(number) for number in LENGTHS.findall(answer)[:20])
    wanted = shape(exercise.of, exercise.given, exercise.sizes)
    if given == (wanted or (1,)):
        return Verdict(True, f"Right: {' × '.join(map(str, wanted)) or 'a number'}.")
    if len(given) != len(wanted or (1,)):
        return Verdict(False, f"Not yet: {exercise.of} has another number of legs.")
    if sorted(given) == sorted(wanted):
        return Verdict(False, "Almost: these lengths, in another order.")
    return Verdict(False, "Not yet: the lengths are others.")
