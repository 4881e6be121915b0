"""What is built in Python is what is written: the same program, and the same faults."""

from __future__ import annotations

import ast
import inspect
import json
import pickle
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagram import Builder, DiagramError, Value, check, ops, parse
from diagram.language.builder import ops as build_ops
from diagram.language.builder.values import Expression
from diagram.language.ops import OPS
from diagram.language.size import Size
from models import ZOO
from tests.language.author import Written, programs
from tests.language.player import play

DATA = Path(__file__).parent.parent / "data"
NETWORKS: dict[str, dict[str, object]] = json.loads(
    (DATA / "networks.json").read_text(encoding="utf-8")
)
TEXTS = {name: str(stored["text"]) for name, stored in NETWORKS.items()}
TEXTS |= {name: str(example.program()) for name, example in ZOO.items()}


# -- the same program -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", TEXTS)
def test_networks_are_built_as_they_are_written(name: str):
    program = parse(TEXTS[name])
    assert play(TEXTS[name]) == program
    assert play(str(program)) == program


@settings(max_examples=2 * settings().max_examples)
@given(programs())
def test_random_programs_are_built_as_they_are_written(written: Written):
    program = parse(written.text)
    built = play(str(program))
    assert built == program
    assert check(built) is built


def attention() -> Builder:
    net = Builder(f=512, h=8, d=64)
    X = net.input("X[b n f]")
    WQ, WK, WV, WO = net.weights("WQ[f h d] WK[f h d] WV[f h d] WO[h d f]")
    S = net.let("S[b h n m]", X["b n f"] @ WQ["f h d"] @ X["b m g"] @ WK["g h d"] / ops.sqrt("d"))
    A = net.let("A", ops.softmax["m"](S))
    net.let("Y[b n f]", A["b h n m"] @ X["b m g"] @ WV["g h d"] @ WO["h d f"])
    return net


def test_the_lines_of_a_builder_are_a_text():
    assert attention().text == (
        "dims f=512 h=8 d=64\n"
        "input X[b n f]\n"
        "weight WQ[f h d] WK[f h d] WV[f h d] WO[h d f]\n"
        "S[b h n m] = X[b n f] WQ[f h d] X[b m g] WK[g h d] / sqrt(d)\n"
        "A = softmax[m](S)\n"
        "Y[b n f] = A[b h n m] X[b m g] WV[g h d] WO[h d f]"
    )


def sources() -> tuple[Builder, Value, Value, Value]:
    net = Builder("f=4 h")
    X, W = net.input("X[b n f]"), net.weight("W[f k]")
    return net, X, W, net.weight("B[k]", "zeros")


THREE: Any = np.int64(3)

