"""The values of a plan: steps that each make one value from one or two others, and their costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from diagram.errors import SizeError
from diagram.language.convolve import Indicator
from diagram.language.core import Apply, Axis, Node, Program, Scalar
from diagram.language.size import Size, total
from diagram.planner.policy import DEFAULTS, Policy


@dataclass(frozen=True, slots=True)
class Merge:
    """The product of two values; edges that are not in the step's output are summed."""

    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Alone:
    """One value with its diagonals taken and edges summed out that the output lacks."""

    node: Node


@dataclass(frozen=True, slots=True)
class Number:
    """The scale alone: a product of no nodes."""


@dataclass(frozen=True, slots=True)
class Convolve:
    """The product of a signal and a kernel, convolved along the edges of `stars`.

    Other edges are as in a merge. Each star says where the entries of both meet.
    """

    left: Node
    right: Node
    stars: tuple[Indicator, ...]


@dataclass(frozen=True, slots=True)
class Lookup:
    """Rows of a table, found by an index: what a one_hot value and the table make over `edge`."""

    index: Node
    table: Node
    edge: str

    @property
    def rest(self) -> tuple[str, ...]:
        """The table's other edges."""
        return tuple(edge for edge in self.table.edges if edge != self.edge)


@dataclass(frozen=True, slots=True)
class Causal:
    """Hides keys m > query + shift, and m <= query + shift - window where there is a window."""

    query: str
    window: int | None = None
    shift: int = 0

    def on(self, query: str) -> Causal:
        return replace(self, query=query)


@dataclass(frozen=True, slots=True)
class Attend:
    """Softmax between two contractions, in one: sum_m softmax_m(q k + mask) v.

    Shapes in notation: `query: batch queries depth`, `key: batch m depth`, `value: batch m width`;
    any may lack batch edges. Scores are scaled by `scale`, kept where `masks` are not 0.
    """

    query: Node
    key: Node
    value: Node
    batch: tuple[str, ...]
    queries: tuple[str, ...]
    m: str
    depth: tuple[str, ...]
    width: tuple[str, ...]
    scale: tuple[Scalar, ...] = ()
    masks: tuple[Node, ...] = ()
    causal: Causal | None = None


@dataclass(frozen=True, slots=True)
class Split:
    """A value whose bundles are opened: the step's output has an edge for each of theirs."""

    node: Node


@dataclass(frozen=True, slots=True)
class Join:
    """A value whose edges are bundled: the step's output has one for each group, in order."""

    node: Node
    groups: tuple[Axis, ...]


@dataclass(frozen=True, slots=True)
class Indicate:
    """The dense indicator of a convolved edge."""

    indicator: Indicator


Action = Merge | Convolve | Alone | Number | Split | Join | Indicate | Lookup | Attend | Apply


@dataclass(frozen=True)
class Step:
    """One step: `result` is made by `action` for the statement `of`, then scaled.

    FLOPs count a multiply-add as 2; `bytes` are moved at 4 per element (float32).
    """

    result: str
    of: str
    action: Action
    output: tuple[str, ...]
    scale: tuple[Scalar, ...]
    sizes: Mapping[str, Size]
    flops: Size
    elements: Size
    bytes: Size
    alive: int = 0
    """Elements of all intermediate values alive while it runs."""
    once: bool = False
    """Whether weights alone make it, and it is kept from call to call."""
    workspace: int = 0
    """Bytes that it takes besides those of values; less than none where values are views."""
    kept: int = 0
    """Bytes that it keeps for gradients besides values, as they were measured."""

    @property
    def operands(self) -> tuple[Node, ...]:
        return operands(self.action)

    @property
    def letters(self) -> str:
        """The step in einsum's way, edges set apart by spaces: `b n f, f h d -> b n h d`."""
        ins = ", ".join(axes_text(node.axes) for node in self.operands)
        return f"{ins} -> {' '.join(self.output)}".strip()


def axes_text(axes: Sequence[Axis]) -> str:
    """Axes as they are written: `b (g s) x`."""
    return " ".join(axis[0] if len(axis) == 1 else f"({' '.join(axis)})" for axis in axes)


