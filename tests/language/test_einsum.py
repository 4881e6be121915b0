"""What an equation's program is called, what equations are refused, and in which words."""

from __future__ import annotations

from itertools import pairwise
from textwrap import dedent
from typing import Any

import numpy as np
import opt_einsum
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagram import (
    DiagramError,
    Program,
    from_conv_einsum,
    from_einsum,
    from_named_einsum,
    from_rearrange,
    from_reduce,
    from_repeat,
    parse,
    to_einsum,
)
from diagram.language.einsums.symbols import is_name, symbol


def told(program: Program) -> str:
    assert parse(str(program)) == program
    return str(program)


def reason(*arguments: object) -> str:
    with pytest.raises(DiagramError) as caught:
        from_einsum(*arguments)
    return str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (
            ("ii,ijk->ik",),
            """\
            input A[i i'] B[i j k]
            Y[i k] = A[i i] B[i j k]
            return Y""",
        ),
        (
            ("ba", (2, 3)),
            """\
            dims  b=2 a=3
            input A[b a]
            Y[a b] = A[b a]
            return Y""",
        ),
        (
            ("ij,ij", np.ones((4, 1)), np.ones((1, 0))),
            """\
            dims  i=4 j=0
            input A[i j0:1] B[i0:1 j]
            Y[] = A[i j0] B[i0 j]
            return Y""",
        ),
        (
            ("...a,b...", (2, 5, 3), (4, 5)),
            """\
            dims  c=2 d=5 a=3 b=4
            input A[c d a] B[b d]
            Y[c d a b] = A[c d a] B[b d]
            return Y""",
        ),
        (
            ((2, 3), [0, "row"], (3, 4), ["row", 7], [7, 0]),
            """\
            dims  a=2 row=3 b=4
            input A[a row] B[row b]
            Y[b a] = A[a row] B[row b]
            return Y""",
        ),
        (
            ((2, 3), ["input", "input'"], ["input'"]),
            """\
            dims  a=2 b=3
            input A[a b]
            Y[b] = A[a b]
            return Y""",
        ),
    ],
    ids=repr,
)
def test_text(arguments: tuple[object, ...], text: str):
    assert told(from_einsum(*arguments)) == dedent(text)


def test_operands_are_named_by_letters_without_that_of_the_result():
    names = list(from_einsum(",".join(["i"] * 60)).source)
    assert names[:3] == ["A", "B", "C"]
    assert names[23:28] == ["X", "Z", "A1", "B1", "C1"]
    assert "Y" not in names
    assert len(set(names)) == 60


def test_every_letter_of_opt_einsum_names_a_leg():
    """Also those that are no names, or fall together in NFKC."""
    letters = [symbol(place) for place in range(9000)]
    assert not all(map(is_name, letters))
    pieces = ["".join(letters[place : place + 50]) for place in range(0, 9000, 50)]
    program = from_einsum(",".join(pieces) + "->" + letters[-1])
    assert len({leg.name for source in program.sources for leg in source.legs}) == 9000
    told(program)


