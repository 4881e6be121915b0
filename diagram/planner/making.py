"""The making of steps: names, sizes, and no contraction made twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from diagram.language.check import derive
from diagram.language.core import Apply, Kind, Node, Program, Scalar, axes
from diagram.language.size import Size
from diagram.planner import cost
from diagram.planner.fuse import Task
from diagram.planner.policy import Policy
from diagram.planner.steps import (
    Action,
    Alone,
    Convolve,
    Indicate,
    Merge,
    Split,
    Step,
    operands,
)


class Making:
    """Collects steps; a contraction that stands already is not made again."""

    def __init__(self, program: Program, numbers: Mapping[str, int], policy: Policy) -> None:
        self.program = program
        self.numbers = numbers
        self.policy = policy
        kinds = (Kind.WEIGHT, Kind.BUFFER)
        self.held = {source.name for source in program.sources if source.kind in kinds}
        self.steps: list[Step] = []
        self.sizes = {
            name: tuple(leg.size for leg in legs) for name, legs in derive(program).legs.items()
        }
        self.order: dict[str, tuple[str, ...]] = {}
        self.alias: dict[str, tuple[str, tuple[int, ...]]] = {}
        self.made: dict[object, tuple[str, tuple[int, ...]]] = {}
        self.count: dict[str, int] = {}

    def resolved(self, node: Node) -> Node:
        """The use as one of the step that makes its value."""
        if node.value not in self.alias:
            return node
        value, places = self.alias[node.value]
        found = dict(zip(places, node.axes, strict=True))
        return Node(value, tuple(found[i] for i in range(len(places))))

    def _sizes_of(self, node: Node, output: Sequence[str]) -> tuple[Size, ...]:
        sizes = dict(zip(node.edges, self.sizes[node.value], strict=True))
        return tuple(sizes[edge] for edge in output)

    def _lengths(self, nodes: Sequence[Node]) -> dict[str, int]:
        sizes = self._edge_sizes(nodes)
        return {edge: max(1, int(size.ratio(self.numbers))) for edge, size in sizes.items()}

    def _edge_sizes(self, nodes: Sequence[Node]) -> dict[str, Size]:
        found: dict[str, Size] = {}
        for node in nodes:
            for axis, size in zip(node.axes, self.sizes[node.value], strict=True):
                if len(axis) == 1:
                    found.setdefault(axis[0], size)
        return found

    def _inner_name(self, task: Task) -> str:
        base = task.name.partition(":")[0]
        self.count[base] = self.count.get(base, 0) + 1
        return f"{base}:{self.count[base]}"

    def _step(
        self,
        name: str,
        of: str,
        action: Action,
        output: Sequence[str],
        scale: tuple[Scalar, ...],
        known: Mapping[str, Size] | None = None,
    ) -> Node:
        """A new step, or the one that makes the same already."""
        numbering: dict[str, int] = {}
        for node in operands(action) if not isinstance(action, Split) else ():
            for edge in node.edges:
                numbering.setdefault(edge, len(numbering))
        for edge in output:
            numbering.setdefault(edge, len(numbering))
        key = _key(action, output, scale, numbering, known or {})
        if key is not None and key in self.made:
            result, places = self.made[key]
            edges = {number: edge for edge, number in numbering.items()}
            return Node(result, axes([edges[i] for i in places]))
        sizes = {**self._step_sizes(action, name, output), **(known or {})}
        once = self.policy.fold and self._is_held(action)
        if once:
            self.held.add(name)
        self.steps.append(
            Step(
                name,
                of.partition("~")[0],
                action,
                tuple(output),
                scale,
                sizes,
                cost.flops(action, output, bool(scale), sizes),
                cost.elements(output, sizes),
                cost.moved(action, output, sizes),
                once=once,
            )
        )
        self.sizes[name] = tuple(sizes[edge] for edge in output)
        if key is not None:
            self.made[key] = (name, tuple(numbering[edge] for edge in output))
        return Node(name, axes(list(output)))

    def _is_held(self, action: Action) -> bool:
        """Whether weights alone make this, and the same at every call."""
        if isinstance(action, Apply) and action.op in ("dropout", "batch_norm"):
            return False
        read = operands(action)
        return bool(read) and all(node.value in self.held for node in read)

    def _step_sizes(self, action: Action, name: str, output: Sequence[str]) -> dict[str, Size]:
        sizes = self._edge_sizes(operands(action))
        if isinstance(action, Apply) and name in self.sizes:
            sizes |= dict(zip(output, self.sizes[name], strict=True))
        return sizes


def _key(
    action: Action,
    output: Sequence[str],
    scale: tuple[Scalar, ...],
    numbering: Mapping[str, int],
    known: Mapping[str, Size],
) -> object:
    """What makes two contractions the same in any letters; None for what is never shared."""

    def of(node: Node) -> tuple[object, ...]:
        return (node.value, *(numbering[edge] for edge in node.edges))

    kept = frozenset(numbering[edge] for edge in output)
    match action:
        case Merge(left, right):
            return ("merge", of(left), of(right), kept, scale)
        case Convolve(left, right, stars):
            joints = tuple((numbering[s.edges[0]], replace(s, edges=("", "", ""))) for s in stars)
            return ("convolve", of(left), of(right), kept, scale, joints)
        case Alone(node):
            return ("alone", of(node), kept, scale)
        case Split(node):
            shape = tuple(len(axis) for axis in node.axes)
            return ("split", node.value, shape, tuple(known.get(edge) for edge in output))
        case Indicate(found):
            return ("indicate", replace(found, edges=("", "", "")))
        case _:
            return None
