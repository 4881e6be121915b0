"""A plan to a torch.fx graph: straight-line calls for each step, no search and no decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import fx, nn
from torch.nn import functional

from diagram.language.convolve import Indicator
from diagram.language.core import Apply, Kind, Node, Option
from diagram.language.size import Size
from diagram.planner.steps import (
    Alone,
    Attend,
    Convolve,
    Indicate,
    Join,
    Lookup,
    Merge,
    Number,
    Plan,
    Result,
    Split,
    Step,
    operands,
)
from diagram.runtime import kernels
from diagram.runtime.apply import apply
from diagram.runtime.attend import attend
from diagram.runtime.blocks import Blocks
from diagram.runtime.contract import alone, merge
from diagram.runtime.convolve import convolve
from diagram.runtime.emit import Value
from diagram.runtime.feed import is_held, python_name
from diagram.runtime.fourier import is_quicker
from diagram.runtime.paths import lists
from diagram.runtime.project import Projection, added, project, projections
from diagram.runtime.source import reserve


@dataclass(frozen=True)
class Lowered:
    """The graph, what it calls and reads besides weights, and how it is written down."""

    graph: fx.Graph
    modules: Mapping[str, nn.Module]
    fixed: Mapping[str, int]
    """The dims whose numbers the module keeps."""
    lines: tuple[str, ...]
    """The names of nodes that have a line of their own in the source."""
    lists: frozenset[str] = frozenset()
    """The paths at which modules stand in a list."""

    @property
    def read(self) -> frozenset[str]:
        """The parameters and buffers that the graph reads."""
        found = frozenset(str(n.target) for n in self.graph.nodes if n.op == "get_attr")
        return found - {"training"}


def lower(plan: Plan) -> Lowered:
    """The graph of a plan; its placeholders are the inputs, its attributes the weights by name."""
    return _Lowering(plan).run()


class _Lowering(Blocks):
    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self.steps = {step.result: step for step in plan.steps}
        self.modules: dict[str, nn.Module] = {}
        self.hides: dict[tuple[str, bool], bool] = {}
        self.weights = {s.name for s in self.program.sources if s.kind is Kind.WEIGHT}
        policy, blocks = plan.policy, plan.slices or plan.recomputed
        self.thrifty = bool(policy.memory or policy.objective == "memory" or blocks)
        self.groups = projections(plan, self.weights)
        if self.thrifty:  # what is packed is alive together
            self.groups = [[self._whole(one)] for group in self.groups for one in group]
        self.projected: dict[str, Value] = {}
        self.added = added(self.groups)

    def run(self) -> Lowered:
        reserve(self.emit.graph)
        self.sources()
        self.run_steps()
        results = [self._output(result) for result in self.plan.outputs]
        self.emit.graph.output(results[0] if len(results) == 1 else tuple(results))
        self.emit.drop_splits()
        lines = tuple(node.name for node in self.emit.lines)
        held = [s.name for s in self.program.sources if is_held(s, self.emit.numbers)]
        return Lowered(self.emit.graph, self.modules, self.emit.numbers, lines, lists(held))

    def _use(self, node: Node) -> Value:
        """A value under the edges of one use."""
        value = self.found(node)
        edges = dict(zip(self.names(node.value), node.edges, strict=True))
        return Value(value.node, tuple(edges[edge] for edge in value.layout))

    def names(self, value: str) -> tuple[str, ...]:
        """The legs of a value, in its own order."""
        step = self.steps.get(value)
        if step is not None:
            return step.output
        return tuple(leg.name for leg in self.program.source[value].legs)

    def _split(self, node: Node, step: Step) -> Value:
        """A value with its bundles opened, each where it lies."""
        value = self.found(node)
        names = iter(step.output)
        groups = [tuple(next(names) for _ in axis) for axis in node.axes]
        opened = dict(zip(self.names(node.value), groups, strict=True))
        return self.emit.split(
            self.emit.tensor(value), [opened[leg] for leg in value.layout], step.sizes
        )

    def _lookup(self, index: Value, table: Value, edge: str, step: Step) -> Value:
        """The rows of a table at an index, as torch's embedding."""
        rest = tuple(other for other in table.layout if other != edge)
        rows = self.emit.grouped(table, [(edge,), rest], step.sizes)
        made = self.emit.call(functional.embedding, index.node, rows)
        each = [(other,) for other in index.layout]
        return self.emit.split(made, [*each, rest], step.sizes)

    def _indicator(self, indicator: Indicator) -> Value:
        emit = self.emit
        lengths = tuple(emit.length(size) for size in indicator.lengths)
        conv = indicator.conv
        steps = tuple(emit.length(size) for size in (conv.stride, conv.up, indicator.tap))
        offset = emit.length(indicator.offset)
        made = emit.call(
            kernels.indicator, lengths, steps, offset, indicator.is_circular, emit.like
        )
        return Value(made, indicator.edges)

    def _batch_norm(
        self, legs: tuple[str, ...], args: tuple[Node, ...], options: Mapping[str, Option]
    ) -> Value:
        x, *statistics = (self._use(node) for node in args)
        rest = [edge for edge in x.layout if edge not in legs]
        places = tuple(place for place, edge in enumerate(x.layout) if edge in legs)
        training = self.emit.graph.create_node("get_attr", "training", name="training")
        given = {name: float(v.ratio({})) for name, v in options.items() if isinstance(v, Size)}
        made = self.emit.call(
            kernels.batch_norm,
            self.emit.tensor(x),
            *(self.emit.ordered(value, rest) for value in statistics),
            places,
            training,
            **given,
        )
        return Value(made, x.layout)

    def _whole(self, one: Projection) -> Projection:
        """A projection without its bias where it is a sum of slices."""
        place = self.plan.steps.index(one.step)
        legs = {each.leg(place) for each in self.plan.slices if place in each.steps}
        return replace(one, bias=None, total="", added=None) if legs & {*one.summed} else one

    def _project(self, step: Step) -> None:
        """Makes the values of all projections that stand together, the first being next."""
        first, *rest = self.groups.pop(0)
        group = [replace(first, step=step), *rest]
        self.projected |= project(self.emit, group, self._use, self.plan.policy.fold)

    def lower(self, step: Step) -> Value:
        """One step, in the graph that is being written."""
        if self.groups and step.result == self.groups[0][0].step.result:
            self._project(step)
        value = self.projected.pop(step.result, None) or self._action(step)
        if step.scale:
            factor = self.emit.scale(step.scale)
            if isinstance(value.node, fx.Node) or isinstance(factor, fx.Node):
                value = Value(self.emit.call(torch.mul, value.node, factor), value.layout)
            else:
                value = Value(value.node * factor, value.layout)
        if isinstance(value.node, fx.Node) and value.node.op.startswith("call_"):
            self.emit.lines.append(self.emit.named(value.node, python_name(step.result)))
        # Asked here, in order, the answer of one step rests on those before: no deep recursion.
        self.hides |= {(step.result, p): self._may_hide(step.result, p) for p in (False, True)}
        return value

    def _action(self, step: Step) -> Value:
        emit = self.emit
        match step.action:
            case Merge(left, right):
                kinds = (left.value in self.weights, right.value in self.weights)
                both = (self._use(left), self._use(right))
                return merge(emit, *both, step.output, step.sizes, kinds, self.thrifty)
            case Lookup(index, table, edge):
                return self._lookup(self._use(index), self._use(table), edge, step)
            case Convolve(left, right) as action:
                policy, numbers = self.plan.policy, self.plan.numbers
                quick = is_quicker(action, self.plan.steps[self.place], numbers, policy.rates)
                return convolve(emit, action, self._use(left), self._use(right), step, quick)
            case Alone(node):
                return alone(emit, self._use(node), step.output)
            case Number():
                return Value(1.0, ())
            case Split(node):
                return self._split(node, step)
            case Join(node, groups):
                joined = emit.grouped(self._use(node), groups, step.sizes)
                return Value(joined, step.output)
            case Indicate(indicator):
                return self._indicator(indicator)
            case Apply("batch_norm", legs, args, _, options):
                return self._batch_norm(legs, args, dict(options))
            case Attend() as action:
                query, key, value = map(self._use, (action.query, action.key, action.value))
                masks = [self._use(node) for node in action.masks]
                tolerance = self.plan.policy.tolerance
                return attend(emit, action, query, key, value, masks, step.sizes, tolerance)
            case Apply("+", _, args):
                return self._sum(step, list(args))
            case Apply("dropout", _, (node,), _, options):
                return self._dropout(step, self._use(node), dict(options)["p"])
            case Apply() as action:
                values = [self._use(node) for node in action.args]
                return apply(emit, step, action, values, self._may_hide(action.args[0].value))

    def _sum(self, step: Step, args: list[Node]) -> Value:
        for node in self.added.get(step.result, ()):
            args.remove(node)
        terms = [self._use(node) for node in args]
        whole = (term.layout for term in terms if len(term.layout) == len(step.output))
        layout = next(whole, step.output)
        pieces = [self.emit.aligned(term, layout) for term in terms]
        tensors = [piece for piece in pieces if isinstance(piece, fx.Node)]
        number = sum(piece for piece in pieces if not isinstance(piece, fx.Node))
        if not tensors:
            return Value(float(number), ())
        total = tensors[0]
        for piece in tensors[1:]:
            total = self.emit.call(torch.add, total, piece)
        return Value(self.emit.call(torch.add, total, number) if number else total, layout)

    def _dropout(self, step: Step, value: Value, rate: object) -> Value:
        assert isinstance(rate, Size)
        name = python_name(f"{step.result}_dropout")
        while name in self.modules or name in self.program.source:
            name += "_"
        self.modules[name] = nn.Dropout(float(rate.ratio({})))
        node = self.emit.graph.call_module(name, (self.emit.tensor(value),))
        return Value(node, value.layout)

    def _may_hide(self, name: str, product: bool = False) -> bool:
        """Whether a value may have entries of minus infinity: masked ones, logarithms, inputs."""
        if (name, product) in self.hides:
            return self.hides[name, product]
        step = self.steps.get(name)
        if step is None:
            return not product and name not in self.weights
        action = step.action
        if isinstance(action, Apply) and action.op in ("mask", "causal", "log", "log_softmax"):
            return True
        product = product or not isinstance(action, Alone)
        product = product and not (isinstance(action, Apply) and action.op == "+")
        return any(self._may_hide(node.value, product) for node in operands(action))

    def _output(self, result: Result) -> fx.Node:
        return self.emit.ordered(self._use(result.node), result.order)
