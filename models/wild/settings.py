"""What a config says, read by name: faults are told, and none is another exception."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from diagram.errors import DiagramError


@dataclass(frozen=True)
class Settings:
    """A config, an object with fields or a mapping; what it does not say is the default.

    >>> Settings({"num_heads": 4}).whole("num_heads")
    4
    """

    given: object

    def get(self, name: str, default: object = None) -> object:
        """What it says, or the default."""
        if isinstance(self.given, Mapping):
            found = self.given.get(name)
        else:
            found = getattr(self.given, name, None)
        return default if found is None else found

    def whole(self, name: str, default: int | None = None) -> int:
        """A whole number, 1 or more."""
        found = self.get(name, default)
        if isinstance(found, bool) or not isinstance(found, int) or found < 1:
            raise DiagramError(f"the config says {name} {found!r}; a whole number is wanted")
        return found

    def number(self, name: str, default: float | None = None) -> float:
        """A number above 0."""
        found = self.get(name, default)
        if isinstance(found, bool) or not isinstance(found, int | float) or not found > 0:
            raise DiagramError(f"the config says {name} {found!r}; a number above 0 is wanted")
        return float(found)

    def flag(self, name: str, default: bool = False) -> bool:
        """True or False."""
        return bool(self.get(name, default))

    def word(self, name: str, default: str = "") -> str:
        """A word."""
        return str(self.get(name, default))
