"""Where a conv_einsum convolves: each letter behind the bar with its signal, kernels and rule."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from diagram.errors import Fault
from diagram.language.einsums.broadcast import Place
from diagram.language.einsums.conv_rules import CIRCULAR, Rule, read_rules
from diagram.language.einsums.subscripts import Equation, Mark


@dataclass(frozen=True, slots=True)
class Joint:
    """A letter that is convolved: the operands on it, the signal first, and their lengths."""

    mark: Mark
    uses: tuple[int, ...]
    lengths: tuple[int | None, ...]
    rule: Rule
    is_turned: bool = False
    """Whether the signal stands behind its kernel, since other letters want it so."""

    @property
    def pairs(self) -> set[tuple[int, int]]:
        """Which operand has to stand before which."""
        if self.is_turned or self.rule.is_free:
            return set()
        return {(self.uses[0], kernel) for kernel in self.uses[1:]}


def read_joints(
    equation: Equation,
    operands: Sequence[Sequence[Place]],
    rules: Mapping[str, object],
    faults: list[Fault],
) -> dict[Hashable, Joint]:
    """The joints by letter; a letter of one operand alone is convolved with nothing."""
    marks = list(_marks(equation, faults))
    given = read_rules({mark.letter: mark.written for mark in marks}, rules, faults)
    joints: dict[Hashable, Joint] = {}
    for mark in marks:
        joint = _joint(mark, equation.uses(mark.letter), operands, given[mark.letter])
        pairs = {pair for other in joints.values() for pair in other.pairs}
        if ordered(len(operands), pairs | joint.pairs) is None:
            joint = replace(joint, is_turned=True)
        faults += _faults(joint)
        joints[mark.letter] = joint
    return joints


def ordered(count: int, pairs: Iterable[tuple[int, int]]) -> list[int] | None:
    """The operands in their order but for what must stand before; None where that is a circle.

    >>> ordered(3, {(2, 0)})
    [1, 2, 0]
    >>> ordered(2, {(0, 1), (1, 0)}) is None
    True
    """
    before = set(pairs)
    waiting = list(range(count))
    found: list[int] = []
    while waiting:
        ready = (w for w in waiting if not any((other, w) in before for other in waiting))
        if (place := next(ready, None)) is None:
            return None
        waiting.remove(place)
        found.append(place)
    return found


def _marks(equation: Equation, faults: list[Fault]) -> Iterable[Mark]:
    """The letters behind the bar that two operands or more have."""
    seen: set[Hashable] = set()
    for mark in equation.convolved:
        count = len(equation.uses(mark.letter))
        message = None
        if mark.letter is Ellipsis:
            message = "`...` cannot be convolved"
        elif mark.letter in seen:
            message = f"`{mark.written}` stands twice"
        elif not count:
            message = f"`{mark.written}` stands in no operand"
        if mark.letter is not None and message:
            faults.append(Fault(message, "bar", (mark.span,)))
        elif count > 1 and not message:
            faults += _doubled(equation, mark.letter)
            yield mark
        seen.add(mark.letter)


def _doubled(equation: Equation, letter: Hashable) -> Iterable[Fault]:
    for place, term in enumerate(equation.operands, 1):
        spans = tuple(mark.span for mark in term.marks if mark.letter == letter)
        if len(spans) > 1:
            message = "a convolved letter stands once in an operand; take the diagonal first"
            yield Fault(message, f"operand {place}", spans)


def _joint(
    mark: Mark, uses: Sequence[int], operands: Sequence[Sequence[Place]], rule: Rule
) -> Joint:
    """The longest operand is the signal, the first of those that are as long, or of all."""
    found = [
        (next((leg.length for leg in operands[use] if leg.letter == mark.letter), None), use)
        for use in uses
    ]
    found.sort(key=lambda pair: -(pair[0] or 0))
    return Joint(mark, tuple(use for _, use in found), tuple(n for n, _ in found), rule)


def _faults(joint: Joint) -> Iterable[Fault]:
    name = joint.mark.written
    if len(joint.uses) > 2 and not joint.rule.is_chain:
        yield Fault(
            f"`{name}` is convolved by {len(joint.uses)} operands, which needs padding='full' or "
            "'circular', without stride and dilation",
            "bar",
            (joint.mark.span,),
        )
    elif joint.is_turned and (joint.rule.padding in CIRCULAR or len(joint.uses) > 2):
        message = f"the signal of `{name}` is a kernel of another letter; write two products"
        yield Fault(message, "bar", (joint.mark.span,))
