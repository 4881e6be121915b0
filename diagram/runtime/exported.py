"""A module as one graph of `torch.export`, with batch and lengths free."""

from __future__ import annotations

import logging
import random
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram, export

from diagram.errors import DiagramError
from diagram.language.check import derive
from diagram.runtime.feed import inputs_of
from diagram.runtime.module import DiagramModule
from diagram.runtime.samples import random_inputs, small_sizes


def exported_program(module: DiagramModule, /, *examples: Tensor) -> ExportedProgram:
    """The module as an ExportedProgram, in training or in evaluation as it is.

    It takes the inputs in declared order, in the dtypes of the examples (random ones in the
    module's dtype, if none are given), and of every length that the program allows. Only lengths by
    which another becomes 1, as behind a stride, torch may refuse; `.module(check_guards=False)`
    takes most of them. Raises DiagramError where torch cannot export it.

    >>> from diagram import compile, parse
    >>> text = "input X[b n f]\\nweight W[f h]\\nY[b n h] = X[b n f] W[f h]\\nreturn Y"
    >>> module = compile(parse(text), f=4, h=2)
    >>> exported_program(module).module()(torch.ones(5, 1, 4)).shape
    torch.Size([5, 1, 2])
    """
    # Torch fixes lengths that are 0 or 1 in the examples.
    lengths = {} if examples else small_sizes(module, {}, random.Random(0), least=3)
    inputs = examples or tuple(random_inputs(module, lengths, seed=0))
    with torch.no_grad():
        module(*inputs)  # examples that do not fit are told of in our words
    shapes = tuple(dict.fromkeys(axes, Dim.AUTO) for axes in free_axes(module))
    try:
        with quietly():
            found = export(_traced(module), inputs, dynamic_shapes=shapes)
    except RuntimeError as error:
        reason = str(error).strip().partition("\n")[0]
        raise DiagramError(f"torch cannot export this program: {reason}") from None
    _require_free(module, found)
    return found


def free_axes(module: DiagramModule) -> list[dict[int, str]]:
    """For each input the axes whose length is free, and the text of their size."""
    legs = derive(module.program).legs
    return [
        {
            place: str(leg.size)
            for place, leg in enumerate(legs[source.name])
            if leg.size.dims - module.fixed.keys()
        }
        for source in inputs_of(module.program)
    ]


def placeholders(found: ExportedProgram) -> list[torch.fx.Node]:
    """The nodes of the inputs, in order."""
    nodes = {node.name: node for node in found.graph.nodes}
    return [nodes[str(name)] for name in found.graph_signature.user_inputs]


@contextmanager
def quietly() -> Iterator[None]:
    """Nothing is said of what torch does inside."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def _traced(module: DiagramModule) -> nn.Module:
    """The same parameters and buffers under a forward that takes the inputs by their names."""
    traced: nn.Module = type("Module", (nn.Module,), {"forward": module._run})()
    traced.__dict__ |= vars(module)
    return traced


def _require_free(module: DiagramModule, found: ExportedProgram) -> None:
    """DiagramError where torch has fixed a length that is free in the program."""
    for node, axes in zip(placeholders(found), free_axes(module), strict=True):
        shape: Sequence[int | torch.SymInt] = node.meta["val"].shape
        for axis, size in axes.items():
            if isinstance(shape[axis], int):
                raise DiagramError(f"torch cannot export this program with any other `{size}`")
