"""Where a file holds attention layers: the family of names, the paths of the layers, their size.

Only the header is looked at; every tensor that is missing or does not fit is told at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from diagram.errors import Fault, FileError
from models.pretrained.file import Entry, TensorFile
from models.pretrained.naming import NAMINGS, Naming

FLOATS = ("F64", "F32", "F16", "BF16")
"""The dtypes that can be read, in safetensors' words."""

_MOST = 12
"""How many faults or names are shown of a file."""


@dataclass(frozen=True)
class Found:
    """The layers of one stack: path and index of each, in order of the index."""

    naming: Naming
    stack: str
    layers: tuple[tuple[str, int], ...]
    features: int
    bias: bool


def find(file: TensorFile, stack: str | None = None) -> Found:
    """The attention layers of a file; a FileError if there are none or their tensors do not fit."""
    entries = file.entries()
    stacks = _stacks(entries)
    if not stacks:
        raise FileError(_nothing(file.name, entries))
    if (len(stacks) > 1) if stack is None else (stack not in stacks):
        listed = ", ".join(f"`{_shown(name)}`" for name in list(stacks)[:_MOST])
        asked = f"no stack `{stack}`" if stack is not None else "more than one stack of layers"
        raise FileError(f"{file.name} has {asked}; choose with stack=, one of {listed}")
    name = next(iter(stacks)) if stack is None else stack
    naming, layers = stacks[name]
    bias = any(f"{at}.{part}.bias" in entries for at, _ in layers for part in naming.parts)
    found = Found(naming, name, layers, _features(naming, layers, entries), bias)
    faults = tuple(_faults(found, entries))
    if faults:
        raise FileError(_shortened(faults), of=f"in {file.name}")
    return found


def _stacks(
    entries: Mapping[str, Entry],
) -> dict[str, tuple[Naming, tuple[tuple[str, int], ...]]]:
    """By stack: its naming, and path and index of each of its layers."""
    seen: dict[str, tuple[Naming, dict[str, int]]] = {}
    for name in sorted(entries):
        for naming in NAMINGS:
            match = naming.find(name)
            if match and match["part"] in naming.tensors(bias=True):
                layers = seen.setdefault(match["stack"], (naming, {}))[1]
                layers[match["at"]] = int(match["index"])
    return {
        stack: (naming, tuple(sorted(layers.items(), key=lambda item: item[1])))
        for stack, (naming, layers) in seen.items()
    }


def _features(
    naming: Naming, layers: Sequence[tuple[str, int]], entries: Mapping[str, Entry]
) -> int:
    """The length that most axes have: one bad tensor does not make the others look wrong."""
    names = (f"{at}.{tensor}" for at, _ in layers for tensor in naming.tensors(bias=True))
    lengths = Counter(n for name in names if name in entries for n in entries[name].shape)
    return max(lengths, key=lengths.__getitem__, default=0)


def _faults(found: Found, entries: Mapping[str, Entry]) -> Iterator[Fault]:
    """What is missing, too much, or of the wrong shape or dtype."""
    paths = {at for at, _ in found.layers}
    wanted = found.naming.tensors(found.bias)
    for at, _ in found.layers:
        for tensor in wanted:
            reason = _reason(
                entries.get(f"{at}.{tensor}"), found.naming.shape(tensor, found.features)
            )
            if reason:
                yield Fault(f"`{tensor}` {reason}", _shown(at))
    for name in sorted(entries):
        match = found.naming.find(name)
        if (
            match
            and match["at"] in paths
            and match["part"] not in (*wanted, *found.naming.harmless)
        ):
            part = _shown(match["part"])
            yield Fault(f"`{part}` is no part of plain multi-head attention", _shown(match["at"]))


def _reason(entry: Entry | None, expected: tuple[int, ...]) -> str | None:
    if entry is None:
        return "is missing; the file may be one shard of several"
    if entry.kind not in FLOATS:
        return f"holds {entry.kind}, not floating-point numbers ({', '.join(FLOATS)})"
    if 0 in expected:
        return "is empty"
    if entry.shape != expected:
        return f"has shape {_shape(entry.shape)}, expected {_shape(expected)}"
    return None


def _shape(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) or "()"


def _nothing(name: str, entries: Mapping[str, Entry]) -> str:
    looked = ", ".join(f"`{naming.looked_for}` ({naming.family})" for naming in NAMINGS)
    shown = ", ".join(f"`{_shown(entry)}`" for entry in sorted(entries)[:4]) or "no tensors"
    more = f" and {len(entries) - 4} more" if len(entries) > 4 else ""
    return f"no attention weights in {name}; looked for {looked}; it holds {shown}{more}"


def _shown(name: str) -> str:
    """A name from the file, short and printable."""
    name = "".join(letter if letter.isprintable() else "?" for letter in name)
    return name if len(name) <= 80 else name[:77] + "..."


def _shortened(faults: tuple[Fault, ...]) -> tuple[Fault, ...]:
    if len(faults) <= _MOST:
        return faults
    return (*faults[:_MOST], Fault(f"and {len(faults) - _MOST} more"))