RIGHT_SIDES: list[tuple[Callable[[Value, Value, Value], object], str]] = [
    (lambda X, W, B: X, "X[b n f]"),
    (lambda X, W, B: +X["b n k"], "X[b n k]"),
    (lambda X, W, B: -X["b n k"], "-X[b n k]"),
    (lambda X, W, B: X["b n f"] @ W["f k"], "X[b n f] W[f k]"),
    (lambda X, W, B: X["b n f"] @ (W["f k"] @ B["k"]), "X[b n f] W[f k] B[k]"),
    (lambda X, W, B: X["b n f"] @ W["f k"] + B["k"], "X[b n f] W[f k] + B[k]"),
    (lambda X, W, B: 1 - X["b n k"], "1 - X[b n k]"),
    (lambda X, W, B: X["b n k"] - 0.5, "X[b n k] - 0.5"),
    (lambda X, W, B: X["b n k"] + Fraction(1, 3), "X[b n k] + 1 / 3"),
    (lambda X, W, B: X["b n k"] - (B["k"] - 1), "X[b n k] - B[k] + 1"),
    (lambda X, W, B: X["b n k"] - -2, "X[b n k] + 2"),
    (lambda X, W, B: 2 * X["b n k"], "X[b n k] * 2"),
    (lambda X, W, B: X["b n k"] * -0.1, "X[b n k] * -0.1"),
    (lambda X, W, B: X["b n k"] * Fraction(1, 3), "X[b n k] * (1/3)"),
    (lambda X, W, B: X["b n k"] / "h*f", "X[b n k] / (f*h)"),
    (lambda X, W, B: "h" * X["b n k"] / "k", "X[b n k] * h / k"),
    (lambda X, W, B: X["b n k"] / Size.of("h"), "X[b n k] / h"),
    (lambda X, W, B: np.float64(0.5) * X["b n k"] / THREE, "X[b n k] * 0.5 / 3"),
    (lambda X, W, B: X["b n f"] / 2 @ W["f k"], "X[b n f] W[f k] / 2"),
    (lambda X, W, B: -X["b n f"] @ W["f k"], "-X[b n f] W[f k]"),
    (lambda X, W, B: X["b n f"] @ -W["f k"], "-X[b n f] W[f k]"),
    (lambda X, W, B: 1 / ops.sqrt("k") * X["b n k"], "X[b n k] * 1 / sqrt(k)"),
    (lambda X, W, B: X["b n k"] * (2 / ops.sqrt("h + 1")), "X[b n k] * 2 / sqrt(h + 1)"),
    (lambda X, W, B: X["b n k"] / (2 / ops.sqrt("h")), "X[b n k] / 2 * sqrt(h)"),
    (lambda X, W, B: 2 * (X["b n k"] + B["k"]), "(X[b n k] + B[k]) * 2"),
    (lambda X, W, B: (X["b n k"] + B["k"]) @ B["k"], "(X[b n k] + B[k]) B[k]"),
    (
        lambda X, W, B: (X["b n f"] @ W["f k"] + B["k"])["b n g"] @ W["g k"],
        "(X[b n f] W[f k] + B[k])[b n g] W[g k]",
    ),
    (lambda X, W, B: X["b n k"]["b n k"] @ B["k"], "(X[b n k])[b n k] B[k]"),
    (lambda X, W, B: ops.sqrt(X["b n k"]), "sqrt(X[b n k])"),
    (lambda X, W, B: ops.gelu(X)["b n f"] @ W["f k"], "gelu(X)[b n f] W[f k]"),
    (lambda X, W, B: ops.softmax["k"](X["b n k"]), "softmax[k](X[b n k])"),
    (lambda X, W, B: ops.layer_norm["n f"](X, eps=1e-6), "layer_norm[n f](X, eps=0.000001)"),
    (lambda X, W, B: ops.sort["n"](X, descending=True), "sort[n](X, descending=true)"),
    (lambda X, W, B: ops.slice["n"](X, stop="h + 1"), "slice[n](X, stop=h + 1)"),
    (lambda X, W, B: ops.mask(X["b n k"], 1 - B), "mask(X[b n k], 1 - B)"),
    (lambda X, W, B: X["b n ( g c )"], "X[b n (g c)]"),
    (
        lambda X, W, B: (X["b n k"] @ B["k"]).corr("k", stride=2, pad=1),
        "X[b n k] B[k] corr k (stride=2, pad=1)",
    ),
    (
        lambda X, W, B: (X["b n k"] @ B["k"]).conv("k", pad=("k-1", 0)).corr("n", pad="same"),
        "X[b n k] B[k] conv k (pad=(k - 1, 0)) corr n (pad=same)",
    ),
]


@pytest.mark.parametrize(("make", "text"), RIGHT_SIDES, ids=[text for _, text in RIGHT_SIDES])
def test_right_sides_read_as_the_text(make: Callable[[Value, Value, Value], object], text: str):
    _, X, W, B = sources()
    assert repr(make(X, W, B)) == text


def test_numbers_alone():
    net = Builder(d=4)
    net.let("a[]", 2)
    net.let("b[]", -0.5)
    net.let("c[]", 3 / ops.sqrt("d"))
    c = net.let("c'[]", 1 - Fraction(1, 3) + ops.sqrt(net.const("I[]", 4)))
    assert net.returns(c) == parse(
        "dims d=4\na[] = 2\nb[] = -0.5\nc[] = 3 / sqrt(d)\nconst I[] = (4)\n"
        "c'[] = 2 / 3 + sqrt(I)\nreturn c'"
    )


def test_initial_numbers_are_texts_or_numbers():
    net = Builder()
    made = [
        net.weight("A[i:2]", "normal(0.02)"),
        net.weight("B[i:2]=zeros"),
        net.const("C[i:2 j:2]", [[1, 0.5], [-2, 1e-3]]),
        net.buffer("D[i:2]", np.arange(2.0)),
        net.const("E[]", 3),
        net.index("T[n]", of="v"),
        net.index("U[n] of v"),
    ]
    assert net.returns(*made) == parse(
        "weight A[i:2]=normal(0.02) B[i:2]=zeros\nconst C[i:2 j:2]=(1 0.5 -2 0.001)\n"
        "buffer D[i:2]=(0 1)\nconst E[]=(3)\nindex T[n] of v U[n] of v\n"
        "return A, B, C, D, E, T, U"
    )


def test_dims_are_texts_or_names():
    built = Builder("f=512 h", d=64, r="h*d", k=None)
    X = built.input("X[r]")
    assert built.returns(X) == parse("dims f=512 h d=64 r = h*d k\ninput X[r]\nreturn X")


