"""Weights that a module of this project saved: its state_dict, with the names of the zoo."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from diagram import Program, types
from models import attention
from models.pretrained.file import Entry, TensorFile
from models.pretrained.measures import PROJECTIONS

if TYPE_CHECKING:
    from torch import Tensor

FORMS: Mapping[str, tuple[Callable[..., Program], tuple[str, ...], set[str]]] = {
    "multi-head": (attention.multi_head, ("f", "h", "d"), set()),
    "lossless": (attention.lossless, ("f", "r"), set()),
    "tunable-head": (attention.tunable_head, ("f", "r"), {"C"}),
    "skip-left": (attention.skip_left, ("f", "h", "d"), {"C2", "C3"}),
    "skip-right": (attention.skip_right, ("f", "h", "d"), {"C1"}),
}
"""How each is built, the dims of its WQ, and the weights that it alone has."""


@dataclass(frozen=True)
class Own:
    """A form of the zoo with the weights of a file."""

    name: str
    program: Program
    file: TensorFile

    @cached_property
    def values(self) -> Mapping[str, Tensor]:
        """The numbers of every weight, by name."""
        return {name: self.file.tensor(name).float() for name in self.program.source if name != "X"}

    @property
    def as_heads(self) -> Mapping[str, Tensor]:
        """The four weights with legs `h d`: a component that is no part of a head is one, d = 1."""
        found = {name: self.values[name] for name in PROJECTIONS}
        if found["WQ"].dim() == 3:
            return found
        return {name: w.unsqueeze(1 if name == "WO" else 2) for name, w in found.items()}


def own(file: TensorFile) -> Own | None:
    """The form whose weights a file holds, no more and no less; None if there is none.

    >>> import torch
    >>> from safetensors.torch import save
    >>> from models.pretrained.file import tensor_file
    >>> up, down, square = torch.ones(6, 2), torch.ones(2, 6), torch.ones(2, 2)
    >>> data = save({"WQ": up, "WK": up + 1, "WV": up + 2, "WO": down, "C": square})
    >>> own(tensor_file(data)).name
    'tunable-head'
    """
    entries = file.entries()
    for name, (build, dims, learned) in FORMS.items():
        if entries.keys() != {*PROJECTIONS, *learned} or len(entries["WQ"].shape) != len(dims):
            continue
        program = build(**dict(zip(dims, entries["WQ"].shape, strict=True)))
        if _fits(program, entries):
            return Own(name, program, file)
    return None


def _fits(program: Program, entries: Mapping[str, Entry]) -> bool:
    legs, numbers = types(program), program.defaults
    return all(
        entry.shape == tuple(leg.size.value(numbers) for leg in legs[name])
        and entry.kind in ("F64", "F32", "F16", "BF16")
        for name, entry in entries.items()
    )
