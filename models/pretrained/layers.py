"""The attention of a pretrained transformer: one program with values per layer.

The header is read and checked at once, all faults together; numbers are read when a layer's
`values` are first asked for, and only then is torch loaded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from diagram import Program
from diagram.errors import FileError
from diagram.language.core import Apply, Let, Node
from models.attention import multi_head
from models.pretrained.config import config_beside, heads_of, require_plain
from models.pretrained.file import Held, Readable, Stored, TensorFile, tensor_file
from models.pretrained.find import Found, find
from models.pretrained.naming import Naming

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Layer:
    """One layer's attention as a program; `at` is where its tensors lie in the file."""

    index: int
    at: str
    program: Program
    file: TensorFile
    naming: Naming

    @cached_property
    def values(self) -> Mapping[str, Tensor]:
        """The numbers of every weight of the program, by name: float32, or float64 if stored so."""
        values = self.naming.values(self._tensor, self.heads, "BQ" in self.program.source)
        return {name: value.contiguous() for name, value in values.items()}

    @property
    def as_heads(self) -> Mapping[str, Tensor]:
        """The weights with legs `h d`: all have them."""
        return self.values

    @property
    def heads(self) -> int:
        """The number of heads, h."""
        return self.program.defaults["h"]

    def _tensor(self, name: str) -> Tensor:
        import torch

        tensor = self.file.tensor(f"{self.at}.{name}")
        if tensor.shape != self.naming.shape(name, self.program.defaults["f"]):
            raise FileError(f"{self.file.name} changed after its layers were listed")
        return tensor if tensor.dtype == torch.float64 else tensor.to(torch.float32)


@dataclass(frozen=True)
class Pretrained:
    """The attention layers of a file, all of one family and one size."""

    name: str
    family: str
    layers: tuple[Layer, ...]


def read(
    source: str | Path | bytes | Readable | Stored | Held,
    heads: int | None = None,
    config: Mapping[str, object] | None = None,
    stack: str | None = None,
) -> Pretrained:
    """The attention layers in a `.safetensors` file: a path, a folder, bytes, or an open file.

    The number of heads is that of the config.json beside the file unless given; `config` stands in
    for that file. `stack` picks one where a file has several, such as `decoder.`. A FileError says
    why a file cannot be read: it is malformed, holds no attention, or lacks something.

    >>> import torch
    >>> from safetensors.torch import save
    >>> parts = ("self.query", "self.key", "self.value", "output.dense")
    >>> at = "encoder.layer.0.attention"
    >>> data = save({f"{at}.{part}.weight": torch.eye(6) for part in parts})
    >>> layer = read(data, heads=2).layers[0]
    >>> layer.at, tuple(layer.values["WQ"].shape)
    ('encoder.layer.0.attention', (6, 2, 3))
    """
    file = tensor_file(source)
    found = find(file, stack)
    config = config_beside(file) if config is None else config
    require_plain(file.name, found.naming.types, config)
    h = heads_of(file.name, heads, config, found.features)
    return Pretrained(file.name, found.naming.family, _layers(file, found, h, config))


def _layers(
    file: TensorFile, found: Found, heads: int, config: Mapping[str, object]
) -> tuple[Layer, ...]:
    f = found.features
    program = multi_head(f, heads, f // heads, bias=found.bias)
    if found.naming.causal or config.get("is_decoder") is True:
        program = causal(program)
    return tuple(Layer(i, at, program, file, found.naming) for at, i in found.layers)


def causal(program: Program) -> Program:
    r"""The program with a causal barrier before each softmax over m: no query reads later keys.

    >>> str(causal(multi_head())).split("\n")[4]
    'A[b h n m] = softmax[m](causal[n m](S))'
    """

    def lets() -> Iterator[Let]:
        for let in program.lets:
            match let.maker:
                case Apply(op="softmax", legs=("m",), args=(scores,)) as softmax:
                    mask = Let(f"{let.name}~1", Apply("causal", ("n", "m"), (scores,), scores.axes))
                    masked = Node(mask.name, scores.axes)
                    yield mask
                    yield Let(let.name, replace(softmax, args=(masked,)))
                case _:
                    yield let

    return replace(program, lets=tuple(lets()))
