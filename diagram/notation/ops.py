"""Ops as equations: softmax with its exponentials and sums, norms with mean and variance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from diagram.language.core import ONE, ZERO, Apply
from diagram.language.size import product
from diagram.notation.elementwise import ELEMENTWISE, exp, log, plus
from diagram.notation.formula import (
    Cases,
    Compare,
    Entry,
    Equation,
    Expression,
    Extreme,
    Function,
    Hidden,
    Iverson,
    Number,
    Over,
    Plus,
    Range,
    Ranked,
    Root,
    Square,
    Times,
    Total,
    number,
)
from diagram.notation.index import merged, name
from diagram.notation.op_at import Lengths, OpAt, entry_of, equation_of


def equations(
    result: str, apply: Apply, lengths: Lengths, train: bool = False
) -> tuple[Equation, ...]:
    """The equation of an op's result, then those of what stands in it."""
    op = OpAt(result, apply, lengths, train)
    if apply.op in ELEMENTWISE:
        return (op.equation(ELEMENTWISE[apply.op](op.entry())),)
    return _NAMED[apply.op](op)


# -- along legs -----------------------------------------------------------------------------------


def _softmax(op: OpAt) -> tuple[Equation, ...]:
    primes = op.primes
    total = Total(op.over(primes), exp(op.entry(names=primes)))
    return (op.equation(Over(exp(op.entry()), total, hides=True)),)


def _log_softmax(op: OpAt) -> tuple[Equation, ...]:
    primes = op.primes
    total = Total(op.over(primes), exp(op.entry(names=primes)))
    return (op.equation(Plus(((1, op.entry()), (-1, log(total))))),)


def _cumsum(op: OpAt) -> tuple[Equation, ...]:
    primes = op.primes
    over = tuple(Range(primes[leg], op.lengths[leg], leg) for leg in op.legs)
    return (op.equation(Total(over, op.entry(names=primes))),)


def _sort(op: OpAt) -> tuple[Equation, ...]:
    primes = op.primes
    (over,) = op.over(primes)
    descending = bool(op.options.get("descending", False))
    row = op.entry(names=primes)
    return (op.equation(Ranked(over, row, name(op.legs[0]), descending)),)


def _mean_of(op: OpAt, body: Expression, names: Mapping[str, str]) -> Expression:
    count = product(op.lengths[leg] for leg in op.legs)
    return Times((Over(number(1), Number(count)), Total(op.over(names), body)))


def _within(op: OpAt, value: str) -> Entry:
    return Entry(value, tuple(name(edge) for edge in op.rest))


def _statistics(op: OpAt) -> tuple[Equation, Equation]:
    """Mean and variance over the named legs."""
    mean, var = f"{op.result}.mean", f"{op.result}.var"
    away = Plus(((1, op.entry()), (-1, _within(op, mean))))
    return (
        equation_of(mean, op.rest, _mean_of(op, op.entry(), {}), op.lengths),
        equation_of(var, op.rest, _mean_of(op, Square(away), {}), op.lengths),
    )


def _normal(op: OpAt, mean: Expression, var: Expression) -> Expression:
    return Over(Plus(((1, op.entry()), (-1, mean))), Root(plus(var, op.eps)))


def _layer_norm(op: OpAt) -> tuple[Equation, ...]:
    mean, var = _statistics(op)
    return (op.equation(_normal(op, mean.left, var.left)), mean, var)


def _batch_norm(op: OpAt) -> tuple[Equation, ...]:
    if op.train:
        return _layer_norm(op)
    return (op.equation(_normal(op, op.entry(1), op.entry(2))),)


def _rms_norm(op: OpAt) -> tuple[Equation, ...]:
    primes = op.primes
    mean = _mean_of(op, Square(op.entry(names=primes)), primes)
    return (op.equation(Over(op.entry(), Root(plus(mean, op.eps)))),)


