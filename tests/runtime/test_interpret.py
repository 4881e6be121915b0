"""What the interpreter takes and what it refuses: kinds of numbers, indices, sizes, empty legs."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from diagram import DiagramError, SizeError, interpret, parse
from diagram.runtime.interpret import evaluate

LINE = parse("input X[n]\nY[n] = softmax[n](X)\nreturn Y")

VALUES = [
    ("abc", "`X` is of type str; a tensor or an array of numbers is wanted"),
    (None, "`X` is of type NoneType; a tensor or an array of numbers is wanted"),
    ([[1.0], [1.0, 2.0]], "`X` is of type list; a tensor or an array of numbers is wanted"),
    ({"a": 1}, "`X` is of type dict; a tensor or an array of numbers is wanted"),
    (np.array(["a"]), "`X` is of type ndarray with entries of type <U1; a tensor or an array"),
    (np.ones(2, complex), "`X` is complex (complex128); a tensor or an array of numbers is wanted"),
    (torch.ones(2).to_sparse(), "`X` is sparse; a tensor or an array of numbers is wanted"),
    (torch.ones(2, dtype=torch.cfloat), "`X` is complex (complex64)"),
]


@pytest.mark.parametrize(("value", "message"), VALUES)
def test_what_is_no_array_is_told(value, message):
    with pytest.raises(DiagramError) as error:
        interpret(LINE, value)
    assert str(error.value).startswith(message)


@pytest.mark.parametrize("array", [np.arange(4)[::-1], np.arange(4, dtype=">f8")])
def test_arrays_of_any_layout(array):
    array.flags.writeable = False
    expected = np.exp(array) / np.exp(array).sum()
    np.testing.assert_allclose(interpret(LINE, array)["Y"].numpy(), expected, rtol=1e-6)


@pytest.mark.parametrize(
    "text",
    [
        "Y[n m] = softmax[m](X[n m])",
        "Y[n m] = X[n m] X[n m] / sqrt(n)",
        "Y[n] = X[n m] / 3",
        "Y[n] = mean[m](X)",
        "Y[n m] = mask(X, X)",
        "Y[n m] = X - relu(X)",
    ],
)
@pytest.mark.parametrize("dtype", [torch.bool, torch.int64, torch.uint8])
def test_whole_numbers_are_taken_as_floats(text, dtype):
    program = parse(f"input X[n m]\n{text}\nreturn Y")
    value = torch.tensor([[1, 0, 1], [0, 0, 1]]).to(dtype)
    found, expected = interpret(program, value)["Y"], interpret(program, value.float())["Y"]
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, expected)


def test_whole_numbers_take_the_dtype_of_the_run():
    program = parse("input X[n] Z[n]\nY[n] = X[n] Z[n]\nreturn Y")
    assert interpret(program, torch.arange(3), torch.ones(3).double())["X"].dtype == torch.float64


def test_a_value_that_only_masks_stays():
    program = parse("input X[n] M[n]\nY[n] = mask(X, M)\nreturn Y")
    found = interpret(program, torch.ones(2), torch.tensor([True, False]))
    assert found["M"].dtype == torch.bool
    assert found["Y"].tolist() == [1.0, float("-inf")]


TOKENS = parse("index T[n] of v\nY[n v] = one_hot[v](T)\nreturn Y")


@pytest.mark.parametrize(
    ("entry", "said"), [(7, "7"), (3, "3"), (-1, "-1"), (1.5, "1.5"), (float("nan"), "nan")]
)
def test_an_index_is_within_its_bound(entry, said):
    message = f"index T holds {said}; whole numbers from 0 to below v = 3 are wanted"
    with pytest.raises(SizeError) as error:
        interpret(TOKENS, torch.tensor([0, entry]), v=3)
    assert str(error.value) == message


@pytest.mark.parametrize("dtype", [torch.uint8, torch.uint16, torch.int32, torch.float32])
def test_an_index_is_of_any_kind_of_number(dtype):
    found = interpret(TOKENS, torch.tensor([2, 0], dtype=dtype), v=3)["Y"]
    assert found.tolist() == [[0, 0, 1], [1, 0, 0]]


SIZES = [
    ({"t": True}, "dim `t` is True; a dim is a whole number, 0 or more"),
    ({"t": -1}, "dim `t` is -1; a dim is a whole number, 0 or more"),
    ({"t": 0.5}, "dim `t` is 0.5; a dim is a whole number, 0 or more"),
    ({}, "`t` has no number; give one, as in t=8"),
    ({"t": 0}, "Y: a product is divided by t = 0"),
    ({"u": 3}, "`u` is no source and no dim"),
]


@pytest.mark.parametrize(("sizes", "message"), SIZES)
def test_sizes_are_checked(sizes, message):
    program = parse("dims t\ninput X[n]\nY[n] = X[n] / t\nreturn Y")
    with pytest.raises(DiagramError) as error:
        interpret(program, torch.ones(2), **sizes)
    assert str(error.value) == message


def test_numbers_of_numpy_are_sizes():
    sizes = {"v": np.int64(3)}
    found = interpret(TOKENS, torch.tensor([2]), **sizes)  # type: ignore[call-overload]
    assert found["Y"].shape == (1, 3)


EMPTY = [
    ("Y = max[n](X)", 0, "Y: max over leg `n`, whose length is 0"),
    ("Y = min[n](X)", 0, "Y: min over leg `n`, whose length is 0"),
    ("Y = relu(max[n](X))", 0, "Y: max over leg `n`, whose length is 0"),
    ("Y = slice[n](X, stop=5)", 3, "Y: a slice from 0 to 5 does not fit into leg `n` of length 3"),
    ("Y = slice[n](X, start=4)", 3, "Y: a slice from 4 to 3 does not fit into leg `n` of length 3"),
    ("Y = slice[n](X, start=n/2)", 3, "n/2 is not a whole number with n=3"),
]


@pytest.mark.parametrize(("line", "length", "message"), EMPTY)
def test_lengths_without_a_value_are_told(line, length, message):
    with pytest.raises(SizeError) as error:
        interpret(parse(f"input X[n]\n{line}\nreturn Y"), torch.ones(length))
    assert str(error.value) == message


def test_a_value_and_a_dim_of_one_name():
    program = parse("dims b\nweight b[k]\nY[k] = b[k] * b\nreturn Y")
    found = evaluate(program, {"b": torch.ones(2)}, {"b": 3})["Y"]
    assert found.tolist() == [3.0, 3.0]


def test_the_logarithm_of_a_row_masked_whole_is_minus_infinity():
    program = parse(
        "input X[n m] M[n m]\nA[n m] = softmax[m](mask(X, M))\n"
        "Y[n m] = log_softmax[m](mask(X, M))\nreturn Y, A"
    )
    keep = torch.tensor([[True, True], [False, False]])
    found = interpret(program, torch.zeros(2, 2), keep)
    assert found["A"].tolist() == [[0.5, 0.5], [0.0, 0.0]]
    torch.testing.assert_close(found["Y"], found["A"].log())
