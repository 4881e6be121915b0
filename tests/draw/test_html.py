"""Laws of the HTML file, in a browser: hover, legend, view, keys, both themes, and no way out."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Dialog, Locator, Page, expect

import models
from diagram import parse
from diagram.draw import Drawing, draw
from diagram.language.core import Program
from tests.draw.readers import CASES, drawn
from tests.draw.test_svg import HOSTILE, hostile, hostile_everywhere


def html(drawing: Drawing) -> str:
    return drawing.to("html")


# -- the text of the file --------------------------------------------------------------------------


class Reader(HTMLParser):
    """All tags with their attributes, and whether each is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


COLOURS: tuple[Literal["kind", "dim"], ...] = ("kind", "dim")
TAGS = {
    *("html", "head", "meta", "title", "style", "body", "main", "footer", "ul", "li", "button"),
    *("i", "sub", "sup", "p", "div", "script"),
    *("svg", "g", "rect", "path", "circle", "text", "tspan"),
}


@pytest.mark.parametrize("make", [hostile, hostile_everywhere])
@pytest.mark.parametrize("name", HOSTILE)
def test_every_name_is_escaped(name: str, make: Callable[[str], Program]):
    for colour in COLOURS:
        text = html(draw(make(name), folded=True, colour=colour))
        text.encode()
        read = Reader(text)
        assert not read.open
        assert {tag for tag, _ in read.tags} <= TAGS
        assert [tag for tag, _ in read.tags].count("script") == 2
        for _, attributes in read.tags:
            assert not any(name.startswith("on") or name in ("href", "src") for name in attributes)


@pytest.mark.parametrize("name", CASES)
def test_every_edge_is_one_group_of_wires_and_junctions(name: str):
    scene = drawn(name).scene
    text = html(drawn(name))
    found = re.search(r'<script type="application/json" id="edges">(.*)</script>', text)
    assert found
    edges = [set(edge) for edge in json.loads(found[1])]
    assert sum(map(len, edges)) == len(set().union(*edges))
    assert {wire.id for wire in scene.wires} <= set().union(*edges)
    for edge in edges:
        assert len({scene.wire[id].dim for id in edge if id in scene.wire}) <= 1 or any(
            scene.item[id].look == "star" for id in edge if id in scene.item
        )


# -- the file in a browser -------------------------------------------------------------------------


@pytest.fixture
def opened(page: Page, tmp_path: Path) -> Iterator[Callable[[Drawing], Page]]:
    """Opens a figure from a file; in the end nothing was asked for, and nobody complained."""
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))

    def stop(dialog: Dialog) -> None:
        said.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", stop)
    path = tmp_path / "figure.html"

    def show(drawing: Drawing) -> Page:
        drawing.save(path)
        page.goto(path.as_uri())
        return page

    yield show
    assert set(asked) <= {path.as_uri()}
    assert said == []


def thing(page: Page, path: str) -> Locator:
    return page.locator(f'[data-path="{path}"]')


def expect_lit(page: Page, paths: set[str]) -> None:
    """These things are lit, and no others, as soon as the page has seen the pointer."""
    page.wait_for_function(
        """paths => JSON.stringify(paths) === JSON.stringify(
             [...document.querySelectorAll("[data-path].lit")].map(g => g.dataset.path).sort())""",
        arg=sorted(paths),
    )


def point_at(page: Page, path: str) -> None:
    """Moves the pointer to the middle of a wire, or of the circle of a node."""
    x, y = thing(page, path).evaluate(
        """g => {
          const line = g.querySelector(".td-line");
          const shape = line ?? g.querySelector("circle, rect");
          const matrix = shape.getScreenCTM();
          if (line) {
            const spot = line.getPointAtLength(line.getTotalLength() * 0.5).matrixTransform(matrix);
            return [spot.x, spot.y];
          }
          const box = shape.getBoundingClientRect();
          return [box.x + box.width / 2, box.y + box.height / 2];
        }"""
    )
    page.mouse.move(x, y)


def multi_head() -> Drawing:
    example = models.ZOO["multi-head"]
    return draw(example.program(), example.placement)


HEADS = {"Y/0/1", "S/1/1", "S/3/1", "Y/2/1", "Y/3/0", "S:h", "Y:h"}


def test_a_pointer_lights_an_edge_in_all_its_places(opened: Callable[[Drawing], Page]):
    page = opened(multi_head())
    expect_lit(page, set())
    point_at(page, "S/1/1")
    expect_lit(page, HEADS)
    expect(page.locator("footer p")).to_have_text("H: h = 8")
    expect(thing(page, "S/0")).not_to_have_css("opacity", "1")
    expect(thing(page, "S/1/1")).to_have_css("opacity", "1")
    point_at(page, "S:d")
    expect_lit(page, {"S:d"})
    page.mouse.move(5, 5)
    expect_lit(page, set())


def test_the_legend_lights_the_wires_of_a_dim_and_can_be_pinned(opened: Callable[[Drawing], Page]):
    page = opened(multi_head())
    entries = page.get_by_role("list", name="dims").get_by_role("button")
    assert entries.all_inner_texts() == ["H = 8", "N", "F = 512", "D = 64"]
    entries.nth(3).hover()
    expect_lit(page, {"S:d", "Y:d"})
    entries.nth(0).click()
    page.mouse.move(5, 5)
    expect_lit(page, HEADS)
    expect(entries.nth(0)).to_have_attribute("aria-pressed", "true")
    entries.nth(0).click()
    page.mouse.move(5, 5)
    expect_lit(page, set())


