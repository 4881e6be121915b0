"""The ops of the language, by name, for right sides in Python: `softmax["m"](S)`.

Every op of the table is an attribute of this module, a new one too.

>>> from diagram import Builder, ops
>>> net = Builder()
>>> X = net.input("X[b n f]")
>>> ops.layer_norm["f"](X + 1, eps=1e-6)
layer_norm[f](X + 1, eps=0.000001)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, overload

from diagram.errors import DiagramError, Fault
from diagram.language.builder.owners import same_program
from diagram.language.builder.sizes import Length, Number, size
from diagram.language.builder.text import names_of
from diagram.language.builder.values import Expression, Node, Product, expression
from diagram.language.builder.where import python_line, refuse
from diagram.language.core import Scalar
from diagram.language.ops import OPS, Sum, unknown_op
from diagram.language.size import Size, number_text


class UnknownOp(DiagramError, AttributeError):
    """An op that is asked of this module and is none."""


@dataclass(frozen=True)
class OpHandle:
    """An op and the legs that it names; called with values it is a factor of a right side."""

    name: str
    legs: tuple[str, ...] = ()

    def __getitem__(self, legs: str) -> OpHandle:
        return OpHandle(self.name, names_of(legs))

    def __call__(self, *values: Expression | Number, **options: Length | Number | bool) -> Node:
        """The op of these values."""
        self._refuse_legs(values)
        found = [expression(value, self.name) for value in values]
        op = OPS[self.name]
        faults = [op.leg_fault(self.legs), op.value_fault(len(found))]
        faults += [op.option_fault(option) for option in options]
        if told := [fault for fault in faults if fault]:
            refuse(*told)
        same_program(found)
        written = [value.text for value in found]
        written += [f"{option}={_option(value)}" for option, value in options.items()]
        uses = tuple(dict.fromkeys(use for value in found for use in value.uses))
        return Node(f"{self}({', '.join(written)})", uses, is_call=True)

    def _refuse_legs(self, values: Sequence[object]) -> None:
        """Legs among the values are a slip of those who know other libraries."""
        if not self.legs and values and isinstance(values[0], str):
            example = f'ops.{self.name}["{values[0]}"](...)'
            refuse(f"an op names its legs in brackets, before its values: {example}")

    def __str__(self) -> str:
        return f"{self.name}[{' '.join(self.legs)}]" if self.legs else self.name


@dataclass(frozen=True)
class Root(OpHandle):
    """`sqrt`: of values an op, of a dim or a number a scalar."""

    @overload  # type: ignore[override]  # wider than an op: it takes a dim too
    def __call__(self, *values: Expression) -> Node: ...
    @overload
    def __call__(self, *values: str | int | Fraction | Size) -> Product: ...
    def __call__(self, *values: Expression | str | Number | Size) -> Expression:
        """The root, elementwise or of a scalar."""
        if len(values) == 1 and not isinstance(values[0], Expression):
            return Product((), (Scalar(size(values[0]), root=True),))
        return super().__call__(*(expression(value, self.name) for value in values))


def _option(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    found = size(value)
    return number_text(found.number) if found.number is not None else str(found)


_HANDLES = {
    name: Root(name) if name == "sqrt" else OpHandle(name)
    for name, op in OPS.items()
    if not isinstance(op, Sum)
}


def __getattr__(name: str) -> OpHandle:
    if name in _HANDLES:
        return _HANDLES[name]
    if name.startswith("_"):
        raise AttributeError(name)
    file, line = python_line()
    raise UnknownOp([Fault(unknown_op(name), f"line {line} of {file}")])


def __dir__() -> list[str]:
    return sorted(_HANDLES)


if TYPE_CHECKING:  # for editors, which do not see what the table holds
    relu = gelu = silu = elu = softplus = tanh = sigmoid = OpHandle("")
    exp = log = square = recip = cos = sin = dropout = mask = OpHandle("")
    softmax = log_softmax = cumsum = sort = layer_norm = rms_norm = unit = batch_norm = OpHandle("")
    max = min = mean = max_pool = causal = one_hot = concat = slice = OpHandle("")
    sqrt = Root("")
