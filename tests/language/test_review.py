"""Defs say what they take, what their dims are, and what they return; nothing goes unsaid."""

from __future__ import annotations

import pytest

from diagram import DiagramError, parse
from diagram.language.inline import inline
from diagram.planner import plan

DEFS = [
    (
        "def f(X[n])\n  dims a = b b = a\n  weight W[a]\n  Y[n a] = X[n] W[a]\n  return Y\n"
        "input X[n]\nZ = f(X)\nreturn Z",
        "the equations of `a`, `b` run in a circle",
    ),
    (
        "def f(X[s] G[g])\n  dims s = 2*g\n  Y[s g] = X[s] G[g]\n  return Y\n"
        "input X[s:5] G[g:2]\nZ = f(X, G)\nreturn Z",
        "the length of leg `s` of f's X is 4, but X gives 5",
    ),
    (
        "def f(X[n])\n  weight W[n]\n  input Z[n]\n  Y[n] = X[n] W[n] Z[n]\n  return Y\n"
        "input X[n]\nY = f(X, X)\nreturn Y",
        "a def is given its values in its header: def f(...)",
    ),
    (
        "def f(T[n] of v)\n  return T\nindex T[n] of 4\nZ = f(T)\nreturn Z",
        "def `f` returns an index; a def returns numbers to compute",
    ),
    (
        "def f(T[n] of v)\n  weight E[v]\n  Y[n] = one_hot[v](T)[n v] E[v]\n  return Y\n"
        "index T[n] of 4\nZ = f^2(T)\nreturn Z",
        "f^2 goes on with what it returns, no index",
    ),
    (
        "dims Z.k=2\ndef f(X[s])\n  dims k=3\n  Y[c k] = X[(c k)]\n  return Y\n"
        "input X[s:12] U[e:Z.k]\nZ = f(X)\nreturn Z",
        "`Z.` begins the names of what stands in its def; rename the value whose name begins so",
    ),
]


@pytest.mark.parametrize(("text", "message"), DEFS)
def test_what_a_def_cannot_be_is_told(text: str, message: str):
    with pytest.raises(DiagramError) as caught:
        parse(text)
    assert [fault.message for fault in caught.value.faults][:1] == [message]


def test_defs_inside_each_other_have_bundles_of_one_name():
    text = (
        "def inner(X[s])\n  dims k=2\n  Y[c k] = X[(c k)]\n  return Y\n"
        "def outer(X[s])\n  dims k=3\n  A[c k] = X[(c k)]\n  B = inner(X)\n"
        "  Y[c k c' k'] = A[c k] B[c' k']\n  return Y\n"
        "input X[s:12]\nR = outer(X)\nreturn R"
    )
    written = inline(parse(text))
    assert {dim.name: str(dim.size) for dim in written.dims} == {"R.k": "3", "R.B.k": "2"}
    assert parse(str(written)) == written


def test_an_edge_that_nothing_tells_is_a_dim_that_can_be_given():
    program = parse("input A[s:0 g:0]\nY[c] = A[(g c) g]\nreturn Y")
    assert plan(program, c=3).numbers == {"c": 3}


def test_a_plan_of_huge_lengths_prints():
    program = parse("weight W[n m o p q r]\ninput X[n m]\nY[o] = W[n m o p q r] X[n m]\nreturn Y")
    assert "e+" in str(plan(program, dict.fromkeys("nmopqr", 10**59)))


def test_a_window_sees_more_than_padding():
    with pytest.raises(DiagramError, match="a window would see nothing but padding"):
        parse("input X[x]\nY = max_pool[x](X, size=2, pad=2)\nreturn Y")
    parse("input X[x]\nY = max_pool[x](X, size=2, pad=1)\nreturn Y")


@pytest.mark.parametrize(
    ("right", "let"),
    [
        ("relu(X)[f n]", "Y[f n] = relu(X)"),
        ("relu(X)[a b]", "Y[a b] = relu(X[a b])"),
        ("(X + X)[f n]", "Y[f n] = X + X"),
        ("(X[n f] X[n f])[]", "Y[] = X[n f] X[n f]"),
        ("mean[f](X)[n]", "Y[n] = mean[f](X)"),
    ],
)
def test_legs_behind_a_bracket_are_kept_where_the_left_side_says_none(right: str, let: str):
    """They were passed over behind an op, so that an order that was written did not count."""
    program = parse(f"input X[n f]\nY = {right}\nreturn Y")
    assert str(program).splitlines()[1] == let
    assert parse(str(program)) == program
