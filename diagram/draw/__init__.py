"""A program as a textbook figure: scene, layout, SVG, and what is made of that."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Literal, overload

from diagram.draw.build import scene as _scene
from diagram.draw.describe import Description, describe
from diagram.draw.export import of_name, of_suffix
from diagram.draw.layout import Layout
from diagram.draw.layout import layout as _layout
from diagram.draw.placement import Placement
from diagram.draw.scene import Scene
from diagram.draw.style import PRINT, SCREEN
from diagram.draw.svg import svg
from diagram.errors import DiagramError, FileError
from diagram.language.check import check
from diagram.language.core import Program
from diagram.language.count import checked
from diagram.language.inline import inline
from diagram.language.unfold import unfold

__all__ = ["Description", "Drawing", "Layout", "Placement", "Scene", "describe", "draw"]

LARGE = 40
"""How many lets a program may have with its defs written out and still be drawn so."""
COLOURS = ("kind", "dim")


@dataclass(frozen=True)
class Drawing:
    """A figure: `svg` with its own colours on white, `screen` in the colours of the page."""

    scene: Scene
    layout: Layout
    by_dim: bool = False
    program: Program = field(kw_only=True)

    @cached_property
    def svg(self) -> str:
        """The figure for a file or a notebook."""
        return svg(self.scene, self.layout, PRINT, self.by_dim)

    @cached_property
    def screen(self) -> str:
        """The figure for a page: text and lines take the CSS variables of its theme."""
        return svg(self.scene, self.layout, SCREEN, self.by_dim)

    @overload
    def to(self, format: Literal["png", "pdf"]) -> bytes: ...

    @overload
    def to(self, format: Literal["svg", "tikz", "dot", "html", "text", "json"]) -> str: ...

    @overload
    def to(self, format: str) -> str | bytes: ...

    def to(self, format: str) -> str | bytes:
        """The figure as "svg", "tikz", "dot" or "html", as "png" or "pdf" in bytes.

        Its program as "text" or "json". DiagramError for other formats, and where a package is
        missing that "png" and "pdf" need.

        >>> from diagram import parse
        >>> drawing = draw(parse("input A[i j] B[j k]\\nC[i k] = A[i j] B[j k]\\nreturn C"))
        >>> drawing.to("dot")[:9], drawing.to("tikz")[:20]
        ('graph "C"', '\\\\documentclass[tikz]')
        """
        return of_name(format).write(self)

    def save(self, path: str | PathLike[str]) -> Path:
        """Writes the figure to a file; its suffix says the format."""
        if not isinstance(path, str | PathLike):
            raise FileError(f"save writes a file of this path, not {type(path).__name__}")
        target = Path(path)
        found = of_suffix(target.suffix).write(self)
        try:
            target.write_bytes(found.encode() if isinstance(found, str) else found)
        except OSError as error:
            raise FileError(f"cannot write {target}: {error.strerror}") from None
        except ValueError as error:
            raise FileError(f"cannot write {path!r}: {error}") from None
        return target

    def _repr_svg_(self) -> str:
        return self.svg


def draw(
    program: Program,
    /,
    placement: Placement | None = None,
    batch: bool = False,
    colour: Literal["kind", "dim"] = "kind",
    folded: bool | None = None,
    unfolded: Collection[str] = (),
    **sizes: int,
) -> Drawing:
    """The figure of a program.

    Items that `placement` knows go where it says, the rest is laid out. `batch` shows the legs
    that ride along from the inputs to every output. `colour="dim"` gives every dim a colour and
    a legend. Calls of defs are `folded` into a box each, or written out; left to itself the figure
    folds what would be large. `unfolded` are paths of calls (`Y`, `Y.0`, `Y.0.A`) that are written
    out inside a region of that id while all others are boxes. `sizes` are numbers of dims, for
    tooltips and legend. DiagramError if the program has faults.

    >>> from diagram import parse
    >>> drawing = draw(parse("input A[i j] B[j k]\\nC[i k] = A[i j] B[j k]\\nreturn C"))
    >>> [wire.id for wire in drawing.scene.wires], drawing.svg[:4]
    (['C:i', 'C:j', 'C:k'], '<svg')
    """
    return figure(program, sizes, placement, batch, colour, folded, unfolded)


def figure(
    program: Program,
    sizes: Mapping[str, int],
    placement: Placement | None = None,
    batch: bool = False,
    colour: Literal["kind", "dim"] = "kind",
    folded: bool | None = None,
    unfolded: Collection[str] = (),
) -> Drawing:
    """What `draw` makes, for dims of any name."""
    if colour not in COLOURS:
        raise DiagramError(f"no colouring `{colour}`; there are {', '.join(COLOURS)}")
    if placement is not None and not isinstance(placement, Placement):
        raise DiagramError(f"draw wants a Placement, not {type(placement).__name__}")
    numbers = checked(check(program), sizes)
    if unfolded and folded is not False:
        opened = unfold(program, unfolded)
        found = _scene(opened.program, batch, numbers, opened.inside)
    else:
        found = _scene(shown(program, folded), batch, numbers)
    return Drawing(found, _layout(found, placement), colour == "dim", program=program)


def shown(program: Program, folded: bool | None = None) -> Program:
    """The program as it is drawn: with its defs written out, or as it stands."""
    flat = inline(program)
    fold = len(flat.lets) > LARGE if folded is None else folded
    return program if fold else flat
