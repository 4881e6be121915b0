"""What the gradients of a step cost, and which values it keeps for them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from diagram.language.core import Apply, Kind, Source
from diagram.language.size import Size
from diagram.planner.cost import scored
from diagram.planner.steps import Attend, Convolve, Indicate, Lookup, Merge, Step

OF_VALUE = ("gelu", "silu", "elu", "softplus", "log", "square", "cos", "sin")
"""Ops whose derivative is computed from their value, as torch does it."""

OF_RESULT = ("relu", "tanh", "sigmoid", "exp", "sqrt", "recip", "softmax", "log_softmax")
"""Ops whose derivative is computed from their result."""

OF_BOTH = ("max", "min", "max_pool")

OF_MORE = {"batch_norm": 1, "dropout": 1, "sort": 2}
"""Ops that keep a value of their own, so many times as large as their result: what is centred, what
is dropped, where an entry comes from (eight bytes each)."""

OF_VALUE_TOO = ("layer_norm", "rms_norm", "unit", "batch_norm")
"""Norms that keep their value, and little besides."""


def gradient_flops(step: Step) -> Size:
    """FLOPs of the gradients of all that a step reads.

    Those of the two values of a product cost as much as the product each. An op counts twice too:
    its derivative, and the product with the gradient of its result. Fused attention, whose map is
    not kept, makes it again first: its products cost two and a half times as much as forward (Dao,
    FlashAttention-2, 2023).
    """
    twice = step.flops * 2
    return twice + scored(step.action, step.sizes) if isinstance(step.action, Attend) else twice


def learned(sources: Iterable[Source], steps: Iterable[Step]) -> set[str]:
    """The values to which gradients flow: inputs, weights, and what is made of them."""
    found = {source.name for source in sources if source.kind in (Kind.INPUT, Kind.WEIGHT)}
    for step in steps:
        if has_gradient(step, found):
            found.add(step.result)
    return found


def run_again(steps: Sequence[Step], known: Collection[str]) -> Sequence[Step]:
    """The steps of a block that run once more for its gradients, where `known` values have some.

    Those at its end that keep nothing do not, nor does the last that keeps what it reads alone.
    """
    end = len(steps)
    while end and not (kept(steps[end - 1], known) or own(steps[end - 1])):
        end -= 1
    last = steps[end - 1] if end else None
    if last is not None and last.result not in kept(last, known) and not own(last):
        end -= 1
    return steps[:end]


def has_gradient(step: Step, learned: Collection[str]) -> bool:
    """Whether a gradient flows through a step to one of the values that have one."""
    if isinstance(step.action, Indicate) or _is_op(step, ("one_hot",)):
        return False
    return any(node.value in learned for node in step.operands)


def kept(step: Step, learned: Collection[str]) -> tuple[str, ...]:
    """The values that a step keeps for the gradients of those in `learned`, its own result too."""
    match step.action:
        case Merge(left, right) | Convolve(left, right):
            pairs = ((left.value, right.value), (right.value, left.value))
            return tuple(value for value, other in pairs if other in learned)
        case Attend():
            return (*(node.value for node in step.operands), step.result)
        case Lookup(index):
            return (index.value,)
        case Apply(op, _, args):
            values = [args[0].value] if op in (*OF_VALUE, *OF_VALUE_TOO, *OF_BOTH) else []
            return (*values, *([step.result] if op in (*OF_RESULT, *OF_BOTH) else []))
        case _:
            return ()


def own(step: Step) -> int:
    """How many values as large as its result a step keeps that are none of the plan's."""
    return OF_MORE.get(step.action.op, 0) if isinstance(step.action, Apply) else 0


def _is_op(step: Step, ops: Collection[str]) -> bool:
    return isinstance(step.action, Apply) and step.action.op in ops
