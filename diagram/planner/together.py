"""Which nodes of the picture each step of a plan brings together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from diagram.language.core import Node, Program, nodes
from diagram.planner.opened import opened_steps
from diagram.planner.steps import Plan, Step

Use = tuple[str, int]
"""A place where a value stands: the let, and which of its nodes or values."""
Uses = frozenset[Use]


@dataclass(frozen=True)
class Together:
    """A step, and the uses that stand behind each value that it reads and behind its result."""

    step: Step
    operands: tuple[Uses, ...]
    made: Uses


def together(plan: Plan) -> tuple[Together, ...]:
    """The steps, fused attention in its parts, and how the uses of the program grow together.

    Every value holds all that stands in its let at the latest when it is whole.

    >>> from diagram import parse
    >>> from diagram.planner.plan import plan
    >>> text = "input A[i j] B[j k] C[k l]\\nD[i l] = A[i j] B[j k] C[k l]\\nreturn D"
    >>> found = together(plan(parse(text), i=2, j=100, k=100, l=100))
    >>> [sorted(place for _, place in step.made) for step in found]
    [[0, 1], [0, 1, 2]]
    """
    growing = _Growing(plan.program)
    return tuple(growing.take(step) for step in opened_steps(plan))


class _Growing:
    """What every value is made of so far."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.uses: Mapping[str, Sequence[Node]] = {
            let.name: nodes(let.maker) for let in program.lets
        }
        self.made: dict[str, Uses] = {}
        self.home: dict[str, str] = {}
        self.taken: set[Use] = set()

    def take(self, step: Step) -> Together:
        home = self._home(step)
        operands = tuple(self._operand(node, home) for node in step.operands)
        made: Uses = frozenset().union(*operands)
        if step.result in self.uses:
            made |= self._all(step.result)
        self.made[step.result], self.home[step.result] = made, home
        return Together(step, operands, made)

    def _home(self, step: Step) -> str:
        """The let that the operands stand in: fused steps are of another, which reads it."""

        def fits(name: str) -> tuple[int, bool, bool]:
            count = 0
            for node in step.operands:
                own = self._places(node, name)
                count += 2 * any((name, place) not in self.taken for place in own)
                count += self.home.get(node.value) == name and not own
            return count, step.result.partition(":")[0] == name, step.of == name

        return max(self.uses, key=fits)

    def _places(self, node: Node, name: str) -> list[int]:
        """Where this value stands in a let, under these edges before others."""
        found = [p for p, use in enumerate(self.uses[name]) if use.value == node.value]
        same = [p for p in found if set(self.uses[name][p].edges) == set(node.edges)]
        return same or found

    def _operand(self, node: Node, home: str) -> Uses:
        """What stands behind an operand: itself where it is drawn, and what it was made of."""
        places = self._places(node, home)
        free = [place for place in places if (home, place) not in self.taken] or places
        own = {(home, place) for place in free[:1]}
        self.taken |= own
        return self.made.get(node.value, frozenset()) | own

    def _all(self, name: str) -> Uses:
        """Everything in a let, and in what it reads."""
        own = frozenset((name, place) for place in range(len(self.uses[name])))
        read = (self.made.get(node.value, frozenset()) for node in self.uses[name])
        return own.union(*read)