def test_the_legend_in_a_figure_with_colours_does_the_same(opened: Callable[[Drawing], Page]):
    page = opened(draw(models.multi_head(), colour="dim"))
    assert page.get_by_role("list", name="dims").count() == 0
    entry = page.locator('.td-legend[data-dim="d"]')
    entry.hover()
    expect_lit(page, {"S:d", "Y:d"})
    entry.click()
    page.mouse.move(5, 5)
    expect_lit(page, {"S:d", "Y:d"})


def view(page: Page) -> list[float]:
    text = page.locator("main svg").get_attribute("viewBox")
    assert text
    return [float(number) for number in text.split()]


def test_the_view_zooms_moves_and_comes_back(opened: Callable[[Drawing], Page]):
    page = opened(multi_head())
    whole = view(page)
    box = thing(page, "S/1").bounding_box()
    assert box
    centre = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(*centre)
    page.mouse.wheel(0, -300)
    page.wait_for_function(
        "before => document.querySelector('main svg').viewBox.baseVal.width < before", arg=whole[2]
    )
    larger = thing(page, "S/1").bounding_box()
    assert larger
    assert larger["width"] > box["width"]
    assert larger["x"] + larger["width"] / 2 == pytest.approx(centre[0], abs=2)
    page.mouse.down()
    page.mouse.move(centre[0] + 60, centre[1] + 30)
    page.mouse.up()
    moved = thing(page, "S/1").bounding_box()
    assert moved
    assert moved["x"] - larger["x"] == pytest.approx(60, abs=2)
    assert moved["y"] - larger["y"] == pytest.approx(30, abs=2)
    page.mouse.move(5, 5)  # what is let go does not follow
    assert thing(page, "S/1").bounding_box() == moved
    page.get_by_role("button", name="fit").click()
    assert view(page) == pytest.approx(whole)
    page.get_by_role("button", name="zoom in").click()
    assert view(page)[2] == pytest.approx(0.8 * whole[2])
    page.keyboard.press("-")
    page.keyboard.press("-")
    assert view(page)[2] == pytest.approx(1.25 * whole[2])
    page.keyboard.press("0")
    page.keyboard.press("Shift+ArrowRight")
    assert view(page)[0] == pytest.approx(whole[0] + whole[2] / 10)


def test_keys_walk_through_the_figure_and_each_thing_is_read(opened: Callable[[Drawing], Page]):
    drawing = multi_head()
    page = opened(drawing)
    tips = {item.id: item.tip for item in drawing.scene.items}
    tips |= {wire.id: wire.tip for wire in drawing.scene.wires}
    for id, tip in tips.items():
        expect(thing(page, id)).to_have_attribute("aria-label", tip)
        expect(thing(page, id)).to_have_role("img")
    page.keyboard.press("Tab")
    seen = []
    for _ in drawing.scene.ids:
        seen.append(page.evaluate("document.activeElement.dataset.path"))
        page.keyboard.press("ArrowRight")
    assert seen == list(drawing.scene.ids)
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.dataset.path") == "Y/0/1"
    expect_lit(page, HEADS)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.dataset.dim") == "h"


def luminance(colour: str) -> float:
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_both_themes_have_contrast(theme: str, opened: Callable[[Drawing], Page], page: Page):
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    opened(multi_head())
    style = "element => getComputedStyle(element)"
    ground = page.locator("body").evaluate(f"{style}.backgroundColor")
    told = page.locator("footer p").evaluate(f"{style}.color")
    letter = thing(page, "S:d").locator("text").evaluate(f"{style}.fill")
    for text in (told, letter):
        high, low = sorted((luminance(text), luminance(ground)), reverse=True)
        assert (high + 0.05) / (low + 0.05) > 4.5
    assert (luminance(ground) < 0.1) == (theme == "dark")


@pytest.mark.parametrize("make", [hostile, hostile_everywhere])
@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        '"><svg onload=alert(1)>',
        "</script><script>alert(1)</script>",
        "</style></title><script>alert(1)</script>",
        "<!--<script>",
        "' onfocus='alert(1)' autofocus='",
        "<a href=javascript:alert(1)>",
        "<link rel=stylesheet href=http://127.0.0.1:9/x.css>",
    ],
)
def test_hostile_names_do_nothing(
    name: str, make: Callable[[str], Program], opened: Callable[[Drawing], Page]
):
    page = opened(draw(make(name), folded=True))
    for place in range(page.locator("[data-path]").count()):
        page.locator("[data-path]").nth(place).focus()
    assert page.locator("script").count() == 2
    assert page.locator("img, link, a").count() == 0


def test_what_is_not_ours_is_stopped(page: Page, tmp_path: Path):
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    planted = (
        "<script>document.title = 'evil'</script>"
        "<img src='http://127.0.0.1:9/x.png' onerror='document.title = 1'>"
    )
    path = tmp_path / "figure.html"
    path.write_text(html(multi_head()).replace("<footer>", f"{planted}<footer>"), "utf-8")
    page.goto(path.as_uri())
    assert page.title() == "Tensor diagram of Y"
    assert len([text for text in said if "Content Security Policy" in text]) >= 2


def test_a_figure_without_wires_opens(opened: Callable[[Drawing], Page]):
    page = opened(draw(parse("input a[]\nreturn a")))
    expect(page.locator("[data-path]")).to_have_count(1)
    page.locator("[data-path]").hover()
    assert page.get_by_role("list").count() == 0
