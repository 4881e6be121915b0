"""What is offered when something is added: names that are free, and dims."""

from __future__ import annotations

from collections.abc import Mapping

from diagram import Program
from diagram.language.core import Kind
from frontend.edit.add import NAMES
from frontend.edit.draft import Draft

LETTERS = "bnmfhdkrestvpqgcijxy"
"""Letters in the order in which they are offered: those of attention first."""
MOST = 16


def free_names(program: Program) -> Mapping[str, str]:
    """For each kind of source a name that no value has.

    >>> from diagram import parse
    >>> free_names(parse("input X[n]\\nreturn X"))["input"]
    'X2'
    """
    draft = Draft(program, {})
    return {str(kind): draft.fresh(NAMES[kind]) for kind in Kind}


def dims(program: Program) -> Mapping[str, list[str]]:
    """The dims of a program, and letters that are none yet.

    >>> from diagram import parse
    >>> found = dims(parse("input X[n f]\\nreturn X"))
    >>> found["known"], found["free"][:3]
    (['n', 'f'], ['b', 'm', 'h'])
    """
    named = [dim.name for dim in program.dims]
    known = [*named, *(leg.name.rstrip("'") for source in program.sources for leg in source.legs)]
    sizes = [dim for source in program.sources for leg in source.legs for dim in leg.size.dims]
    found = list(dict.fromkeys([*known, *sizes]))
    return {"known": found, "free": [each for each in LETTERS if each not in found][:MOST]}
