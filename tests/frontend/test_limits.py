"""What is refused before it takes long."""

from __future__ import annotations

import pytest

from diagram import DiagramError, parse
from frontend.document import EXAMPLES, Document
from frontend.limits import refuse_long, refuse_thicket
from frontend.link import encode


def clique(count: int) -> str:
    legs = [[f"e{min(i, j)}x{max(i, j)}" for j in range(count) if i != j] for i in range(count)]
    nodes = [f"A{i}[{' '.join(edges)}]" for i, edges in enumerate(legs)]
    declared = [node.replace(" ", ":2 ").replace("]", ":2]") for node in nodes]
    return f"input {' '.join(declared)}\nY[] = {' '.join(nodes)}\nreturn Y"


def chain(count: int) -> str:
    nodes = " ".join(f"A{i}[x{i} x{i + 1}]" for i in range(count))
    return f"input {nodes}\nY[x0 x{count}] = {nodes}\nreturn Y"


@pytest.mark.parametrize("name", EXAMPLES)
def test_all_of_the_zoo_is_within_the_limits(name):
    program = EXAMPLES[name].program()
    refuse_long(program)
    refuse_thicket(program)


def test_a_thicket_is_not_laid_out():
    with pytest.raises(DiagramError, match="lines between"):
        refuse_thicket(parse(clique(20)))


def test_a_long_product_is_not_planned():
    with pytest.raises(DiagramError, match="product of 300 nodes"):
        refuse_long(parse(chain(300)))


def test_repetition_does_not_get_around_the_limit():
    layer = "def layer(X[n])\n  Y = relu(X)\n  return Y\n"
    with pytest.raises(DiagramError):
        refuse_long(parse(f"{layer}input X[n]\nY = layer^100000(X)\nreturn Y"))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param(name, text, id=f"{what}-{name}")
        for what, text, pages in (
            ("chain", chain(300), ("playground", "plan", "module")),
            ("clique", clique(20), ("playground", "plan")),  # the module draws nothing
        )
        for name in pages
    ],
)
def test_every_page_says_so_and_stays_up(studio, name, text):
    app = studio(name, d=encode(Document(text, text)))
    assert app.error


def test_the_module_of_a_thicket_is_written(studio):
    text = clique(20)
    assert studio("module", d=encode(Document(text, text))).code
