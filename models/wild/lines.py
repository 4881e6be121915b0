"""Programs from lines, some of which stand only where an option asks for them."""

from __future__ import annotations

from decimal import Decimal

from diagram import Program, parse


def program(*lines: str | bool) -> Program:
    """The program of the lines that are texts; `option and "line"` is one where the option is set.

    >>> biased = False
    >>> print(program("input X[n]", biased and "weight B[n]", "return X"))
    input X[n]
    return X
    """
    return parse("\n".join(line for line in lines if isinstance(line, str)))


def decimal(number: float) -> str:
    """A number as the language writes it.

    >>> decimal(1e-6), decimal(10000.0)
    ('0.000001', '10000')
    """
    written = format(Decimal(repr(number)), "f")
    return written.removesuffix(".0")
