"""What a module is fed with: inputs and the checks of their lengths, weights, constants."""

from __future__ import annotations

from collections.abc import Mapping

from torch import fx

from diagram.errors import SizeError
from diagram.language.check import conditions, derive
from diagram.language.core import Apply, Kind, Program, Source, flat
from diagram.language.size import Size
from diagram.planner.steps import Alone, Attend, Join, Plan, Split, Step
from diagram.runtime import kernels
from diagram.runtime.emit import Emitter, Value
from diagram.runtime.init import is_computed
from diagram.runtime.require import at_most, require, same_length


def inputs_of(program: Program) -> list[Source]:
    """What the module is called with: inputs and indices in order, then given constants."""
    fed = [s for s in program.sources if s.kind in (Kind.INPUT, Kind.INDEX)]
    return fed + [s for s in program.sources if s.kind is Kind.CONST and not is_computed(s)]


def python_name(name: str) -> str:
    """A value's name as Python writes it."""
    return name.replace("'", "_prime").replace(".", "_").replace(":", "_").replace("~", "_")


def input_names(program: Program) -> tuple[str, ...]:
    """What Python calls each of them, no two the same: `X'` is `X_prime`, or `X_prime_` beside one.

    >>> from diagram import parse
    >>> input_names(parse("input X[n] X'[n]\\nY[n] = X[n] X'[n]\\nreturn Y"))
    ('X', 'X_prime')
    """
    names: list[str] = []
    for source in inputs_of(program):
        name = python_name(source.name)
        while name in names:
            name += "_"
        names.append(name)
    return tuple(names)


def fixed_dims(program: Program, numbers: Mapping[str, int]) -> dict[str, int]:
    """Dims whose numbers the module keeps: those of its weights, buffers and written constants.

    All others are read off the inputs when it runs. Raises SizeError for those without a number.
    """
    held = [s for s in program.sources if s.kind in (Kind.WEIGHT, Kind.BUFFER) or _is_written(s)]
    dims = {d for s in held for leg in s.legs for d in leg.size.dims}
    dims |= {d for s in program.sources if s.of is not None for d in s.of.dims}
    for name, size in program.equations.items():
        dims |= size.dims if name in dims else set()
    unknown = dims - numbers.keys() - program.equations.keys()
    missing = [name for name in program.dim_order if name in unknown]
    if missing:
        names = ", ".join(f"`{name}`" for name in missing)
        example = ", ".join(f"{name}=8" for name in missing)
        written = {d for s in held if _is_written(s) for leg in s.legs for d in leg.size.dims}
        what = "constants" if unknown <= written else "weights"
        raise SizeError(f"the {what} need numbers for {names}: compile(program, {example})")
    return {name: number for name, number in numbers.items() if name in dims}


def _is_written(source: Source) -> bool:
    """Whether a source has its numbers in the text."""
    return source.init is not None and source.init.name == "numbers"


def is_kept(source: Source, numbers: Mapping[str, int]) -> bool:
    """Whether a source is a parameter or buffer of the module (else it is made when it runs)."""
    if source.kind in (Kind.WEIGHT, Kind.BUFFER):
        return True
    return all(not leg.size.dims - numbers.keys() for leg in source.legs)


def is_held(source: Source, numbers: Mapping[str, int]) -> bool:
    """Whether the module holds a source under its name."""
    if source.kind in (Kind.WEIGHT, Kind.BUFFER):
        return True
    return source.kind is Kind.CONST and is_computed(source) and is_kept(source, numbers)


def _moves(step: Step) -> bool:
    """Whether a step moves the legs of one value, and does nothing else."""
    if step.scale or not isinstance(step.action, Alone | Split | Join):
        return False
    return isinstance(step.action, Split) or set(step.action.node.edges) == set(
        step.output if isinstance(step.action, Alone) else flat(step.action.groups)
    )


class Feed:
    """The part of the lowering that reads sources; `values` are those that stand in the graph."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.program = plan.program
        self.emit = Emitter(plan.program, fixed_dims(plan.program, plan.numbers))
        self.emit.planned = plan.numbers
        self.values: dict[str, Value] = {}
        self.legs = derive(self.program).legs

    def sources(self) -> None:
        """Placeholders for inputs, attributes for weights, and constants of free length."""
        used = {node.value for step in self.plan.steps for node in step.operands}
        used |= {result.node.value for result in self.plan.outputs}
        self._inputs()
        self._weights(used)
        self._constants(used)

    def _inputs(self) -> None:
        sources = inputs_of(self.program)
        for source, name in zip(sources, input_names(self.program), strict=True):
            node = self.emit.graph.create_node("placeholder", name, name=name)
            node.meta["legs"] = tuple(leg.name for leg in source.legs)
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
        return "any" if self._only_masks(source.name) else "real"

    def _only_masks(self, name: str) -> bool:
        """Whether all that reads a value masks with it, once its legs are moved."""
        for step in self.plan.steps:
            uses = [node for node in step.operands if node.value == name]
            if uses and _moves(step):
                if not self._only_masks(step.result):
                    return False
                continue
            masks = step.action.masks if isinstance(step.action, Attend) else ()
            if isinstance(step.action, Apply) and step.action.op == "mask":
                masks = step.action.args[1:]
            if any(node not in masks for node in uses):
                return False
        return True

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
                ask = at_most if condition.at_most else same_length
                if isinstance(left, int) and isinstance(right, int):
                    ask(left, right, condition.where)
                else:
                    self.emit.call(ask, left, right, condition.where)

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
