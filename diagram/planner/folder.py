"""Where what was measured and searched is kept between runs: a folder of small JSON files."""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

VARIABLE = "TENSOR_DIAGRAMS_CACHE"


def folder() -> Path | None:
    """The folder that $TENSOR_DIAGRAMS_CACHE names, else the user's own; None where it is "off"."""
    named = os.environ.get(VARIABLE)
    if named == "off":
        return None
    if named:
        return Path(named)
    with suppress(RuntimeError):  # a user without a home
        home = Path.home()
        if sys.platform == "win32":
            base = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
        elif sys.platform == "darwin":
            base = home / "Library" / "Caches"
        else:
            base = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
        return base / "tensor-diagrams"
    return None


def read(name: str) -> object:
    """What a file of the folder holds; None where there is none, or it is damaged."""
    home = folder()
    if home is None:
        return None
    try:
        found: object = json.loads((home / name).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return found


def write(name: str, value: object) -> None:
    """Writes a file whole or not at all; a folder that cannot be written keeps nothing."""
    home = folder()
    if home is None:
        return
    with suppress(OSError):
        home.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(
            "w", dir=home, prefix=".", suffix=".json", delete=False, encoding="utf-8"
        ) as file:
            json.dump(value, file)
        Path(file.name).replace(home / name)