def test_defs_are_functions():
    net = Builder(f=4)

    @net.define("X[b n i]")
    def linear(inside: Builder, X: Value) -> Value:
        W = inside.weight("W[i o]")
        return inside.let("Y[b n o]", X["b n i"] @ W["i o"])

    @net.define("X[b n f]")
    def layer(inside: Builder, X: Value) -> Value:
        U = inside.let("U", linear(ops.relu(X), o="4*f"))
        return inside.let("Y[b n f]", linear(U, o="f"))

    X = net.input("X[b n f]")
    Y = net.let("Y", layer(X, times=3))
    Z = net.let("Z[b n g]", layer(Y, times=2, tied=True))
    assert net.returns(Z) == parse(
        "dims f=4\n"
        "def linear(X[b n i])\n"
        "  weight W[i o]\n"
        "  Y[b n o] = X[b n i] W[i o]\n"
        "  return Y\n"
        "def layer(X[b n f])\n"
        "  U = linear(relu(X), o=4*f)\n"
        "  Y[b n f] = linear(U, o=f)\n"
        "  return Y\n"
        "input X[b n f]\n"
        "Y = layer^3(X)\n"
        "Z[b n g] = layer^2(Y, tied=1)\n"
        "return Z"
    )


def test_a_def_of_several_parameters_and_an_index():
    net = Builder()

    @net.define("T[b n] of v, E[v f]")
    def embed(inside: Builder, T: Value, E: Value) -> Value:
        return inside.let("Y[b n f]", ops.one_hot["v"](T)["b n v"] @ E["v f"])

    T, E = net.index("T[b n]", of="v"), net.weight("E[v f]")
    Y = net.let("Y", embed(T, E))
    assert net.returns(Y) == parse(
        "def embed(T[b n] of v, E[v f])\n  Y[b n f] = one_hot[v](T)[b n v] E[v f]\n  return Y\n"
        "index T[b n] of v\nweight E[v f]\nY = embed(T, E)\nreturn Y"
    )


def test_notes_stand_above_the_next_line():
    net = Builder()
    net.note("what is given")
    X = net.input("X[n]")
    assert str(net.returns(X)) == "# what is given\ninput X[n]\nreturn X"


def test_a_program_may_be_asked_for_while_it_grows():
    net = Builder()
    X = net.input("X[n]")
    first = net.returns(X)
    Y = net.let("Y", 2 * X["n"])
    assert first == parse("input X[n]\nreturn X")
    assert net.returns(Y) == parse("input X[n]\nY = 2 X[n]\nreturn Y")


def test_a_refused_line_leaves_nothing_behind():
    net, X, W, _ = sources()
    before = net.text
    with pytest.raises(DiagramError):
        net.let("Y[b n k]", X["b n q"] @ W["k q"])
    assert net.text == before
    net.let("Y[b n k]", X["b n q"] @ W["q k"])


def test_values_know_their_legs():
    net, X, W, _ = sources()
    Y = net.let("Y[b (n k)]", X["b n f"] @ W["f k"])
    assert repr(Y) == "Y[b n_k]"
    assert [str(leg.size) for leg in Y.legs] == ["b", "k*n"]
    Z = net.let("Z[b n k]", Y["b (n k)"])
    assert net.returns(Z) == parse(
        "dims f=4 h\ninput X[b n f]\nweight W[f k] B[k]=zeros\n"
        "Y[b (n k)] = X[b n f] W[f k]\nZ[b n k] = Y[b (n k)]\nreturn Z"
    )


def test_a_dim_of_any_source_so_far_may_be_named():
    net = Builder()
    X = net.input("X[n]")
    net.weight("W[q]")
    Y = net.let("Y", X["n"] / "q")
    assert net.returns(Y) == parse("input X[n]\nweight W[q]\nY = X[n] / q\nreturn Y")


def test_a_builder_can_be_stored_and_gone_on_with():
    net = pickle.loads(pickle.dumps(attention()))
    assert net.text == attention().text
    net.input("Z[n]")


PIECES = st.lists(
    st.sampled_from(["X", "b", "n f", "[", "]", "(", ")", "=", "-", "/", "*", "//", "2", "1e9", "#",
                     ":", ",", "^", "'", "dims", "def", "return", "of", "corr", "\n", "ß", "¤"])
).map("".join)  # fmt: skip


