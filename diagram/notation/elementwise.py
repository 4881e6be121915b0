"""Elementwise ops as expressions of one entry."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from diagram.notation.formula import (
    Cases,
    Compare,
    Expression,
    Function,
    Over,
    Plus,
    Root,
    Square,
    Times,
    number,
)


def _call(function: str) -> Callable[[Expression], Expression]:
    return lambda x: Function(function, (x,))


def _minus(x: Expression) -> Expression:
    return Plus(((-1, x),))


def plus(*terms: Expression) -> Expression:
    """Their sum."""
    return Plus(tuple((1, term) for term in terms))


exp, log = _call("exp"), _call("log")


def _gelu(x: Expression) -> Expression:
    inner = Function("erf", (Over(x, Root(number(2))),))
    return Times((Over(x, number(2)), plus(number(1), inner)))


def _elu(x: Expression) -> Expression:
    below = Plus(((1, exp(x)), (-1, number(1))))
    return Cases(((x, (Compare(x, ">", number(0)),)),), below)


ELEMENTWISE: Mapping[str, Callable[[Expression], Expression]] = {
    "relu": lambda x: Function("max", (number(0), x)),
    "gelu": _gelu,
    "silu": lambda x: Over(x, plus(number(1), exp(_minus(x)))),
    "elu": _elu,
    "softplus": lambda x: log(plus(number(1), exp(x))),
    "tanh": _call("tanh"),
    "sigmoid": lambda x: Over(number(1), plus(number(1), exp(_minus(x)))),
    "exp": exp,
    "log": log,
    "sqrt": Root,
    "square": Square,
    "recip": lambda x: Over(number(1), x),
    "cos": _call("cos"),
    "sin": _call("sin"),
    "dropout": lambda x: x,
}
