"""Laws of PNG: twice the size of the SVG, ink where the labels are, colours where the nodes are."""

from __future__ import annotations

import os
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageColor

import models
from diagram.draw import Drawing, draw
from diagram.draw.export.ink import ink
from diagram.draw.export.png import png
from diagram.draw.geometry import Point
from diagram.draw.style import PRINT
from tests.draw.networks import TEXTS
from tests.draw.readers import drawn


def opened(drawing: Drawing) -> Image.Image:
    found = drawing.to("png")
    picture = Image.open(BytesIO(found))
    assert (picture.format, picture.mode) == ("PNG", "RGB")
    assert picture.info["dpi"] == pytest.approx((192, 192), abs=0.1)
    return picture


@pytest.mark.parametrize("name", [*models.ZOO, *(f"{name}, placed" for name in models.ZOO), *TEXTS])
def test_it_has_the_size_and_the_ink_of_the_svg(name: str):
    drawing = drawn(name)
    picture = opened(drawing)
    frame = ink(drawing.svg).frame
    assert picture.size == pytest.approx((2 * frame.width, 2 * frame.height), abs=1.01)

    def at(point: Point) -> tuple[int, int]:
        return round(2 * (point[0] - frame.left)), round(2 * (point[1] - frame.top))

    assert picture.getpixel((0, 0)) == (255, 255, 255)
    for id, text in drawing.layout.texts.items():
        if "".join(piece.text for piece in text.label).strip():
            part = picture.crop((*at((text.box.left, text.box.top)), *at((text.box.right, text.y))))
            levels = part.convert("L").histogram()
            assert sum(levels[:160]), id
            assert sum(levels[160:]), id
    for item in drawing.scene.items:
        if item.look.is_node:
            x, y = drawing.layout.points[item.id]
            fill = ImageColor.getrgb(PRINT.fills[item.look][0])
            assert picture.getpixel(at((x, y - 22))) == fill


def test_what_is_large_is_painted_smaller(monkeypatch: pytest.MonkeyPatch):
    found = ink(draw(models.multi_head()).svg)
    monkeypatch.setattr(sys.modules["diagram.draw.export.png"], "LARGEST", 1e4)
    width, height = Image.open(BytesIO(png(found))).size
    assert 0.9e4 < width * height < 1.1e4
    assert width / height == pytest.approx(found.frame.width / found.frame.height, rel=0.02)


def test_no_font_of_the_machine_is_read(tmp_path: Path):
    code = (
        "import sys; import models; from diagram.draw import draw; opened = []; "
        "sys.addaudithook(lambda name, args: name == 'open' and opened.append(str(args[0]))); "
        "figure = draw(models.multi_head()); "
        "found = [figure.to(name) for name in ('png', 'pdf')]; "
        "fonts = [n for n in opened if n.lower().endswith(('.ttf', '.otf', '.ttc', '.pfb'))]; "
        "assert fonts and all('mpl-data' in name for name in fonts), fonts; "
        "sys.stdout.buffer.write(b'|'.join(found))"
    )
    nothing = tmp_path / "fonts.conf"
    nothing.write_text("<fontconfig><dir>/nowhere</dir></fontconfig>", encoding="utf-8")
    root = Path(__file__).resolve().parents[2]
    bare = {"HOME": str(tmp_path), "FONTCONFIG_FILE": str(nothing), "PYTHONPATH": str(root)}
    found = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **bare}, capture_output=True, check=True
    ).stdout
    figure = draw(models.multi_head())
    assert found == b"|".join(figure.to(name) for name in ("png", "pdf"))
