"""The programs of conv_einsums, what they compute, and which equations and rules are refused."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import dedent
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from diagram import (
    DiagramError,
    Program,
    SizeError,
    compile,
    from_conv_einsum,
    interpret,
    parse,
    types,
)

DATA = Path(__file__).parent.parent / "data"
CASES: list[dict[str, Any]] = json.loads((DATA / "conv_einsum.json").read_text(encoding="utf-8"))
DISTINCT = {json.dumps([case["equation"], case["shapes"]]): case for case in CASES}
CIRCULAR = ("circular", "max_circular")
Array = np.ndarray[Any, np.dtype[np.float64]]


def whole(shapes: Sequence[Sequence[int]]) -> list[Array]:
    """Small whole numbers, so that the transforms below can be rounded to the exact result."""
    random = np.random.default_rng(0)
    return [np.asarray(random.integers(-2, 3, shape), dtype=np.float64) for shape in shapes]


def letters(term: str) -> list[str]:
    return [name.strip("()") for name in re.findall(r"\(\w+\)|\w", term)]


def oracle(
    equation: str,
    arrays: Sequence[Array],
    stride: Mapping[str, int] = {},
    dilation: Mapping[str, int] = {},
    padding: object = "max_zeros",
) -> Array:
    """By Fourier transforms, under which a convolved letter is a batch letter, then a selection."""
    left, right = equation.replace(" ", "").split("->")
    output, _, bar = right.partition("|")
    terms, kept, stars = [letters(t) for t in left.split(",")], letters(output), letters(bar)
    values: list[Any] = list(arrays)
    chosen = {}
    for star in stars:
        uses = [i for i, term in enumerate(terms) if star in term]
        if len(uses) < 2:
            continue
        uses.sort(key=lambda i: -values[i].shape[terms[i].index(star)])
        for use in uses[1:]:
            values[use] = spread(values[use], terms[use].index(star), dilation.get(star, 1))
        n, *others = (values[i].shape[terms[i].index(star)] for i in uses)
        reach = sum(others) - len(others)
        period = n if padding in CIRCULAR else n + reach
        for use in uses:
            values[use] = np.fft.fft(values[use], period, axis=terms[use].index(star))
        chosen[star] = entries(n, reach, stride.get(star, 1), padding)
    numbers = {name: i for i, name in enumerate({name: 0 for term in terms for name in term})}
    every = [*kept, *(star for star in chosen if star not in kept)]
    flat = [part for value, term in zip(values, terms, strict=True)
            for part in (value, [numbers[name] for name in term])]  # fmt: skip
    result = np.einsum(*flat, [numbers[name] for name in every], optimize="greedy")
    for star, wanted in chosen.items():
        axis = every.index(star)
        result = np.fft.ifft(result, axis=axis)
        outside = (wanted < 0) | (wanted >= result.shape[axis])
        result = np.moveaxis(result.take(wanted % result.shape[axis], axis=axis), axis, 0).copy()
        result[outside] = 0
        result = np.moveaxis(result, 0, axis)
    result = result.sum(axis=tuple(range(len(kept), len(every))))
    return np.asarray(np.rint(result.real))


def spread(value: Array, axis: int, dilation: int) -> Array:
    """Zeros between the entries along an axis."""
    shape = list(value.shape)
    shape[axis] = (shape[axis] - 1) * dilation + 1
    result = np.zeros(shape, dtype=value.dtype)
    np.moveaxis(result, axis, 0)[::dilation] = np.moveaxis(value, axis, 0)
    return result


def entries(n: int, reach: int, stride: int, padding: object) -> Any:
    """Which entries of the full (or circular) convolution the result holds."""
    if padding in CIRCULAR:
        return np.arange(0, n, stride)
    if padding == "max_zeros":
        left = -(-((n - 1) * stride + 1 + reach - n) // 2)
        return np.arange(n // stride) * stride - left + reach
    same = (reach // 2, reach - reach // 2)
    pads = {"valid": (0, 0), "same": same, "full": (reach, reach)}
    zeros = pads[padding] if isinstance(padding, str) else padding
    zeros = (zeros, zeros) if isinstance(zeros, int) else zeros
    assert isinstance(zeros, tuple)
    length = (n - 1 + sum(zeros) - reach) // stride + 1
    return np.arange(length) * stride - zeros[0] + reach


def agrees(program: Program, arrays: Sequence[Array], expected: Array) -> None:
    assert parse(str(program)) == program
    tensors = [torch.from_numpy(array) for array in arrays]
    for found in (interpret(program, *tensors)["Y"], compile(program).double()(*tensors)):
        np.testing.assert_array_equal(found.numpy().round(6), expected, strict=True)


@pytest.mark.parametrize("shapes", [[(6,), (3,)], [(3,), (6,)], [(7,), (4,)], [(5,), (5,)]])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize(
    "padding", ["max_zeros", "circular", "max_circular", "full", "same", "valid", 2, (3, 0)]
)
def test_every_rule(shapes: list[tuple[int]], stride: int, dilation: int, padding: Any):
    arrays = whole(shapes)
    rules = {"stride": stride, "dilation": dilation, "padding": padding}
    program = from_conv_einsum("x,x->x|x", *shapes, **rules)
    reach = (min(shapes)[0] - 1) * dilation
    zeros = sum(padding) if isinstance(padding, tuple) else 0
    if reach >= max(shapes)[0] + zeros and padding in ("valid", "same", (3, 0), *CIRCULAR):
        with pytest.raises(SizeError, match="the reach of the kernel on edge `x`"):
            interpret(program, *arrays)
        return
    agrees(program, arrays, oracle("x,x->x|x", arrays, {"x": stride}, {"x": dilation}, padding))


EQUATIONS = [
    ("bshw,tshw->bthw|hw", [(2, 3, 6, 5), (4, 3, 3, 2)]),
    ("tshw,bshw->bthw|h,w", [(4, 3, 3, 2), (2, 3, 6, 5)]),
    ("bshw,rt,rs,rh,rw->bthw|h,w", [(2, 3, 6, 5), (4, 2), (4, 3), (4, 3), (4, 2)]),
    (
        "b(s1)(s2)hw,r(t1)(s1),r(t2)(s2),rhw->b(t1)(t2)hw|hw",
        [(2, 3, 2, 5, 6), (3, 2, 3), (3, 4, 2), (3, 3, 3)],
    ),
    ("bshw,(r1)t,(r2)s,(r1)(r2)hw->bthw|hw", [(1, 2, 4, 5), (2, 3), (3, 2), (2, 3, 3, 3)]),
    ("bshw,sh,sw->bshw|hw", [(2, 3, 5, 6), (3, 3), (3, 2)]),
    ("gbsh,gtsh->bgth|h", [(2, 3, 2, 6), (2, 4, 2, 3)]),
    ("bsh,tsh->bt|h", [(2, 3, 6), (4, 3, 3)]),
    ("bsh,t->bth|h", [(2, 3, 6), (4,)]),
    ("...sh,tsh->...th|h", [(2, 2, 3, 6), (4, 3, 3)]),
    ("bsh,tsh->bth|h", [(2, 1, 6), (4, 3, 1)]),
    ("hw,hw->hw|hw", [(6, 2), (3, 5)]),
    ("xyz,xyz->xyz|xyz", [(4, 4, 5), (2, 3, 2)]),
]


@pytest.mark.parametrize("padding", ["max_zeros", "full", "same"])
@pytest.mark.parametrize(("equation", "shapes"), EQUATIONS, ids=repr)
def test_equations(equation: str, shapes: list[tuple[int, ...]], padding: str):
    arrays = whole(shapes)
    spelled = equation.replace("...", "ab" if len(shapes[0]) == 4 else "")
    wide = [np.broadcast_to(a, (2, 3, 6)) if a.shape == (2, 1, 6) else a for a in arrays]
    program = from_conv_einsum(equation, *shapes, padding=padding)
    agrees(program, arrays, oracle(spelled, wide, padding=padding))


@pytest.mark.parametrize("padding", ["full", "circular", "max_circular"])
@pytest.mark.parametrize(
    ("equation", "shapes"),
    [
        ("x,x,x->x|x", [(6,), (3,), (2,)]),
        ("x,x,x->x|x", [(2,), (3,), (6,)]),
        ("x,x,x,x->|x", [(2,), (3,), (6,), (4,)]),
        ("bfshw,fghw,sthw->bgthw|hw", [(1, 2, 3, 5, 6), (2, 3, 2, 3), (3, 2, 3, 2)]),
        ("ijk,jl,lmq,njpq->ijknp|j", [(2, 7, 3), (5, 2), (2, 2, 2), (3, 4, 2, 2)]),
    ],
    ids=repr,
)
def test_more_than_one_kernel(equation: str, shapes: list[tuple[int, ...]], padding: str):
    arrays = whole(shapes)
    program = from_conv_einsum(equation, *shapes, padding=padding)
    agrees(program, arrays, oracle(equation, arrays, padding=padding))


def test_rules_by_letter():
    shapes = [(2, 3, 7, 6), (4, 3, 3, 3)]
    arrays = whole(shapes)
    program = from_conv_einsum(
        "bshw,tshw->bthw|hw", *shapes, stride={"h": 2}, dilation={"w": 2}, padding="same"
    )
    expected = oracle("bshw,tshw->bthw|hw", arrays, {"h": 2}, {"w": 2}, "same")
    agrees(program, arrays, expected)
    kernel = torch.from_numpy(arrays[1]).flip(2, 3)
    again = functional.conv2d(
        torch.from_numpy(arrays[0]), kernel, stride=(2, 1), dilation=(1, 2), padding=(1, 2)
    )
    np.testing.assert_array_equal(again.numpy(), expected)


@pytest.mark.parametrize("padding", ["max_zeros", "circular", "full", "same", "valid"])
@pytest.mark.parametrize("stride", [1, 2])
def test_without_shapes_the_program_runs_at_every_size(padding: str, stride: int):
    program = from_conv_einsum("bsx,tsx->btx|x", padding=padding, stride=stride)
    for n, k in itertools.product((5, 6, 9), (1, 2, 3, 5)):
        arrays = whole([(2, 3, n), (4, 3, k)])
        expected = oracle("bsx,tsx->btx|x", arrays, {"x": stride}, padding=padding)
        agrees(program, arrays, expected)


@pytest.mark.parametrize("case", DISTINCT.values(), ids=lambda case: f"{case['shapes'][:2]}")
def test_stored_case(case: dict[str, Any]):
    """At its own sizes it is checked, at small ones computed; three kernels need `circular`."""
    equation, shapes = case["equation"], case["shapes"]
    padding = "max_circular" if equation.startswith("ijk") else "max_zeros"
    program = from_conv_einsum(equation, *shapes, padding=padding)
    lengths = [leg.size.value(program.defaults) for leg in types(program)["Y"]]
    stars = letters(equation.partition("|")[2])
    largest: dict[str, int] = {}
    for term, shape in zip(equation.partition("->")[0].split(","), shapes, strict=True):
        for letter, length in zip(term, shape, strict=True):
            largest[letter] = max(length, largest.get(letter, 0))
    output = letters(equation.partition("->")[2].partition("|")[0])
    assert lengths == [largest[letter] for letter in output]
    small = [
        [min(n, 8 if letter in stars else 3) for n, letter in zip(shape, term, strict=True)]
        for shape, term in zip(shapes, equation.partition("->")[0].split(","), strict=True)
    ]
    arrays = whole(small)
    expected = oracle(equation, arrays, padding=padding)
    agrees(from_conv_einsum(equation, *small, padding=padding), arrays, expected)


@pytest.mark.parametrize(
    ("arguments", "rules", "text"),
    [
        (
            ("bsx,tsx->btx|x",),
            {"padding": "full"},
            """\
            input A[b s x] B[t s x1]
            Y[b t x] = A[b s x] B[t s x] conv x (pad=full)
            return Y""",
        ),
        (
            ("tsx,bsx->btx|x", (4, 3, 4), (2, 3, 8)),
            {},
            """\
            dims  t=4 s=3 x=8 b=2
            input A[t s x1:4] B[b s x]
            Y[b t x] = B[b s x] A[t s x] conv x (pad=(2, 1))
            return Y""",
        ),
        (
            ("x,x->x|x", (8,), (3,)),
            {"stride": 2},
            """\
            dims  x=8
            input A[x] B[x1:3]
            Y'[x] = A[x] B[x] conv x (stride=2, pad=(x//2) + 1)
            Y[x] = slice[x](Y', stop=(x//2))
            return Y""",
        ),
        (
            ("xy,xy->xy|xy", (9, 3), (3, 9)),
            {"padding": 1, "dilation": 2},
            """\
            dims  x=9 y=9
            input A[x y1:3] B[x1:3 y]
            Y[x y] = A[x y] B[x y] conv x (dilation=2, pad=1) conv y (up=2, pad=y - 4)
            return Y""",
        ),
        (
            ("ab,bc->ac|b", (2, 3), (3, 4)),
            {"padding": "circular"},
            """\
            dims  a=2 b=3 c=4
            input A[a b] B[b1:3 c]
            Y[a c] = A[a b] B[b c] conv b (pad=circular)
            return Y""",
        ),
        (
            ("ab,bc->ac|a",),
            {},
            """\
            input A[a b] B[b c]
            Y[a c] = A[a b] B[b c]
            return Y""",
        ),
    ],
)
def test_text(arguments: tuple[Any, ...], rules: dict[str, object], text: str):
    program = from_conv_einsum(*arguments, **rules)
    assert parse(str(program)) == program
    assert str(program) == dedent(text)


@pytest.mark.parametrize(
    ("arguments", "rules", "message"),
    [
        ((3,), {}, 'an equation is a string, as in "bshw,tshw->bthw|hw", not int'),
        (
            ("x,x->x|xqx...",),
            {},
            """\
            3 problems in the equation:
              line 1, bar: `q` stands in no operand
                x,x->x|xqx...
                        ^
              line 1, bar: `x` stands twice
                x,x->x|xqx...
                         ^
              line 1, bar: `...` cannot be convolved
                x,x->x|xqx...
                          ^^^""",
        ),
        (
            ("xx,x->x|x",),
            {},
            """\
            1 problem in the equation:
              line 1, operand 1: a convolved letter stands once in an operand; take the diagonal \
first
                xx,x->x|x
                ^^""",
        ),
        (
            ("x,x,x->x|x",),
            {"stride": 2, "padding": "full"},
            """\
            1 problem in the equation:
              line 1, bar: `x` is convolved by 3 operands, which needs padding='full' or \
'circular', without stride and dilation
                x,x,x->x|x
                         ^""",
        ),
        (
            ("xy,xy->xy|xy", (9, 3), (3, 9)),
            {"padding": "circular"},
            """\
            1 problem in the equation:
              line 1, bar: the signal of `y` is a kernel of another letter; write two products
                xy,xy->xy|xy
                           ^""",
        ),
        (
            ("x,x|x",),
            {},
            """\
            1 problem in the equation:
              line 1: the output is not written; convolved letters stand behind it: `x,x->x|x`
                x,x|x
                     ^""",
        ),
        (
            ("x,(x->x|x|",),
            {},
            """\
            2 problems in the equation:
              line 1: '(' is no letter
                x,(x->x|x|
                  ^
              line 1: `|` stands once, behind the output
                x,(x->x|x|
                         ^""",
        ),
        (
            ("x,x->x|x",),
            {"stide": 2, "stride": {"x": 0, "z": 1}, "dilation": "2", "padding": (1, 2, 3)},
            """\
            5 problems in the equation:
              no rule `stide`; did you mean `stride`? (rules: stride, dilation, padding)
              stride: 0 is none; a stride is a whole number, 1 or more
              stride: 'z' is not convolved (x)
              dilation: '2' is none; a dilation is a whole number, 1 or more
              padding: (1, 2, 3) is none; a padding is max_zeros, max_circular, circular, full, \
same, valid, a number of zeros or a pair of them""",
        ),
        (
            ("bx,bx->x|x", (2, 5), (3, 3)),
            {},
            """\
            1 problem in the equation:
              line 1: `b` has length 2 in operand 1, but 3 in operand 2
                bx,bx->x|x
                ^  ^""",
        ),
    ],
)
def test_refused(arguments: tuple[Any, ...], rules: dict[str, object], message: str):
    with pytest.raises(DiagramError) as caught:
        from_conv_einsum(*arguments, **rules)
    assert str(caught.value) == dedent(message)
