"""Defs from Python: a function that takes a Builder and values, and a handle that is called."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from diagram.language.builder.lines import Lines
from diagram.language.builder.sizes import Length, Number, length_text, size
from diagram.language.builder.values import Called, Expression, Value, expression
from diagram.language.builder.where import refuse, said


@dataclass(frozen=True, eq=False)
class Def:
    """A def of a program; a call of it stands alone on the right side of a let."""

    lines: Lines
    name: str

    def __call__(
        self,
        *values: Expression | Number,
        times: int = 1,
        tied: bool = False,
        **dims: Length,
    ) -> Called:
        """Its result for these values, `times` over; dims that are not of its values by name."""
        if isinstance(times, bool) or not isinstance(times, int):
            refuse(f"a def is called a whole number of times, not {said(times)}")
        if not isinstance(tied, bool):
            refuse(f"tied is True or False, not {said(tied)}")
        found = [expression(value, self.name) for value in values]
        written = [value.text for value in found]
        written += [f"{name}={length_text(size(length))}" for name, length in dims.items()]
        written += ["tied=1"] * tied
        head = self.name if times == 1 else f"{self.name}^{times}"
        uses = tuple(dict.fromkeys(use for value in found for use in value.uses))
        return Called(self.lines, f"{head}({', '.join(written)})", uses)


def run(body: Callable[..., Value], inside: object, values: Sequence[Value]) -> Value:
    """What the function of a def returns for its parameters."""
    name = body.__name__
    try:
        inspect.signature(body).bind(inside, *values)
    except TypeError:
        names = ", ".join(["net", *(value.name for value in values)])
        refuse(f"the function of this def takes a Builder and the parameters: {name}({names})")
    result = body(inside, *values)
    if not isinstance(result, Value):
        refuse(f"def {name} returns {said(result)}; end it with a value that has a name")
    return result
