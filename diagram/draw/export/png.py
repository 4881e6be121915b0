"""A figure as PNG: its PDF, painted."""

from __future__ import annotations

from io import BytesIO
from math import sqrt
from threading import Lock
from typing import Any

from diagram.draw.export.ink import Ink
from diagram.draw.export.needs import needed
from diagram.draw.export.pdf import POINTS, pdf

SCALE = 2.0
"""Pixels of the picture for one of CSS: sharp on the screens of today, and in print."""

LARGEST = 64e6
"""No picture has more pixels; a larger figure is painted at a smaller scale."""

_ONE_AT_A_TIME = Lock()
"""PDFium is not safe in threads."""


def png(found: Ink) -> bytes:
    """The figure in pixels; DiagramError if a package is missing."""
    needed("PNG", "pypdfium2", "PIL")
    import pypdfium2

    scale = min(SCALE, sqrt(LARGEST / (found.frame.width * found.frame.height)))
    with _ONE_AT_A_TIME:
        document: Any = pypdfium2.PdfDocument(pdf(found))
        try:
            picture = document[0].render(scale=scale / POINTS).to_pil().convert("RGB")
        finally:
            document.close()
    file = BytesIO()
    picture.save(file, "PNG", dpi=(96 * scale, 96 * scale))
    return file.getvalue()
