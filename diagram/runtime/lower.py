"""A plan to a torch.fx graph: straight-line calls for each step, no search and no decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import fx, nn

from diagram.errors import SizeError
from diagram.language.core import Apply, Kind, Node, Option, Program, Source
from diagram.language.size import Size
from diagram.planner.steps import Alone, Attend, Merge, Number, Plan, Result, Step
from diagram.runtime import kernels
from diagram.runtime.attend import attend
from diagram.runtime.contract import alone, merge
from diagram.runtime.emit import Emitter, Value
from diagram.runtime.init import is_computed
from diagram.runtime.require import require


@dataclass(frozen=True)
class Lowered:
    """The graph, and the submodules that it calls besides parameters and buffers."""

    graph: fx.Graph
    modules: Mapping[str, nn.Module]


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
        self.emit = Emitter(fixed_dims(plan.program, plan.numbers))
        self.values: dict[str, Value] = {}
        self.steps = {step.result: step for step in plan.steps}
        self.modules: dict[str, nn.Module] = {}
        self.weights = {s.name for s in self.program.sources if s.kind is Kind.WEIGHT}

    def run(self) -> Lowered:
        used = {node.value for step in self.plan.steps for node in step.operands}
        used |= {result.node.value for result in self.plan.outputs}
        self._inputs()
        self._held(used)
        for step in self.plan.steps:
            self._step(step)
        results = [self._output(result) for result in self.plan.outputs]
        self.emit.graph.output(results[0] if len(results) == 1 else tuple(results))
        return Lowered(self.emit.graph, self.modules)

    # -- sources ------------------------------------------------------------------------------

    def _inputs(self) -> None:
        sources = inputs_of(self.program)
        for source in sources:
            node = self.emit.graph.placeholder(python_name(source.name))
            self.values[source.name] = Value(node, tuple(leg.name for leg in source.legs))
            for axis, leg in enumerate(source.legs):
                for dim in leg.size.dims:
                    if leg.size == Size.of(dim):
                        self.emit.dims.setdefault(dim, (node, axis))
            if self.emit.like is None and source.kind is not Kind.INDEX:
                self.emit.like = node
        if sources:
            nodes = tuple(self.values[source.name].node for source in sources)
            self.emit.call(require, nodes, tuple(self._expected(source) for source in sources))
        self._take_hints()

    def _expected(self, source: Source) -> tuple[str | int, ...]:
        """What `require` checks: the name, then a number, a dim's name or `?` for each leg."""
        legs: list[str | int] = []
        for leg in source.legs:
            known = not leg.size.dims - self.emit.numbers.keys()
            text = str(leg.size)
            alone = leg.size == Size.of(text)
            legs.append(leg.size.value(self.emit.numbers) if known else text if alone else "?")
        return (source.name, *legs)

    def _take_hints(self) -> None:
        """A dim that no input tells keeps the number it was given."""
        for name, number in self.plan.numbers.items():
            if name not in self.emit.dims and name not in self.emit.numbers:
                solvable = name in self.program.equations
                if not solvable or not self.program.equations[name].dims - self.emit.numbers.keys():
                    self.emit.numbers = {**self.emit.numbers, name: number}

    def _held(self, used: set[str]) -> None:
        for source in self.program.sources:
            if source.name in self.values:
                continue
            layout = tuple(leg.name for leg in source.legs)
            if is_kept(source, self.emit.numbers):
                if source.name not in used:
                    continue
                name = python_name(source.name)
                node = self.emit.graph.create_node("get_attr", source.name, name=name)
                if self.emit.like is None:
                    self.emit.like = node
            else:
                node = self._constant(source)
            self.values[source.name] = Value(node, layout)

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
            value.node._rename(python_name(step.result))
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
        total = self.emit.aligned(terms[0], layout)
        for term in terms[1:]:
            total = self.emit.call(torch.add, total, self.emit.aligned(term, layout))
        return Value(total, layout)

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
                if action.op == "softmax" and self._may_be_hidden(action.args[0].value):
                    kernel = kernels.masked_softmax
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
                keep = emit.aligned(self._use(action.args[1]), layout)
                return Value(emit.call(kernels.mask, node, keep), layout)
            case "dropout":
                name = python_name(f"{step.result}_dropout")
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
                return Value(emit.call(torch.narrow, node, places[0], start, length), layout)
            case op:
                return Value(emit.call(kernels.ELEMENTWISE[op], node), layout)

    def _option(self, value: Option) -> int | float | str | fx.Node:
        if not isinstance(value, Size):
            return value
        if value.number is None:
            return self.emit.length(value)
        return int(value.number) if value.number.denominator == 1 else float(value.number)

    def _may_be_hidden(self, name: str) -> bool:
        """Whether entries of minus infinity may have been put into a value."""
        step = self.steps.get(name)
        return step is None or not isinstance(step.action, Merge | Number | Alone)

    def _output(self, result: Result) -> fx.Node:
        return self.emit.ordered(self._use(result.node), result.order)


def is_kept(source: Source, numbers: Mapping[str, int]) -> bool:
    """Whether a source is a parameter or buffer of the module (else it is made when it runs)."""
    if source.kind in (Kind.WEIGHT, Kind.BUFFER):
        return True
    return all(not leg.size.dims - numbers.keys() for leg in source.legs)
