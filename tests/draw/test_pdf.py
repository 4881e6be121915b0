"""Laws of PDF: one page, as large as the figure, of lines and curves; the same bytes each time."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pypdfium2
import pypdfium2.raw
import pytest
from pypdf import PdfReader
from pypdf.generic import ContentStream

import models
from diagram import DiagramError, parse
from diagram.draw import draw
from diagram.draw.export import FORMATS, needs
from diagram.draw.export.faces import outlines
from diagram.draw.export.ink import Circle, Rectangle, Words, ink
from diagram.draw.geometry import Box
from diagram.draw.label import Piece
from tests.draw.networks import TEXTS
from tests.draw.readers import CASES, drawn
from tests.draw.test_svg import HOSTILE, hostile_everywhere

PAINTS = {b"f", b"S", b"B"}


def pdf(name: str) -> bytes:
    return drawn(name).to("pdf")


@pytest.mark.parametrize("name", [*models.ZOO, *TEXTS])
def test_a_strict_reader_finds_one_page_of_lines_and_curves(name: str):
    drawing = drawn(name)
    file = PdfReader(BytesIO(pdf(name)), strict=True)
    assert len(file.pages) == 1
    page, shown = file.pages[0], ink(drawing.svg)
    assert float(page.mediabox.width) == pytest.approx(0.75 * shown.frame.width, abs=0.01)
    assert float(page.mediabox.height) == pytest.approx(0.75 * shown.frame.height, abs=0.01)
    assert set(page["/Resources"]) == {"/ExtGState"}  # type: ignore[call-overload]
    content = page.get_contents()
    assert isinstance(content, ContentStream)
    paints = [operator for _, operator in content.operations if operator in PAINTS]
    assert len(paints) == sum(len(group.marks) for group in shown.groups)
    assert file.metadata is not None
    assert file.metadata.title == shown.title
    assert "/CreationDate" not in file.metadata


@pytest.mark.parametrize("name", [*models.ZOO, *TEXTS])
def test_another_reader_finds_only_paths(name: str):
    objects = list(pypdfium2.PdfDocument(pdf(name))[0].get_objects())
    assert objects
    assert {found.type for found in objects} == {pypdfium2.raw.FPDF_PAGEOBJ_PATH}


@pytest.mark.parametrize("name", CASES)
def test_every_label_is_an_outline_in_its_place(name: str):
    drawing = drawn(name)
    found = [mark for group in ink(drawing.svg).groups for mark in group.marks]
    boxes = {(text.x, text.y): text.box for text in drawing.layout.texts.values()}
    places = {(round(x, 2), round(y, 2)): box for (x, y), box in boxes.items()}
    for words in found:
        if isinstance(words, Words) and "".join(piece.text for piece in words.label).strip():
            points = [point for _, points in outlines(words) for point in points]
            assert points
            box = places.get((words.x, words.y))
            if box is not None:
                around = box.grown(0.12 * words.size)
                assert all(around.has(point) for point in points), words


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_drawn(name: str):
    found = draw(hostile_everywhere(name), folded=True).to("pdf")
    assert len(PdfReader(BytesIO(found), strict=True).pages) == 1


def test_a_letter_that_no_font_has_shows_its_number():
    one, other = (outlines(Words((Piece(letter),), 0, 0, 10, "#000000")) for letter in "文字")
    assert one
    assert one != other


def test_letters_of_many_scripts_are_known():
    known = {
        letter: outlines(Words((Piece(letter),), 0, 0, 10, "#000000")) for letter in "WβЖéשع√′"
    }
    assert len(set(known.values())) == len(known)
    assert not any(len(outline) > 200 for outline in known.values())  # none is a box of numbers


def test_quarters_of_circles_are_round():
    for form in (Circle((0.0, 0.0), 1.0), Rectangle(Box(-1.0, -1.0, 1.0, 1.0), 1.0)):
        ends = [points[-1] for _, points in form.path if points]
        assert [x * x + y * y for x, y in ends] == pytest.approx([1.0] * len(ends))


def test_the_same_program_gives_the_same_bytes_in_every_format():
    code = (
        "import models, hashlib; from diagram.draw import draw; "
        "from diagram.draw.export import FORMATS; "
        "figures = [draw(e.program(), e.placement) for e in models.ZOO.values()]; "
        "found = [f.to(n) for f in figures for n in FORMATS]; "
        "print(hashlib.sha256(b''.join(t.encode() if isinstance(t, str) else t for t in found))"
        ".hexdigest())"
    )
    root = Path(__file__).resolve().parents[2]
    digests = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root), "TZ": zone},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo"))
    }
    assert len(digests) == 1


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("name", models.ZOO)
def test_the_zoo_is_saved_in_every_format(name: str, format: str, tmp_path: Path):
    example = models.ZOO[name]
    drawing = draw(example.program(), example.placement)
    for suffix in FORMATS[format].suffixes:
        target = drawing.save(tmp_path / f"figure{suffix.upper()}")
        found = drawing.to(format)
        assert target.read_bytes() == (found.encode() if isinstance(found, str) else found)


def test_text_and_json_are_the_program_again():
    program = models.multi_head()
    drawing = draw(program)
    text = drawing.to("text")
    assert parse(text) == program


@pytest.mark.parametrize(
    ("format", "package"), [("pdf", "fontTools"), ("pdf", "matplotlib"), ("png", "pypdfium2")]
)
def test_a_missing_package_is_named_and_how_to_get_it(
    format: str, package: str, monkeypatch: pytest.MonkeyPatch
):
    def without(name: str) -> object:
        return None if name == package else importlib.util.find_spec(name)

    monkeypatch.setattr(needs, "find_spec", without)
    drawing = draw(models.single_head())
    with pytest.raises(DiagramError) as caught:
        drawing.to(format)
    assert str(caught.value) == (
        f"{format.upper()} needs {package}, which is not installed; "
        "pip install 'tensor-diagrams[export]'"
    )
