"""Small numbers for the dims that a module leaves free, and random inputs of these sizes."""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from diagram.errors import DiagramError, SizeError
from diagram.language.check import conditions, derive
from diagram.language.core import Kind, Program, Source
from diagram.language.count import bound, checked
from diagram.language.size import Size
from diagram.runtime.feed import inputs_of
from diagram.runtime.given import only_masks

if TYPE_CHECKING:
    from diagram.runtime.module import DiagramModule

TRIES = 1000
"""Draws of numbers until some fit."""
WIDER = 40
"""Draws after which they may be larger by one."""


def free_dims(module: DiagramModule) -> tuple[str, ...]:
    """The dims that every call may change, in the order in which the inputs tell them.

    >>> from diagram import compile, parse
    >>> text = "input X[b n f]\\nweight W[f h]\\nY[b n h] = X[b n f] W[f h]\\nreturn Y"
    >>> free_dims(compile(parse(text), f=4, h=2))
    ('b', 'n')
    """
    legs = derive(module.program).legs
    told = [leg.size for source in inputs_of(module.program) for leg in legs[source.name]]
    dims = [name for size in told for name in sorted(size.dims)]
    return tuple(dict.fromkeys(name for name in dims if name not in module.fixed))


def small_sizes(
    module: DiagramModule,
    given: Mapping[str, int],
    draw: random.Random,
    least: int = 1,
    spread: int = 2,
) -> dict[str, int]:
    """Numbers for the free dims: those given, others drawn until all fit.

    They are drawn from `least` to `spread` above it, and further where none fit; what follows from
    them is not 1 where `least` is more. Where none fit that either, they are drawn from 1. Raises
    DiagramError where none are found.
    """
    program, free = module.program, free_dims(module)
    for name, number in checked(program, given).items():
        if module.fixed.get(name, number) != number:
            raise DiagramError(f"dim `{name}` is {module.fixed[name]} in this module, not {number}")
    sizes = {leg.size for legs in derive(program).legs.values() for leg in legs}
    sizes |= {size for edges in derive(program).edges.values() for size in edges.values()}
    sizes = {size for size in sizes if size.dims & {*free}}
    for low in dict.fromkeys((least, 1)):
        for turn in range(TRIES):
            drawn = {name: draw.randint(low, low + spread + turn // WIDER) for name in free}
            drawn |= {name: given[name] for name in free if name in given}
            if _fit(program, {**module.fixed, **drawn}, sizes, min(low, 2)):
                return drawn
    wanted = [name for name in free if name not in given]
    if not wanted:
        said = ", ".join(f"{name}={given[name]}" for name in free)
        raise SizeError(f"{said or 'the dims of this module'} do not fit the program")
    names = ", ".join(f"`{name}`" for name in wanted)
    example = ", ".join(f"'{name}': 64" for name in wanted)
    raise DiagramError(f"no small numbers for {names} fit the program; give some: {{{example}}}")


def _fit(program: Program, numbers: Mapping[str, int], sizes: Collection[Size], least: int) -> bool:
    """Whether no size is below the least, and all holds that only numbers can decide."""
    try:
        numbers = bound(program, numbers)
        sides = [(c, c.left.value(numbers), c.right.value(numbers)) for c in conditions(program)]
        return all(condition.holds(left, right) for condition, left, right in sides) and all(
            size.value(numbers) >= least for size in sizes
        )
    except SizeError:
        return False


def random_inputs(
    module: DiagramModule,
    sizes: Mapping[str, int],
    seed: int,
    positive: bool = False,
    dtype: torch.dtype | None = None,
) -> list[Tensor]:
    """An input for each of the module's, on its device, and in its dtype unless another is given.

    Normal numbers, or `positive` ones, of which roots and logarithms are real; masks are 1 at three
    of four places and 0 elsewhere.
    """
    program = module.program
    numbers = bound(program, {**module.fixed, **sizes})
    generator = torch.Generator().manual_seed(seed)
    like = like_of(module)
    return [
        _random(program, source, numbers, generator, positive).to(
            like.device, None if source.kind is Kind.INDEX else dtype or like.dtype
        )
        for source in inputs_of(program)
    ]


def like_of(module: DiagramModule) -> Tensor:
    """A tensor of the module's floating-point dtype and device."""
    held = [*module.parameters(), *module.buffers()]
    return next((value for value in held if value.is_floating_point()), torch.empty(0))


def _random(
    program: Program,
    source: Source,
    numbers: Mapping[str, int],
    generator: torch.Generator,
    positive: bool,
) -> Tensor:
    shape = [leg.size.value(numbers) for leg in source.legs]
    if source.of is not None:
        bound = min(max(1, source.of.value(numbers)), 2**63 - 1)
        return torch.randint(0, bound, shape, generator=generator)
    if only_masks(program, source.name):
        return torch.rand(shape, generator=generator) < 3 / 4
    draw = torch.rand if positive else torch.randn
    return draw(shape, generator=generator, dtype=torch.float64)
