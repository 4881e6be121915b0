"""Places in a program and where they stand in a text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from diagram.errors import Span

Place = tuple[str | int, ...]
"""A place in a program: `("let", "S", "node", 1, 2)` is the third axis of the second node of S."""


class Places:
    """The spans of places; those of a part are held back until the part has its name."""

    def __init__(self) -> None:
        self._spans: dict[Place, Span] = {}
        self._held: dict[Place, Span] = {}

    def put(self, place: Place, span: Span) -> None:
        """Remembers a place; the first time counts."""
        held = place[0] == "let" and str(place[1]).endswith("~")
        (self._held if held else self._spans).setdefault(place, span)

    def put_nodes(self, name: str, found: Iterable[Sequence[Span]]) -> None:
        """The nodes of a let: each one's own span, then those of its axes."""
        for place, (first, *axes) in enumerate(found):
            self.put(("let", name, "node", place), first)
            for axis, span in enumerate(axes):
                self.put(("let", name, "node", place, axis), span)

    def release(self, name: str, span: Span) -> None:
        """Gives all that is held to the part of this name."""
        for place, where in self._held.items():
            self._spans["let", name, *place[2:]] = where
        self._held = {}
        self._spans["let", name] = span

    def adopt(self, path: Place, inner: Places) -> None:
        """Takes over the places of a def, under its path."""
        self._spans |= {(*path, *place): span for place, span in inner._spans.items()}

    def find(self, place: Place) -> Span | None:
        """Where a place stands; a part of it that is not written falls back to the whole."""
        while place:
            if place in self._spans:
                return self._spans[place]
            place = place[:-1]
        return None
