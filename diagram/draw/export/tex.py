"""Labels in TeX: mathematics where they are mathematics, every sign of any name in plain ASCII."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from itertools import groupby

from diagram.draw.label import Label, Piece

UNKNOWN = r"""\newcommand{\tdcode}[2]{{\fboxsep=1pt\fbox{\tiny\shortstack{#1\\#2}}}}
\newcommand{\tdletter}[2]{\ifdefined\Umathcode
  \iffontchar\font"#1#2\relax\symbol{"#1#2}\else\tdcode{#1}{#2}\fi
  \else\tdcode{#1}{#2}\fi}
"""
"""Defines a letter of which few fonts are sure to have it: itself in XeTeX and LuaTeX, where their
font has it, else its number in a box."""

_TEXT: Mapping[str, str] = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "`": r"\textasciigrave{}",
    "'": r"\textquotesingle{}",
    "-": "{-}",  # two of them are a dash
    ",": "{,}",
    "ß": r"\ss{}",
    "æ": r"\ae{}",
    "Æ": r"\AE{}",
    "œ": r"\oe{}",
    "Œ": r"\OE{}",
    "ø": r"\o{}",
    "Ø": r"\O{}",
    "ł": r"\l{}",
    "Ł": r"\L{}",
    "đ": r"\dj{}",
    "Đ": r"\DJ{}",
    "ð": r"\dh{}",
    "Ð": r"\DH{}",
    "þ": r"\th{}",
    "Þ": r"\TH{}",
    "\u0131": r"\i{}",
}

_MATHEMATICS: Mapping[str, str] = {
    "−": "-",
    "×": r"\times",
    "·": r"\cdot",
    "√": r"\surd",
    "≤": r"\leq",
    "≥": r"\geq",
    "⊕": r"\oplus",
    "…": r"\dots",
    "′": r"\prime",
    "∗": r"\ast",
    "⌊": r"\lfloor",
    "⌋": r"\rfloor",
}

_ACCENTS: Mapping[str, str] = {
    "\u0300": r"\`",
    "\u0301": r"\'",
    "\u0302": r"\^",
    "\u0303": r"\~",
    "\u0304": r"\=",
    "\u0306": r"\u",
    "\u0307": r"\.",
    "\u0308": r"\"",
    "\u030a": r"\r",
    "\u030b": r"\H",
    "\u030c": r"\v",
    "\u0323": r"\d",
    "\u0327": r"\c",
    "\u0328": r"\k",
    "\u0331": r"\b",
}

_GREEK_NAME = re.compile("GREEK (SMALL|CAPITAL) LETTER ([A-Z]+|FINAL SIGMA)")
_SMALL_GREEK = {
    "FINAL SIGMA": r"\varsigma",
    "LAMDA": r"\lambda",
    "EPSILON": r"\varepsilon",
    "PHI": r"\varphi",
    "OMICRON": "o",
}
_CAPITAL_GREEK = {
    **dict(
        zip(("ALPHA", "BETA", "EPSILON", "ZETA", "ETA", "IOTA", "KAPPA"), "ABEZHIK", strict=True)
    ),
    **dict(zip(("MU", "NU", "OMICRON", "RHO", "TAU", "CHI"), "MNOPTX", strict=True)),
    "LAMDA": r"\Lambda",
}
"""TeX has no commands for Greek letters that look Latin."""

_AS_IT_IS = frozenset("0123456789()/")


def mathematics(label: Label) -> str:
    """A label, for use between dollar signs.

    >>> from diagram.draw.label import of_name
    >>> [mathematics(of_name(name)) for name in ("WQ", "C2", "mask", "β'")]
    ['W^{Q}', 'C_{2}', '\\\\text{mask}', "{\\\\beta'}"]
    """
    written = ""
    taken: set[int] = set()
    for level, group in groupby(label, key=lambda piece: piece.level):
        inside = _joined([_piece(piece) for piece in group])
        if level == 0:
            written, taken = _joined([written, inside]), set()
            continue
        if level in taken:
            written, taken = written + "{}", set()
        written += f"{'^' if level > 0 else '_'}{{{inside}}}"
        taken.add(level)
    return written


def _piece(piece: Piece) -> str:
    base = unicodedata.normalize("NFC", piece.text)
    primes = len(base) - len(base.rstrip("′"))
    base = base[: len(base) - primes]
    if piece.italic and base.isascii() and base.isalpha():
        written = base if len(base) == 1 else rf"\mathit{{{base}}}"
    else:
        written = _joined(list(_runs(base, piece.italic)))
    return f"{{{written}{chr(39) * primes}}}" if primes else written


def _runs(text: str, italic: bool) -> Iterator[str]:
    """Signs of mathematics as they are, and what is between them as text."""
    for mathematical, group in groupby(text, key=lambda char: _sign(char) is not None):
        run = list(group)
        if mathematical:
            yield _joined([_sign(char) or "" for char in run])
            continue
        inside = "".join(_letter(char) for char in run)
        yield rf"\text{{\textit{{{inside}}}}}" if italic else rf"\text{{{inside}}}"


def _joined(signs: list[str]) -> str:
    """With a space where a command would run into the next letter."""
    written = ""
    for sign in signs:
        parted = written[-1:].isalpha() and sign[:1].isalpha()
        written += f" {sign}" if parted else sign
    return written


def _sign(char: str) -> str | None:
    """A sign in mathematics, or None for what is text."""
    if char in _AS_IT_IS:
        return char
    if greek := _GREEK_NAME.fullmatch(unicodedata.name(char, "")):
        known = _SMALL_GREEK if greek[1] == "SMALL" else _CAPITAL_GREEK
        letter = greek[2].lower() if greek[1] == "SMALL" else greek[2].title()
        return known.get(greek[2], rf"\{letter}")
    if char in _MATHEMATICS:
        return _MATHEMATICS[char]
    kind, _, code = unicodedata.decomposition(char).partition(" ")
    if kind in ("<super>", "<sub>") and " " not in code:
        inner = chr(int(code, 16))
        if inner.isascii() and inner.isalnum():
            return f"{{}}{'^' if kind == '<super>' else '_'}{{{inner}}}"
    return None


def _letter(char: str) -> str:
    """One sign inside text, in ASCII."""
    if char in _TEXT:
        return _TEXT[char]
    if char.isspace():
        return " "
    if char.isascii():
        return char
    apart = unicodedata.normalize("NFD", char)
    base, marks = apart[0], apart[1:]
    if base.isascii() and base.isalpha() and marks and all(mark in _ACCENTS for mark in marks):
        written = base
        for mark in marks:
            written = f"{_ACCENTS[mark]}{{{written}}}"
        return written
    if unicodedata.category(char) in ("Cf", "Cc", "Mn"):
        return ""
    code = f"{ord(char):04X}"
    return rf"\tdletter{{{code[:-2]}}}{{{code[-2:]}}}"
