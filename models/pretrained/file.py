"""A safetensors file, on disk or in memory: names and shapes at once, one tensor when asked for.

Nothing is ever unpickled. Neither opening nor listing loads torch; `tensor` does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from diagram.errors import FileError

if TYPE_CHECKING:
    from torch import Tensor


class Readable(Protocol):
    """A file that is open for reading bytes, such as an upload."""

    def read(self) -> bytes:
        """Everything that is left in it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the header says of one tensor; `kind` is safetensors' word for its dtype."""

    shape: tuple[int, ...]
    kind: str


class TensorFile(Protocol):
    """Named tensors, read one by one."""

    @property
    def name(self) -> str:
        """What messages call it."""

    def entries(self) -> Mapping[str, Entry]:
        """Every tensor's shape and dtype, by name."""

    def tensor(self, name: str) -> Tensor:
        """One tensor, as it is stored."""


@dataclass(frozen=True)
class Stored:
    """A file on disk, mapped into memory when read: what is not asked for is not loaded."""

    path: Path

    @property
    def name(self) -> str:
        """The file's name, without its folder."""
        return self.path.name

    def entries(self) -> Mapping[str, Entry]:
        """Every tensor's shape and dtype, by name; FileError where it is no safetensors file."""
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(self.path, "numpy") as file:
                slices = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118
                return {n: Entry(tuple(s.get_shape()), s.get_dtype()) for n, s in slices.items()}
        except (SafetensorError, OSError) as error:
            raise self._fault(error) from None

    def tensor(self, name: str) -> Tensor:
        """One tensor, as it is stored."""
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(self.path, "pt") as file:
                loaded: Tensor = file.get_tensor(name)
                return loaded
        except SafetensorError:
            raise FileError(f"{self.name} changed after its layers were listed") from None
        except OSError as error:
            raise self._fault(error) from None

    def _fault(self, error: Exception) -> FileError:
        if isinstance(error, OSError):
            return FileError(f"cannot read {self.name}: {_system_reason(error)}")
        with self.path.open("rb") as file:
            return FileError(f"cannot read {self.name}: {_reason(file.read(64), str(error))}")


@dataclass(frozen=True)
class Held:
    """The bytes of a file, in memory."""

    name: str
    data: bytes

    def entries(self) -> Mapping[str, Entry]:
        """Every tensor's shape and dtype, by name; FileError where it is no safetensors file."""
        from safetensors import SafetensorError, deserialize

        try:
            listed = deserialize(self.data)  # type: ignore[no-untyped-call]
        except SafetensorError as error:
            reason = _reason(self.data[:64], str(error))
            raise FileError(f"cannot read {self.name}: {reason}") from None
        return {name: Entry(tuple(of["shape"]), of["dtype"]) for name, of in listed}

    def tensor(self, name: str) -> Tensor:
        """One tensor, as it is stored."""
        import torch

        start = 8 + int.from_bytes(self.data[:8], "little")
        of = json.loads(self.data[8:start])[name]
        first, last = of["data_offsets"]
        kind = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16}
        block = bytearray(self.data[start + first : start + last])
        return torch.frombuffer(block, dtype=kind.get(of["dtype"], torch.bfloat16)).reshape(
            of["shape"]
        )


def tensor_file(source: str | Path | bytes | Readable | Stored | Held) -> Stored | Held:
    """The file at a path (in a folder: its `model.safetensors`), in bytes, or open for reading."""
    if isinstance(source, Stored | Held):
        return source
    if find_spec("safetensors") is None:
        raise FileError("to read weights: pip install 'tensor-diagrams[pretrained]'")
    if isinstance(source, str | Path):
        path = Path(source)
        return Stored(path / "model.safetensors" if path.is_dir() else path)
    if isinstance(source, bytes | bytearray | memoryview):
        return Held("the file", bytes(source))
    if not hasattr(source, "read"):
        kind = type(source).__name__
        raise FileError(f"a safetensors file is given as a path, bytes or open file, not {kind}")
    name = Path(str(getattr(source, "name", "the file"))).name
    try:
        data = source.read()
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise FileError(f"cannot read {name}: {error}") from None
    if not isinstance(data, bytes):
        raise FileError(f"cannot read {name}: it is open as text; open it with mode 'rb'")
    return Held(name, data)


_BEGINNINGS = {
    b"PK\x03\x04": "it is a zip, as PyTorch's pickles are; pickles are never opened: save it as "
    "safetensors",
    b"\x80": "it is a pickle; pickles are never opened: save it as safetensors",
    b"version https://git-lfs": "it is a Git LFS pointer; fetch the file with `git lfs pull`",
}


def _reason(start: bytes, said: str) -> str:
    """Why a file is no safetensors file, from its first bytes and what safetensors said of it."""
    for beginning, reason in _BEGINNINGS.items():
        if start.startswith(beginning) and b"{" not in start[8:9]:
            return reason
    detail = said.partition(": ")[2] or said
    if "header length" in detail or "not fully covered" in detail:
        return f"it is truncated, or longer than its header says ({detail})"
    return f"it is not a safetensors file ({detail})"


def _system_reason(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    return error.strerror or "it is not a file"
