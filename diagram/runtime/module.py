"""`compile`: a program to an ordinary `nn.Module` whose parameters are its weights by name."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, fx, nn

from diagram.errors import DiagramError, SizeError
from diagram.language.core import Kind, Program
from diagram.language.count import parameters
from diagram.planner import Plan, plan
from diagram.runtime.init import computed, initialise, shape_of
from diagram.runtime.lower import fixed_dims, inputs_of, is_kept, lower, python_name
from diagram.runtime.source import SCOPE, source


class DiagramModule(nn.Module):
    """A compiled program. Call it with the inputs in declared order, or by name.

    `code` is the source that runs, `plan` the steps that it follows, `graph` its torch.fx graph.
    """

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan
        self._inputs = tuple(python_name(source.name) for source in inputs_of(plan.program))
        self._build()
        self._hold()

    @property
    def program(self) -> Program:
        """The program that was compiled."""
        return self.plan.program

    @property
    def code(self) -> str:
        """The Python source of `forward`, as it runs."""
        return self._source

    def forward(self, *inputs: Tensor, **named: Tensor) -> Any:
        """The returned value, or a tuple of them where the program returns several."""
        if len(inputs) + len(named) != len(self._inputs) or named:
            self._check_arguments(len(inputs), named)
        return self._run(self, *inputs, **named)

    def extra_repr(self) -> str:
        return f"{', '.join(self._inputs)} -> {', '.join(self.program.outputs)}"

    def _check_arguments(self, count: int, named: Mapping[str, Tensor]) -> None:
        left = self._inputs[count:]
        takes = f"the module takes {', '.join(self._inputs) or 'no inputs'}"
        if count > len(self._inputs):
            raise DiagramError(f"{count} inputs were given; {takes}")
        for name in named:
            if name not in left:
                twice = "is given twice" if name in self._inputs else "is not an input"
                raise DiagramError(f"`{name}` {twice}; {takes}")
        missing = [name for name in left if name not in named]
        if missing:
            raise DiagramError(f"input {', '.join(missing)} is not given; {takes}")

    # -- making it ----------------------------------------------------------------------------

    def _build(self) -> None:
        lowered = lower(self.plan)
        self.graph: fx.Graph = lowered.graph
        for name, module in lowered.modules.items():
            if name not in self._modules:
                self.add_module(name, module)
        self._source = source(lowered.graph, [python_name(step.result) for step in self.plan.steps])
        scope = dict(SCOPE)
        exec(self._source, scope)
        self._run = scope["forward"]

    def _hold(self) -> None:
        """Parameters and buffers, with their initial numbers."""
        program, numbers = self.program, self.plan.numbers
        fixed = fixed_dims(program, numbers)
        _refuse_too_large(program, numbers)
        for held in program.sources:
            owner, name = _owner(self, held.name)
            match held.kind:
                case Kind.WEIGHT | Kind.BUFFER:
                    value = torch.empty(shape_of(held, numbers))
                    initialise(program, held, value, numbers)
                    if held.kind is Kind.WEIGHT:
                        owner.register_parameter(name, nn.Parameter(value))
                    else:
                        owner.register_buffer(name, value)
                case Kind.CONST if held.init is not None and held.init.name != "given":
                    if is_kept(held, fixed):
                        value = computed(held, fixed, torch.empty(()))
                        owner.register_buffer(name, value, persistent=False)
                case _:
                    pass

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        del state["graph"], state["_run"], state["_source"]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)  # type: ignore[no-untyped-call]
        self._build()


def compile(program: Program, /, **sizes: int) -> DiagramModule:
    """A module that computes the program; dims of weights are fixed, batch and lengths stay free.

    Sizes are those of the dims that have no default. Weights start from their rule, or from fan in
    and fan out. Raises SizeError where a weight's dim has no number.

    >>> import torch
    >>> from diagram import parse
    >>> text = "input X[n f]\\nweight W[f h]\\nY[n h] = X[n f] W[f h]\\nreturn Y"
    >>> module = compile(parse(text), f=4, h=2)
    >>> module(torch.ones(3, 4)).shape
    torch.Size([3, 2])
    """
    return DiagramModule(plan(program, **sizes))


def _owner(module: nn.Module, path: str) -> tuple[nn.Module, str]:
    """The submodule that holds a dotted path's last name; made where it lacks."""
    *parents, name = path.split(".")
    for parent in parents:
        if parent not in dict(module.named_children()):
            module.add_module(parent, nn.Module())
        module = module.get_submodule(parent)
    return module, name


def _refuse_too_large(program: Program, numbers: Mapping[str, int]) -> None:
    """Refuses weights that this machine's memory cannot hold, before any is allocated."""
    count = parameters(program, **{k: v for k, v in numbers.items() if k not in program.equations})
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    size = (count.number or 0) * torch.finfo(torch.get_default_dtype()).bits // 8
    if size > memory:
        raise SizeError(
            f"the weights have {count} entries, {size / 2**30:,.1f} GiB, more than the "
            f"{memory / 2**30:,.1f} GiB of this machine"
        )
