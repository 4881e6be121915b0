"""Ops as equations: softmax with its exponentials and sums, norms with mean and variance."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from diagram.language.core import ONE, ZERO, Apply, Node, Option, legs_of
from diagram.language.size import Size, product
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
    Small,
    Square,
    Times,
    Total,
    number,
)
from diagram.notation.index import merged, name

Lengths = Mapping[str, Size]
EPS = {"layer_norm": 1e-5, "rms_norm": 1e-6, "unit": 1e-12, "batch_norm": 1e-5}


@dataclass(frozen=True)
class _Op:
    """An op at its place: what it makes, of what, and the lengths of its legs."""

    result: str
    apply: Apply
    lengths: Lengths
    train: bool

    @property
    def options(self) -> dict[str, Option]:
        return dict(self.apply.options)

    @property
    def legs(self) -> tuple[str, ...]:
        return self.apply.legs

    @property
    def output(self) -> tuple[str, ...]:
        return legs_of(self.apply.output)

    @property
    def rest(self) -> tuple[str, ...]:
        """The legs of the first value that the op does not name."""
        return tuple(edge for edge in self.apply.args[0].edges if edge not in self.legs)

    def size(self, option: str, default: Size) -> Size:
        found = self.options.get(option, default)
        assert isinstance(found, Size)
        return found

    @property
    def eps(self) -> Expression:
        found = self.options.get("eps")
        value = found.number if isinstance(found, Size) and found.number is not None else None
        return Small(EPS[self.apply.op] if value is None else float(value))

    @property
    def primes(self) -> dict[str, str]:
        """For each named leg a name that no leg has, to run over in a sum."""
        taken = {*self.apply.args[0].edges, *self.output}
        found: dict[str, str] = {}
        for leg in self.legs:
            fresh = f"{leg}'"
            while fresh in taken:
                fresh += "'"
            taken.add(fresh)
            found[leg] = fresh
        return found

    def over(self, names: Mapping[str, str] | None = None) -> tuple[Range, ...]:
        named = names or {}
        return tuple(Range(named.get(leg, leg), self.lengths[leg]) for leg in self.legs)

    def entry(self, place: int = 0, names: Mapping[str, str] | None = None) -> Entry:
        return _entry(self.apply.args[place], names or {})

    def equation(self, right: Expression) -> Equation:
        return _equation(self.result, self.output, right, self.lengths)


def equations(
    result: str, apply: Apply, lengths: Lengths, train: bool = False
) -> tuple[Equation, ...]:
    """The equation of an op's result, then those of what stands in it."""
    op = _Op(result, apply, lengths, train)
    if apply.op in _ELEMENTWISE:
        return (op.equation(_ELEMENTWISE[apply.op](op.entry())),)
    return _NAMED[apply.op](op)


def _entry(node: Node, names: Mapping[str, str]) -> Entry:
    return Entry(node.value, tuple(name(names.get(edge, edge)) for edge in node.edges))


def _equation(value: str, edges: Sequence[str], right: Expression, lengths: Lengths) -> Equation:
    free = tuple(Range(edge, lengths[edge]) for edge in edges)
    return Equation(Entry(value, tuple(name(edge) for edge in edges)), free, right)


# -- elementwise ----------------------------------------------------------------------------------


def _call(function: str) -> Callable[[Expression], Expression]:
    return lambda x: Function(function, (x,))


def _minus(x: Expression) -> Expression:
    return Plus(((-1, x),))


def _plus(*terms: Expression) -> Expression:
    return Plus(tuple((1, term) for term in terms))


_exp, _log = _call("exp"), _call("log")


def _gelu(x: Expression) -> Expression:
    inner = Function("erf", (Over(x, Root(number(2))),))
    return Times((Over(x, number(2)), _plus(number(1), inner)))


def _elu(x: Expression) -> Expression:
    below = Plus(((1, _exp(x)), (-1, number(1))))
    return Cases(((x, (Compare(x, ">", number(0)),)),), below)


_ELEMENTWISE: Mapping[str, Callable[[Expression], Expression]] = {
    "relu": lambda x: Function("max", (number(0), x)),
    "gelu": _gelu,
    "silu": lambda x: Over(x, _plus(number(1), _exp(_minus(x)))),
    "elu": _elu,
    "softplus": lambda x: _log(_plus(number(1), _exp(x))),
    "tanh": _call("tanh"),
    "sigmoid": lambda x: Over(number(1), _plus(number(1), _exp(_minus(x)))),
    "exp": _exp,
    "log": _log,
    "sqrt": Root,
    "square": Square,
    "recip": lambda x: Over(number(1), x),
    "cos": _call("cos"),
    "sin": _call("sin"),
    "dropout": lambda x: x,
}


# -- along legs -----------------------------------------------------------------------------------


