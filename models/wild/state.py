"""State dicts read by programs: how a library lays its tensors out is itself a diagram.

A reading has the stored tensors as inputs, under their own names, and the weights of our program
as lets. It only moves legs: `WQ[f h d] = query.weight[(h d) f]`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from diagram import Program, parse
from diagram.errors import DiagramError, Fault, suggest
from diagram.language.core import Kind
from diagram.language.inline import inline

if TYPE_CHECKING:
    from torch import Tensor

    from diagram.runtime.module import DiagramModule


@dataclass(frozen=True)
class Loaded:
    """A program and the numbers of its weights, by name."""

    program: Program
    weights: Mapping[str, Tensor]

    def module(self) -> DiagramModule:
        """The program compiled, with these weights."""
        from diagram import compile

        module = compile(self.program)
        first = next(iter(self.weights.values()), None)
        if first is not None:
            module = module.to(dtype=first.dtype, device=first.device)
        module.load_state_dict(dict(self.weights))
        return module


def load(
    program: Program, reading: str, state: Mapping[str, Tensor], harmless: Sequence[str] = ()
) -> Loaded:
    """The program with the weights that the reading makes of a state dict.

    `harmless` are names that may stand in the state dict and are not read; with a leading dot, ends
    of names. DiagramError for tensors that lack, are not known, or do not fit the program's dims.

    >>> import torch
    >>> linear = parse("dims i=2 o=3\\ninput X[n i]\\nweight W[i o]\\nY[n o] = X W\\nreturn Y")
    >>> reading = "input fc.weight[o i]\\nW[i o] = fc.weight[o i]"
    >>> loaded = load(linear, reading, {"fc.weight": torch.ones(3, 2)})
    >>> loaded.module()(torch.ones(1, 2))
    tensor([[2., 2., 2.]], grad_fn=<MmBackward0>)
    """
    from diagram import interpret

    wanted = [s.name for s in inline(program).sources if s.kind in (Kind.WEIGHT, Kind.BUFFER)]
    dims = " ".join(f"{name}={number}" for name, number in program.defaults.items())
    moves = parse(f"dims {dims}\n{reading}\nreturn {', '.join(wanted)}")
    faults = tuple(_faults(moves, state, harmless))
    if faults:
        raise DiagramError(faults, of="with the state dict")
    stored = (state[name] for name in moves.source)
    run: Callable[..., Mapping[str, Tensor]] = interpret
    values = run(moves, *stored, **program.defaults)
    return Loaded(program, {name: values[name].detach().contiguous() for name in wanted})


def _faults(
    moves: Program, state: Mapping[str, Tensor], harmless: Sequence[str]
) -> Iterator[Fault]:
    for name in moves.source:
        if name not in state:
            yield Fault(f"it lacks `{name}`{suggest(name, state, similar=True)}")
    ends = tuple(name for name in harmless if name.startswith("."))
    for name in state:
        if name not in moves.source and name not in harmless and not name.endswith(ends):
            yield Fault(f"`{name}` is not read here: the program has no such weight")


def shape(state: Mapping[str, Tensor], name: str, legs: int) -> tuple[int, ...]:
    """The shape of a stored tensor; DiagramError if it lacks or has another number of legs."""
    if name not in state:
        raise DiagramError(f"the state dict lacks `{name}`{suggest(name, state, similar=True)}")
    found = tuple(state[name].shape)
    if len(found) != legs:
        raise DiagramError(f"`{name}` of the state dict has {len(found)} legs, not {legs}")
    return found
