"""How far what a call returns, and its gradients, are from the interpreter's: one trial."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from diagram.language.core import Kind
from diagram.runtime.feed import inputs_of
from diagram.runtime.given import only_masks
from diagram.runtime.interpret import evaluate

if TYPE_CHECKING:
    from diagram.runtime.module import DiagramModule

Call = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """How far a value is off, relative to its largest entry; a gradient, to that of them all."""

    what: str
    far: float
    is_gradient: bool = False


@dataclass(frozen=True)
class Trial:
    """A call of a module, or of what was compiled from it, beside the interpreter in float64."""

    module: DiagramModule
    call: Call
    inputs: Sequence[Tensor]
    sizes: Mapping[str, int]
    train: bool

    def differences(self, least: float) -> Iterator[Difference]:
        """Of each value without gradients, of each with, and of the gradients.

        Where all entries are below `least`, they are relative to that: they may be rounding.
        Torch's compiler rewrites the two in ways of their own: pytorch/pytorch#196468 is wrong
        where no gradients are wanted, and only there.
        """
        given, known = self._leaves()
        program = self.module.program
        with torch.no_grad():
            plain = _several(self.call(*self.inputs))
        with torch.enable_grad():
            found = _several(self.call(*given.values()))
            values = evaluate(program, known, {**self.module.fixed, **self.sizes}, self.train)
        expected = {name: values[name] for name in program.outputs}
        yield from _of_values(plain, expected, " without gradients", least)
        yield from _of_values(found, expected, "", least)
        results = list(expected.values())
        if len(found) == len(results) and all(map(_alike, found, results)):
            yield from self._of_gradients(given, found, known, results, least)

    def _leaves(self) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """The inputs that are given, and all values that the interpreter knows, in float64."""
        program = self.module.program
        given: dict[str, Tensor] = {}
        known: dict[str, Tensor] = {}
        for source, value in zip(inputs_of(program), self.inputs, strict=True):
            learns = value.is_floating_point() and not only_masks(program, source.name)
            given[source.name] = value.clone().requires_grad_(learns)
            known[source.name] = _exact(value).requires_grad_(learns)
        for source in program.sources:
            if source.kind is Kind.WEIGHT:
                weight = self.module.get_parameter(source.name)
                known[source.name] = _exact(weight).requires_grad_(weight.requires_grad)
            elif source.kind is Kind.BUFFER:
                known[source.name] = _exact(self.module.get_buffer(source.name))
        return given, known

    def _of_gradients(
        self,
        given: Mapping[str, Tensor],
        found: Sequence[Tensor],
        known: Mapping[str, Tensor],
        expected: Sequence[Tensor],
        least: float,
    ) -> Iterator[Difference]:
        """Those of a random sum of all entries; what was compiled may not rest on the weights."""
        weights = {
            source.name: self.module.get_parameter(source.name)
            for source in self.module.program.sources
            if source.kind is Kind.WEIGHT
        }
        leaves = {n: x for n, x in {**given, **weights}.items() if x.requires_grad}
        generator = torch.Generator().manual_seed(0)
        upstream = [
            torch.randn(x.shape, generator=generator, dtype=torch.float64) for x in expected
        ]
        ours = _gradients(found, leaves, upstream)
        theirs = _gradients(expected, {name: known[name] for name in leaves}, upstream)
        if self.call is not self.module and not weights.keys() & ours.keys():
            theirs = {name: value for name, value in theirs.items() if name in ours}
        largest = max(least, _largest(theirs.values()))
        for name, other in theirs.items():
            far = _far(ours.get(name, torch.zeros_like(other)), other, largest)
            yield Difference(f"the gradient of `{name}`", far, is_gradient=True)


def _of_values(
    found: Sequence[Any], expected: Mapping[str, Tensor], when: str, least: float
) -> Iterator[Difference]:
    if len(found) != len(expected):
        yield Difference(f"the number of values{when}", math.inf)
        return
    for value, (name, other) in zip(found, expected.items(), strict=True):
        largest = max(least, _largest([other]))
        far = _far(value, other, largest) if _alike(value, other) else math.inf
        yield Difference(f"`{name}`{when}", far)


def _far(found: Tensor, expected: Tensor, largest: float) -> float:
    """The largest difference of entries, relative to that number; inf where one is."""
    value, expected = found.detach().to(expected), expected.detach()
    same = (value == expected) | (value.isnan() & expected.isnan())
    off = (value - expected).abs().masked_fill(same, 0.0)
    far = float(off.max()) / largest if off.numel() else 0.0
    return far if math.isfinite(far) else math.inf


def _several(result: object) -> Sequence[Any]:
    """What a call returns, as several values."""
    return result if isinstance(result, tuple | list) else (result,)


def _exact(value: Tensor) -> Tensor:
    """A copy in float64; of whole numbers and truth values as they are."""
    value = value.detach()
    return value.double().clone() if value.is_floating_point() else value.clone()


def _alike(value: object, expected: Tensor) -> bool:
    return isinstance(value, Tensor) and value.shape == expected.shape


def _largest(values: Iterable[Tensor]) -> float:
    """The largest finite entry."""
    finite = [value.detach()[value.detach().isfinite()] for value in values]
    return max((float(entries.abs().max()) for entries in finite if entries.numel()), default=0.0)


def _gradients(
    values: Sequence[Tensor], leaves: Mapping[str, Tensor], upstream: Sequence[Tensor]
) -> dict[str, Tensor]:
    """The gradients of those leaves that the values rest on."""
    with torch.enable_grad():
        terms = [
            (value.double() * up.to(value.device)).sum()
            for value, up in zip(values, upstream, strict=True)
            if value.requires_grad
        ]
    if not terms or not leaves:
        return {}
    wanted = list(leaves.values())
    found: Sequence[Tensor | None] = torch.autograd.grad(terms, wanted, allow_unused=True)
    return {name: g for name, g in zip(leaves, found, strict=True) if g is not None}
