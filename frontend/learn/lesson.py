"""A lesson: a text, a diagram to play with, and exercises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from diagram import Program, parse
from frontend.learn.quantity import quantities

Kind = Literal["draw", "equation", "number", "shape"]


@dataclass(frozen=True)
class Exercise:
    """Something to do; the program itself knows whether it is right.

    `draw`: write the text of a diagram that is equivalent to `answer`. `equation`: write the line
    `answer`, or an einsum that says the same, for the declarations in `given`. `number` and
    `shape`: say what `of` the program `given` is.
    """

    kind: Kind
    question: str
    answer: str = ""
    given: str = ""
    of: str = ""
    sizes: Mapping[str, int] = field(default_factory=dict)
    hints: tuple[str, ...] = ()

    @property
    def program(self) -> Program:
        """What is asked for, or asked about."""
        match self.kind:
            case "draw":
                return parse(self.answer)
            case "equation":
                return parse(closed(self.given, self.answer))
            case "number" | "shape":
                return parse(self.given)


def closed(given: str, line: str) -> str:
    """Declarations and one line as a whole text.

    >>> print(closed("input A[i i']", "t[] = A[i i]"))
    input A[i i']
    t[] = A[i i]
    return t
    """
    name = line.partition("=")[0].partition("[")[0].strip()
    return f"{given.strip()}\n{line.strip()}\nreturn {name}"


@dataclass(frozen=True)
class Lesson:
    """One lesson; `name` is its file's, and where its progress is kept."""

    name: str
    title: str
    text: str
    diagram: str
    exercises: tuple[Exercise, ...] = ()
    programs: Mapping[str, str] = field(default_factory=dict)
    placement: str = ""
    """The program of the zoo whose nodes stand where the diagram's should."""
    batch: bool = False
    """Whether pictures show the legs of the batch."""

    @property
    def shown(self) -> str:
        """The text with its numbers, which the library computes."""
        return quantities(self.text, {"diagram": self.diagram, **self.programs})

    def key(self, place: int) -> str:
        """The name of an exercise among those that are solved."""
        return f"{self.name}/{place + 1}"
