"""What weights alone make, made once: at inference it is kept until a weight changes."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Self

import torch
from torch import Tensor, fx, nn

from diagram.runtime.lower import Lowered
from diagram.runtime.source import SCOPE, source


def folded(lowered: Lowered, name: str) -> Lowered:
    """The program with what weights make by themselves in a module `name`; in place.

    That module takes weights and returns all that the rest reads of it.
    """
    graph = lowered.graph
    alone = _alone(graph)
    wanted = [node for node in alone if any(user not in alone for user in node.users)]
    if not wanted:
        return lowered
    weights = [n for n in graph.nodes if _is_held(n) and alone.keys() & n.users.keys()]
    once = fx.Graph()
    copies = {node: once.create_node("placeholder", node.name, name=node.name) for node in weights}
    for node in alone:
        copies[node] = once.node_copy(node, lambda n: copies[n])
    once.output(tuple(copies[node] for node in wanted))
    with graph.inserting_before(next(iter(alone))):
        made = graph.create_node("call_module", name, tuple(weights), name="folded")
    lines = (*lowered.lines, made.name)
    modules = {**lowered.modules, name: Folded(once, lowered.lines)}
    for place, node in enumerate(wanted):
        with graph.inserting_before(node):
            found = graph.call_function(operator.getitem, (made, place))
        old = node.name
        node.replace_all_uses_with(found, delete_user_cb=lambda user: user not in alone)
        node._rename(f"{old}_")
        found._rename(old)
    for node in reversed(alone):
        graph.erase_node(node)
    return replace(lowered, lines=lines, modules=modules)


def _alone(graph: fx.Graph) -> dict[fx.Node, None]:
    """The calls that rest on weights and numbers alone."""
    found: dict[fx.Node, None] = {}
    for node in graph.nodes:
        reads = node.all_input_nodes
        if node.op not in ("call_function", "call_method") or node.is_impure() or not reads:
            continue
        if all(read in found or _is_held(read) for read in reads):
            found[node] = None
    return found


def _is_held(node: fx.Node) -> bool:
    """Whether a node is a tensor that the module holds."""
    return node.op == "get_attr" and node.target != "training"


class Folded(nn.Module):
    """Calls a function of weights, and keeps its results while the weights are the same.

    Where gradients are wanted, and while torch traces, it is called every time. torch tells of no
    change that is written through `.data` or numpy: `eval()` makes everything anew.
    """

    def __init__(self, once: fx.Graph, lines: tuple[str, ...]) -> None:
        super().__init__()
        self.code = source(once, lines, frozenset(), name="fold")
        self._forget()

    def _forget(self) -> None:
        scope = dict(SCOPE)
        exec(self.code, scope)
        self._run: Callable[..., tuple[Any, ...]] = scope["fold"]
        self._known: tuple[tuple[Tensor, int, int], ...] = ()
        self._kept: tuple[Any, ...] = ()

    def forward(self, *weights: Tensor) -> tuple[Any, ...]:
        """What the weights make."""
        if torch.compiler.is_compiling() or not _is_steady(weights):
            return self._run(self, *weights)
        known = tuple((w, w._version, w.data_ptr()) for w in weights)
        same = len(known) == len(self._known) and all(
            new[0] is old[0] and new[1:] == old[1:]
            for new, old in zip(known, self._known, strict=True)
        )
        if not same:
            with torch.inference_mode(mode=False), torch.no_grad():
                self._kept = self._run(self, *weights)
            self._known = known
        return self._kept

    def train(self, mode: bool = True) -> Self:
        """Training or evaluation begins; nothing is kept from before."""
        self._known, self._kept = (), ()
        return super().train(mode)

    def __getstate__(self) -> dict[str, Any]:
        left_out = ("_run", "_known", "_kept")
        return {name: value for name, value in self.__dict__.items() if name not in left_out}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)  # type: ignore[no-untyped-call]
        self._forget()


def _is_steady(weights: tuple[Tensor, ...]) -> bool:
    """Whether what these weights make can be kept: no gradients flow, and changes are counted."""
    if torch.is_grad_enabled() and any(weight.requires_grad for weight in weights):
        return False
    wrapped = torch._C._functorch.is_functorch_wrapped_tensor
    plain = (Tensor, nn.Parameter)
    return all(type(w) in plain and not w.is_inference() and not wrapped(w) for w in weights)