def operands(action: Action) -> tuple[Node, ...]:
    """The values that an action reads."""
    match action:
        case Merge(left, right) | Convolve(left, right):
            return (left, right)
        case Alone(node) | Split(node) | Join(node):
            return (node,)
        case Number() | Indicate():
            return ()
        case Lookup(index, table):
            return (index, table)
        case Attend():
            return (action.query, action.key, action.value, *action.masks)
        case Apply():
            return action.args


@dataclass(frozen=True, slots=True)
class Result:
    """A returned value: the step's value under a use's edges, and the order that is returned."""

    node: Node
    order: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Slice:
    """Consecutive steps that run for one slice of a leg at a time, so that less is alive.

    `legs` are the edges that are cut, one for each of the `steps`. Where a step keeps its edge, the
    slices of its value are put side by side, else they are added up. A slice has
    ceil(length / count) entries.
    """

    steps: range
    legs: tuple[str, ...]
    count: int

    def leg(self, place: int) -> str:
        """The edge that is cut in the step at this place."""
        return self.legs[place - self.steps.start]


@dataclass(frozen=True)
class Plan:
    """Every step of a program in order, what it costs, and where the returned values stand."""

    program: Program
    steps: tuple[Step, ...]
    outputs: tuple[Result, ...]
    numbers: Mapping[str, int]
    assumed: tuple[str, ...]
    """Dims that have no number: the order was chosen as if each were `search.NOMINAL`."""
    policy: Policy = DEFAULTS
    slices: tuple[Slice, ...] = ()
    """Disjoint or one in the other, the outer one first."""
    recomputed: tuple[range, ...] = ()
    """Steps whose values are not kept for the gradients but made again; disjoint."""
    weighed: int | None = None
    """Bytes of a call, where they were found by running it without numbers."""

    @property
    def order(self) -> tuple[str, ...]:
        """The dims in the order in which formulas write them."""
        return self.program.dim_order

    @property
    def flops_size(self) -> Size:
        """FLOPs of a call, in training with its gradients; what is made once does not count."""
        from diagram.planner.total import flops_size

        return flops_size(self)

    @property
    def flops(self) -> int:
        """FLOPs of a call, in training with its gradients (a multiply-add is 2)."""
        return self.flops_size.value(self.numbers)

    @property
    def peak(self) -> int:
        """The most elements of intermediate values alive at one step; sources do not count.

        In training, forward or back: with what is kept for gradients, and gradients. Raises
        SizeError while a dim has no number.
        """
        if self.assumed:
            raise SizeError(f"`{self.assumed[0]}` has no number; give one to know the peak")
        return max((step.alive for step in self.steps), default=0)

    @property
    def memory(self) -> int:
        """The bytes at the peak, with what steps take besides values as far as that is known.

        Raises SizeError while a dim has no number.
        """
        from diagram.planner.training import flow

        if self.weighed is not None:
            return self.weighed
        if self.assumed:
            raise SizeError(f"`{self.assumed[0]}` has no number; give one to know the memory")
        return max(flow(self).bytes(), default=0)

    @property
    def peak_size(self) -> Size:
        """The peak as a formula: the elements alive at the step where they are most.

        Where a dim has no number, the step is the one for the nominal numbers. In training, and
        where steps run in slices, it is a number.
        """
        from diagram.planner.cost import live

        if self.policy.train or self.slices:
            return Size.of(self.peak)
        if not self.steps:
            return Size()
        reads = [step.operands for step in self.steps]
        kept = [result.node.value for result in self.outputs]
        alive = live([step.result for step in self.steps], reads, kept)
        elements = {step.result: step.elements for step in self.steps}
        worst = max(range(len(self.steps)), key=lambda place: self.steps[place].alive)
        return total(elements[name] for name in alive[worst])

    @property
    def seconds(self) -> float:
        """Predicted seconds of a call, at the rates of the policy.

        Raises SizeError while a dim has no number.
        """
        from diagram.planner.predict import seconds

        return seconds(self)

    def __str__(self) -> str:
        from diagram.planner.table import table

        return table(self)

    def _repr_html_(self) -> str:
        from diagram.planner.cells import cells

        return cells(self)
