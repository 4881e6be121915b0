"""Laws of TikZ: it compiles, looks like the SVG, holds its things in order, escapes every name."""

from __future__ import annotations

import re
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image, ImageChops, ImageFilter
from pypdf import PdfReader

import models
from diagram import parse
from diagram.draw import Drawing, draw
from diagram.draw.export.ink import Words, ink
from diagram.draw.export.pdf import pdf
from diagram.draw.export.tex import mathematics
from diagram.draw.label import Piece, of_name, roman
from tests.draw.readers import CASES, drawn, latex
from tests.draw.test_svg import HOSTILE, hostile, hostile_everywhere


def tikz(drawing: Drawing) -> str:
    return drawing.to("tikz")


def together(documents: list[str]) -> str:
    """One document, each figure on a page of its own."""
    preamble = documents[0].partition(r"\definecolor")[0]
    bodies = [rf"\definecolor{text.partition(chr(92) + 'definecolor')[2]}" for text in documents]
    pages = [
        body.replace(r"\begin{document}", "").replace(r"\end{document}", "") for body in bodies
    ]
    return preamble + r"\begin{document}" + "\n".join(pages) + r"\end{document}"


def sizes(path: Path) -> list[tuple[float, float]]:
    pages = PdfReader(path, strict=True).pages
    return [(float(page.mediabox.width), float(page.mediabox.height)) for page in pages]


@pytest.mark.slow
def test_every_figure_compiles_at_the_size_of_the_svg(tmp_path: Path):
    drawings = [drawn(name) for name in CASES]
    drawings += [draw(example.program(), colour="dim") for example in models.ZOO.values()]
    found = sizes(latex(together([tikz(drawing) for drawing in drawings]), tmp_path))
    frames = [ink(drawing.svg).frame for drawing in drawings]
    assert len(found) == len(frames)
    for (width, height), frame in zip(found, frames, strict=True):
        assert width == pytest.approx(0.75 * frame.width, abs=0.1)
        assert height == pytest.approx(0.75 * frame.height, abs=0.1)


@pytest.mark.parametrize("name", CASES)
def test_its_things_are_those_of_the_svg_in_the_same_order(name: str):
    drawing = drawn(name)
    text = tikz(drawing)
    told = [re.sub(r"[^ -~]", "?", id) for id in drawing.scene.ids]
    assert re.findall(r"^% (.*)$", text, re.MULTILINE) == told
    marks = [mark for group in ink(drawing.svg).groups if group.kind for mark in group.marks]
    words = [mark for mark in marks if isinstance(mark, Words)]
    assert re.findall(r"^\\node.* \{\$(.*)\$\};$", text, re.MULTILINE) == [
        mathematics(mark.label) for mark in words
    ]
    assert len(re.findall(r"^\\path\[", text, re.MULTILINE)) == len(marks) - len(words)
    assert drawing.svg.count("<text ") == len(words)


def painted(page: bytes | Path) -> Image.Image:
    picture: Image.Image = pypdfium2.PdfDocument(page)[0].render(scale=2).to_pil()
    return picture.convert("L").point(lambda level: 255 if level > 150 else 0)


def astray(one: Image.Image, other: Image.Image) -> float:
    """What part of the ink of one has none of the other within four pixels."""
    far = other.filter(ImageFilter.MinFilter(9))
    lonely = ImageChops.lighter(one, ImageChops.invert(far))
    return lonely.histogram()[0] / max(1, one.histogram()[0])


@pytest.mark.parametrize("name", models.ZOO)
def test_it_looks_like_the_svg(name: str, tmp_path: Path):
    example = models.ZOO[name]
    drawing = draw(example.program(), example.placement)
    ours = painted(pdf(ink(drawing.svg)))
    theirs = painted(latex(tikz(drawing), tmp_path)).resize(ours.size)
    assert astray(ours, theirs) < 0.02  # the letters are those of another font
    assert astray(theirs, ours) < 0.02
    assert astray(ours, ImageChops.offset(theirs, 12, 0)) > 0.2


NAMES = [
    *HOSTILE,
    r"\input{/etc/passwd}",
    r"\immediate\write18{touch evil}",
    r"}$\end{document}",
    "%$#&^_{}",
    "^^M^^5cinput",
    "a--b''c``d,,e<<f>>",
    '"quoted"',
    "été_ñandú'",
    "время",
    "Łódź_łŁøØßæÆœŒđĐðÐþÞ",
    "α'",
    "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ",
    "αβγδεζηθικλμνξοπρςστυφχψω",
    "ά",
    "文字",
    "x₁ⁿ²",
    "\x85\u2028\u2029\u00a0",
    "!ex",
    "-draw",
    "]",
    "%",
]


def test_every_name_compiles_and_nothing_that_it_says_is_done(tmp_path: Path):
    programs = [make(name) for name in NAMES for make in (hostile, hostile_everywhere)]
    drawings = [draw(program, folded=True) for program in programs]
    path = latex(together([tikz(drawing) for drawing in drawings]), tmp_path)
    assert len(sizes(path)) == len(drawings)
    assert {file.suffix for file in tmp_path.iterdir()} == {".tex", ".log", ".aux", ".pdf"}


def test_a_document_is_plain_ascii_and_ends_once():
    for name in NAMES:
        text = tikz(draw(hostile(name)))
        assert text.isascii()
        read = re.sub("(?<!\\\\)%.*", "", text)
        assert read.count(r"\end{document}") == 1


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("W", "W"),
        ("WQ", "W^{Q}"),
        ("WQ2", "W^{Q}_{2}"),
        ("W'", "{W'}"),
        ("W''", "{W''}"),
        ("β2", r"\beta_{2}"),
        ("mask", r"\text{mask}"),
        ("up_gate", r"\text{up\_gate}"),
        ("é", r"\text{\textit{\'{e}}}"),
        ("Ж", r"\text{\textit{\tdletter{04}{16}}}"),
        ("Ο", "O"),  # noqa: RUF001
        ("ς", r"\varsigma"),
    ],
)
def test_names_in_mathematics(name: str, written: str):
    assert mathematics(of_name(name)) == written


def test_scripts_never_meet_twice():
    label = (Piece("W"), Piece("Q", 1), Piece("2", -1), Piece("K", 1), *roman("a√"), Piece("D"))
    assert mathematics(label) == r"W^{Q}_{2}{}^{K}\text{a}\surd D"
    assert (
        mathematics((Piece("W"), Piece("2", -1), Piece(",0", -1, italic=False)))
        == r"W_{2\text{{,}}0}"
    )


def test_a_figure_without_a_name_compiles(tmp_path: Path):
    text = tikz(draw(parse("input u[i] v[i]\ns[] = u[i] v[i]\nreturn s")))
    assert latex(text, tmp_path).exists()
