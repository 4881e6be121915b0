"""The interpreter: every value of a program by name, made in the plainest way. It is the oracle.

Diagrams are merged node after node in the order in which they are written (a node that shares a
summed edge goes first), each pair by one two-operand einsum; ops run one by one. Nothing is fused
or planned.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, overload

import numpy as np
import torch
from torch import Tensor

from diagram.language.core import (
    Apply,
    Call,
    Diagram,
    Kind,
    Let,
    Program,
)
from diagram.language.count import dim_names
from diagram.language.inline import inline
from diagram.runtime.bind import bind
from diagram.runtime.given import Array, device_of, given, only_masks, whole
from diagram.runtime.init import computed, refuse_too_large
from diagram.runtime.oversized import is_of_memory, large_let
from diagram.runtime.products import diagram_value
from diagram.runtime.run_op import applied

if TYPE_CHECKING:
    from diagram.planner.order import Order
    from diagram.planner.steps import Plan
    from diagram.runtime.teach import Walk


@overload
def interpret(
    program: Program,
    /,
    *inputs: Array,
    train: bool | Array = False,
    order: Array | None = None,
    **named: Array,
) -> dict[str, Tensor]: ...


@overload
def interpret(
    program: Program,
    /,
    *inputs: Array,
    train: bool | Array = False,
    order: Plan | Order,
    **named: Array,
) -> Walk: ...


def interpret(
    program: Program,
    /,
    *inputs: Array,
    train: bool | Array = False,
    order: Plan | Order | Array | None = None,
    **named: Array,
) -> dict[str, Tensor] | Walk:
    """Every value by name: sources, lets, and what stands inside lets (`Y~1`).

    `inputs` are the inputs and indices in the order of declaration; `named` are further values, or
    whole numbers for dims that no shape tells. float64 stays float64; whole numbers and truth
    values become floats, but for those that only mask. Dropout does nothing; where it is told to
    `train`, batch_norm takes mean and variance from the batch.
    With an `order` it teaches: the steps in which the values come about, one after another, each
    with its equation. It is a plan, "written", or pairs by hand (see `planner.order`).
    Raises DiagramError for values that lack, and SizeError for shapes and indices that do not fit.

    >>> from diagram import parse
    >>> import torch
    >>> program = parse("input A[i j] B[j k]\\nC[i k] = A[i j] B[j k]\\nreturn C")
    >>> interpret(program, torch.eye(2), torch.ones(2, 3))["C"].shape
    torch.Size([2, 3])
    """
    program = inline(program)
    if not isinstance(train, bool):  # a value of this name
        named, train = {**named, "train": train}, False
    if isinstance(order, Tensor | np.ndarray | float | int) and "order" in _names(program):
        named, order = {**named, "order": order}, None
    values, sizes = given(program, inputs, named)
    if order is not None:
        from diagram.runtime.teach import walk

        return walk(program, values, sizes, order, train)  # type: ignore[arg-type]  # refused there
    return evaluate(program, values, sizes, train)


def _names(program: Program) -> frozenset[str]:
    """What a call may give by name: sources and dims."""
    return frozenset((*program.source, *dim_names(program)))


def evaluate(
    program: Program,
    known: Mapping[str, Tensor],
    sizes: Mapping[str, int],
    train: bool = False,
) -> dict[str, Tensor]:
    """Every value by name, from those of the sources that are not computed, and numbers of dims.

    The program has no defs: `inline` has written them out.
    """
    values, numbers, like = prepared(program, known, sizes)
    for let in program.lets:
        try:
            values[let.name] = _let(program, let, values, numbers, like, train)
        except RuntimeError as error:
            told = large_let(program, let.name, numbers) if is_of_memory(error) else None
            if told is None:
                raise
            raise told from None
    return values


def prepared(
    program: Program, known: Mapping[str, Tensor], sizes: Mapping[str, int]
) -> tuple[dict[str, Tensor], dict[str, int], Tensor]:
    """The sources' values, the dims' numbers, and a tensor of the dtype of what is computed."""
    values = dict(known)
    numbers = bind(program, {name: tuple(value.shape) for name, value in values.items()}, sizes)
    floats = [value for value in values.values() if value.is_floating_point()]
    like = floats[0] if floats else torch.zeros((), device=device_of(values))
    if any(value.dtype == torch.float64 for value in floats):
        like = like.double()
    refuse_too_large(program, numbers)
    for source in program.sources:
        if source.name not in values:
            values[source.name] = computed(source, numbers, like)
        elif source.kind is Kind.INDEX:
            values[source.name] = whole(source, values[source.name], numbers)
        elif not values[source.name].is_floating_point() and not only_masks(program, source.name):
            values[source.name] = values[source.name].to(like.dtype)
    return values, numbers, like


def _let(
    program: Program,
    let: Let,
    values: Mapping[str, Tensor],
    numbers: Mapping[str, int],
    like: Tensor,
    train: bool,
) -> Tensor:
    match let.maker:
        case Diagram():
            return diagram_value(program, let.name, let.maker, values, numbers, like)
        case Apply():
            return applied(program, let, let.maker, values, numbers, like, train)
        case Call():
            raise AssertionError("defs are written out before they run")
