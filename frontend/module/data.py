"""Inputs of a run from files: `.npy`, `.npz` and `.safetensors`, checked against the document."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import PurePath

import numpy as np

from diagram import DiagramError
from diagram.errors import Fault, suggest
from diagram.language.core import Kind, Source
from diagram.language.inline import inline
from diagram.language.size import Size
from frontend.document import Document
from frontend.module.run import held
from frontend.notation import letter

KINDS = ("npy", "npz", "safetensors")
MOST_BYTES = 2**28
"""Of all that a file holds, unpacked."""

NUMBERS = "biuf"
"""The kinds of entries, in numpy's letters, that are real numbers."""


@dataclass(frozen=True)
class Given:
    """The arrays of some inputs, and the document with the numbers that they tell.

    `key` tells one from another without comparing arrays.
    """

    document: Document
    arrays: Mapping[str, object]
    digest: str

    @property
    def key(self) -> tuple[Document, str]:
        return self.document, self.digest


def given(document: Document, files: Sequence[tuple[str, bytes]]) -> Given:
    """What the files give to a run; DiagramError with all that does not fit.

    >>> given(Document("input X[n]\\nreturn X", "input X[n]\\nreturn X"), []).arrays
    {}
    """
    inputs = {
        s.name: s for s in inline(document.program).sources if s.kind in (Kind.INPUT, Kind.INDEX)
    }
    arrays: dict[str, object] = {}
    for name, content in files:
        arrays |= _arrays(name, content, inputs)
    told: dict[str, tuple[int, str]] = {}
    kept = {dim: (n, "the module") for dim, n in held(document).items()}
    faults = [
        Fault(said)
        for name, array in arrays.items()
        for said in _misfits(array, inputs[name], kept, told)
    ]
    if faults:
        raise DiagramError(faults, of="with the inputs from files")
    sizes = {**document.sizes, **{dim: number for dim, (number, _) in told.items()}}
    digest = sha256(b"".join(content for _, content in files)).hexdigest() if files else ""
    return Given(replace(document, sizes=sizes), arrays, digest)


def _misfits(
    array: object,
    source: Source,
    kept: Mapping[str, tuple[int, str]],
    told: dict[str, tuple[int, str]],
) -> Iterator[str]:
    """Why an array is not this input; its lengths tell the numbers of dims."""
    shape = tuple(getattr(array, "shape", ()))
    legs = " ".join(leg.name for leg in source.legs)
    if len(shape) != len(source.legs):
        lengths = " × ".join(map(str, shape)) or "one number"
        yield f"{source.name} is {lengths} in the file, but here it is {source.name}[{legs}]"
        return
    for leg, length in zip(source.legs, shape, strict=True):
        dim = next(iter(leg.size.dims), "")
        if leg.size != Size.of(dim or 0):
            continue  # the module itself checks what is composed
        number, of = kept.get(dim) or told.setdefault(dim, (length, source.name))
        if number != length:
            yield (
                f"leg `{leg.name}` of {source.name} has length {length:,} in the file, but "
                f"{letter(dim)} is {number:,} in {of}"
            )


# -- files ------------------------------------------------------------------------------------


def _arrays(name: str, content: bytes, inputs: Mapping[str, Source]) -> dict[str, object]:
    """The arrays in a file by the names of inputs; a `.npy` for the only input may have any."""
    stem, suffix = PurePath(name).stem, PurePath(name).suffix.lower()
    try:
        match suffix:
            case ".npy":
                stem = next(iter(inputs)) if len(inputs) == 1 else stem
                found = {stem: np.load(io.BytesIO(content), allow_pickle=False)}
            case ".npz":
                found = _unpacked(content)
            case ".safetensors":
                found = _tensors(name, content)
            case _:
                raise DiagramError(f"{name} is none of {', '.join(KINDS)}")
    except DiagramError:
        raise
    except (ValueError, OSError, EOFError, KeyError, MemoryError, zipfile.BadZipFile) as error:
        raise DiagramError(f"{name} cannot be read as {suffix}: {error}") from None
    for key, array in found.items():
        if key not in inputs:
            raise DiagramError(f"{name} holds `{key}`, which is no input{suggest(key, inputs)}")
        if isinstance(array, np.ndarray) and array.dtype.kind not in NUMBERS:
            raise DiagramError(f"{name} holds {array.dtype} entries; real numbers are wanted")
    return found


def _unpacked(content: bytes) -> dict[str, object]:
    size = sum(member.file_size for member in zipfile.ZipFile(io.BytesIO(content)).infolist())
    if size > MOST_BYTES:
        raise ValueError(f"it unpacks to {size:,} bytes; at most {MOST_BYTES:,} are read")
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        return {key: file[key] for key in file.files}


def _tensors(name: str, content: bytes) -> dict[str, object]:
    from models.pretrained.file import Held

    file = Held(name, content)
    return {key: file.tensor(key) for key in file.entries()}
