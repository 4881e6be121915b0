"""The bytes that live in a call, counted as torch's operations make storages and let them go.

What a kernel takes for itself inside is not seen; where it is known, it is counted with it.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import accumulate
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from diagram.runtime.inside import inside

INSIDE = -1
"""The number of what kernels take for themselves."""


class Ledger(TorchDispatchMode):
    """Writes down every storage that is made, and when it is gone."""

    def __init__(self, known: Iterable[Tensor]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.entries: list[tuple[int, int]] = []
        """The number of a storage, and bytes more or fewer."""
        self.known = {_place(tensor) for tensor in known}
        self.numbers: dict[int, int] = {}
        """The numbers of the storages that live, by their places."""
        self.finalizers: list[weakref.ref[Any]] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(made):
            if isinstance(tensor, Tensor) and _place(tensor) not in self.known:
                self._note(tensor)
        if taken := inside(func, args):
            self.entries += [(INSIDE, taken), (INSIDE, -taken)]
        return made

    def _note(self, tensor: Tensor) -> None:
        storage, place = tensor.untyped_storage(), _place(tensor)
        if place in self.numbers:
            return
        number, size = len(self.finalizers), storage.nbytes()
        self.numbers[place] = number
        self.entries.append((number, size))

        def gone(_: object) -> None:
            self.entries.append((number, -size))
            if self.numbers.get(place) == number:
                del self.numbers[place]

        self.finalizers.append(weakref.ref(storage, gone))

    def lived(self, but: Collection[Tensor] = ()) -> list[int]:
        """The bytes that lived after each entry, without what some tensors hold."""
        places = {_place(tensor) for tensor in but}
        apart = {number for place, number in self.numbers.items() if place in places}
        return list(accumulate(0 if n in apart else change for n, change in self.entries))


def _place(tensor: Tensor) -> int:
    place: int = tensor.untyped_storage()._cdata
    return place


def peak(run: Callable[[], Any], known: Iterable[Tensor], learned: Sequence[Tensor]) -> int:
    """The most bytes that live in a call; where there are `learned` values, forward and back.

    What is known does not count, nor do gradients of learned values.
    """
    with torch.set_grad_enabled(bool(learned)), Ledger(known) as ledger:
        found = gradients_of(run(), learned)
        return max(ledger.lived(found), default=0)


class _Loss(torch.autograd.Function):
    """A loss that takes no memory but for the gradient of its value."""

    @staticmethod
    def forward(ctx: Any, output: Tensor) -> Tensor:
        """One number."""
        ctx.shape = output.shape
        return output.new_zeros(())

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        """A gradient, as any loss makes one."""
        return gradients[0].expand(ctx.shape).clone(memory_format=torch.contiguous_format)


def gradients_of(made: Any, learned: Sequence[Tensor]) -> list[Tensor]:
    """Those of learned values for a loss of what was made."""
    wanted = [x for x in ([made] if isinstance(made, Tensor) else made) if x.requires_grad]
    if not (wanted and learned):
        return []
    loss = torch.stack([_Loss.apply(output) for output in wanted]).sum()  # type: ignore[no-untyped-call]
    found: Sequence[Tensor | None] = torch.autograd.grad(loss, learned, allow_unused=True)
    return [gradient for gradient in found if gradient is not None]
