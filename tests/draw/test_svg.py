"""Laws of the markup: well-formed, escaped, deterministic, every id clickable, for both themes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

import models
from diagram import DiagramError, parse
from diagram.draw import Drawing, draw
from diagram.language.core import (
    Call,
    Conv,
    Definition,
    Diagram,
    Kind,
    Leg,
    Let,
    Node,
    Program,
    Source,
    Star,
)
from diagram.language.size import Size
from tests.draw.networks import everything

CASES = everything()
SPACE = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module", params=list(CASES))
def drawing(request: pytest.FixtureRequest) -> Drawing:
    return draw(*CASES[request.param])


def test_both_pictures_are_well_formed_and_hold_every_id(drawing: Drawing):
    for text in (drawing.svg, drawing.screen):
        root = ElementTree.fromstring(text)
        groups = [g for g in root.iter(f"{SPACE}g") if "data-path" in g.attrib]
        assert [g.attrib["data-path"] for g in groups] == list(drawing.scene.ids)
        for group in groups:
            assert group.attrib["tabindex"] == "0"
            assert group.attrib["aria-label"]
            assert group.attrib["class"].startswith("td-")
            assert group.find(f"{SPACE}title") is not None


def test_exports_have_literal_colours_and_the_screen_has_those_of_the_page(drawing: Drawing):
    assert "var(" not in drawing.svg
    assert "color-mix" not in drawing.svg
    assert "var(--st-text-color, #222)" in drawing.screen


def test_numbers_have_two_digits_at_most(drawing: Drawing):
    for name, value in re.findall(r' (x|y|d|viewBox|width|dy)="([^"]*)"', drawing.svg):
        assert not re.search(r"\.\d{3}", value), (name, value)
        assert "nan" not in value
        assert "e-" not in value


def test_the_same_program_gives_the_same_bytes():
    code = (
        "import models, diagram; from diagram.draw import draw; import hashlib; "
        "from tests.draw.networks import STORED; "
        "figures = [draw(e.program(), e.placement) for e in models.ZOO.values()]; "
        "figures += [draw(e.program(), colour='dim') for e in models.ZOO.values()]; "
        "figures += [draw(diagram.parse(text)) for text in STORED.values()]; "
        "text = ''.join(f.svg + f.screen for f in figures); "
        "print(hashlib.sha256(text.encode()).hexdigest())"
    )
    root = Path(__file__).resolve().parents[2]
    digests = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


def test_what_stars_say_stands_below():
    text = "input U[x]\nweight K[i]\nY[x] = U[x] K[x] corr x (stride=2)\nreturn Y"
    root = ElementTree.fromstring(draw(parse(text)).svg)
    notes = [g for g in root.iter(f"{SPACE}g") if g.attrib.get("class") == "td-note"]
    assert ["".join(note.itertext()) for note in notes] == ["correlation, stride 2"]
    stars = [g for g in root.iter(f"{SPACE}g") if "td-star" in g.attrib.get("class", "")]
    assert [star.attrib["data-path"] for star in stars] == ["Y:x"]


def test_the_leg_of_a_bundle_is_thick():
    text = "input A[i] B[j]\nY[(i j)] = A[i] B[j]\nreturn Y"
    root = ElementTree.fromstring(draw(parse(text)).svg)
    wires = {g.attrib["data-path"]: g for g in root.iter(f"{SPACE}g") if "data-path" in g.attrib}
    widths = {
        path: [line.attrib["stroke-width"] for line in group if line.get("class") == "td-line"]
        for path, group in wires.items()
    }
    assert widths["Y/out/0"] == ["4.4"]
    assert widths["Y:i"] == widths["Y:j"] == ["2.2"]


def test_colours_by_dim_come_with_a_legend():
    text = draw(models.multi_head(), colour="dim").svg
    root = ElementTree.fromstring(text)
    legend = [g for g in root.iter(f"{SPACE}g") if g.attrib.get("class") == "td-legend"]
    assert [g.attrib["data-dim"] for g in legend] == ["h", "n", "f", "d"]
    assert "td-legend" not in draw(models.multi_head()).svg


def test_a_bundle_that_a_call_takes_has_the_colour_of_its_leg():
    text = """
def twice(X[i j])
  Y[i j] = X[i j] * 2
  return Y
