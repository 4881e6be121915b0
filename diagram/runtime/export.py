"""One readable Python file of a compiled program, which imports only torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import fx, nn

from diagram.errors import DiagramError
from diagram.language.core import Kind, Program, Source
from diagram.planner import Plan, plan
from diagram.runtime.carried import carried
from diagram.runtime.emit import like_name
from diagram.runtime.feed import inputs_of, is_held, is_kept
from diagram.runtime.init import fans, glorot, is_computed, shape_of
from diagram.runtime.lower import Lowered, lower
from diagram.runtime.paths import is_plain, register, spelled
from diagram.runtime.source import source

HEAD = '''"""A module written by tensor-diagrams from the program below."""

{text}

{imports}import torch
from torch import Tensor, nn
from torch.nn import functional as F
'''


def python_source(program: Program, name: str = "Module", /, **sizes: int) -> str:
    """The file: a class `name` with the parameters, initial numbers and forward of `compile`.

    Raises SizeError where a weight's dim has no number, DiagramError for names that Python or torch
    cannot hold.

    >>> from diagram import parse
    >>> text = "input X[n f]\\nweight W[f h]\\nY[n h] = X[n f] W[f h]\\nreturn Y"
    >>> text = python_source(parse(text), f=4, h=2)
    >>> "self.W = nn.Parameter(torch.empty(4, 2).uniform_(-1.0, 1.0))" in text
    True
    """
    return plan_source(plan(program, sizes, objective="time"), name)


def plan_source(found: Plan, name: str = "Module") -> str:
    """The same for a plan, such as that of a module: slices and what is made again are as there."""
    if not is_plain(name):
        raise DiagramError(f"{name!r} is no name for a class; take letters, digits and `_`")
    program, lowered = found.program, lower(found)
    _refuse_names(found, lowered)
    body = source(lowered.graph, lowered.lines, lowered.lists, checks=False)
    own = carried(body)
    imports = "".join(f"{line}\n" for line in own.imports) + "\n" * bool(own.imports)
    head = HEAD.format(text=_quoted(program), imports=imports)
    modules = [f"self.{path} = nn.{module!r}" for path, module in lowered.modules.items()]
    lines = [
        f"class {name}(nn.Module):",
        *_indented(_buffers(program, lowered)),
        "    def __init__(self) -> None:",
        "        super().__init__()",
        *_indented(_indented([*_held(found, lowered), *modules])),
        "",
        *_indented(_forward(program, lowered.graph, body)),
    ]
    parts = [head, *own.texts, "\n".join(lines)]
    return "\n\n".join(part.strip("\n") + "\n" for part in parts)


def _refuse_names(found: Plan, lowered: Lowered) -> None:
    """DiagramError where a module cannot hold the values under their names."""
    module = nn.Module()
    for held in found.program.sources:
        if is_held(held, lowered.fixed):
            register(module, held, torch.empty(0), lowered.lists)


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"    {line}".rstrip() for line in lines]


def _forward(program: Program, graph: fx.Graph, body: str) -> list[str]:
    """The method, its inputs and result typed, their legs said."""
    names = [node.name for node in graph.nodes if node.op == "placeholder"]
    typed = ["self", *(f"{name}: Tensor" for name in names)]
    result = "Tensor" if len(program.outputs) == 1 else "tuple[Tensor, ...]"
    legs = [
        f"{name}: {' '.join(leg.name for leg in held.legs)}"
        for name, held in zip(names, inputs_of(program), strict=True)
    ]
    said = [f'    """Shapes: {"; ".join(legs)}."""'] if names else []
    return [f"def forward({', '.join(typed)}) -> {result}:", *said, *body.splitlines()[1:]]


def _buffers(program: Program, lowered: Lowered) -> list[str]:
    """Types of the buffers and constants that forward reads: torch cannot know them."""
    weights = {held.name for held in program.sources if held.kind is Kind.WEIGHT}
    lines = [f"{name}: Tensor" for name in sorted(lowered.read - weights) if is_plain(name)]
    return [*lines, ""] if lines else []


def _quoted(program: Program) -> str:
    """The program as comments: nothing that is written in it can become code."""
    return "\n".join(f"# {line}".rstrip() for line in str(program).splitlines())


def _held(found: Plan, lowered: Lowered) -> list[str]:
    """Lines that make the parameters and buffers."""
    lines: list[str] = []
    made: set[str] = set()

    def hold(path: str, value: str, kind: str = "parameter") -> None:
        before, owner = _owner(path, lowered.lists, made)
        name = path.rpartition(".")[2]
        lines.extend(before)
        if kind == "parameter" and is_plain(name):
            lines.append(f"{owner}.{name} = {value}")
        else:
            method = "register_parameter" if kind == "parameter" else "register_buffer"
            extra = ", persistent=False" if kind == "constant" else ""
            lines.append(f"{owner}.{method}({name!r}, {value}{extra})")

    for held in found.program.sources:
        if held.kind is Kind.WEIGHT:
            hold(held.name, f"nn.Parameter({_drawn(found, held)})")
        elif held.kind is Kind.BUFFER:
            hold(held.name, _drawn(found, held), "buffer")
        elif is_computed(held) and is_kept(held, lowered.fixed):
            hold(held.name, _written(held, lowered.fixed), "constant")
    if like_name(found.program) in lowered.read:
        hold(like_name(found.program), "torch.empty(0)", "constant")
    return lines


def _owner(path: str, lists: frozenset[str], made: set[str]) -> tuple[list[str], str]:
    """Lines that make the modules on the way to a path, and what holds it."""
    *parents, _ = path.split(".")
    lines = []
    for place in range(len(parents)):
        above, here = ".".join(parents[:place]), ".".join(parents[: place + 1])
        if here in made:
            continue
        made.add(here)
        owner = spelled(above, lists) if above else "self"
        module = "nn.ModuleList()" if here in lists else "nn.Module()"
        if above in lists:
            lines.append(f"{owner}.append({module})")
        elif is_plain(parents[place]):
            lines.append(f"{owner}.{parents[place]} = {module}")
        else:
            lines.append(f"{owner}.add_module({parents[place]!r}, {module})")
    return lines, spelled(".".join(parents), lists) if parents else "self"


def _drawn(found: Plan, held: Source) -> str:
    """An expression for the initial numbers of a weight or buffer."""
    shape = shape_of(held, found.numbers)
    lengths = ", ".join(str(length) for length in shape) if shape else "()"
    empty = f"torch.empty({lengths})"
    if held.init is None and held.kind is Kind.BUFFER:
        return f"torch.zeros({lengths})"
    if held.init is None:
        pair = fans(found.program, held.name, found.numbers)
        if pair is None:
            return f"torch.zeros({lengths})"
        bound = glorot(pair)
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
