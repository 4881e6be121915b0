"""What is handed to the library by mistake is told in the library's words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from diagram import DiagramError, FileError, Program, check, draw, load, parameters, parse, types
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
@pytest.mark.parametrize("function", [check, types, parameters, draw])
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
    (of(Let("Y", Diagram((Node("X", (("n", "m"), ())),), (("n",),)))), "bundles are not read"),
    (of(Let("Y", Diagram((X,), (("n", "m"),)))), "bundles are not read"),
    (of(Let("Y", Apply("relu", (), (X,), ((), ("n",))))), "bundles are not read"),
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
