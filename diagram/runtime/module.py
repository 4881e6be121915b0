"""`compile`: a program to an ordinary `nn.Module` whose parameters are its weights by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, fx, nn

from diagram.errors import DiagramError
from diagram.language.check import check
from diagram.language.core import Kind, Program
from diagram.language.inline import inline
from diagram.planner import Plan
from diagram.planner.plan import planned
from diagram.planner.policy import Objective, Optimizer, Order, given, policy, sizes_of
from diagram.planner.rates import kept
from diagram.runtime.diagnose import diagnosis
from diagram.runtime.emit import like_name, own_name
from diagram.runtime.feed import input_names, is_kept
from diagram.runtime.folded import Folded, folded
from diagram.runtime.head import expected
from diagram.runtime.init import (
    computed,
    initialise,
    is_computed,
    refuse_large_values,
    refuse_too_large,
    shape_of,
)
from diagram.runtime.lower import lower
from diagram.runtime.own import Own
from diagram.runtime.paths import register
from diagram.runtime.source import SCOPE, source
from diagram.runtime.verify import Verified, verify


class DiagramModule(nn.Module):
    """A compiled program. Call it with the inputs in declared order, or by name.

    `code` is the source that runs, `plan` the steps that it follows, `graph` its torch.fx graph.
    """

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan
        self._inputs = input_names(plan.program)
        self._build()
        self._hold()

    @property
    def program(self) -> Program:
        """The program that was compiled."""
        return self.plan.program

    @property
    def fixed(self) -> Mapping[str, int]:
        """The dims whose numbers the module keeps; it reads all others off its inputs."""
        return self._fixed

    @property
    def code(self) -> str:
        """The Python source of `forward`, as it runs, and of what is folded before it."""
        once = [child.code for child in self.children() if isinstance(child, Folded)]
        return "\n\n".join([*once, self._source])

    def __getattr__(self, name: str) -> Any:
        """Weights first: small modules are called in the time of a few such lookups."""
        found = self.__dict__.get("_parameters", {}).get(name)
        return super().__getattr__(name) if found is None else found

    def forward(self, *inputs: Tensor, **named: Tensor) -> Any:
        """The returned value, or a tuple of them where the program returns several."""
        if named or len(inputs) != len(self._inputs):
            self._check_arguments(len(inputs), named)
            inputs = (*inputs, *(named[name] for name in self._inputs[len(inputs) :]))
        try:
            return self._run(self if self._own is None else self._reader(self._own), *inputs)
        except Exception as error:
            told = diagnosis(error, self, inputs, expected(self.graph))
            if told is None:
                raise
            raise told from None

    def verify(
        self,
        compiled: Callable[..., Any] | None = None,
        sizes: Mapping[str, int] | None = None,
        seed: int = 0,
    ) -> Verified:
        """Compares this, or what was compiled from it, with the interpreter; see `verify`."""
        return verify(self, compiled, sizes, seed)

    def extra_repr(self) -> str:
        return f"{', '.join(self._inputs)} -> {', '.join(self.program.outputs)}"

    def _reader(self, own: Own) -> object:
        """What `forward` reads its weights of: what is quick, or `self` where that is not safe."""
        if torch.compiler.is_compiling() or own.__dict__ is not self._parameters:
            return self
        return own

    def _check_arguments(self, count: int, named: Mapping[str, Tensor]) -> None:
        left = self._inputs[count:]
        takes = f"the module takes {', '.join(self._inputs) or 'none'}"
        if count > len(self._inputs):
            s, were = ("", "was") if count == 1 else ("s", "were")
            raise DiagramError(f"{count} input{s} {were} given; {takes}")
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
        if self.plan.policy.fold:
            lowered = folded(lowered, own_name(self.program, "_folded"))
        self.graph: fx.Graph = lowered.graph
        for name, module in lowered.modules.items():
            if name not in self._modules:
                self.add_module(name, module)
        self._fixed = lowered.fixed
        self._lists = lowered.lists
        self._source = source(lowered.graph, lowered.lines, lowered.lists)
        scope = dict(SCOPE)
        exec(self._source, scope)
        self._run = scope["forward"]
        weights = [held.name for held in self.program.sources if held.kind is Kind.WEIGHT]
        is_flat = not any("." in name for name in weights)
        self._own = Own(self) if weights and is_flat else None

    def _hold(self) -> None:
        """Parameters and buffers, with their initial numbers."""
        program, numbers = self.program, self.plan.numbers
        refuse_too_large(program, self._fixed)
        refuse_large_values(self.plan, self._fixed)
        for held in program.sources:
            match held.kind:
                case Kind.WEIGHT | Kind.BUFFER:
                    value = torch.empty(shape_of(held, numbers))
                    initialise(program, held, value, numbers)
                    register(self, held, value, self._lists)
                case Kind.CONST if is_computed(held) and is_kept(held, self._fixed):
                    made = computed(held, self._fixed, torch.empty(()))
                    register(self, held, made, self._lists)
                case _:
                    pass
        if any(node.target == like_name(program) for node in self.graph.nodes):
            self.register_buffer(like_name(program), torch.empty(0), persistent=False)

    def _apply(self, fn: Any, recurse: bool = True) -> DiagramModule:
        """Changes dtype or device; constants are computed anew, so that none is rounded twice."""
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        for held in self.program.sources:
            if held.kind is Kind.CONST and is_computed(held) and is_kept(held, self._fixed):
                old = self.get_buffer(held.name)
                if old.device.type != "meta":
                    old.copy_(computed(held, self._fixed, old))
        return self

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        del state["graph"], state["_run"], state["_source"], state["_own"]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)  # type: ignore[no-untyped-call]
        self._build()


def compile(  # noqa: PLR0913 - each is an option that people write
    program: Program,
    dims: Mapping[str, int] | None = None,
    /,
    *,
    objective: Objective = "time",
    memory: int | str | None = None,
    train: bool = False,
    fold: bool = False,
    tolerance: float | None = None,
    optimizer: Optimizer | None = None,
    order: Order | None = None,
    **sizes: int,
) -> DiagramModule:
    """A module that computes the program; dims of weights are fixed, batch and lengths stay free.

    Sizes are those of the dims that have no default. The order is that of least predicted time; the
    options are those of `plan`. Weights start from their rule, or from fan in and fan out. Raises
    SizeError where a weight's dim has no number.

    >>> import torch
    >>> from diagram import parse
    >>> text = "input X[n f]\\nweight W[f h]\\nY[n h] = X[n f] W[f h]\\nreturn Y"
    >>> module = compile(parse(text), f=4, h=2)
    >>> module(torch.ones(3, 4)).shape
    torch.Size([3, 2])
    """
    options = given(
        memory=memory, train=train, fold=fold, tolerance=tolerance, optimizer=optimizer, order=order
    )
    program = inline(check(program))
    numbers = sizes_of(program, dims, sizes, options)
    device, dtype = torch.get_default_device().type, str(torch.get_default_dtype())
    rates = kept(device, dtype.removeprefix("torch."))
    wanted = policy(objective, **options, rates=rates)
    if wanted.memory is not None:
        from diagram.runtime.fitted import fitted

        return DiagramModule(fitted(program, numbers, wanted))
    if objective == "measure":
        from diagram.runtime.measured import fastest

        return DiagramModule(fastest(program, numbers, wanted))
    return DiagramModule(planned(program, numbers, wanted))
