"""The models under test by name, the sizes they are tested at, and random numbers for them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from diagram import Program, types
from diagram.language.core import Kind
from models import ZOO, attention

BUILD: Mapping[str, Callable[..., Program]] = {
    **{name: example.build for name, example in ZOO.items()},
    "multi-head with biases": lambda **dims: attention.multi_head(bias=True, **dims),
}
DIMS: Mapping[str, str] = {
    "single-head": "fd",
    "lossless": "fr",
    "tunable-head": "fr",
    "cross-attention": "fehd",
    "grouped-query": "fkgd",
}
"""The dims of a model; `f h d` where it does not stand here."""

LENGTHS = (
    # b, n, m
    (1, 1, 1),
    (2, 3, 3),
    (1, 4, 2),
    (3, 1, 5),
    (1, 7, 1),
    (2, 5, 9),
    (5, 2, 3),
    (1, 8, 8),
    (2, 1, 1),
    (1, 13, 4),
    (4, 6, 11),
    (2, 17, 16),
)
WIDTHS = (
    # in the order of the model's dims, as many as it has
    (1, 1, 1, 1),
    (5, 3, 2, 4),
    (3, 1, 5, 1),
    (4, 2, 1, 3),
    (1, 4, 3, 2),
    (7, 3, 1, 5),
    (2, 5, 4, 1),
    (6, 1, 1, 7),
    (9, 2, 3, 1),
    (8, 4, 2, 2),
    (3, 6, 5, 3),
    (11, 3, 2, 5),
)


@dataclass(frozen=True)
class Case:
    """A model at one size."""

    model: str
    number: int

    @property
    def dims(self) -> dict[str, int]:
        names = DIMS.get(self.model, "fhd")
        return dict(zip(names, WIDTHS[self.number], strict=False))

    @property
    def program(self) -> Program:
        return BUILD[self.model](**self.dims)

    @property
    def sizes(self) -> dict[str, int]:
        """Numbers for every dim of the program."""
        b, n, m = LENGTHS[self.number]
        return {**self.dims, "b": b, "n": n} | ({"m": m} if self.model == "cross-attention" else {})

    def __str__(self) -> str:
        return f"{self.model} {' '.join(f'{k}={v}' for k, v in self.sizes.items())}"


CASES = [Case(model, number) for model in BUILD for number in range(len(LENGTHS))]


def numbers(program: Program, sizes: Mapping[str, int], seed: int = 0) -> dict[str, Tensor]:
    """Random float64 for every input and weight, scaled so that results are of order 1."""
    generator = torch.Generator().manual_seed(seed)
    found = {}
    for source in program.sources:
        shape = [leg.size.value(sizes) for leg in types(program)[source.name]]
        value = torch.randn(shape, generator=generator, dtype=torch.float64)
        if source.kind is Kind.WEIGHT and source.name.startswith("W"):
            # W^O sums over all of its legs but the last, the others over their first.
            value /= math.sqrt(math.prod(shape[:-1]) if source.name == "WO" else shape[0])
        found[source.name] = value
    return found


def load(module: torch.nn.Module, values: Mapping[str, Tensor]) -> torch.nn.Module:
    """The module with its parameters set to these numbers."""
    state = {name: values[name] for name in module.state_dict()}
    module.load_state_dict(state)
    return module
