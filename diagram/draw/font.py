"""How wide text is: an upper bound over the serif fonts that a picture may be shown in."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

_WIDTHS = {
    "′": 0.25,
    "'": 0.30,
    "ijl,-./:;\\| ·": 0.35,
    "fI()[]": 0.40,
    "t!₁ⁿ": 0.45,
    'r"*_`': 0.50,
    "Jsz?": 0.55,
    "acevxyβγ": 0.60,
    "0123456789bdghknopqu${}√δλμ": 0.65,
    "FLPSTYZασ": 0.70,
    "ABEKVXΣΛ": 0.75,
    "CGR": 0.80,
    "DOQU#+<=>^~−×≤≥⊕": 0.85,
    "wHN&": 0.90,
    "m": 0.95,
    "%@…": 1.00,
    "MW": 1.05,
}
"""Advances in em: the wider of DejaVu Serif upright and italic, rounded up to 0.05."""

_WIDTH: Mapping[str, float] = {char: width for chars, width in _WIDTHS.items() for char in chars}

ASCENT, DESCENT = 0.94, 0.24
"""What a line takes above and below the baseline, in em; its middle is that of capitals."""

SLANT = 0.12
"""How far slanted letters stick out of their advance, both sides together, in em."""


def advance(text: str) -> float:
    """The width of a text in em, never too small.

    >>> round(advance("WQ"), 2)
    1.9
    """
    return sum(_char(char) for char in text)


def _char(char: str) -> float:
    if char in _WIDTH:
        return _WIDTH[char]
    if unicodedata.combining(char):
        return 0.0
    return 1.3 if unicodedata.east_asian_width(char) in "WF" else 1.05
