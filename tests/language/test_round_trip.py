"""A text and its program say the same: what is printed parses back to an equal program."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import example, given, settings

from diagram import Program, check, load, parse, types
from diagram.language.core import Note
from models import ZOO
from tests.language.author import Author, Written, laid_out, programs

DATA = Path(__file__).parent.parent / "data"
NETWORKS: dict[str, dict[str, object]] = json.loads(
    (DATA / "networks.json").read_text(encoding="utf-8")
)

EXAMPLES = settings().max_examples


def agrees(program: Program) -> None:
    """The law: the canonical text parses back to an equal program with the same text."""
    again = parse(str(program))
    assert again == program
    assert hash(again) == hash(program)
    assert str(again) == str(program)


@pytest.mark.parametrize("name", NETWORKS)
def test_stored_networks(name: str):
    program = parse(str(NETWORKS[name]["text"]))
    agrees(program)
    assert check(program) is program


@pytest.mark.parametrize("name", NETWORKS)
def test_legs_of_stored_networks_are_the_shapes_of_their_arrays(name: str):
    program = parse(str(NETWORKS[name]["text"]))
    numbers = NETWORKS[name]["sizes"]
    assert isinstance(numbers, dict)
    numbers = {**program.defaults, **numbers}
    with np.load(DATA / "networks.npz") as arrays:
        stored = {key: arrays[f"{name}|{key}"] for key in [*program.source, "="]
                  if f"{name}|{key}" in arrays}  # fmt: skip
    assert "=" in stored
    for value, array in stored.items():
        legs = types(program)[program.outputs[0] if value == "=" else value]
        resolved = {dim: size.value(numbers) for dim, size in program.equations.items()}
        shape = tuple(leg.size.value({**numbers, **resolved}) for leg in legs)
        assert (value, shape) == (value, array.shape)


@pytest.mark.parametrize("name", ZOO)
def test_models_of_the_zoo(name: str):
    agrees(ZOO[name].program())


@settings(max_examples=4 * EXAMPLES)
@given(programs())
def test_random_programs(written: Written):
    agrees(parse(written.text))


@given(programs())
def test_legs_of_random_programs(written: Written):
    found = types(parse(written.text))
    for name, legs in written.legs.items():
        assert [(leg.name, leg.size) for leg in found[name]] == list(legs), name


@given(laid_out())
def test_spaces_commas_breaks_and_notes_mean_nothing(pair: tuple[Written, str]):
    written, text = pair
    program, plain = parse(text), parse(written.text)
    assert program == plain
    assert hash(program) == hash(plain)


@given(laid_out())
def test_notes_survive(pair: tuple[Written, str]):
    program = parse(pair[1])
    assert words(parse(str(program)).notes) == words(program.notes) == noted(pair[1])
    agrees(program)


def words(notes: tuple[Note, ...]) -> list[str]:
    return sorted(word for note in notes for word in note.text.split())


def noted(text: str) -> list[str]:
    """The words of all notes of a text, by the rule that `#` begins one."""
    return sorted(word for line in text.split("\n") for word in line.partition("#")[2].split())


def test_the_author_writes_all_of_the_language():
    text = "\n".join(Author(Random(seed)).program().text for seed in range(60))
    wanted = ["input ", "index ", "weight ", "buffer ", "const ", " of ", "= (", "uniform(", "-3 "]
    wanted += ["softmax[", "causal[", "mask(", "max[", "concat[", "slice[", "one_hot[", "dropout("]
    wanted += ["sqrt(", "//", " - ", " / ", " + (", "''", "ν", ".W1", "(-"]
    assert [piece for piece in wanted if piece not in text] == []


@pytest.mark.parametrize(
    "right",
    ["A + (P[m n])[n m]", "A - (P[m n])[n m]", "relu((P[m n])[n m])", "softmax[n](((A)))"],
)
def test_brackets_around_a_lone_value(right: str):
    agrees(parse(f"input A[n m] P[m n]\nY[n m] = {right}\nreturn Y"))


@pytest.mark.parametrize("right", ["B + (P[m n])[n]", "relu((P[m n])[n])"])
def test_brackets_around_a_lone_value_that_is_summed(right: str):
    agrees(parse(f"input B[n] P[m n]\nY[n] = {right}\nreturn Y"))


def test_notes_do_not_count_in_equality():
    bare = parse("input X[n]\nY[n] = 2 X[n]\nreturn Y")
    noted = parse("# first\ninput X[n]  # beside\nY[n] = 2 X[n] # twice\nreturn Y\n# the end")
    assert noted == bare
    assert hash(noted) == hash(bare)
    assert (len(noted.notes), bare.notes) == (4, ())


def test_notes_stand_where_they_stood():
    text = (
        "# the head\n"
        "dims   n=4 f  # sizes\n"
        "# the data\n"
        "input  X[n f]  # given\n"
        "weight W[f]  # learned\n"
        "# one line\n"
        "# and another\n"
        "Y[n] = X[n f] W[f]  # a product\n"
        "# what comes out\n"
        "return Y"
    )
    assert str(parse(text)) == text


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("input X[n,f]\nreturn X", "input X[n f]\nreturn X"),
        ("input X[ n  f ] , W[f]\nreturn X , W", "input X[n f] W[f]\nreturn X, W"),
        ("input X[n:n]\nreturn X", "input X[n]\nreturn X"),
        ("input X[r r':r]\nreturn X", "input X[r r']\nreturn X"),
        ("input X[n s:n i:3]\nreturn X", "input X[n s:n i:3]\nreturn X"),
        ("input X[e:(d/2)]\nreturn X", "input X[e:(d/2)]\nreturn X"),
        ("input X[e:((d))]\nreturn X", "input X[e:d]\nreturn X"),
        ("dims a=2, b = 3*a\ninput X[b]\nreturn X", "dims  a=2 b = 3*a\ninput X[b]\nreturn X"),
        ("index T[n] of v\nreturn T", "index T[n] of v\nreturn T"),
        ("const k[c:2] = (1 -0.5)\nreturn k", "const k[c:2]=(1 -0.5)\nreturn k"),
        ("weight W[a b]=normal(2e-2)\nreturn W", "weight W[a b]=normal(0.02)\nreturn W"),
        ("input X[n]\nY = X\nreturn Y", "input X[n]\nY[n] = X[n]\nreturn Y"),
        ("input X[n]\nY = relu(X)\nreturn Y", "input X[n]\nY[n] = relu(X)\nreturn Y"),
        ("input X[n]\nY[m] = relu(X[m])\nreturn Y", "input X[n]\nY[m] = relu(X[m])\nreturn Y"),
        ("input X[n m]\nY = max[m](X)\nreturn Y", "input X[n m]\nY[n] = max[m](X)\nreturn Y"),
        ("input X[n]\nY[n] = 2 X\nreturn Y", "input X[n]\nY[n] = X[n] * 2\nreturn Y"),
        ("input X[n]\nY[n] = 2 * X\nreturn Y", "input X[n]\nY[n] = X[n] * 2\nreturn Y"),
        ("input X[n]\nY[n] = -X / sqrt(n)\nreturn Y",
         "input X[n]\nY[n] = -X[n] / sqrt(n)\nreturn Y"),
        ("input X[n] Z[n]\nY = X - Z\nreturn Y", "input X[n] Z[n]\nY[n] = X - Z[n]\nreturn Y"),
        (
            "input X[n f] W[f k]\nB[k] = W[f k]\nH[n k] = gelu(X[n f] W[f k] + B)\nreturn H",
            "input X[n f] W[f k]\nB[k] = W[f k]\nH[n k] = gelu(X[n f] W[f k] + B)\nreturn H",
        ),
        (
            "input X[n f]\nY[n m] = softmax[m](X[n f] X[m f] / sqrt(f))[n m]\nreturn Y",
            "input X[n f]\nY[n m] = softmax[m](X[n f] X[m f] / sqrt(f))\nreturn Y",
        ),
        (
            "input X[n] a[]\nY[n] = (1 - sigmoid(a))[] X[n]\nreturn Y",
            "input X[n] a[]\nY[n] = (1 - sigmoid(a)[])[] X[n]\nreturn Y",
        ),
    ],
)  # fmt: skip
def test_canonical_text(text: str, canonical: str):
    assert str(parse(text)) == canonical


def test_parts_are_named_in_order_of_reading():
    program = parse(
        "input X[n f] W[f k]\n"
        "Y[n] = softmax[n](tanh(X[n f] W[f k])[n k] W[f k] X[n f])[n] (X[n f] + 1)[n f]\n"
        "return Y"
    )
    assert [let.name for let in program.lets] == ["Y~1", "Y~2", "Y~3", "Y~4", "Y~5", "Y~6", "Y"]
    assert [let.is_part for let in program.lets] == [True] * 6 + [False]


def test_letters_inside_brackets_do_not_meet_letters_outside():
    program = parse(
        "dims a=2 b=3\ninput X[n a] W[a b] V[b a]\n"
        "Y[n b] = (X[n a] W[a d])[n d] V[d a] W[a b]\nreturn Y"
    )
    inner, outer = program.let["Y~1"].maker, program.let["Y"].maker
    assert types(program)["Y~1"][1].name == "d"
    assert (inner.output, outer.output) == ((("n",), ("d",)), (("n",), ("b",)))
    agrees(program)


@example(Written(("input X[n]", "return X"), {}, ("X",)))
@given(programs())
def test_programs_pickle_after_use(written: Written):
    program = parse(written.text)
    check(program)
    _ = (program.source, program.let, program.dim_order, program.readers, program.equations)
    again = pickle.loads(pickle.dumps(program))
    assert (again, str(again), hash(again)) == (program, str(program), hash(program))


def test_a_file_is_read_as_its_text(tmp_path: Path):
    text = "input X[ν]\nreturn X\n"
    path = tmp_path / "x.td"
    path.write_text(text, encoding="utf-8")
    assert load(path) == parse(text)
    path.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert load(str(path)) == parse(text)


def test_a_comma_behind_a_convolved_edge_parts_the_values_of_an_op():
    text = (
        "input X[x] K[k:3] M[x]\n"
        "Y[x] = sort[x](X[x] K[x] corr x, descending=1)\n"
        "Z[x] = mask(X[x] K[x] corr x (pad=1), M)\n"
        "return Y, Z"
    )
    program = parse(text)
    agrees(program)
    assert [let.maker.options for let in program.lets if let.name == "Y"] != [()]  # type: ignore[union-attr]