@settings(max_examples=10 * settings().max_examples)
@given(PIECES, st.integers(0, 11))
def test_any_text_makes_what_it_says_or_is_refused(text: str, place: int):
    net, X, W, _ = sources()
    takes: list[Callable[[str], object]] = [
        lambda t: net.let("Y", X[t]),
        lambda t: net.let("Y", X[t] @ W["f k"]),
        lambda t: net.let("Y[b]", X["b n f"] @ W["f k"] / t),
        lambda t: net.let("Y[b n k]", (X["b n f"] @ W["f k"]).corr(t, pad=t)),
        lambda t: net.let(t, X),
        net.weight,
        net.inputs,
        lambda t: net.weight("V[n]", t),
        lambda t: net.index("T[n]", of=t),
        net.dims,
        lambda t: net.let("Y", ops.max[t](X)),
        lambda t: net.define(t)(first_of),
    ]
    before = net.text
    try:
        takes[place](text)
    except DiagramError:
        assert net.text == before
    net.note(text)
    check(net.returns(X))


def first_of(inside: Builder, *given: Value) -> Value:
    return given[0] if given else inside.input("X[n]")


@pytest.mark.parametrize(
    "grow",
    [lambda A: A + A, lambda A: A @ A, lambda A: A + ops.relu(A), lambda A: (A @ A)["n"]],
    ids=["sum", "product", "op", "bracket"],
)
def test_a_right_side_that_doubles_is_refused_in_time(grow: Callable[[Expression], Expression]):
    def grown(times: int) -> Expression:
        return grow(grown(times - 1)) if times else Builder().input("X[n]")

    with pytest.raises(DiagramError, match=r"better named with let$"):
        grown(100)


# -- ops ------------------------------------------------------------------------------------------


def test_every_op_of_the_table_is_there():
    assert dir(ops) == sorted(set(OPS) - {"+"})
    assert all(str(getattr(ops, name)) == name for name in dir(ops))
    assert not hasattr(ops, "softmx")


def test_editors_are_told_of_ops_that_are():
    tree = ast.parse(inspect.getsource(build_ops))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    told = [
        target.id
        for node in block.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    ]
    assert sorted(told) == dir(ops)


# -- faults ---------------------------------------------------------------------------------------


FAULTS = [
    tuple(block.split("\n-----\n"))
    for block in (Path(__file__).parent / "build_faults.txt")
    .read_text(encoding="utf-8")
    .rstrip("\n")
    .split("\n=====\n")
]
"""Lines of Python, and what is told of them."""


def told(code: str) -> str:
    """What is told of lines that stand in a file of their own, beside values that are there."""
    net, X, W, B = sources()
    K = net.weight("K[k k' i:3]")
    other = Builder().input("O[b]")

    @net.define("X[b n f]")
    def layer(inside: Builder, X: Value) -> Value:
        V = inside.weight("V[f f']")
        return inside.let("Y[b n f]", X["b n g"] @ V["g f"] + X)

    names = {"net": net, "X": X, "W": W, "B": B, "K": K, "other": other, "layer": layer}
    names |= {"Builder": Builder, "ops": ops, "Fraction": Fraction}
    with pytest.raises(DiagramError) as caught:
        exec(compile(code, "somewhere/model.py", "exec"), names)
    return str(caught.value)


@pytest.mark.parametrize(("code", "report"), FAULTS, ids=[code for code, _ in FAULTS])
def test_each_fault_is_told_in_its_words(code: str, report: str):
    assert told(code) == report


@pytest.mark.parametrize(
    "line",
    ["Q[b k] = X[b n f] W[k f]", "Q[b k] = X[b n f] W[f]", "Q = X W", "Q[b q] = X[b n f] W[f k]",
     "Q = softmax[q](X)", "Q = relu(X, X)", "Q[b n f] = X[b n f] / z", "Q = X + W[n k]",
     "Q[b k] = X[bnf] W[f k]", "Q[b f n] = X[b f n] W[f k]", "Q[b n f] = X W corr n (sride=2)",
     "weight Q[b]=zeross", "weight Q[i:2]=(1 2 3)", "dims h=3", "dims g=1.5"],
)  # fmt: skip
def test_faults_have_the_words_of_the_text(line: str):
    net, *_ = sources()
    with pytest.raises(DiagramError) as written:
        parse(f"{net.text}\n{line}\nreturn X")
    with pytest.raises(DiagramError) as built:
        play(f"{net.text}\n{line}\nreturn X")
    assert [f.message for f in built.value.faults] == [f.message for f in written.value.faults]


def test_a_fault_is_told_at_its_line_of_python():
    net, X, _, _ = sources()
    frame = inspect.currentframe()
    assert frame is not None
    line = frame.f_lineno + 2
    with pytest.raises(DiagramError) as caught:
        net.let("Y[b n]", X["b n"])
    assert str(caught.value) == (
        "1 problem in test_build.py:\n"
        f"  line {line}, Y: {caught.value.faults[0].message}\n"
        "    Y[b n] = X[b n]\n"
        "             ^"
    )
