"""Einsums of others give what numpy and opt_einsum give, interpreted and compiled."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import opt_einsum
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from diagram import Program, compile, from_einsum, interpret, parse, to_einsum

DATA = Path(__file__).parent.parent / "data"
CASES: list[dict[str, Any]] = json.loads((DATA / "einsum.json").read_text(encoding="utf-8"))
Array = np.ndarray[Any, np.dtype[np.float64]]


def operands(shapes: Sequence[Sequence[int]]) -> list[Array]:
    """Random numbers, as the cases were made with."""
    random = np.random.default_rng(0)
    return [np.asarray(random.standard_normal(shape)) for shape in shapes]


def whole(shapes: Sequence[Sequence[int]]) -> list[Array]:
    """Small whole numbers: every order of sums and products is exact."""
    random = np.random.default_rng(0)
    return [np.asarray(random.integers(-2, 3, shape), dtype=np.float64) for shape in shapes]


def results(program: Program, arrays: Sequence[Array]) -> list[Array]:
    """What the program makes of them: interpreted, and compiled."""
    tensors = [torch.from_numpy(array) for array in arrays]
    module = compile(program).double()
    return [interpret(program, *tensors)["Y"].numpy(), module(*tensors).numpy()]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['equation'][:60]}")
def test_stored_case(case: dict[str, Any]):
    arrays = operands(case["shapes"])
    program = from_einsum(case["equation"], *case["shapes"])
    expected = np.asarray(opt_einsum.contract(case["equation"], *arrays))
    for found in results(program, arrays):
        assert list(found.shape) == list(expected.shape) == case["output_shape"]
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9 * abs(expected).max())
        np.testing.assert_allclose(abs(found).sum(), case["checksum"], rtol=1e-9)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['equation'][:60]}")
def test_stored_case_is_a_text_and_an_equation_again(case: dict[str, Any]):
    program = from_einsum(case["equation"], *case["shapes"])
    assert parse(str(program)) == program
    again = from_einsum(to_einsum(program))
    assert again.lets == from_einsum(to_einsum(again)).lets
    arrays = whole(case["shapes"])
    tensors = [torch.from_numpy(array) for array in arrays]
    one, two = (interpret(p, *tensors)["Y"] for p in (program, again))
    assert torch.equal(one, two)


AGREE = [
    # one operand: sums, transposes, diagonals, traces
    ("i", [(3,)]),
    ("i->", [(0,)]),
    ("ij->", [(2, 3)]),
    ("ba", [(2, 3)]),
    ("ii", [(4, 4)]),
    ("ii->i", [(4, 4)]),
    ("iii->i", [(3, 3, 3)]),
    ("iji->j", [(3, 2, 3)]),
    ("...ii->...i", [(2, 3, 4, 4)]),
    ("i...i", [(3, 4, 3)]),
    ("...", [(2, 3)]),
    ("...->...", [()]),
    ("ijk...->k...", [(2, 3, 4, 5, 2)]),
    # scalars
    ("", [()]),
    ("->", [()]),
    (",", [(), ()]),
    (",->", [(), ()]),
    (",ij", [(), (2, 3)]),
    ("i,,j->ji", [(2,), (), (3,)]),
    # two operands
    ("i,i", [(5,), (5,)]),
    ("i,j", [(2,), (3,)]),
    ("ij,jk", [(2, 3), (3, 4)]),
    ("ij,jk->ki", [(2, 3), (3, 4)]),
    ("ijk,jil->kl", [(3, 4, 5), (4, 3, 2)]),
    ("bij,bjk->bik", [(2, 3, 4), (2, 4, 5)]),
    ("ij,ij->ij", [(2, 3), (2, 3)]),
    ("ij,ij->", [(2, 3), (2, 3)]),
    ("i,i->i", [(0,), (0,)]),
    ("ij,jk->ik", [(2, 0), (0, 3)]),
    ("ij,kl->i", [(2, 3), (2, 2)]),
    ("ii,ii->", [(3, 3), (3, 3)]),
    # spaces, capitals, the order of an implicit output
    (" i j , j k -> i k ", [(2, 3), (3, 4)]),
    ("Ij,jK", [(2, 3), (3, 4)]),
    ("bA,Ac", [(2, 3), (3, 4)]),
    ("zZ,ZaB", [(2, 3), (3, 2, 4)]),
    # lengths of 1 broadcast
    ("i,i->i", [(1,), (3,)]),
    ("i,i,i->i", [(1,), (3,), (1,)]),
    ("i,i->i", [(1,), (0,)]),
    ("i,i->", [(1,), (1,)]),
    ("ij,jk->ik", [(4, 1), (5, 2)]),
    ("ij,ij->ij", [(4, 1), (1, 2)]),
    ("ij,ij->j", [(1, 2), (3, 1)]),
    ("ii,i->i", [(1, 1), (3,)]),
    ("cij,cjk->cik", [(1, 4, 5), (3, 1, 6)]),
    # dots of several ranks
    ("...i,...i", [(2, 3), (2, 3)]),
    ("...i,i...->...", [(2, 3), (3, 2)]),
    ("...i,...j->...ij", [(4, 1, 2), (5, 3)]),
    ("...,...->...", [(4, 1, 2), (5, 1)]),
    ("...,...", [(), (2, 3)]),
    ("...ij,...jk->...ik", [(7, 1, 2, 3), (6, 3, 4)]),
    ("i...,...j->j...i", [(2, 1, 4), (3, 1, 5)]),
    ("...k,...k,...k->k", [(3,), (3,), (3,)]),
    ("ij->...ij", [(2, 3)]),
    ("i...,i->...", [(2,), (2,)]),
    # many operands, a letter at many of them
    ("ij,jk,kl,lm->im", [(2, 3), (3, 4), (4, 2), (2, 3)]),
    ("i,i,i,i,i,i,i,i,i->i", [(2,)] * 9),
    ("ab,ac,ad,ae->bcde", [(2, 2)] * 4),
    ("ea,fb,abcd,gc,hd->efgh", [(3, 3), (3, 3), (3, 3, 3, 3), (3, 3), (3, 3)]),
    ("a,b,c,d,e,f", [(2,)] * 6),
    ("abcdefghijklmnopqrst->t", [(1,) * 19 + (3,)]),
]


@pytest.mark.parametrize(("equation", "shapes"), AGREE, ids=repr)
def test_agrees_with_numpy(equation: str, shapes: list[tuple[int, ...]]):
    arrays = whole(shapes)
    expected = np.einsum(equation, *arrays)
    for found in results(from_einsum(equation, *shapes), arrays):
        np.testing.assert_array_equal(found, expected, strict=True)


@pytest.mark.parametrize(("equation", "shapes"), AGREE, ids=repr)
def test_to_einsum_agrees_with_numpy(equation: str, shapes: list[tuple[int, ...]]):
    arrays = whole(shapes)
    written = to_einsum(from_einsum(equation, *shapes))
    np.testing.assert_array_equal(np.einsum(written, *arrays), np.einsum(equation, *arrays))


@pytest.mark.parametrize(
    ("equation", "shapes"),
    [
        ("...ij->ij", [(5, 2, 3)]),
        ("...i,...i->i", [(2, 1, 3), (4, 3)]),
        (". . .ij - > ...j", [(5, 2, 3)]),
        ("αβ,βγ->αγ", [(2, 3), (3, 4)]),
        ("αβ,βa", [(2, 3), (3, 4)]),
        ("Ày,yÈ->ÈÀ", [(2, 3), (3, 4)]),
        ("×÷,÷\u0301->\u0301×", [(2, 3), (3, 4)]),
        ("🙂j,jk->k🙂", [(2, 3), (3, 4)]),
    ],
    ids=repr,
)
def test_agrees_with_opt_einsum(equation: str, shapes: list[tuple[int, ...]]):
    arrays = whole(shapes)
    expected = np.asarray(opt_einsum.contract(equation, *arrays))
    for found in results(from_einsum(equation, *shapes), arrays):
        np.testing.assert_array_equal(found, expected, strict=True)


@pytest.mark.parametrize(
    "lists",
    [
        ([0, 1], [1, 2], [0, 2]),
        ([0, 1], [1, 2]),
        ([5, 1], [1, 2]),
        ([5, 1], [1, ...], [...]),
        ([0, 51], [51, 2]),
        ([..., 1], [1, 2], [..., 2]),
        ((3, 1), (1, 2), (2, 3)),
    ],
    ids=repr,
)
def test_interleaved_agrees_with_numpy(lists: tuple[list[Any], ...]):
    arrays = whole([(2, 3), (3, 4)])
    each: list[Any] = [part for pair in zip(arrays, lists, strict=False) for part in pair]
    rest = lists[2:]
    expected = np.einsum(*each, *rest)
    shapes = [part.shape if isinstance(part, np.ndarray) else part for part in each]
    for parts in (shapes, each):
        for found in results(from_einsum(*parts, *rest), arrays):
            np.testing.assert_array_equal(found, expected, strict=True)


@pytest.mark.parametrize("lists", [(["z", "y"], ["y", "x"]), ([("l", 1), "m"], ["m", 2.5], [2.5])])
def test_interleaved_letters_of_any_kind(lists: tuple[list[Any], ...]):
    one, two = whole([(2, 3), (3, 4)])
    program = from_einsum((2, 3), lists[0], (3, 4), lists[1], *lists[2:])
    expected = (one @ two).T if len(lists) == 2 else (one @ two).sum(axis=0)
    for found in results(program, [one, two]):
        np.testing.assert_array_equal(found, expected, strict=True)


@st.composite
def equations(draw: st.DrawFn) -> tuple[str, list[tuple[int, ...]]]:
    """Up to four operands of letters that repeat, broadcast and stand for nothing, and dots."""
    sizes = {letter: draw(st.integers(1, 3)) for letter in "abcdE"}
    dots = draw(st.lists(st.integers(1, 3), max_size=2))
    terms, shapes = [], []
    for _ in range(draw(st.integers(1, 4))):
        letters = draw(st.lists(st.sampled_from("abcdE"), max_size=3))
        once = {letter for letter in letters if letters.count(letter) == 1}
        ones = {letter for letter in sorted(once) if draw(st.integers(0, 5)) == 0}
        shape = [1 if letter in ones else sizes[letter] for letter in letters]
        if draw(st.booleans()):
            place = draw(st.integers(0, len(letters)))
            length = draw(st.integers(0, len(dots)))
            letters.insert(place, "...")
            shape[place:place] = [
                n if draw(st.booleans()) else 1 for n in dots[len(dots) - length :]
            ]
        terms.append("".join(letters))
        shapes.append(tuple(shape))
    if draw(st.booleans()):
        return ",".join(terms), shapes
    used = sorted({letter for term in terms for letter in term if letter != "."})
    kept = draw(st.lists(st.sampled_from(used), unique=True)) if used else []
    kept.insert(draw(st.integers(0, len(kept))), "...")
    return f"{','.join(terms)}->{''.join(kept)}", shapes


@given(equations())
def test_random_equations_agree_with_numpy(pair: tuple[str, list[tuple[int, ...]]]):
    equation, shapes = pair
    arrays = whole(shapes)
    expected = np.einsum(equation, *arrays)
    program = from_einsum(equation, *shapes)
    assert parse(str(program)) == program
    for found in results(program, arrays):
        np.testing.assert_array_equal(found, expected, strict=True)
    np.testing.assert_array_equal(np.einsum(to_einsum(program), *arrays), expected, strict=True)


def test_a_program_runs_at_other_sizes():
    program = from_einsum("bij,bjk->bik", (2, 3, 4), (2, 4, 5))
    shapes = [(3, 1, 2), (3, 2, 7)]
    arrays = whole(shapes)
    for found in results(program, arrays):
        np.testing.assert_array_equal(found, arrays[0] @ arrays[1])


@pytest.mark.parametrize("count", [64, 299])
def test_many_operands(count: int):
    """A chain of matrices closed to a ring, whose edges have letters far beyond the alphabet."""
    letters = [opt_einsum.get_symbol(place) for place in range(count)]
    terms = [a + b for a, b in zip(letters, [*letters[1:], letters[0]], strict=True)]
    arrays = [np.array([[0.0, 1.0], [1.0, 0.0]]) if i % 2 else np.eye(2) for i in range(count)]
    program = from_einsum(",".join(terms), *(array.shape for array in arrays))
    assert parse(str(program)) == program
    tensors = [torch.from_numpy(array) for array in arrays]
    expected = 2.0 if (count // 2) % 2 == 0 else 0.0
    assert interpret(program, *tensors)["Y"].item() == expected
    assert compile(program).double()(*tensors).item() == expected
