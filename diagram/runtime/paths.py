"""Where weights are held: dotted paths to modules, lists of them where a def is repeated."""

from __future__ import annotations

import keyword
from collections.abc import Iterable

from torch import Tensor, nn

from diagram.errors import DiagramError
from diagram.language.core import Kind, Source


def lists(names: Iterable[str]) -> frozenset[str]:
    """The paths under which modules stand numbered 0, 1, 2, ...: they are lists of them.

    >>> sorted(lists(["Y.0.W", "Y.1.W", "Z.W", "A.7.W", "B.0"]))
    ['Y']
    """
    children: dict[str, dict[str, None]] = {}
    owners: set[str] = set()
    for name in names:
        parts = name.split(".")
        owners.add(".".join(parts[:-1]))
        for place in range(1, len(parts)):
            children.setdefault(".".join(parts[:place]), {})[parts[place]] = None
    return frozenset(
        path
        for path, found in children.items()
        if path not in owners and list(found) == [str(number) for number in range(len(found))]
    )


def _container(path: str, listed: frozenset[str]) -> nn.Module:
    """What holds all under a path."""
    return nn.ModuleList() if path in listed else nn.Module()


def spelled(path: str, listed: frozenset[str]) -> str:
    """The attribute at a path, as Python writes it: `self.Y[0].attn.WQ`."""
    text, parts = "self", path.split(".")
    for place, part in enumerate(parts):
        if ".".join(parts[:place]) in listed:
            text = f"{text}[{part}]"
        elif is_plain(part):
            text = f"{text}.{part}"
        else:
            text = f"getattr({text}, {part!r})"
    return text


def is_plain(name: str) -> bool:
    """Whether an attribute of this name can be written behind a dot."""
    return name.isidentifier() and not keyword.iskeyword(name)


def register(module: nn.Module, held: Source, value: Tensor, listed: frozenset[str]) -> None:
    """Holds a value under its dotted path; submodules are made where they lack.

    Raises DiagramError where torch has an attribute of this name already.

    >>> import torch
    >>> module = nn.Module()
    >>> register(module, Source(Kind.BUFFER, "Y.m", ()), torch.ones(()), frozenset())
    >>> list(module.state_dict())
    ['Y.m']
    """
    *parents, name = held.name.split(".")
    owner = module
    for place, parent in enumerate(parents):
        if parent not in dict(owner.named_children()):
            if not isinstance(owner, nn.ModuleList):
                _refuse_taken(owner, parent, held.name)
            owner.add_module(parent, _container(".".join(parents[: place + 1]), listed))
        owner = owner.get_submodule(parent)
    _refuse_taken(owner, name, held.name)
    match held.kind:
        case Kind.WEIGHT:
            owner.register_parameter(name, nn.Parameter(value))
        case Kind.BUFFER:
            owner.register_buffer(name, value)
        case _:
            owner.register_buffer(name, value, persistent=False)


def _refuse_taken(owner: nn.Module, name: str, path: str) -> None:
    if hasattr(owner, name):
        raise DiagramError(
            f"a torch module cannot hold `{path}`: it has an attribute `{name}` already; rename it"
        )