input A[a b c]
V[(a b) c] = A[a b c]
Y = twice(V)
return Y"""
    drawing = draw(parse(text), colour="dim", folded=True)
    root = ElementTree.fromstring(drawing.svg)
    groups = {g.attrib["data-path"]: g for g in root.iter(f"{SPACE}g") if "data-path" in g.attrib}
    (leg,) = (wire for wire in drawing.scene.wires if wire.bundled)
    line = groups[leg.id].findall(f"{SPACE}path")[1]
    wedge = groups[leg.bundled[0]].findall(f"{SPACE}path")[0]
    assert line.attrib["stroke"] == wedge.attrib["fill"] != "#222222"


def hostile(name: str) -> Program:
    """A program that no text says: its names are what a text cannot hold."""
    size = Size.of(name)
    sources = (
        Source(Kind.INPUT, name, (Leg(name, size), Leg("n", Size.of("n")))),
        Source(Kind.WEIGHT, f"{name}2", (Leg(name, size),)),
    )
    nodes = (Node(name, ((name,), ("n",))), Node(f"{name}2", ((name,),)))
    let = Let("Y", Diagram(nodes, (("n",),)))
    return Program((), sources, (let,), ("Y",))


def hostile_everywhere(name: str) -> Program:
    """A bundle, a convolved edge and a call of which each name is hostile."""
    legs = (Leg(name, Size.of("a") * 2), Leg("n", Size.of("n")))
    sources = (
        Source(Kind.INPUT, name, legs),
        Source(Kind.WEIGHT, f"{name}2", (Leg(f"{name}3", Size.of(3)),)),
    )
    first, second = f"{name}4", f"{name}5"
    product = Diagram(
        (Node(name, ((first, second), ("n",))), Node(f"{name}2", (("n",),))),
        ((first, second), ("n",)),
        convs=(Conv(Star.CORR, "n"),),
    )
    parameter = Source(Kind.INPUT, "X", (Leg("i", Size.of("i")), Leg("j", Size.of("j"))))
    definition = Definition(f"{name}6", Program((), (parameter,), (), ("X",)))
    lets = (
        Let(f"{name}7", product),
        Let("Y", Call(f"{name}6", (Node(f"{name}7", (("i",), ("j",))),), (("i",), ("j",)), 2)),
    )
    return Program((), sources, lets, ("Y",), definitions=(definition,))


HOSTILE = [
    "<script>alert(1)</script>",
    '" onload="alert(1)',
    "' onclick='x",
    "a&b;",
    "]]>",
    "--><b>",
    "\x00\x08\ud800",
    "javascript:x",
    "ß",
    "😀" * 40,
    "\u202eevil",
    "}",
]


@pytest.mark.parametrize("make", [hostile, hostile_everywhere])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_escaped(name: str, make: Callable[[str], Program]):
    drawing = draw(make(name), folded=True)
    for text in (drawing.svg, drawing.screen):
        root = ElementTree.fromstring(text.encode("utf-8", "strict"))
        tags = {element.tag.removeprefix(SPACE) for element in root.iter()}
        assert tags <= {"svg", "g", "title", "rect", "path", "circle", "text", "tspan"}
        allowed = {"onload", "onclick", "href"}
        assert not any(allowed & set(element.attrib) for element in root.iter())


def test_save_writes_svg_and_says_what_it_cannot(tmp_path: Path):
    drawing = draw(models.lossless())
    target = drawing.save(tmp_path / "figure.svg")
    assert target.read_text(encoding="utf-8") == drawing.svg == drawing._repr_svg_()
    with pytest.raises(DiagramError, match=r"cannot save a drawing as `\.bmp`; formats: \.svg, "):
        drawing.save(tmp_path / "figure.bmp")
    with pytest.raises(DiagramError, match="no suffix"):
        drawing.save(tmp_path / "figure")
    with pytest.raises(DiagramError, match="cannot write"):
        drawing.save(tmp_path / "none" / "figure.svg")


def test_draw_refuses_faults_and_unknown_colours():
    program = parse("input A[i j]\nreturn A")
    with pytest.raises(DiagramError, match="no colouring"):
        draw(program, colour="mood")  # type: ignore[arg-type]
    broken = Program(program.dims, program.sources, program.lets, ("B",))
    with pytest.raises(DiagramError, match="`B` is not defined"):
        draw(broken)
