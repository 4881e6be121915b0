"""Why two nodes cannot be merged."""

from __future__ import annotations

import pytest

from diagram import DiagramError, parse
from diagram.planner.apart import apart
from models import ZOO

MULTI_HEAD = ZOO["multi-head"].program()


def test_nodes_of_one_product_can_be_merged():
    assert apart(MULTI_HEAD, ("S", 0), ("S", 3)) == ""


@pytest.mark.parametrize(
    ("one", "other"), [(("S", 1), ("Y", 2)), (("Y", 2), ("S", 1)), (("A", 0), ("Y", 3))]
)
def test_a_barrier_is_named_from_both_sides(one, other):
    assert "inside softmax[m]" in apart(MULTI_HEAD, one, other)


def test_a_line_of_its_own_is_made_first():
    said = apart(ZOO["linear-quadratic"].program(), ("S", 1), ("Y", 2))
    assert "WQ stands in S" in said
    assert "what a line says is made first" in said


@pytest.mark.parametrize(
    ("text", "one", "other", "said"),
    [
        ("S = A + B[f]\nY[n] = S[n f] C[f]", ("S", 0), ("Y", 1), "A is in a sum"),
        ("Y = A + B[f]", ("Y", 0), ("Y", 1), "terms of one sum"),
        ("Y = mask(A, B)", ("Y", 0), ("Y", 1), "both what mask is taken of"),
        (
            "P[n] = A[n f] C[f]\nQ[n] = A[n f] B[f]\nY = P + Q",
            ("P", 1),
            ("Q", 1),
            "value of its own",
        ),
        (
            "P[n] = A[n f] C[f]\nQ = relu(A)\nY[n] = P[n] Q[n f]",
            ("P", 1),
            ("Q", 0),
            "A is inside relu",
        ),
        (
            "P[n] = A[n f] C[f]\nQ[n] = P[n] C[f] A[n f]\nY[n] = P[n] Q[n]",
            ("P", 1),
            ("Y", 1),
            "it is used more than once",
        ),
    ],
)
def test_the_reason_is_what_stands_between(text, one, other, said):
    head = "input A[n f] B[f] C[f]\n"
    assert said in apart(parse(f"{head}{text}\nreturn Y"), one, other)


def test_results_that_have_nothing_to_do_with_each_other():
    text = "input A[n f] C[f]\nP[n] = A[n f] C[f]\nQ[f] = A[n f] C[f]\nreturn P, Q"
    assert "nothing to do" in apart(parse(text), ("P", 0), ("Q", 0))


@pytest.mark.parametrize("use", [("T", 0), ("S", 9), ("X", 0)])
def test_no_node_is_a_fault(use):
    with pytest.raises(DiagramError, match="the diagram has no"):
        apart(MULTI_HEAD, use, ("S", 0))
