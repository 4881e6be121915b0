"""What is wrong is told: each kind of fault in its exact words, at its letters, once, all at once.

`faults.txt` holds texts beside those of docs/errors.md, and what is told of them; blocks are set
apart by lines of signs.
"""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from diagram import DiagramError, parse

CASES = [
    tuple(block.split("\n-----\n"))
    for block in (Path(__file__).parent / "faults.txt")
    .read_text(encoding="utf-8")
    .rstrip("\n")
    .split("\n=====\n")
]


def told(text: str) -> str:
    with pytest.raises(DiagramError) as caught:
        parse(text)
    return str(caught.value)


@pytest.mark.parametrize(("text", "report"), CASES, ids=[text for text, _ in CASES])
def test_each_fault_is_told_in_its_words(text: str, report: str):
    assert told(text) == report


@pytest.mark.parametrize("text", ["", "\n\n", "# only a note", "input X[n]"])
def test_a_text_that_returns_nothing(text: str):
    assert told(text) == "nothing is returned; end with `return NAME`"


def test_the_faults_of_all_statements_are_told_at_once():
    text = (
        "dims f=1/2\ninput X[n n]\nweight W[f h\nS[n m] = relu(Q)\nA = softmax[n](S, p=1)\nreturn B"
    )
    assert told(text) == (
        "6 problems in the program:\n"
        "  line 1, dims: dim `f` is 1/2; a dim is a whole number, 0 or more\n"
        "    dims f=1/2\n"
        "         ^\n"
        "  line 2, X: X has two legs named `n`; a square one is X[n n']\n"
        "    input X[n n]\n"
        "              ^\n"
        "  line 3: `[` is not closed\n"
        "    weight W[f h\n"
        "            ^\n"
        "  line 4, S: `Q` is not defined\n"
        "    S[n m] = relu(Q)\n"
        "                  ^\n"
        "  line 5, A: softmax has no option `p` (options: none)\n"
        "    A = softmax[n](S, p=1)\n"
        "                      ^\n"
        "  line 6, return: `B` is not defined\n"
        "    return B\n"
        "           ^"
    )


BROKEN = [
    "weight W[f h",
    "weight W[f h]] V[h]",
    "weight W f h]",
    "weight W[f:] V[h]",
    "weight W[f h]=normal( V[h]",
    "weight W[f h] = (1 x)",
    "weight $ W[f h]",
    "dims f=",
    "dims f=2//",
    "dims $",
    "Q[n] = X[n",
    "Q[n] = relu(X[n]",
    "Q = X[n] X[m]",
    "Q[n] = X[n] $",
    "Q[n] X[n]",
    "Q[n] =",
    "Q[n] = X[n] +",
    "Q[n] = X[n] * * 2",
    "Q[n] = V[n]",
    "Q[q] = X[n]",
    "Q[n] = X[n m]",
    "Q[n] = softmax[m](X)",
    "Q[n] = frob(X)",
    "Q = X + W2",
    "Q = relu(X2[n n])",
    "Q = X(n)",
]


@pytest.mark.parametrize("broken", BROKEN)
def test_one_mistake_is_told_once(broken: str):
    """What stands below uses what the broken line should have defined, and is not blamed."""
    used = "Q" if broken.startswith("Q") else "X"
    text = f"input X[n] X2[n m]\n{broken}\nA = relu({used})\nB = A + tanh({used})\nreturn A, B"
    with pytest.raises(DiagramError) as caught:
        parse(text)
    assert [fault.spans[0].line for fault in caught.value.faults] == [2]


@pytest.mark.parametrize(
    "statement",
    [
        "weight W[f h",
        "weight W[f:$ h]",
        "weight W[f h] = (1",
        "weight W[f h:(] V[h]",
    ],
)
def test_what_a_broken_line_declares_is_known_below(statement: str):
    text = f"input X[f]\n{statement}\nY[h] = X[f] W[f h]\nZ = relu(Y)\nreturn Z, W"
    with pytest.raises(DiagramError) as caught:
        parse(text)
    assert [fault.spans[0].line for fault in caught.value.faults] == [2]


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("Scoer", "Score"),
        ("score", "Score"),
        ("Scores", "Score"),
        ("wq", "WQ"),
        ("Wq1", "WQ"),
        ("q", None),
    ],
)
def test_did_you_mean(wrong: str, right: str | None):
    report = told(f"input Score[n] WQ[n]\nY = relu({wrong})\nreturn Y").split("\n")[1]
    asked = f"; did you mean `{right}`?" if right else ""
    assert report == f"  line 2, Y: `{wrong}` is not defined{asked}"


def test_parts_are_never_suggested_or_named():
    report = told("input X[n]\nY[n] = relu(2 X[n]) + relu(V)\nZ = relu(Y1)\nreturn Z")
    assert "~" not in report
    assert "did you mean `Y`?" in report


def test_carets_stand_under_letters_as_they_were_written():
    text = "input  X[n  f] # note\n\n# note\nÄ[n]\t=  X[n   f]\n    WX[f]\nreturn Ä"
    assert told(text) == (
        "1 problem in the program:\n"
        "  line 5, Ä: `WX` is not defined; did you mean `X`?\n"
        "        WX[f]\n"
        "        ^^"
    )


def test_a_fault_between_two_lines_shows_both():
    text = "input X[n f] W[g h]\nY[n h] = X[n f]\n    W[f h]\nreturn Y"
    assert told(text) == (
        "1 problem in the program:\n"
        "  line 2, Y: edge `f` joins legs of two lengths: leg `f` of X has length f, "
        "but leg `g` of W has length g\n"
        "    Y[n h] = X[n f]\n"
        "                 ^\n"
        "        W[f h]\n"
        "          ^"
    )


def test_a_very_long_line_is_cut_around_the_caret():
    report = told("input X[n]\nY[n] = " + "X[n] " * 500 + "Q[n] " + "X[n] " * 500 + "\nreturn Y")
    lines = report.split("\n")
    assert max(len(line) for line in lines) < 180
    caret = lines[3].index("^")
    assert lines[2][caret : caret + 4] == "Q[n]"


def test_faults_are_data_and_pickle():
    with pytest.raises(DiagramError) as caught:
        parse("input X[n]\nreturn Q")
    error = caught.value
    (fault,) = error.faults
    assert (fault.message, fault.where) == ("`Q` is not defined", "return")
    assert [(s.line, s.start, s.end) for s in fault.spans] == [(2, 7, 8)]
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.faults, again.text) == (str(error), error.faults, error.text)


def test_a_text_is_wanted():
    with pytest.raises(DiagramError, match="parse reads a text, not bytes"):
        parse(b"input X[n]\nreturn X")  # type: ignore[arg-type]
