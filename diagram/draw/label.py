"""Mathematical labels: a name as a letter with superscript capitals and subscript digits."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from diagram.draw.font import ASCENT, DESCENT, SLANT, advance
from diagram.language.core import Scalar
from diagram.language.size import number_text

SMALL = 0.7
"""The size of superscripts and subscripts, in em."""

LIFT, DROP = 0.36, 0.22
"""How far superscripts rise and subscripts sink, in em."""

LONGEST = 12
_NAME = re.compile(r"([^\W\d_]+?)([A-Z]{0,2})_?(\d*)('*)")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text: on the line (0), raised (1) or lowered (-1)."""

    text: str
    level: int = 0
    italic: bool = True


Label = tuple[Piece, ...]


def plain(label: Label) -> str:
    """The label as one line of text, as for a reader that speaks it."""
    marks = {0: "", 1: "^", -1: "_"}
    return "".join(marks[piece.level] + piece.text for piece in label)


def line(label: Label) -> str:
    """The label without marks, for use inside other text."""
    return "".join(piece.text for piece in label)


def roman(text: str) -> Label:
    """Upright text on the line."""
    return (Piece(text, italic=False),)


@lru_cache(4096)
def width(label: Label) -> float:
    """The width in em, never too small."""
    slanted = SLANT if any(piece.italic for piece in label) else 0.0
    return slanted + sum(advance(p.text) * (SMALL if p.level else 1.0) for p in label)


@lru_cache(4096)
def rise(label: Label) -> float:
    """The height above the baseline, in em."""
    raised = any(piece.level > 0 for piece in label)
    return max(ASCENT, LIFT + ASCENT * SMALL) if raised else ASCENT


@lru_cache(4096)
def fall(label: Label) -> float:
    """The depth below the baseline, in em."""
    return max(DESCENT, DROP + DESCENT * SMALL) if any(p.level < 0 for p in label) else DESCENT


def of_name(name: str) -> Label:
    """A value's name: `WQ` is W with superscript Q, `C2` is C with subscript 2; words stay words.

    >>> plain(of_name("WQ")), plain(of_name("C2")), plain(of_name("mask")), plain(of_name("Y.0"))
    ('W^Q', 'C_2', 'mask', 'Y_0')
    """
    before, _, last = name.rpartition(".")
    last = last or name
    if before and last.rstrip("'").isdecimal():
        return (*of_name(before), Piece(last.replace("'", "′"), -1, italic=False))
    found = _NAME.fullmatch(last)
    if found is None:
        return roman(_short(last))
    base, capitals, digits, primes = found.groups()
    italic = len(base) == 1
    pieces = [Piece(_short(base) + "′" * len(primes), 0, italic)]
    pieces += [Piece(capitals, 1)] * bool(capitals)
    pieces += [Piece(digits[:6], -1, italic=False)] * bool(digits)
    return tuple(pieces)


def of_path(name: str, alike: Sequence[str]) -> Label:
    """A value's name without its path, or with what of it tells it from others that end alike.

    >>> plain(of_path("Y.0.WQ", ["Y.0.WQ", "Y.1.WQ"])), plain(of_path("Y.WQ", ["Y.WQ"]))
    ('W^Q_0', 'W^Q')
    """
    found = of_name(name)
    paths = [other.split(".")[:-1] for other in alike]
    shared = 0
    while all(len(path) > shared and path[shared] == paths[0][shared] for path in paths):
        shared += 1
    place = ".".join(name.split(".")[shared:-1])
    if len(paths) < 2 or not place:
        return found
    mark = "," if found[-1].level < 0 else ""
    return (*found, Piece(_short(mark + place), -1, italic=False))


def of_letter(letter: str) -> Label:
    """A leg's letter as figures print it: `f` is F, `s1` is S with subscript 1, primes stay.

    >>> plain(of_letter("f")), plain(of_letter("s1")), plain(of_letter("time"))
    ('F', 'S_1', 'time')
    """
    found = _NAME.fullmatch(letter)
    if found is None or len(found[1] + found[2]) > 1 or len(letter[0].upper()) > 1:
        return (Piece(_short(letter)),)
    pieces = [Piece(letter[0].upper() + "′" * len(found[4]))]
    return (*pieces, *[Piece(found[3][:6], -1, italic=False)] * bool(found[3]))


def of_call(name: str, times: int) -> Label:
    """A def's name, with how often it is called.

    >>> plain(of_call("layer", 6))
    'layer^6'
    """
    again = [Piece(str(times), 1, italic=False)] if times > 1 else []
    return (*roman(_short(name.rpartition(".")[2])), *again)


def bracket(labels: Iterable[Label]) -> Label:
    """Several letters that are one leg: `(S_1 S_2)`, and 1 of none."""
    pieces: list[Piece] = []
    for shown in labels:
        pieces += [*(roman(" ") if pieces else ()), *shown]
    return (*roman("("), *pieces, *roman(")")) if pieces else roman("1")


def of_scale(scale: Sequence[Scalar], letters: Mapping[str, str]) -> Label:
    """A product of scalars: `1/√D`; `letters` says how edges and dims are printed."""
    above: list[str] = []
    below: list[str] = []
    sign = ""
    for scalar in scale:
        number = scalar.size.number
        if number is not None and number < 0 and not scalar.root:
            sign = "" if sign else "−"
            number = -number
        text = number_text(number) if number is not None else _size(scalar, letters)
        text = f"√{text}" if scalar.root else text
        if number != 1 or scalar.root:
            (below if scalar.inverse else above).append(text)
    text = sign + ("·".join(above) or "1")
    if below:
        text += "/" + (below[0] if len(below) == 1 else f"({'·'.join(below)})")
    return mixed(text)


def _size(scalar: Scalar, letters: Mapping[str, str]) -> str:
    text = scalar.size.formula(tuple(letters))
    text = re.sub(r"[^\W\d]\w*'*", lambda m: letters.get(m[0], m[0]), text)
    text = text.replace(" ", "") if not re.search(" [+-] ", text) else text
    single = len(text) == 1 or text.isalnum()
    return text if single else f"({text})"


def mixed(text: str) -> Label:
    """A formula: letters slanted, all else upright."""
    runs = re.findall(r"[^\W\d_]+|[\W\d_]+", text)
    return tuple(Piece(run, 0, italic=run[0].isalpha()) for run in runs)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
