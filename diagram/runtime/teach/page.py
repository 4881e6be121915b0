"""A walk on a terminal: each let as it is written, then its steps with equation, facts, value."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from itertools import groupby

from diagram.runtime.teach.step import TeachingStep, shape
from diagram.runtime.teach.walk import Walk

WIDTH = 100

BOLD, DIM, CYAN, END = "\x1b[1m", "\x1b[2m", "\x1b[36m", "\x1b[0m"


def page(walk: Walk, colour: bool = False) -> Iterator[str]:
    """The lines of a walk, at most `WIDTH` columns where names allow it.

    >>> import torch
    >>> from diagram import interpret, parse
    >>> program = parse("input u[i] v[i]\\ns[] = u[i] v[i]\\nreturn s")
    >>> found = interpret(program, torch.ones(3), torch.ones(3), order="written")
    >>> print("\\n".join(page(found)))
    s[] = u[i] v[i]
    <BLANKLINE>
    step 1 of 1: s = u v
      s = Σ_i u[i] v[i]
      contracted  i=3
      shapes      u 3 and v 3 give a number
      FLOPs       6
      value       3
    <BLANKLINE>
    1 step, 6 FLOPs
    """
    written = _written(walk)
    bold = BOLD if colour else ""
    place = 0
    for of, group in groupby(walk.steps, key=lambda step: step.of):
        steps = list(group)
        made = {of, *(step.result.partition("~")[0] for step in steps)}
        for line in (line for name, line in written.items() if name in made):
            yield from _wrapped(line, "", bold)
        yield ""
        for step in steps:
            place += 1
            head = f"step {place} of {len(walk)}: {step.result} = {step.what}"
            yield from _wrapped(head, "", bold)
            yield from step_lines(step, colour)
            yield ""
    count = f"{len(walk)} step{'s' * (len(walk) != 1)}"
    yield f"{count}, {walk.flops:,} FLOPs"


def step_lines(step: TeachingStep, colour: bool = False) -> Iterator[str]:
    """The equation, the facts and the value of one step, indented."""
    first, *rest = step.lines
    yield from _wrapped(first, "  ", CYAN if colour else "")
    for place, line in enumerate(rest):
        yield from _wrapped(line, "  where " if place == 0 else "        ", CYAN if colour else "")
    for fact in step.facts:
        yield from _fact(fact, colour)
    yield from _value(step, colour)


def _value(step: TeachingStep, colour: bool) -> Iterator[str]:
    """Beside the word where it is one line, else below it."""
    lines = step.told.splitlines() or [shape(tuple(step.value.shape))]
    if len(lines) == 1:
        yield from _fact(f"{'value'.ljust(10)}  {lines[0]}", colour)
        return
    yield from _fact("value", colour)
    yield from (f"    {line}".rstrip() for line in lines)


def _fact(fact: str, colour: bool) -> Iterator[str]:
    name, _, row = fact.partition("  ")
    lines = list(_wrapped(f"{name.ljust(10)}  {row.strip()}".rstrip(), "  ", "", 12))
    if colour:
        lines[0] = lines[0].replace(name, f"{DIM}{name}{END}", 1)
    yield from lines


def _wrapped(line: str, indent: str, colour: str, hang: int = 4) -> Iterator[str]:
    """The line in as many as it takes, broken at spaces."""
    further = " " * (len(indent) + hang)
    for part in textwrap.wrap(
        line,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=further,
        break_long_words=False,
        break_on_hyphens=False,
    ):
        inside = part.lstrip()
        lead = part[: len(part) - len(inside)]
        yield f"{lead}{colour}{inside}{END}" if colour else part


def _written(walk: Walk) -> dict[str, str]:
    """Each let as the canonical text writes it, in its order."""
    found: dict[str, str] = {}
    names = {let.name for let in walk.program.lets if not let.is_part}
    for line in str(walk.program).splitlines():
        name = line.partition("[")[0]
        if name in names and " = " in line:
            found[name] = line.partition("  #")[0]
    return found
