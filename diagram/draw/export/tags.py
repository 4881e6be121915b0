"""Labels with the tags that HTML and graphviz have in common."""

from __future__ import annotations

from diagram.draw.label import Label
from diagram.draw.markup import element, safe

_TAGS = {1: "sup", -1: "sub"}


def tagged(label: Label) -> str:
    """A label with slanted, raised and lowered letters.

    >>> from diagram.draw.label import of_name
    >>> tagged(of_name("WQ")), tagged(of_name("C2"))
    ('<i>W</i><sup><i>Q</i></sup>', '<i>C</i><sub>2</sub>')
    """
    found = []
    for piece in label:
        inside = element("i", [], safe(piece.text)) if piece.italic else safe(piece.text)
        found.append(element(_TAGS[piece.level], [], inside) if piece.level else inside)
    return "".join(found)
