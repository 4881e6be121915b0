"""Markup: escaping, numbers, attributes and elements. The one place where SVG text is made."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def printable(text: str) -> str:
    """A text without the signs that no document may hold.

    >>> printable("a\\x00b")
    'a�b'
    """
    return _FORBIDDEN.sub("\ufffd", text)


def safe(text: str) -> str:
    """Any text as character data or attribute value.

    >>> safe('<b a="1">')
    '&lt;b a=&quot;1&quot;&gt;'
    """
    return escape(printable(text), quote=True)


def digits(value: float) -> str:
    """A coordinate with at most two digits after the point.

    >>> digits(1.5), digits(-0.001), digits(2.0)
    ('1.5', '0', '2')
    """
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def element(tag: str, attributes: Iterable[tuple[str, str | float]], *children: str) -> str:
    """One element; `children` are markup already."""
    shown = "".join(
        f' {name}="{digits(value) if isinstance(value, float) else safe(value)}"'
        for name, value in attributes
    )
    inside = "".join(children)
    return f"<{tag}{shown}>{inside}</{tag}>" if inside else f"<{tag}{shown}/>"


def paint(**colours: str) -> list[tuple[str, str | float]]:
    """Colours as attributes; those that are CSS expressions as a style."""
    plain: list[tuple[str, str | float]] = []
    styled = []
    for name, colour in colours.items():
        if "(" in colour:
            styled.append(f"{name}:{colour}")
        else:
            plain.append((name, colour))
    return [*plain, ("style", ";".join(styled))] if styled else plain
