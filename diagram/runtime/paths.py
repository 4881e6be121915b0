"""Where weights are held: dotted paths to modules, lists of them where a def is repeated."""

from __future__ import annotations

import keyword
from collections.abc import Iterable

from torch import nn


def lists(names: Iterable[str]) -> frozenset[str]:
    """The paths under which all stands numbered 0, 1, 2, ...: they are lists of modules.

    >>> sorted(lists(["Y.0.W", "Y.1.W", "Z.W", "A.7.W"]))
    ['Y']
    """
    children: dict[str, dict[str, None]] = {}
    for name in names:
        parts = name.split(".")
        for place in range(1, len(parts)):
            children.setdefault(".".join(parts[:place]), {})[parts[place]] = None
    return frozenset(
        path
        for path, found in children.items()
        if list(found) == [str(number) for number in range(len(found))]
    )


def container(path: str, listed: frozenset[str]) -> nn.Module:
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
