"""Formulas and numbers as the page prints them: dims as capitals, like the legs of the figures."""

from __future__ import annotations

import re

_NAME = re.compile(r"[^\W\d_]\w*'*")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|$~:])")


def letter(dim: str) -> str:
    """A dim as the figures print it.

    >>> letter("f"), letter("r'"), letter("width")
    ('F', "R'", 'width')
    """
    return dim.upper() if len(dim.rstrip("'0123456789")) == 1 else dim


def tex(formula: str) -> str:
    """A formula of the library as mathematics in Markdown.

    >>> tex("4 f r + r^2")
    '$4\\\\,F\\\\,R + R^2$'
    """

    def name(found: re.Match[str]) -> str:
        base, digits, primes = re.fullmatch(r"(.*?)(\d*)('*)", found[0]).groups()  # type: ignore[union-attr]
        base = letter(base) if len(base) == 1 else rf"\mathit{{{base}}}".replace("_", r"\_")
        return base + (f"_{{{digits}}}" if digits else "") + primes

    parts = re.split(r" ([+-]) ", formula)
    terms = [_NAME.sub(name, part).replace(" ", r"\,") for part in parts]
    return f"${' '.join(terms)}$"


def plain(text: str) -> str:
    """A text that Markdown shows as it is.

    >>> plain("a_b [1]")
    'a\\\\_b \\\\[1\\\\]'
    """
    return _MARKDOWN.sub(r"\\\1", text)


def grouped(number: int) -> str:
    """A number in groups of three digits.

    >>> grouped(1048576)
    '1,048,576'
    """
    return f"{number:,}"


def ratio(part: int, whole: int) -> str:
    """How much one number is of another: in percent, or times where it is more than double.

    >>> ratio(16_384, 1_048_576), ratio(512, 8), ratio(5, 5)
    ('1.56 %', '64 ×', '100 %')
    """
    if not whole:
        return ""
    if part > whole * 10**9:
        return "more than a billion ×"
    share = part / whole
    return f"{share:,.4g} ×" if share >= 2 else f"{share * 100:.3g} %"
