"""What some formats need and not everyone has installed."""

from __future__ import annotations

from importlib.util import find_spec

from diagram.errors import DiagramError


def needed(format: str, *packages: str) -> None:
    """DiagramError if one of the packages is not installed.

    >>> needed("pdf", "json", "zlib")
    """
    for package in packages:
        if find_spec(package) is None:
            raise DiagramError(
                f"{format} needs {package}, which is not installed; "
                "pip install 'tensor-diagrams[export]'"
            )
