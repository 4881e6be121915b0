"""A torch.fx graph as Python that people read: it is the source that runs, and what is exported.

Every step of the plan is one line under its own name; calls that serve one line stand inside it.
Values that no later line needs are let go, so memory is freed as soon as in hand-written code.
"""

from __future__ import annotations

import inspect
import keyword
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import fx
from torch.nn import functional

from diagram.runtime import kernels, sliced
from diagram.runtime.head import axis_of, head, is_length
from diagram.runtime.interpolated.kernel import interpolated
from diagram.runtime.paths import spelled
from diagram.runtime.require import at_most, require, same_length

INFIX: dict[Callable[..., Any], str] = {
    torch.matmul: "@",
    torch.mul: "*",
    torch.add: "+",
    torch.ne: "!=",
    torch.logical_and: "&",
    operator.mul: "*",
    operator.add: "+",
    operator.sub: "-",
    operator.floordiv: "//",
    operator.truediv: "/",
    operator.pow: "**",
}

SCOPE: dict[str, Any] = {
    "torch": torch,
    "F": functional,
    "_interpolated": interpolated,
    **{f"_{check.__name__}": check for check in (same_length, at_most)},
    **{
        f"_{name}": function
        for module in (kernels, sliced)
        for name, function in vars(module).items()
        if inspect.isfunction(function) and function.__module__ == module.__name__
    },
}
"""What the names in the source mean; our own begin with an underscore."""

RESERVED = ("self", "ValueError", *keyword.kwlist, *SCOPE)
"""What no value can be called."""


def reserve(graph: fx.Graph, *more: str) -> None:
    """Keeps Python's words, the names of the scope and `more` from being given to values."""
    for name in (*RESERVED, *more):
        graph._graph_namespace.create_name(name, None)


def source(
    graph: fx.Graph,
    named: Sequence[str],
    lists: frozenset[str],
    checks: bool = True,
    name: str = "forward",
) -> str:
    """The source of a method; `named` nodes have lines, `checks` keeps that of the shapes.

    `lists` are the paths at which modules stand in a list.
    """
    return "\n".join(_Source(graph, frozenset(named), lists, checks).lines(name)) + "\n"


def _is_check(node: fx.Node) -> bool:
    return node.op == "call_function" and node.target in (require, same_length, at_most)


def _is_cut(node: fx.Node) -> bool:
    """Whether a tensor is cut here: its parts are the users, and stand left of one line."""
    return node.op == "call_method" and node.target == "split_with_sizes"


def _is_part(node: fx.Node) -> bool:
    """Whether a value is named where the tensor that it is a part of is cut."""
    return node.target is operator.getitem and _is_cut(node.all_input_nodes[0])


def _needed(nodes: Sequence[fx.Node]) -> set[fx.Node]:
    """What the output needs: not the checks, nor what stands there for them alone."""
    needed: set[fx.Node] = set()
    for node in reversed(nodes):
        if node.op == "output" or (node.users.keys() & needed and not _is_check(node)):
            needed.add(node)
    return needed


@dataclass(frozen=True, eq=False)
class Body:
    """A nested function: its name, its graph, and the nodes that have lines of their own."""

    name: str
    graph: fx.Graph
    lines: tuple[str, ...]