def _softmax(op: _Op) -> tuple[Equation, ...]:
    primes = op.primes
    total = Total(op.over(primes), _exp(op.entry(names=primes)))
    return (op.equation(Over(_exp(op.entry()), total, hides=True)),)


def _log_softmax(op: _Op) -> tuple[Equation, ...]:
    primes = op.primes
    total = Total(op.over(primes), _exp(op.entry(names=primes)))
    return (op.equation(Plus(((1, op.entry()), (-1, _log(total))))),)


def _cumsum(op: _Op) -> tuple[Equation, ...]:
    primes = op.primes
    over = tuple(Range(primes[leg], op.lengths[leg], leg) for leg in op.legs)
    return (op.equation(Total(over, op.entry(names=primes))),)


def _sort(op: _Op) -> tuple[Equation, ...]:
    primes = op.primes
    (over,) = op.over(primes)
    descending = bool(op.options.get("descending", False))
    row = op.entry(names=primes)
    return (op.equation(Ranked(over, row, name(op.legs[0]), descending)),)


def _mean_of(op: _Op, body: Expression, names: Mapping[str, str]) -> Expression:
    count = product(op.lengths[leg] for leg in op.legs)
    return Times((Over(number(1), Number(count)), Total(op.over(names), body)))


def _within(op: _Op, value: str) -> Entry:
    return Entry(value, tuple(name(edge) for edge in op.rest))


def _statistics(op: _Op) -> tuple[Equation, Equation]:
    """Mean and variance over the named legs."""
    mean, var = f"{op.result}.mean", f"{op.result}.var"
    away = Plus(((1, op.entry()), (-1, _within(op, mean))))
    return (
        _equation(mean, op.rest, _mean_of(op, op.entry(), {}), op.lengths),
        _equation(var, op.rest, _mean_of(op, Square(away), {}), op.lengths),
    )


def _normal(op: _Op, mean: Expression, var: Expression) -> Expression:
    return Over(Plus(((1, op.entry()), (-1, mean))), Root(_plus(var, op.eps)))


def _layer_norm(op: _Op) -> tuple[Equation, ...]:
    mean, var = _statistics(op)
    return (op.equation(_normal(op, mean.left, var.left)), mean, var)


def _batch_norm(op: _Op) -> tuple[Equation, ...]:
    if op.train:
        return _layer_norm(op)
    return (op.equation(_normal(op, op.entry(1), op.entry(2))),)


def _rms_norm(op: _Op) -> tuple[Equation, ...]:
    primes = op.primes
    mean = _mean_of(op, Square(op.entry(names=primes)), primes)
    return (op.equation(Over(op.entry(), Root(_plus(mean, op.eps)))),)


def _unit(op: _Op) -> tuple[Equation, ...]:
    primes = op.primes
    total = Root(Total(op.over(primes), Square(op.entry(names=primes))))
    return (op.equation(Over(op.entry(), Function("max", (op.eps, total)))),)


def _extreme(op: _Op) -> tuple[Equation, ...]:
    return (op.equation(Extreme(op.apply.op, op.over(), op.entry())),)


def _mean(op: _Op) -> tuple[Equation, ...]:
    return (op.equation(_mean_of(op, op.entry(), {})),)


def _max_pool(op: _Op) -> tuple[Equation, ...]:
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


def _causal(op: _Op) -> tuple[Equation, ...]:
    query, key = op.legs
    shift = op.size("shift", ZERO)
    last = merged(((query, ONE),), shift)
    seen = [Compare(name(key), "≤", last)]
    if "window" in op.options:
        first = merged(((query, ONE),), shift - op.size("window", ZERO))
        seen.append(Compare(name(key), ">", first))
    return (op.equation(Cases(((op.entry(), tuple(seen)),), Hidden())),)


def _mask(op: _Op) -> tuple[Equation, ...]:
    kept = Compare(op.entry(1), "≠", number(0))
    return (op.equation(Cases(((op.entry(), (kept,)),), Hidden())),)


def _one_hot(op: _Op) -> tuple[Equation, ...]:
    return (op.equation(Iverson(Compare(op.entry(), "=", name(op.legs[0])))),)


def _concat(op: _Op) -> tuple[Equation, ...]:
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


def _slice(op: _Op) -> tuple[Equation, ...]:
    (leg,) = op.legs
    at = merged(((leg, ONE),), op.size("start", ZERO))
    node = op.apply.args[0]
    indices = tuple(at if edge == leg else name(edge) for edge in node.edges)
    return (op.equation(Entry(node.value, indices)),)


def _sum(op: _Op) -> tuple[Equation, ...]:
    return (op.equation(_plus(*(_entry(node, {}) for node in op.apply.args))),)


_NAMED: Mapping[str, Callable[[_Op], tuple[Equation, ...]]] = {
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
