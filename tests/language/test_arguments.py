"""What is handed to the library by mistake is told in the library's words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from diagram import (
    DiagramError,
    FileError,
    Program,
    SizeError,
    check,
    draw,
    load,
    parameters,
    parse,
    types,
    warnings,
)
from diagram.language.core import Apply, Diagram, Kind, Leg, Let, Node, Source
from diagram.language.count import maps
from diagram.language.size import Size

LAYER = parse("input X[n f]\nweight W[f h]\nY[n h] = X[n f] W[f h]\nreturn Y")

SIZES = [
    ({"q": 3}, "`q` is no dim of this program"),
    ({"ff": 3}, "`ff` is no dim of this program; did you mean `f`?"),
    ({"f": -1}, "dim `f` is -1; a dim is a whole number, 0 or more"),
    ({"f": "x"}, "dim `f` is 'x'; a dim is a whole number, 0 or more"),
    ({"f": None}, "dim `f` is None; a dim is a whole number, 0 or more"),
    ({"f": 2.0}, "dim `f` is 2.0; a dim is a whole number, 0 or more"),
    ({"f": 10**5000}, "dim `f` is a number too long to be meant"),
    ({"f": -(10**5000)}, "dim `f` is negative; a dim is a whole number, 0 or more"),
    ({"f": True}, "dim `f` is True; a dim is a whole number, 0 or more"),
]


@pytest.mark.parametrize(("sizes", "message"), SIZES)
@pytest.mark.parametrize("function", [parameters, maps, draw])
def test_sizes_are_checked(function, sizes, message):
    with pytest.raises(DiagramError) as error:
        function(LAYER, **sizes)
    assert str(error.value) == message


def test_numbers_of_numpy_are_sizes():
    sizes: dict[str, Any] = {"f": np.int64(2), "h": np.uint8(200)}
    assert parameters(LAYER, **sizes).number == 400


PROGRAMS = [
    ("input X[n]", "check wants a Program; parse(text) makes one"),
    (None, "check wants a Program, not NoneType"),
    (Program([], [], [], []), "a Program is made of tuples; its dims are not"),  # type: ignore[arg-type]
    (Program((), (), (), ()), "nothing is returned; end with `return NAME`"),
]


@pytest.mark.parametrize(("program", "message"), PROGRAMS)
@pytest.mark.parametrize("function", [check, types, parameters, draw, warnings])
def test_a_program_is_wanted(function, program, message):
    if function is types and isinstance(program, Program) and program.dims == ():
        return
    with pytest.raises(DiagramError) as error:
        function(program)
    assert str(error.value) == message


def test_a_path_is_wanted(tmp_path: Path):
    paths = [None, 3, "a\0b", tmp_path]
    for path in paths:
        with pytest.raises(FileError):
            load(path)  # type: ignore[arg-type]


def test_a_path_to_save_to_is_wanted(tmp_path: Path):
    drawing = draw(LAYER)
    for path in (None, "a\0b.svg", tmp_path / "no" / "x.svg"):
        with pytest.raises(FileError):
            drawing.save(path)  # type: ignore[arg-type]


def test_a_placement_is_wanted():
    with pytest.raises(DiagramError, match="draw wants a Placement, not int"):
        draw(LAYER, placement=3)  # type: ignore[arg-type]


def of(*lets: Let) -> Program:
    source = Source(Kind.INPUT, "X", (Leg("n", Size.of("n")), Leg("m", Size.of("m"))))
    return Program((), (source,), lets, ("Y",))


X = Node("X", (("n",), ("m",)))
BY_HAND = [
    (of(Let("Y", Apply("frob", (), (X,), X.axes))), "Y: no op `frob`"),
    (
        of(
            Let("Y~1", Apply("frob", (), (X,), X.axes)),
            Let("Y", Apply("+", (), (Node("Y~1", X.axes),), X.axes)),
        ),
        "Y: no op `frob`",
    ),
    (of(Let("Y", Apply("relu", (), (Node("X", (("n", "m"), ())),), X.axes))), "bundles stand in"),
    (of(Let("Y", Apply("relu", (), (X,), ((), ("n",))))), "bundles stand in products"),
    (of(Let("Y", Diagram((Node("Y~1", ()),), ()))), "`Y~1` is not defined"),
    (of(Let("Y~1", Diagram((Node("Y~1", ()),), ())), Let("Y", Diagram((Node("Y~1", ()),), ()))),
     "`Y~1` is"),
]  # fmt: skip


@pytest.mark.parametrize(("program", "message"), BY_HAND)
def test_programs_made_by_hand_are_refused(program, message):
    with pytest.raises(DiagramError) as error:
        check(program)
    assert message in str(error.value)


def test_the_result_of_types_is_the_callers():
    types(LAYER)
    found = types(LAYER)
    found.clear()  # type: ignore[attr-defined]
    assert set(types(LAYER)) == {"X", "W", "Y"}


TEXTS = [
    ("const C[i:3]=normal(0.02)\nreturn C", "`normal` draws at random, and a const is computed"),
    ("const C[i:3]=uniform(0 1)\nreturn C", "`uniform` draws at random"),
    ("const C[i:3]=normal\nreturn C", "`normal` takes 1 number, not 0"),
    ("weight W[i:2]=numbers(1 2)\nreturn W", "numbers are written without a name: (1 0 2)"),
    ("weight W[i:2]=normal(1e73)\nreturn W", "this number is too long to be meant"),
    ("weight W[i:2]=normal(1e-99)\nreturn W", "this number is too long to be meant"),
    ("input X[n]\nY[m] = slice[n](X[n], start=1.5)\nreturn Y", "option `start` wants a whole size"),
]


@pytest.mark.parametrize(("text", "message"), TEXTS)
def test_texts_that_are_refused(text, message):
    with pytest.raises(DiagramError) as error:
        parse(text)
    assert message in str(error.value)


@pytest.mark.parametrize("number", ["1e40", "1e-40", "1e72", "1e-72", "1.5e-60", "0.1e20"])
def test_long_numbers_print_and_read(number):
    lines = f"weight W[i:2]=normal({number})\nY[i] = W[i] * {number}\nreturn Y"
    assert parse(str(parse(lines))) == parse(lines)


def test_long_results_print_and_read():
    program = parse(
        "input X[n]\nY[n] = X[n] / (1e30 * 1e30)\nZ[n] = Y[n] * (1/1e30/1e40)\nreturn Z"
    )
    assert parse(str(program)) == program


def test_a_ratio_says_which_dim_lacks():
    with pytest.raises(SizeError, match="`t` has no number; give one, as in t=8"):
        (Size.of("t") / 2).ratio({})
