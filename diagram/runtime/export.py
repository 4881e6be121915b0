"""One readable Python file of a compiled program, which imports only torch."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Mapping, Sequence

from torch import fx

from diagram.language.core import Kind, Program, Source
from diagram.planner import Plan, plan
from diagram.runtime import kernels
from diagram.runtime.init import COMPUTED, fans, shape_of
from diagram.runtime.lower import fixed_dims, inputs_of, is_kept, lower, python_name
from diagram.runtime.source import source

HEAD = '''"""{title}

{text}
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F
'''


def python_source(program: Program, name: str = "Module", /, **sizes: int) -> str:
    """The file: a class `name` with the parameters, initial numbers and forward of `compile`.

    Raises SizeError where a weight's dim has no number.

    >>> from diagram import parse
    >>> text = "input X[n f]\\nweight W[f h]\\nY[n h] = X[n f] W[f h]\\nreturn Y"
    >>> text = python_source(parse(text), f=4, h=2)
    >>> "self.W = nn.Parameter(torch.empty(4, 2).uniform_(-1.0, 1.0))" in text
    True
    """
    found = plan(program, **sizes)
    lowered = lower(found)
    body = source(lowered.graph, [python_name(s.result) for s in found.steps], checks=False)
    head = HEAD.format(
        title="A module written by tensor-diagrams from this program.", text=_quoted(program)
    )
    modules = [f"self.{path} = nn.{module!r}" for path, module in lowered.modules.items()]
    lines = [
        f"class {name}(nn.Module):",
        *_indented(_buffers(program, lowered.graph)),
        "    def __init__(self) -> None:",
        "        super().__init__()",
        *_indented(_indented([*_held(found), *modules])),
        "",
        *_indented(_forward(program, body)),
    ]
    parts = [head, *_kernels_in(body), "\n".join(lines)]
    return "\n\n".join(part.strip("\n") + "\n" for part in parts)


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"    {line}".rstrip() for line in lines]


def _forward(program: Program, body: str) -> list[str]:
    """The method, its inputs and result typed, their legs said."""
    inputs = inputs_of(program)
    typed = ["self", *(f"{python_name(held.name)}: Tensor" for held in inputs)]
    result = "Tensor" if len(program.outputs) == 1 else "tuple[Tensor, ...]"
    legs = [
        f"{python_name(held.name)}: {' '.join(leg.name for leg in held.legs)}" for held in inputs
    ]
    said = [f'    """Shapes: {"; ".join(legs)}."""'] if inputs else []
    return [f"def forward({', '.join(typed)}) -> {result}:", *said, *body.splitlines()[1:]]


def _buffers(program: Program, graph: fx.Graph) -> list[str]:
    """Types of the buffers and constants that forward reads: torch cannot know them."""
    read = {node.target for node in graph.nodes if node.op == "get_attr"}
    kinds = (Kind.BUFFER, Kind.CONST)
    names = [held.name for held in program.sources if held.kind in kinds and held.name in read]
    lines = [f"{name}: Tensor" for name in names if name.isidentifier()]
    return [*lines, ""] if lines else []


def _quoted(program: Program) -> str:
    return "\n".join(f"    {line}" for line in str(program).replace("\\", "/").splitlines())


def _kernels_in(body: str) -> list[str]:
    """The sources of our own functions that the body calls, and of those that they call."""
    texts: dict[str, str] = {}
    waiting = [body]
    while waiting:
        text = waiting.pop()
        for word in dict.fromkeys(re.findall(r"(?<![.\w])([a-z_]+)\(", text)):
            function = getattr(kernels, word, None)
            ours = inspect.isfunction(function) and function.__module__ == kernels.__name__
            if function is not None and ours and word not in texts:
                texts[word] = inspect.getsource(function)
                waiting.append(texts[word])
    return list(texts.values())


def _held(found: Plan) -> list[str]:
    """Lines that make the parameters and buffers."""
    fixed = fixed_dims(found.program, found.numbers)
    lines: list[str] = []
    for held in found.program.sources:
        if held.kind is Kind.WEIGHT:
            lines += _registered(held.name, f"nn.Parameter({_drawn(found, held)})")
        elif held.kind is Kind.BUFFER:
            lines += _registered(held.name, _drawn(found, held), "buffer")
        elif held.init and held.init.name in COMPUTED and is_kept(held, fixed):
            lines += _registered(held.name, _written(held, fixed), "constant")
    return lines


def _registered(path: str, value: str, kind: str = "parameter") -> list[str]:
    *parents, name = path.split(".")
    lines = []
    owner = "self"
    for parent in parents:
        lines.append(f"if not hasattr({owner}, {parent!r}):")
        lines.append(f"    {owner}.add_module({parent!r}, nn.Module())")
        owner = f"{owner}.get_submodule({parent!r})"
    if kind == "parameter" and name.isidentifier():
        return [*lines, f"{owner}.{name} = {value}"]
    method = "register_parameter" if kind == "parameter" else "register_buffer"
    extra = ", persistent=False" if kind == "constant" else ""
    return [*lines, f"{owner}.{method}({name!r}, {value}{extra})"]


def _drawn(found: Plan, held: Source) -> str:
    """An expression for the initial numbers of a weight or buffer."""
    shape = shape_of(held, found.numbers)
    lengths = ", ".join(str(length) for length in shape) if shape else "()"
    empty = f"torch.empty({lengths})"
    if held.init is None:
        pair = fans(found.program, held.name, found.numbers)
        if pair is None:
            return f"torch.zeros({lengths})"
        bound = math.sqrt(6.0 / max(1, sum(pair)))
        return f"{empty}.uniform_({-bound!r}, {bound!r})"
    numbers = [repr(float(number)) for number in held.init.numbers]
    match held.init.name:
        case "normal":
            return f"{empty}.normal_(0.0, {numbers[0]})"
        case "uniform":
            return f"{empty}.uniform_({numbers[0]}, {numbers[1]})"
        case "orthogonal":
            return f"nn.init.orthogonal_({empty})"
        case "given":
            return f"torch.zeros({lengths})"
        case _:
            return _written(held, found.numbers)


def _written(held: Source, numbers: Mapping[str, int]) -> str:
    """An expression for numbers that follow from the declaration."""
    assert held.init is not None
    shape = shape_of(held, numbers)
    lengths = ", ".join(str(length) for length in shape) if shape else "()"
    match held.init.name:
        case "zeros" | "ones" as rule:
            return f"torch.{rule}({lengths})"
        case "eye":
            return f"torch.eye({lengths})"
        case "range":
            return f"torch.arange({lengths}, dtype=torch.float32)"
        case _:
            entries = ", ".join(str(float(n)) for n in held.init.numbers)
            return f"torch.tensor([{entries}]).reshape({shape})"