class _Source:
    def __init__(
        self, graph: fx.Graph, named: frozenset[str], lists: frozenset[str], checks: bool
    ) -> None:
        self.lists = lists
        self.nodes = list(graph.nodes)
        if not checks:
            needed = _needed(self.nodes)
            self.nodes = [n for n in self.nodes if n in needed or n.op == "placeholder"]
        self.present = set(self.nodes)
        taken = {*RESERVED, *(node.name for node in graph.nodes)}
        self.lengths, self.head = head(graph, self.nodes, taken, checks)
        self.named = named
        self.last = {use: node for node in self.nodes for use in node.all_input_nodes}

    def lines(self, name: str, first: tuple[str, ...] = ("self",)) -> list[str]:
        places = [*first, *(node.name for node in self.nodes if node.op == "placeholder")]
        body = list(self.head)
        alive: list[fx.Node] = []
        for node in self.nodes:
            for inner in (found for found in node.args if isinstance(found, Body)):
                nested = _Source(inner.graph, frozenset(inner.lines), self.lists, checks=True)
                body += nested.lines(inner.name, ())
            if node.op == "output":
                body.append(f"return {self.text(node.args[0])}")
            elif self._is_effect(node):
                body.append(self.text(node, inside=False))
            elif self._has_line(node) and not _is_part(node):
                parts = list(node.users) if _is_cut(node) else [node]
                left = ", ".join(part.name for part in parts)
                body.append(f"{left} = {self.text(node, inside=False)}")
                done = [value for value in alive if self._line_of_last(value) is node]
                if done:
                    body.append(f"del {', '.join(value.name for value in done)}")
                alive = [value for value in alive if value not in done]
                alive += [part for part in parts if part.name in self.named]
        return [f"def {name}({', '.join(places)}):", *(f"    {line}" for line in body)]

    def _line_of_last(self, node: fx.Node) -> fx.Node | None:
        """The line in which a value is used last."""
        found = self.last.get(node)
        while found is not None and found.op != "output" and not self._has_line(found):
            found = self.last.get(found)
        return found

    def _is_effect(self, node: fx.Node) -> bool:
        return _is_check(node) and node.target is not require

    def _has_line(self, node: fx.Node) -> bool:
        if node.op in ("placeholder", "get_attr", "output") or is_length(node):
            return False
        is_used_again = len(self.present & node.users.keys()) > 1
        return node.name in self.named or is_used_again or _is_cut(node) or _is_part(node)

    # -- expressions --------------------------------------------------------------------------

    def text(self, value: object, inside: bool = True) -> str:
        """An argument as it stands in the source."""
        match value:
            case fx.Node() if is_length(value):
                return self.lengths[axis_of(value)]
            case fx.Node() if inside and self._has_line(value):
                return value.name
            case fx.Node():
                return self._node(value)
            case tuple():
                items = [self.text(item) for item in value]
                return f"({', '.join(items)}{',' * (len(items) == 1)})"
            case list():
                return f"[{', '.join(self.text(item) for item in value)}]"
            case torch.dtype():
                return str(value)
            case Body():
                return value.name
            case _:
                return repr(value)

    def _node(self, node: fx.Node) -> str:
        match node.op:
            case "placeholder":
                return node.name
            case "get_attr":
                return spelled(str(node.target), self.lists)
            case "call_module":
                return f"self.{node.target}({self._arguments(node.args, {})})"
            case "call_method":
                receiver, *rest = node.args
                return f"{self._operand(receiver)}.{node.target}({self._arguments(rest, {})})"
            case _:
                return self._call(node)

    def _call(self, node: fx.Node) -> str:
        target: Any = node.target
        if target is getattr:
            return f"{self._operand(node.args[0])}.{node.args[1]}"
        if target is operator.getitem:
            return f"{self._operand(node.args[0])}[{node.args[1]}]"
        if target in INFIX and len(node.args) == 2:
            left, right = (self._operand(argument) for argument in node.args)
            return f"{left} {INFIX[target]} {right}"
        return f"{_spelled(target)}({self._arguments(node.args, node.kwargs)})"

    def _operand(self, value: object) -> str:
        """An argument in parentheses where it is an infix call or a negative number."""
        text = self.text(value)
        infix = isinstance(value, fx.Node) and not self._has_line(value) and value.target in INFIX
        negative = isinstance(value, int | float) and value < 0
        return f"({text})" if infix or negative else text

    def _arguments(self, args: Sequence[object], kwargs: dict[str, Any]) -> str:
        words = [f"{name}={self.text(value)}" for name, value in kwargs.items()]
        return ", ".join([*(self.text(value) for value in args), *words])


def _spelled(function: Any) -> str:
    """A function under the name by which the source's scope knows it."""
    name = function.__name__
    if getattr(functional, name, None) is function:
        return f"F.{name}"
    if getattr(torch, name, None) is function:
        return f"torch.{name}"
    for part in ("linalg", "nn.functional"):
        if getattr(operator.attrgetter(part)(torch), name, None) is function:
            return f"torch.{part}.{name}"
    assert SCOPE.get(f"_{name}") is function, f"{function} has no name in the generated source"
    return f"_{name}"
