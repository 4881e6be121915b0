"""What differs is told in the words of the language: word for word, and never nothing."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st

from diagram import DiagramError, diff, equivalent, parse
from diagram.language.core import Diagram
from models import ZOO
from tests.equality.disguise import changed, disguised
from tests.language.author import Written, programs

MULTI_HEAD = """\
dims   f=512 h=8 d=64
input  X[b n f]
weight WQ[f h d] WK[f h d] WV[f h d] WO[h d f]
S[b h n m] = X[b n f] WQ[f h d] X[b m g] WK[g h d] / sqrt(d)
A[b h n m] = softmax[m](S)
Y[b n f] = A[b h n m] X[b m g] WV[g h d] WO[h d f]
return Y"""

CONV = "input U[b s x]\nweight K[t s i:3]\nY[b t x] = U[b s x] K[t s x] corr x (stride=2)\nreturn Y"
MASKED = "input S[n m]\nA = softmax[m](causal[n m](S, window=3))\nreturn A"

CHANGES = [
    (MULTI_HEAD, {"S[b h n m]": "S[b n m]", "A[b h n m]": "A[b n m]"},
     ["S: leg h of WQ is kept in the first and summed in the second"]),
    (MULTI_HEAD, {"h=8": "h=4"}, ["dim h: 8 in the first and 4 in the second"]),
    (MULTI_HEAD, {"f=512 h=8": "f h=8"}, ["dim f: 512 in the first and no number in the second"]),
    (MULTI_HEAD, {" / sqrt(d)": ""},
     ["S: scaled by 1/sqrt(d) in the first and by 1 in the second"]),
    (MULTI_HEAD, {" / sqrt(d)": " * 3 / d"},
     ["S: scaled by 1/sqrt(d) in the first and by 3/d in the second"]),
    (MULTI_HEAD, {"softmax": "log_softmax"},
     ["A: softmax in the first and log_softmax in the second"]),
    (MULTI_HEAD, {"WK[g h d]": "WQ[g h d]"},
     ["S: WQ stands once in the first and twice in the second",
      "S: WK stands once in the first and nowhere in the second"]),
    (MULTI_HEAD, {"softmax[m]": "softmax[n]"},
     ["A: leg n of S is not named by softmax in the first and leg 1 of it in the second",
      "A: leg m of S is leg 1 of softmax in the first and not named by it in the second"]),
    (MULTI_HEAD, {"X[b m g] WV": "X[b n g] WV"},
     ["Y: leg m of A and leg n of X are joined in the first and apart in the second",
      "Y: leg n of A and leg n of X are apart in the first and joined in the second"]),
    (MULTI_HEAD, {"return": "Z = relu(Y)\nreturn Z,"},
     ["Z stands in the second only: relu of Y",
      "returned are Y in the first and Z, Y in the second"]),
    (MULTI_HEAD, {"WV[f h d] WO[h d f]": "WV[f h d:16] WO[h d:16 f]"},
     ["WV: leg d has length d in the first and 16 in the second",
      "WO: leg d has length d in the first and 16 in the second"]),
    (MULTI_HEAD, {"WO[h d f]\nS": "WO[h d f]\nconst E[d]\nS", "WO[h d f]\nreturn":
                  "WO[h d f] E[d]\nreturn"},
     ["const E[d] stands in the second only",
      "Y: E stands in the second only"]),
    (MULTI_HEAD, {"WO[h d f]\nS": "WO[h d f]=normal(0.02)\nS"},
     ["WO: its numbers are not said in the first and normal(0.02) in the second"]),
    (MULTI_HEAD, {"input  X[b n f]": "buffer X[b n f]"},
     ["X: input in the first and buffer in the second"]),
    (CONV, {"stride=2": "stride=2, pad=1"},
     ["Y: leg x of U is corr (stride=2) in the first and corr (stride=2, pad=(1, 1)) in the "
      "second"]),
    (CONV, {"corr": "conv"},
     ["Y: leg x of U is corr (stride=2) in the first and conv (stride=2) in the second"]),
    (MASKED, {"window=3": "window=3, shift=1"},
     ["a bracket in A: option shift is not given in the first and 1 in the second"]),
    (MASKED, {"causal[n m]": "causal[m n]"},
     ["a bracket in A: leg n of S is leg 1 of causal in the first and leg 2 of it in the second",
      "a bracket in A: leg m of S is leg 2 of causal in the first and leg 1 of it in the second"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "changes", "lines"), CHANGES)
def test_a_change_is_told(text: str, changes: dict[str, str], lines: list[str]):
    other = text
    for old, new in changes.items():
        assert old in other
        other = other.replace(old, new)
    assert list(diff(parse(text), parse(other))) == lines


def test_equivalent_programs_do_not_differ():
    for name in ("multi-head", "grouped-query"):
        program = ZOO[name].program()
        assert diff(program, disguised(program, Random(3))) == ()


def test_a_change_is_told_under_other_names():
    changed = parse(MULTI_HEAD.replace(" / sqrt(d)", ""))
    for seed in range(5):
        other = disguised(changed, Random(seed))
        (line,) = diff(parse(MULTI_HEAD), other)
        name = next(let.name for let in other.lets if len(let.maker.output) == 4)
        assert (
            line
            == f"S ({name} in the second): scaled by 1/sqrt(d) in the first and by 1 in the second"
        )


def test_models_of_the_zoo():
    models = {name: example.program() for name, example in ZOO.items()}
    assert diff(models["multi-head"], models["single-head"]) == tuple(
        f"{name}: leg h stands in the first only" for name in ("WQ", "WK", "WV", "WO")
    )
    for one in models.values():
        for two in models.values():
            assert bool(diff(one, two)) == (one is not two)


@settings(max_examples=max(1, settings().max_examples // 5))
@given(programs(), programs())
def test_any_two_programs_differ_in_words(one: Written, two: Written):
    first, second = parse(one.text), parse(two.text)
    try:
        same = equivalent(first, second)
    except DiagramError:
        reject()
    lines = diff(first, second)
    assert same == (not lines)
    assert all(line == line.strip() and "\n" not in line for line in lines)


@settings(max_examples=max(1, settings().max_examples // 2))
@given(programs(), st.randoms(use_true_random=True))
def test_any_change_is_told(written: Written, random: Random):
    program = parse(written.text)
    assume(any(isinstance(let.maker, Diagram) for let in program.lets))
    other = changed(program, random)
    try:
        same = equivalent(program, other)
    except DiagramError:
        reject()
    assert same == (not diff(program, other))
