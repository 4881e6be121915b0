"""A program as one torch function of all its values, as text that runs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from diagram.language.core import Apply, Diagram, Dim, Kind, Let, Maker, Program, Source
from diagram.language.inline import inline
from diagram.language.size import Size
from diagram.planner import plan
from diagram.runtime.carried import carried
from diagram.runtime.emit import like_name
from diagram.runtime.feed import input_names, python_name
from diagram.runtime.lower import lower
from diagram.runtime.source import source


def torch_function(program: Program, numbers: Mapping[str, int], name: str = "") -> str:
    """Imports and a function of every source, in evaluation mode.

    Its arguments are inputs, weights and constants in order, then buffers. Lengths are read off
    them; `numbers` are of dims that they do not tell, and of those of buffers and of bounds of
    indices.

    >>> from diagram import parse
    >>> program = parse("input X[n f]\\nweight W[f h]\\nY[n h] = relu(X[n f] W[f h])\\nreturn Y")
    >>> print(torch_function(program, {}), end="")
    import torch
    <BLANKLINE>
    <BLANKLINE>
    def Y(X, W):
        Y_1 = torch.mm(X, W)
        Y = torch.relu(Y_1)
        del Y_1
        return Y
    """
    free = _free(inline(program), numbers)
    lowered = lower(plan(free))
    body = source(lowered.graph, lowered.lines, lowered.lists, checks=False)
    name = name or re.sub(r"\W", "_", "_".join(program.outputs))
    fed = [*input_names(free)]
    for found in free.sources:
        if found.kind is Kind.BUFFER:
            fed.append(python_name(found.name))
            body = re.sub(rf"\bself\.{re.escape(found.name)}\b", python_name(found.name), body)
    body = re.sub(r"def forward\(.*\):", f"def {name}({', '.join(fed)}):", body, count=1)
    body = body.replace("self.training", "False")
    body = body.replace(f"self.{like_name(free)}", "torch.empty(0)")
    own = [text.strip("\n") for text in carried(body).texts]
    used = any(re.search(r"\bF\.", text) for text in (body, *own))
    typed = any(re.search(r"\bTensor\b", text) for text in own)
    head = ["import torch", *["from torch import Tensor"] * typed]
    head += ["from torch.nn import functional as F"] * used
    return "\n\n\n".join(["\n".join(head), *own, body])


def _free(program: Program, numbers: Mapping[str, int]) -> Program:
    """The program with every source as an input, dropout gone, and only these numbers."""
    stated = {dim.name for dim in program.dims}
    equations = [dim for dim in program.dims if dim.name in program.equations]
    known = [
        Dim(name, Size.of(numbers[name]) if name in numbers else None)
        for name in (*stated, *sorted(numbers.keys() - stated))
        if name not in program.equations
    ]
    dims = (*sorted(known, key=lambda dim: dim.name), *equations)
    sources = tuple(_input(found) for found in program.sources)
    lets = tuple(Let(let.name, _without_dropout(let.maker)) for let in program.lets)
    return Program(dims, sources, lets, program.outputs)


def _input(found: Source) -> Source:
    kept = found.kind in (Kind.INDEX, Kind.BUFFER)
    return replace(found, kind=found.kind if kept else Kind.INPUT, init=None)


def _without_dropout(maker: Maker) -> Maker:
    if isinstance(maker, Apply) and maker.op == "dropout":
        return Diagram(maker.args, maker.output)
    return maker