def _unit(op: OpAt) -> tuple[Equation, ...]:
    primes = op.primes
    total = Root(Total(op.over(primes), Square(op.entry(names=primes))))
    return (op.equation(Over(op.entry(), Function("max", (op.eps, total)))),)


def _extreme(op: OpAt) -> tuple[Equation, ...]:
    return (op.equation(Extreme(op.apply.op, op.over(), op.entry())),)


def _mean(op: OpAt) -> tuple[Equation, ...]:
    return (op.equation(_mean_of(op, op.entry(), {})),)


def _max_pool(op: OpAt) -> tuple[Equation, ...]:
    """The window's own indices are the primed legs; the padding is never the largest."""
    size, primes = op.size("size", ONE), op.primes
    stride, pad = op.size("stride", size), op.size("pad", ZERO)
    first = op.apply.args[0]
    indices = tuple(
        name(edge)
        if edge not in op.legs
        else replace(
            merged(((edge, stride), (primes[edge], ONE)), -pad),
            inside=op.lengths[f"{edge}:0"] if pad.terms else None,
        )
        for edge in first.edges
    )
    over = tuple(Range(primes[leg], size) for leg in op.legs)
    return (op.equation(Extreme("max", over, Entry(first.value, indices))),)


# -- masks, look-ups, pieces ----------------------------------------------------------------------


def _causal(op: OpAt) -> tuple[Equation, ...]:
    query, key = op.legs
    shift = op.size("shift", ZERO)
    last = merged(((query, ONE),), shift)
    seen = [Compare(name(key), "≤", last)]
    if "window" in op.options:
        first = merged(((query, ONE),), shift - op.size("window", ZERO))
        seen.append(Compare(name(key), ">", first))
    return (op.equation(Cases(((op.entry(), tuple(seen)),), Hidden())),)


def _mask(op: OpAt) -> tuple[Equation, ...]:
    kept = Compare(op.entry(1), "≠", number(0))
    return (op.equation(Cases(((op.entry(), (kept,)),), Hidden())),)


def _one_hot(op: OpAt) -> tuple[Equation, ...]:
    return (op.equation(Iverson(Compare(op.entry(), "=", name(op.legs[0])))),)


def _concat(op: OpAt) -> tuple[Equation, ...]:
    """The parts one after another; `LEG:i` is the length of the i-th."""
    (leg,) = op.legs
    rows: list[tuple[Expression, tuple[Compare, ...]]] = []
    start = ZERO
    for place, node in enumerate(op.apply.args):
        at = merged(((leg, ONE),), -start)
        indices = tuple(at if edge == leg else name(edge) for edge in node.edges)
        start = start + op.lengths[f"{leg}:{place}"]
        before = Compare(name(leg), "<", Number(start))
        rows.append((Entry(node.value, indices), (before,)))
    return (op.equation(Cases(tuple(rows[:-1]), rows[-1][0])),)


def _slice(op: OpAt) -> tuple[Equation, ...]:
    (leg,) = op.legs
    at = merged(((leg, ONE),), op.size("start", ZERO))
    node = op.apply.args[0]
    indices = tuple(at if edge == leg else name(edge) for edge in node.edges)
    return (op.equation(Entry(node.value, indices)),)


def _sum(op: OpAt) -> tuple[Equation, ...]:
    return (op.equation(plus(*(entry_of(node, {}) for node in op.apply.args))),)


_NAMED: Mapping[str, Callable[[OpAt], tuple[Equation, ...]]] = {
    "softmax": _softmax,
    "log_softmax": _log_softmax,
    "cumsum": _cumsum,
    "sort": _sort,
    "layer_norm": _layer_norm,
    "rms_norm": _rms_norm,
    "unit": _unit,
    "batch_norm": _batch_norm,
    "causal": _causal,
    "mask": _mask,
    "max": _extreme,
    "min": _extreme,
    "mean": _mean,
    "one_hot": _one_hot,
    "concat": _concat,
    "slice": _slice,
    "max_pool": _max_pool,
    "+": _sum,
}
