"""A plan to a torch.fx graph: straight-line calls for each step, no search and no decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import fx, nn

from diagram.errors import SizeError
from diagram.language.check import conditions, derive
from diagram.language.core import Apply, Kind, Node, Option, Program, Source
from diagram.language.size import Size
from diagram.planner.steps import Alone, Attend, Merge, Number, Plan, Result, Step, operands
from diagram.runtime import kernels
from diagram.runtime.attend import attend
from diagram.runtime.contract import alone, merge
from diagram.runtime.emit import Emitter, Value
from diagram.runtime.init import is_computed
from diagram.runtime.require import require, same_length
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

    @property
    def read(self) -> frozenset[str]:
        """The parameters and buffers that the graph reads."""
        return frozenset(str(n.target) for n in self.graph.nodes if n.op == "get_attr")


def inputs_of(program: Program) -> list[Source]:
    """What the module is called with: inputs and indices in order, then given constants."""
    fed = [s for s in program.sources if s.kind in (Kind.INPUT, Kind.INDEX)]
    return fed + [s for s in program.sources if s.kind is Kind.CONST and not is_computed(s)]


def python_name(name: str) -> str:
    """A value's name as Python writes it."""
    return name.replace("'", "_prime").replace(".", "_").replace(":", "_").replace("~", "_")


def fixed_dims(program: Program, numbers: Mapping[str, int]) -> dict[str, int]:
    """Dims whose numbers the module keeps: those of its weights, buffers and written constants.

    All others are read off the inputs when it runs. Raises SizeError for those without a number.
    """
    held = [s for s in program.sources if s.kind in (Kind.WEIGHT, Kind.BUFFER)]
    dims = {d for s in held for leg in s.legs for d in leg.size.dims}
    dims |= {s.of for s in program.sources if s.of}
    for name, size in program.equations.items():
        dims |= size.dims if name in dims else set()
    unknown = dims - numbers.keys() - program.equations.keys()
    missing = [name for name in program.dim_order if name in unknown]
    if missing:
        names = ", ".join(f"`{name}`" for name in missing)
        example = ", ".join(f"{name}=8" for name in missing)
        raise SizeError(f"the weights need numbers for {names}: compile(program, {example})")
    return {name: number for name, number in numbers.items() if name in dims}


def lower(plan: Plan) -> Lowered:
    """The graph of a plan; its placeholders are the inputs, its attributes the weights by name."""
    return _Lowering(plan).run()


