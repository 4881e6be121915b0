"""Figures in every format: for the web, for print, for TeX, for graphviz, and as programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from diagram.draw.export.dot import dot
from diagram.draw.export.html import html
from diagram.draw.export.ink import ink
from diagram.draw.export.pdf import pdf
from diagram.draw.export.png import png
from diagram.draw.export.tikz import tikz
from diagram.errors import DiagramError, suggest
from diagram.language.document.document import to_json

if TYPE_CHECKING:
    from diagram.draw import Drawing

__all__ = ["FORMATS", "Format", "of_name", "of_suffix"]


@dataclass(frozen=True, slots=True)
class Format:
    """What a drawing can be written as; the first suffix is the usual one."""

    suffixes: tuple[str, ...]
    write: Callable[[Drawing], str | bytes]


FORMATS: Mapping[str, Format] = {
    "svg": Format((".svg",), lambda drawing: drawing.svg),
    "png": Format((".png",), lambda drawing: png(ink(drawing.svg))),
    "pdf": Format((".pdf",), lambda drawing: pdf(ink(drawing.svg))),
    "tikz": Format((".tex", ".tikz"), lambda drawing: tikz(ink(drawing.svg))),
    "dot": Format((".dot", ".gv"), lambda drawing: dot(drawing.scene, drawing.by_dim)),
    "html": Format(
        (".html", ".htm"), lambda drawing: html(drawing.scene, drawing.screen, drawing.by_dim)
    ),
    "text": Format((".td", ".txt"), lambda drawing: f"{drawing.program}\n"),
    "json": Format((".json",), lambda drawing: f"{to_json(drawing.program)}\n"),
}


def of_name(name: str) -> Format:
    """The format of this name."""
    if name not in FORMATS:
        known = ", ".join(FORMATS)
        raise DiagramError(f"no format `{name}`{suggest(name, FORMATS)} ({known})")
    return FORMATS[name]


def of_suffix(suffix: str) -> Format:
    """The format of a file that ends so."""
    for found in FORMATS.values():
        if suffix.lower() in found.suffixes:
            return found
    given = f"`{suffix}`" if suffix else "no suffix"
    known = ", ".join(found.suffixes[0] for found in FORMATS.values())
    raise DiagramError(f"cannot save a drawing as {given}; formats: {known}")
