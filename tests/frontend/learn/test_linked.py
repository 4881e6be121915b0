"""Notations in pieces: an edge is found in every one of them, wherever it is written."""

from __future__ import annotations

import pytest

from diagram import parse
from diagram.showing import shown
from frontend.learn.linked import line_of, pieces
from frontend.learn.reading import course
from models import ZOO

TEXTS = {lesson.name: lesson.diagram for lesson in course()[0]}
TEXTS |= {name: str(example.program()) for name, example in ZOO.items()}
PRODUCT = "input A[i j] x[j]\ny[i] = A[i j] x[j]\nreturn y"


def linked(text: str, name: str, let: str) -> list[tuple[str, tuple[str, ...]]]:
    program = parse(text)
    line = line_of(program, let, shown(program, "index", let, {}))
    found = pieces(name, shown(program, name, let, {}), line)
    return [(piece.text, piece.edges) for piece in found if piece.edges and piece.look != "value"]


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_pieces_are_the_text_and_every_edge_is_among_them(text: str):
    program = parse(text)
    for let in (let.name for let in program.lets if not let.is_part):
        index = shown(program, "index", let, {})
        line = line_of(program, let, index)
        edges = {edge.name for edge in line.edges}
        for name in ("index", "einsum", "loops", "torch"):
            said = shown(program, name, let, {})
            found = pieces(name, said, line)
            if name != "index":  # its brackets and underscores are set low in their place
                assert "".join(piece.text for piece in found) == said
            assert {edge for piece in found for edge in piece.edges} <= edges
            if name in ("index", "loops"):
                assert {edge for piece in found for edge in piece.edges} == edges


def test_an_edge_is_the_same_in_each_notation():
    assert linked(PRODUCT, "index", "y") == [
        ("i", ("i",)),
        ("j", ("j",)),
        ("i", ("i",)),
        ("j", ("j",)),
        ("j", ("j",)),
    ]
    assert [text for text, _ in linked(PRODUCT, "einsum", "y")] == list("ijji")
    assert ("j", ("j",)) in linked(PRODUCT, "loops", "y")


def test_torch_names_no_edge_but_its_values_have_them():
    program = parse(PRODUCT)
    line = line_of(program, "y", shown(program, "index", "y", {}))
    found = pieces("torch", shown(program, "torch", "y", {}), line)
    assert {piece.text: piece.edges for piece in found if piece.edges}["A"] == ("i", "j")


def test_an_edge_of_a_longer_name_has_a_letter_in_einsum():
    text = "input A[time k] B[k]\ny[time] = A[time k] B[k]\nreturn y"
    assert ("a", ("time",)) in linked(text, "einsum", "y")


def test_what_softmax_sums_over_is_its_own_edge():
    text = "input S[n m]\nA[n m] = softmax[m](S)\nreturn A"
    assert ("m′", ("m",)) in linked(text, "index", "A")