def test_letters_are_those_of_opt_einsum():
    first_surrogate = 0xD800 - 140
    for place in (*range(0, first_surrogate, 7), first_surrogate - 1):
        assert symbol(place) == opt_einsum.get_symbol(place), place
    assert symbol(first_surrogate) == chr(0xE000)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("i%...", (2,)),
            """\
            1 problem in the equation:
              line 1: '%' is no letter
                i%...
                 ^""",
        ),
        (
            ("i.j....", (2,)),
            """\
            2 problems in the equation:
              line 1: `...` has three dots
                i.j....
                 ^
              line 1: `...` has three dots
                i.j....
                   ^^^^""",
        ),
        (
            ("...i...->i", (2,)),
            """\
            1 problem in the equation:
              line 1: `...` stands twice in one operand
                ...i...->i
                ^^^ ^^^""",
        ),
        (
            ("ij->jik->j",),
            """\
            3 problems in the equation:
              line 1, output: `j` stands twice
                ij->jik->j
                    ^    ^
              line 1, output: `k` stands in no operand
                ij->jik->j
                      ^
              line 1: `->` stands twice
                ij->jik->j
                       ^^""",
        ),
        (
            ("i-j>k",),
            """\
            2 problems in the equation:
              line 1: '-' is no letter
                i-j>k
                 ^
              line 1: '>' is no letter
                i-j>k
                   ^""",
        ),
        (
            ("ij->i,j",),
            """\
            1 problem in the equation:
              line 1: the output is one value and has no comma
                ij->i,j
                     ^""",
        ),
        (
            ("a(bc)|d",),
            """\
            2 problems in the equation:
              line 1: `(` stands in a conv_einsum only, see from_conv_einsum
                a(bc)|d
                 ^^^^
              line 1: `|` stands in a conv_einsum only, see from_conv_einsum
                a(bc)|d
                     ^""",
        ),
        (
            ("i\nj",),
            """\
            1 problem in the equation:
              line 1: '\\n' is no letter
                i
                 ^""",
        ),
        (
            ("...i,i",),
            """\
            1 problem in the equation:
              line 1: only shapes tell what `...` stands for: from_einsum(equation, (2, 3), ...)
                ...i,i
                ^^^""",
        ),
        (
            ("ij,jk->ik", (2, 3)),
            """\
            1 problem in the equation:
              line 1: the equation has 2 operands, but 1 shape was given
                ij,jk->ik
                   ^^""",
        ),
        (
            ("ij", (2, 3), (3, 4)),
            """\
            1 problem in the equation:
              line 1: the equation has 1 operand, but 2 shapes were given
                ij
                ^^""",
        ),
        (
            ("ij,...jk->ik", (2, 3, 4), (5,)),
            """\
            2 problems in the equation:
              line 1, operand 1: 2 letters for the 3 legs of a shape (2, 3, 4)
                ij,...jk->ik
                ^^
              line 1, operand 2: 2 letters and `...` for the 1 leg of a shape (5,)
                ij,...jk->ik
                   ^^^^^""",
        ),
        (
            ("aabcb,abc", (3, 3, 4, 5, 6), (3, 4, 7)),
            """\
            2 problems in the equation:
              line 1: `b` has length 4 in operand 1, but 6 in operand 1
                aabcb,abc
                  ^ ^
              line 1: `c` has length 5 in operand 1, but 7 in operand 2
                aabcb,abc
                   ^    ^""",
        ),
        (
            ("...i,...i", (2, 3), (4, 3)),
            """\
            1 problem in the equation:
              line 1: `...` has length 2 in operand 1, but 4 in operand 2
                ...i,...i
                ^^^  ^^^""",
        ),
        (
            ("ii->i", (1, 3)),
            """\
            1 problem in the equation:
              line 1: a diagonal of legs of the lengths 1 and 3
                ii->i
                ^^""",
        ),
        (("ij", "23"), "operand 1: '23' is no shape, as (2, 3) is"),
        (("ij", (2, -3)), "operand 1: (2, -3) is no shape, as (2, 3) is"),
        (("ij", (2, 3.5)), "operand 1: (2, 3.5) is no shape, as (2, 3) is"),
        (("i", 3), "operand 1: 3 is no shape, as (2, 3) is"),
        ((None,), 'an equation is a string, as in from_einsum("ij,jk->ik"), not NoneType'),
        ((0, 0), 'an equation is a string, as in from_einsum("ij,jk->ik"), not int'),
        ((b"ij",), 'an equation is a string, as in from_einsum("ij,jk->ik"), not bytes'),
        ((None,) * 63, 'an equation is a string, as in from_einsum("ij,jk->ik"), not NoneType'),
        (
            ((2, 3), [0, [1]], (3, 4), 5, [2]),
            """\
            3 problems in the equation:
              line 1: [1] cannot name a leg
                [0, [1]], 5 -> [2]
                    ^^^
              line 1: behind each shape stands a list of letters: from_einsum((2, 3), [0, 1])
                [0, [1]], 5 -> [2]
                          ^
              line 1, output: `2` stands in no operand
                [0, [1]], 5 -> [2]
                                ^""",
        ),
        (
            ((2, 3), ["i", 1]),
            """\
            1 problem in the equation:
              line 1: letters of several kinds have no order; say the output's: [...]
                ['i', 1]
                ^^^^^^^^""",
        ),
    ],
    ids=repr,
)
def test_refused(arguments: tuple[object, ...], message: str):
    assert reason(*arguments) == dedent(message)


