"""A module's weights as plain attributes: read in a tenth of the time that `nn.Module` takes."""

from __future__ import annotations

from typing import Any

from torch import nn


class Own:
    """Stands for a module where its `forward` reads it.

    The module's own table of parameters is the `__dict__`, so there is nothing to keep in step:
    what optimizers, `.to`, `load_state_dict` or `functional_call` put there is what is read. The
    module answers for all else, as for weights that were parametrised, pruned or sharded, which the
    table lacks.
    """

    __slots__ = ("__dict__", "__module")

    def __init__(self, module: nn.Module) -> None:
        self.__module = module
        self.__dict__ = module._parameters

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__module, name)
