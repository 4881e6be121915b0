"""Equations that are nearly right: read where others read them, and refused where none does."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

import numpy as np
import opt_einsum
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from diagram import DiagramError, from_einsum
from tests.runtime.test_einsum_cases import Array, results

KNOWN = (
    "ij,jk->ik",
    "...ij,...jk->...ik",
    "ii->i",
    "ba",
    "Ab,bA->",
    "i,i,i->i",
    "a...b,b...->a...",
    "->",
    "αβ,β->α",
    " ij , j -> i ",
)
SIGNS = "ijkabA.. ,->-> ()|α1_'é"


def nearly(random: Random) -> str:
    """A known equation after up to three slips of the hand."""
    signs = list(random.choice(KNOWN))
    for _ in range(random.randint(1, 3)):
        place = random.randint(0, len(signs))
        dropped = random.choice((0, 1))
        put = random.choice(([], [random.choice(SIGNS)], signs[place : place + 1] * 2))
        signs[place : place + dropped] = put
    return "".join(signs)


def operands(equation: str, random: Random) -> list[Array]:
    """Whole numbers in shapes that fit most of the letters."""
    lengths: dict[str, int] = {}
    random_numbers = np.random.default_rng(random.randint(0, 1000))
    arrays = []
    for term in equation.replace(" ", "").partition("->")[0].split(","):
        shape: list[int] = []
        for place, letters in enumerate(term.split("...")):
            if place:
                shape += (2, 3)[random.randint(0, 2) :]
            shape += [lengths.setdefault(letter, random.randint(1, 3)) for letter in letters]
        arrays.append(np.asarray(random_numbers.integers(-2, 3, shape), dtype=np.float64))
    return arrays


def theirs(equation: str, arrays: Sequence[Array]) -> Iterator[Any]:
    """What numpy, opt_einsum and torch make of it: those that read it."""
    with contextlib.suppress(Exception):
        yield np.asarray(np.einsum(equation, *arrays))
    with contextlib.suppress(Exception):
        yield np.asarray(opt_einsum.contract(equation, *arrays))
    with contextlib.suppress(Exception):
        yield torch.einsum(equation, *map(torch.from_numpy, arrays)).numpy()


@settings(max_examples=3 * settings().max_examples)
@given(st.randoms(use_true_random=True))
def test_it_is_read_where_others_read_it(random: Random):
    equation = nearly(random)
    arrays = operands(equation, random)
    expected = list(theirs(equation, arrays))
    try:
        program = from_einsum(equation, *(array.shape for array in arrays))
    except DiagramError:
        letters = set(equation) - set(" .,->")
        assert not expected or not all(letter.isalpha() for letter in letters), equation
        return
    assert expected, equation
    found = results(program, arrays)
    for one in expected:
        for other in found:
            np.testing.assert_array_equal(other, one, strict=True)