@pytest.mark.parametrize(
    ("text", "equation"),
    [
        ("input X[n f]\nweight W[f h]\nY[n h] = X[n f] W[f h]\nreturn Y", "nf,fh->nh"),
        ("weight W[f h]\ninput X[n f]\nY[n h] = X[n f] W[f h]\nreturn Y", "fh,nf->nh"),
        ("input X[n f] Y[m f]\nZ[] = Y[m f] X[n f]\nreturn Z", "nf,mf->"),
        ("input X[n f]\nZ[n m] = X[n f] X[m f]\nreturn Z", "nf,mf->nm"),
        ("input X[head s1] W[s1 a]\nZ[head a] = X[head s1] W[s1 a]\nreturn Z", "bc,ca->ba"),
        ("input X[α β]\nZ[β] = X[α β]\nreturn Z", "ab->b"),
        ("input X[n n']\nZ[] = X[n n]\nreturn Z", "nn->"),
        ("input X[n f]\nZ = X\nreturn Z", "nf->nf"),
        ("input X[n f]\nreturn X", "nf->nf"),
        ("input X[]\nreturn X", "->"),
    ],
)
def test_to_einsum(text: str, equation: str):
    assert to_einsum(parse(text)) == equation


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "input X[n f]\nY[n] = X[n f] / f\nZ = relu(Y)\nreturn Z",
            """\
            2 problems for an einsum:
              Y: an einsum has no scalar factors
              Z: an einsum is one statement; this is a second""",
        ),
        ("input X[n f]\nZ = relu(X)\nreturn Z", "Z: an einsum is a product; `relu` is none"),
        ("input X[n f]\nZ = X + X\nreturn Z", "Z: an einsum is a product; `+` is none"),
        ("Z[] = 2\nreturn Z", "Z: an einsum has no scalar factors"),
        (
            "input X[n] B[n]\nZ[] = X[n]\nreturn Z, X",
            """\
            2 problems for an einsum:
              return: an einsum returns one value; `X` is a second
              B: an einsum uses each of its operands; `B` is not used""",
        ),
        (
            "input X[n]\nZ[] = X[n]\nreturn X",
            "return: `X` is returned and not what the statement makes",
        ),
    ],
)
def test_to_einsum_refused(text: str, message: str):
    with pytest.raises(DiagramError) as caught:
        to_einsum(parse(text))
    assert str(caught.value) == dedent(message)


@pytest.mark.parametrize("equation", ["ij,jk->ik", "ii->i", "Ab,bA->", "->", ",ij->ji", "a,a,a->a"])
def test_to_einsum_undoes_from_einsum(equation: str):
    assert to_einsum(from_einsum(equation)) == equation


def test_hundreds_of_operands_are_read_at_once():
    letters = [symbol(place) for place in range(1000)]
    equation = ",".join(a + b for a, b in pairwise(letters)) + "->"
    program = from_einsum(equation, *[(2, 2)] * 999)
    assert len(program.sources) == 999
    told(program)


SHAPES = st.one_of(
    st.lists(st.integers(-1, 4), max_size=3).map(tuple), st.sampled_from([None, 3, "ij", [[1]]])
)
SIGNS = "ijxé🙂.,->|() 12\n'_"


@st.composite
def nearly(draw: st.DrawFn) -> str:
    """An equation or a pattern with characters put in and left out."""
    known = ["ij,jk->ik", "...ij,j->...i", "bsx,tsx->btx|x", "b (h d) -> b h d", "a b -> a (b 2)"]
    text = list(draw(st.sampled_from(known)))
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(text)))
        text[place : place + draw(st.integers(0, 1))] = draw(st.text(SIGNS, max_size=2))
    return "".join(text)


@given(nearly(), st.lists(SHAPES, max_size=2))
def test_what_cannot_be_read_gives_no_other_error(text: str, shapes: list[object]):
    ways = (from_einsum, from_conv_einsum, from_named_einsum)
    patterns: list[Any] = [from_rearrange, from_repeat]
    patterns.append(lambda text, *shape: from_reduce(text, "max", *shape))
    each: list[tuple[Any, list[object]]] = [(way, shapes) for way in ways]
    each += [(way, shapes[:1]) for way in patterns]
    for way, given_shapes in each:
        try:
            program = way(text, *given_shapes)
        except DiagramError:
            continue
        told(program)


@pytest.mark.parametrize("way", [from_rearrange, from_repeat, from_conv_einsum, from_named_einsum])
def test_what_is_no_string_is_refused(way: Any):
    for nothing in (None, 3, b"ij", ("ij",)):
        with pytest.raises(DiagramError, match="is a string"):
            way(nothing)
