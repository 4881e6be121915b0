"""What a notebook shows: the picture, the text of a program, the rows of a plan, taught steps."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
import torch
from IPython.core.formatters import DisplayFormatter

import models
from diagram import interpret, parse, plan
from diagram.draw import draw
from tests.draw.test_svg import HOSTILE, hostile


def shown(value: object) -> Mapping[str, str]:
    """Each form that a notebook is given, by its type."""
    forms, _ = DisplayFormatter().format(value)  # type: ignore[no-untyped-call]
    return dict(forms)


class Reader(HTMLParser):
    """The text of a fragment, cell by cell; every tag is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not attrs
        self.tags.append(tag)
        if tag != "hr":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


TAGS = {"b", "hr", "p", "pre", "section", "table", "tbody", "td", "th", "thead", "tr"}


@pytest.mark.parametrize("name", models.ZOO)
def test_a_drawing_is_its_svg(name: str):
    drawing = draw(models.ZOO[name].program())
    forms = shown(drawing)
    assert forms["image/svg+xml"] == drawing.svg
    ElementTree.fromstring(forms["image/svg+xml"])


@pytest.mark.parametrize("name", models.ZOO)
def test_a_program_is_its_text(name: str):
    program = models.ZOO[name].program()
    read = Reader(shown(program)["text/html"])
    assert read.tags == ["pre"]
    assert parse("".join(read.texts)) == program


@pytest.mark.parametrize("sizes", [{}, {"b": 2, "n": 7}])
def test_a_plan_is_its_table(sizes: dict[str, int]):
    found = plan(models.multi_head(), sizes)
    read = Reader(shown(found)["text/html"])
    assert set(read.tags) <= TAGS
    assert read.tags.count("tr") == 1 + len(found.steps)
    assert read.tags.count("td") == read.tags.count("th") * len(found.steps)
    printed = re.sub(r"\s+", " ", str(found))
    for cell in read.texts:
        assert re.sub(r"\s+", " ", cell).strip() in printed


def test_steps_are_taught():
    program = parse("input A[i j] B[j k]\nS[i k] = A[i j] B[j k]\nY = softmax[k](S)\nreturn Y")
    walk = interpret(
        program, torch.ones(2, 3), torch.ones(3, 4), order=plan(program, i=2, j=3, k=4)
    )
    whole = shown(walk)["text/html"]
    read = Reader(whole)
    assert set(read.tags) <= TAGS
    assert read.tags.count("section") == len(walk) == 2
    assert read.texts[-1] == f"2 steps, {walk.flops} FLOPs"
    for step in walk:
        forms = shown(step)
        assert forms["text/html"] in whole
        assert forms["text/latex"] == rf"$\displaystyle {step.latex}$"
        texts = Reader(forms["text/html"]).texts
        assert rf"$\displaystyle {step.latex}$" in texts
        assert step.told in texts
        for fact in step.facts:
            name, _, told = fact.partition("  ")
            assert name in texts
            assert told.strip() in texts


@pytest.mark.parametrize("name", [name for name in HOSTILE if name.isprintable()])
def test_names_are_escaped(name: str):
    program = hostile(name)
    given = {source.name: torch.ones([2] * len(source.legs)) for source in program.sources}
    walk = interpret(program, order="written", **given)
    for value in (program, plan(program), walk, walk[0]):
        assert set(Reader(shown(value)["text/html"]).tags) <= TAGS