class _Lowering:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.program = plan.program
        self.emit = Emitter(plan.program, fixed_dims(plan.program, plan.numbers))
        self.values: dict[str, Value] = {}
        self.steps = {step.result: step for step in plan.steps}
        self.modules: dict[str, nn.Module] = {}
        self.weights = {s.name for s in self.program.sources if s.kind is Kind.WEIGHT}
        self.legs = derive(self.program).legs

    def run(self) -> Lowered:
        used = {node.value for step in self.plan.steps for node in step.operands}
        used |= {result.node.value for result in self.plan.outputs}
        reserve(self.emit.graph)
        self._inputs()
        self._weights(used)
        self._constants(used)
        for step in self.plan.steps:
            self._step(step)
        results = [self._output(result) for result in self.plan.outputs]
        self.emit.graph.output(results[0] if len(results) == 1 else tuple(results))
        lines = tuple(node.name for node in self.emit.lines)
        return Lowered(self.emit.graph, self.modules, self.emit.numbers, lines)

    # -- sources ------------------------------------------------------------------------------

    def _inputs(self) -> None:
        sources = inputs_of(self.program)
        for source in sources:
            name = python_name(source.name)
            node = self.emit.graph.create_node("placeholder", name, name=name)
            self.values[source.name] = Value(node, tuple(leg.name for leg in source.legs))
            for axis, leg in enumerate(self.legs[source.name]):
                self.emit.told.setdefault(source.legs[axis].size, (node, axis))
                self.emit.told.setdefault(leg.size, (node, axis))
        self._take_hints()
        if sources:
            nodes = tuple(self.values[source.name].node for source in sources)
            expected = tuple(self._expected(source) for source in sources)
            self.emit.call(require, nodes, expected)
        self._require_sums()

    def _expected(self, source: Source) -> tuple[str | int, ...]:
        """What `require` checks: name and kind, then a number or a size's text for each leg."""
        legs = [leg.size for leg in self.legs[source.name]]
        known = self.emit.numbers
        texts = [str(s) if s.dims - known.keys() else s.value(known) for s in legs]
        return (source.name, self._numbers(source), *texts)

    def _numbers(self, source: Source) -> str:
        """The numbers that an input must hold: `whole`, `real`, or `any` where it only masks."""
        if source.kind is Kind.INDEX:
            return "whole"
        for step in self.plan.steps:
            masks = step.action.masks if isinstance(step.action, Attend) else ()
            if isinstance(step.action, Apply) and step.action.op == "mask":
                masks = step.action.args[1:]
            uses = [node for node in step.operands if node.value == source.name]
            if any(node not in masks for node in uses):
                return "real"
        return "any"

    def _require_sums(self) -> None:
        """Checks lengths that follow from others: composed sizes of legs, and floors."""
        for source in inputs_of(self.program):
            node = self.values[source.name].node
            for axis, leg in enumerate(self.legs[source.name]):
                plain = leg.size == Size.of(str(leg.size))
                if not plain and leg.size.dims - self.emit.numbers.keys():
                    self._require_same(node, axis, leg.size, f"leg `{leg.name}` of {source.name}")
        for condition in conditions(self.program):
            sides = (condition.left, condition.right)
            if all(self.emit.knows(side) for side in sides):
                left, right = (self.emit.length(side) for side in sides)
                if isinstance(left, int) and isinstance(right, int):
                    same_length(left, right, condition.where)
                else:
                    self.emit.call(same_length, left, right, condition.where)

    def _require_same(self, node: fx.Node | float, axis: int, size: Size, what: str) -> None:
        told = self.emit.told.pop(size)
        declared = [s for s, place in self.emit.told.items() if place == (node, axis)]
        apart = {s: self.emit.told.pop(s) for s in declared}
        if self.emit.knows(size):
            assert isinstance(node, fx.Node)
            length = self.emit.method("size", node, axis)
            self.emit.call(same_length, length, self.emit.length(size), what)
        self.emit.told |= {size: told, **apart}

    def _take_hints(self) -> None:
        """A dim that no input tells keeps the number it was given."""
        for name, number in self.plan.numbers.items():
            if not self.emit.knows(Size.of(name)):
                self.emit.numbers = {**self.emit.numbers, name: number}

    def _weights(self, used: set[str]) -> None:
        for source in self.program.sources:
            if source.name in used and source.kind in (Kind.WEIGHT, Kind.BUFFER):
                self._get(source)
        for source in inputs_of(self.program):
            node = self.values[source.name].node
            if self._numbers(source) == "real" and isinstance(node, fx.Node):
                self.emit.like = node

    def _get(self, source: Source) -> None:
        name = python_name(source.name)
        node = self.emit.graph.create_node("get_attr", source.name, name=name)
        self.values[source.name] = Value(node, tuple(leg.name for leg in source.legs))
        self.emit.like = node

    def _constants(self, used: set[str]) -> None:
        for source in self.program.sources:
            if source.name in used and source.kind is Kind.CONST and is_computed(source):
                if is_kept(source, self.emit.numbers):
                    self._get(source)
                else:
                    layout = tuple(leg.name for leg in source.legs)
                    self.values[source.name] = Value(self._constant(source), layout)

    def _constant(self, source: Source) -> fx.Node:
        """A constant of free length, made when the module runs."""
        assert source.init is not None
        lengths = [self.emit.length(leg.size) for leg in source.legs]
        match source.init.name:
            case "eye":
                return self.emit.call(kernels.eye, *lengths, self.emit.like)
            case "range":
                return self.emit.call(kernels.counting, *lengths, self.emit.like)
            case rule:
                number = 1.0 if rule == "ones" else 0.0
                return self.emit.call(kernels.filled, number, tuple(lengths), self.emit.like)

    # -- steps --------------------------------------------------------------------------------

    def _use(self, node: Node) -> Value:
        """A value under the edges of one use."""
        value = self.values[node.value]
        step = self.steps.get(node.value)
        names = (
            step.output if step else tuple(leg.name for leg in self.program.source[node.value].legs)
        )
        edges = dict(zip(names, node.edges, strict=True))
        return Value(value.node, tuple(edges[edge] for edge in value.layout))

    def _step(self, step: Step) -> None:
        value = self._action(step)
        if step.scale:
            factor = self.emit.scale(step.scale)
            if isinstance(value.node, fx.Node) or isinstance(factor, fx.Node):
                value = Value(self.emit.call(torch.mul, value.node, factor), value.layout)
            else:
                value = Value(value.node * factor, value.layout)
        if isinstance(value.node, fx.Node) and value.node.op.startswith("call_"):
            self.emit.lines.append(self.emit.named(value.node, python_name(step.result)))
        self.values[step.result] = value

    def _action(self, step: Step) -> Value:
        emit = self.emit
        match step.action:
            case Merge(left, right):
                kinds = (left.value in self.weights, right.value in self.weights)
                return merge(
                    emit, self._use(left), self._use(right), step.output, step.sizes, kinds
                )
            case Alone(node):
                return alone(emit, self._use(node), step.output)
            case Number():
                return Value(1.0, ())
            case Attend() as action:
                query, key, value = map(self._use, (action.query, action.key, action.value))
                masks = [self._use(node) for node in action.masks]
                return attend(emit, action, query, key, value, masks, step.sizes)
            case Apply("+", _, args):
                return self._sum([self._use(node) for node in args], step.output)
            case Apply() as action:
                return self._apply(step, action)

    def _sum(self, terms: list[Value], output: tuple[str, ...]) -> Value:
        layout = next((t.layout for t in terms if len(t.layout) == len(output)), output)
        pieces = [self.emit.aligned(term, layout) for term in terms]
        tensors = [piece for piece in pieces if isinstance(piece, fx.Node)]
        number = sum(piece for piece in pieces if not isinstance(piece, fx.Node))
        if not tensors:
            return Value(float(number), ())
        total = tensors[0]
        for piece in tensors[1:]:
            total = self.emit.call(torch.add, total, piece)
        return Value(self.emit.call(torch.add, total, number) if number else total, layout)

    def _apply(self, step: Step, action: Apply) -> Value:
        first = self._use(action.args[0])
        node, layout = self.emit.tensor(first), first.layout
        options = {name: self._option(value) for name, value in action.options}
        places = tuple(layout.index(leg) for leg in action.legs if leg in layout)
        emit = self.emit
        match action.op:
            case "softmax" | "log_softmax":
                layout = (*(e for e in layout if e not in action.legs), *action.legs)
                node = emit.ordered(first, layout)
                kernel: object = torch.softmax if action.op == "softmax" else torch.log_softmax
                if self._may_hide(action.args[0].value):
                    kernel = getattr(kernels, f"masked_{action.op}")
                return Value(emit.call(kernel, node, -1), layout)
            case "cumsum":
                return Value(emit.call(torch.cumsum, node, places[0]), layout)
            case "sort":
                flag = bool(options.get("descending", False))
                return Value(emit.call(kernels.sort, node, places[0], flag), layout)
            case "layer_norm" | "rms_norm" | "unit" | "causal":
                kernel = getattr(kernels, action.op)
                return Value(emit.call(kernel, node, places, **options), layout)
            case "mask":
                keep = emit.broadcast(self._use(action.args[1]), layout)
                return Value(emit.call(kernels.mask, node, keep), layout)
            case "dropout":
                name = self._module_name(step.result)
                self.modules[name] = nn.Dropout(float(str(options["p"])))
                return Value(emit.graph.call_module(name, (node,)), layout)
            case "max" | "min" | "mean":
                kernel = {"max": torch.amax, "min": torch.amin, "mean": torch.mean}[action.op]
                rest = tuple(edge for edge in layout if edge not in action.legs)
                return Value(emit.call(kernel, node, places), rest)
            case "one_hot":
                length = emit.length(step.sizes[action.legs[0]])
                made = emit.call(kernels.one_hot, node, length, emit.like)
                return Value(made, (*layout, *action.legs))
            case "concat":
                rest_of = [emit.ordered(self._use(arg), layout) for arg in action.args[1:]]
                return Value(emit.call(torch.cat, [node, *rest_of], places[0]), layout)
            case "slice":
                start = options.get("start", 0)
                length = emit.length(step.sizes[action.legs[0]])
                return Value(emit.call(kernels.narrow, node, places[0], start, length), layout)
            case op:
                return Value(emit.call(kernels.ELEMENTWISE[op], node), layout)

    def _option(self, value: Option) -> int | float | str | fx.Node:
        if not isinstance(value, Size):
            return value
        if value.number is None:
            return self.emit.length(value)
        return int(value.number) if value.number.denominator == 1 else float(value.number)

    def _module_name(self, result: str) -> str:
        name = python_name(f"{result}_dropout")
        while name in self.modules or name in self.program.source:
            name += "_"
        return name

    def _may_hide(self, name: str, product: bool = False) -> bool:
        """Whether a value may have entries of minus infinity: masked ones, logarithms, inputs."""
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


def is_kept(source: Source, numbers: Mapping[str, int]) -> bool:
    """Whether a source is a parameter or buffer of the module (else it is made when it runs)."""
    if source.kind in (Kind.WEIGHT, Kind.BUFFER):
        return True
    return all(not leg.size.dims - numbers.keys() for leg in source.legs)
