"""Patterns as einops writes them: what their programs compute, and which are refused."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import dedent
from typing import Any

import numpy as np
import pytest
import torch

from diagram import (
    DiagramError,
    Program,
    SizeError,
    compile,
    from_named_einsum,
    from_rearrange,
    from_reduce,
    from_repeat,
    interpret,
    parse,
)

Array = np.ndarray[Any, np.dtype[np.float64]]


NO_TEXT: Any = 3


def filled(*shape: int) -> Array:
    return np.random.default_rng(0).integers(-9, 9, shape).astype(np.float64)


def agrees(program: Program, arrays: list[Array], expected: Array, **sizes: Any) -> None:
    assert parse(str(program)) == program
    tensors = [torch.from_numpy(array) for array in arrays]
    interpreted = interpret(program, *tensors, **sizes)["Y"]
    for found in (interpreted, compile(program, **sizes).double()(*tensors)):
        np.testing.assert_allclose(found.numpy(), expected, rtol=1e-14, strict=True)


REARRANGED: list[tuple[str, tuple[int, ...], dict[str, int], Callable[[Array], Array]]] = [
    ("a b c -> c a b", (2, 3, 4), {}, lambda x: x.transpose(2, 0, 1)),
    ("b (h d) n -> b h n d", (2, 6, 5), {"h": 3}, lambda x: x.reshape(2, 3, 2, 5).swapaxes(2, 3)),
    ("b h n d -> b n (h d)", (2, 3, 4, 5), {}, lambda x: x.swapaxes(1, 2).reshape(2, 4, 15)),
    ("a b -> (b a)", (2, 3), {}, lambda x: x.T.reshape(6)),
    ("(a b) -> b a", (6,), {"b": 2}, lambda x: x.reshape(3, 2).T),
    ("(a b c) -> c a b", (24,), {"b": 2, "a": 3}, lambda x: x.reshape(3, 2, 4).transpose(2, 0, 1)),
    ("(a b) -> b a", (6,), {"a": 2, "b": 3}, lambda x: x.reshape(2, 3).T),
    (
        "b (h p) (w q) c -> b (h w) (p q c)",
        (2, 4, 6, 3),
        {"p": 2, "q": 3},
        lambda x: x.reshape(2, 2, 2, 2, 3, 3).transpose(0, 1, 3, 2, 4, 5).reshape(2, 4, 18),
    ),
    (
        "b (c p q) h w -> b c (h p) (w q)",
        (1, 12, 2, 3),
        {"p": 2, "q": 2},
        lambda x: x.reshape(1, 3, 2, 2, 2, 3).transpose(0, 1, 4, 2, 5, 3).reshape(1, 3, 4, 6),
    ),
    ("a 1 b () -> b a", (2, 1, 3, 1), {}, lambda x: x.reshape(2, 3).T),
    ("a b -> a 1 b", (2, 3), {}, lambda x: x[:, None]),
    ("a b -> a b 1 1", (2, 3), {}, lambda x: x[:, :, None, None]),
    ("a b -> 1 (b a 1) ()", (2, 3), {}, lambda x: x.T.reshape(1, 6, 1)),
    ("a -> a", (0,), {}, lambda x: x),
    (" -> ", (), {}, lambda x: x),
    ("->1", (), {}, lambda x: x.reshape(1)),
    ("batch_1 x2->x2 batch_1", (2, 3), {}, lambda x: x.T),
]


@pytest.mark.parametrize(("pattern", "shape", "sizes", "expected"), REARRANGED)
@pytest.mark.parametrize("with_shape", [True, False])
def test_rearrange(
    pattern: str,
    shape: tuple[int, ...],
    sizes: dict[str, int],
    expected: Callable[[Array], Array],
    with_shape: bool,
):
    program = from_rearrange(pattern, *([shape] if with_shape else []), **sizes)
    agrees(program, [filled(*shape)], expected(filled(*shape)))


@pytest.mark.parametrize(
    ("plain", "dotted"),
    [
        ("a b c d e -> (a b) c d e", "a b ... -> (a b) ... "),
        ("a b c d e -> a b (c d) e", "... c d e -> ... (c d) e"),
        ("a b c d e -> a b c d e", "... -> ... "),
        ("a b c d e -> (a b c d e)", "... ->  (...)"),
        ("a b c d e -> b (c d e) a", "a b ... -> b (...) a"),
        ("a b c d e -> b (a c d) e", "a b … e -> b (a …) e"),
        ("a b c d e -> e d c b a", "a b c d e ... -> ... e d c b a"),
        ("a b c d e -> 1 a b c d e", "... -> 1 ..."),
    ],
)
def test_dots_stand_for_legs(plain: str, dotted: str):
    shape = (2, 3, 1, 2, 2)
    (one,) = (interpret(from_rearrange(plain), filled(*shape))["Y"],)
    agrees(from_rearrange(dotted, shape), [filled(*shape)], one.numpy())


@pytest.mark.parametrize(
    ("pattern", "shape", "sizes", "expected"),
    [
        ("h w -> h w c", (2, 3), {"c": 4}, lambda x: x[:, :, None].repeat(4, 2)),
        ("h w -> h w 4", (2, 3), {}, lambda x: x[:, :, None].repeat(4, 2)),
        ("h w -> (h k) (w l)", (2, 3), {"k": 2, "l": 3}, lambda x: x.repeat(2, 0).repeat(3, 1)),
        ("h w -> h (2 w)", (2, 3), {}, lambda x: np.tile(x, (1, 2))),
        ("h w -> 1 w h 1 n", (2, 3), {"n": 2}, lambda x: x.T[None, :, :, None, None].repeat(2, 4)),
        ("(h k) -> k (h k2)", (6,), {"h": 2, "k2": 2}, lambda x: x.reshape(2, 3).T.repeat(2, 1)),
        ("... -> ... r", (2, 3), {"r": 2}, lambda x: x[..., None].repeat(2, 2)),
        ("a -> a", (2,), {}, lambda x: x),
    ],
)
def test_repeat(
    pattern: str, shape: tuple[int, ...], sizes: dict[str, int], expected: Callable[[Array], Array]
):
    program = from_repeat(pattern, shape, **sizes)
    agrees(program, [filled(*shape)], expected(filled(*shape)))


def test_a_leg_that_is_new_may_have_its_size_when_it_runs():
    agrees(from_repeat("a -> a k"), [filled(3)], filled(3)[:, None].repeat(5, 1), k=5)


@pytest.mark.parametrize("how", ["sum", "mean", "max", "min"])
@pytest.mark.parametrize(
    ("pattern", "shape", "sizes", "expected"),
    [
        ("a b c -> b", (2, 3, 4), {}, lambda x, f: f(x, axis=(0, 2))),
        ("a b c -> c a", (2, 3, 4), {}, lambda x, f: f(x, axis=1).T),
        ("a b -> ", (2, 3), {}, lambda x, f: np.asarray(f(x))),
        ("a b -> 1 1", (2, 3), {}, lambda x, f: f(x).reshape(1, 1)),
        ("a b -> b ()", (2, 3), {}, lambda x, f: f(x, axis=0)[:, None]),
        (
            "b c (h p) (w q) -> b c h w",
            (1, 2, 4, 6),
            {"p": 2, "q": 3},
            lambda x, f: f(x.reshape(1, 2, 2, 2, 2, 3), axis=(3, 5)),
        ),
        ("b (h 2) -> b h", (2, 6), {}, lambda x, f: f(x.reshape(2, 3, 2), axis=2)),
        ("b (h p) c -> (c h)", (2, 6, 3), {"p": 2},
         lambda x, f: f(x.reshape(2, 3, 2, 3), axis=(0, 2)).T.reshape(9)),
        ("... c -> ...", (2, 3, 4), {}, lambda x, f: f(x, axis=-1)),
        ("a ... -> a", (2, 3, 4), {}, lambda x, f: f(x, axis=(1, 2))),
        ("a ... c -> (c a)", (2, 3, 4), {}, lambda x, f: f(x, axis=1).T.reshape(8)),
        ("a b -> b a", (2, 3), {}, lambda x, f: x.T),
    ],
)  # fmt: skip
def test_reduce(
    how: str,
    pattern: str,
    shape: tuple[int, ...],
    sizes: dict[str, int],
    expected: Callable[[Array, Callable[..., Array]], Array],
):
    program = from_reduce(pattern, how, shape, **sizes)
    agrees(program, [filled(*shape)], expected(filled(*shape), getattr(np, how)))


@pytest.mark.parametrize(
    ("pattern", "equation", "shapes"),
    [
        ("batch n f, f h -> batch n h", "bnf,fh->bnh", [(2, 3, 4), (4, 5)]),
        ("x y,y->x", "xy,y->x", [(2, 3), (3,)]),
        ("... in, in out -> ... out", "...i,io->...o", [(2, 3, 4), (4, 5)]),
        ("row, -> row", "r,->r", [(3,), ()]),
        ("a -> ", "a->", [(3,)]),
        (", -> ", ",->", [(), ()]),
    ],
)
def test_named_einsum(pattern: str, equation: str, shapes: list[tuple[int, ...]]):
    arrays = [np.asarray(filled(*shape)) for shape in shapes]
    agrees(from_named_einsum(pattern, *shapes), arrays, np.asarray(np.einsum(equation, *arrays)))


@pytest.mark.parametrize(
    ("program", "text"),
    [
        (
            lambda: from_rearrange("b (h d) n -> b h n d", (2, 12, 5), h=4),
            """\
            dims  h=4 b=2 h_d=12 n=5
            input X[b h_d n]
            Y[b h n d] = X[b (h d) n]
            return Y""",
        ),
        (
            lambda: from_rearrange("(h d) h_d -> h h_d d"),
            """\
            input X[h_d1:(d*h) h_d]
            Y[h h_d d] = X[(h d) h_d]
            return Y""",
        ),
        (
            lambda: from_reduce("b (h p) -> (b h)", "max", p=2),
            """\
            dims  p=2
            input X[b h_p]
            Y''[b h p] = X[b (h p)]
            Y'[b h] = max[p](Y'')
            Y[(b h)] = Y'[b h]
            return Y""",
        ),
    ],
)
def test_text(program: Callable[[], Program], text: str):
    assert str(program()) == dedent(text)


def test_a_length_that_is_not_divided_is_refused_when_it_runs():
    program = from_rearrange("(h d) -> h d", h=4)
    with pytest.raises(SizeError):
        interpret(program, filled(6))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: from_rearrange(NO_TEXT),
            'a pattern is a string, as in "b (h d) -> b h d", not int',
        ),
        (
            lambda: from_rearrange("b h w"),
            """\
            1 problem in the pattern:
              line 1: a pattern is written `legs before -> legs after`
                b h w
                     ^""",
        ),
        (
            lambda: from_rearrange("b (h w) -> b w x"),
            """\
            2 problems in the pattern:
              line 1: `h` vanishes; from_reduce removes legs
                b (h w) -> b w x
                   ^
              line 1: `x` is new; from_repeat adds legs
                b (h w) -> b w x
                               ^""",
        ),
        (
            lambda: from_rearrange("b ((h) w) 3 -> b h) w (c -> q"),
            """\
            6 problems in the pattern:
              line 1: brackets inside brackets
                b ((h) w) 3 -> b h) w (c -> q
                   ^
              line 1: `)` closes nothing
                b ((h) w) 3 -> b h) w (c -> q
                        ^
              line 1: `3` vanishes; from_reduce removes legs
                b ((h) w) 3 -> b h) w (c -> q
                          ^
              line 1: `)` closes nothing
                b ((h) w) 3 -> b h) w (c -> q
                                  ^
              line 1: `(` is not closed
                b ((h) w) 3 -> b h) w (c -> q
                                      ^
              line 1: `->` stands twice
                b ((h) w) 3 -> b h) w (c -> q
                                         ^^""",
        ),
        (
            lambda: from_rearrange("a a# .. 0 of -> a"),
            """\
            5 problems in the pattern:
              line 1: `a` stands twice on one side
                a a# .. 0 of -> a
                ^ ^
              line 1: '#' cannot name a leg
                a a# .. 0 of -> a
                   ^
              line 1: `...` has three dots
                a a# .. 0 of -> a
                     ^^
              line 1: '0' cannot name a leg
                a a# .. 0 of -> a
                        ^
              line 1: 'of' cannot name a leg
                a a# .. 0 of -> a
                          ^^""",
        ),
        (
            lambda: from_rearrange("… ... -> …", (2,)),
            """\
            1 problem in the pattern:
              line 1: `...` stands twice on one side
                … ... -> …
                ^ ^^^""",
        ),
        (
            lambda: from_rearrange("a,b -> a b"),
            "a pattern has one operand; from_named_einsum has several",
        ),
        (
            lambda: from_rearrange("... a -> a ..."),
            """\
            1 problem in the pattern:
              line 1: only a shape tells what `...` stands for: give one behind the pattern
                ... a -> a ...
                ^^^""",
        ),
        (
            lambda: from_rearrange("a b -> a b", (2, 3, 4)),
            """\
            1 problem in the pattern:
              line 1: 2 axes for the 3 legs of a shape (2, 3, 4)
                a b -> a b
                ^ ^""",
        ),
        (
            lambda: from_rearrange(
                "(a b) (c d) (e f) 1 -> a b c d e f", (6, 6, 6, 2), a=4, e=2, f=2
            ),
            """\
            4 problems in the pattern:
              line 1: `(a b)` has length 6, which 4 does not divide
                (a b) (c d) (e f) 1 -> a b c d e f
                ^^^^^
              line 1: `(c d)` has length 6; say how it is split, as in c=2
                (a b) (c d) (e f) 1 -> a b c d e f
                      ^^^^^
              line 1: `(e f)` makes 4, but the shape says 6
                (a b) (c d) (e f) 1 -> a b c d e f
                            ^^^^^
              line 1: `()` makes 1, but the shape says 2
                (a b) (c d) (e f) 1 -> a b c d e f
                                  ^""",
        ),
        (
            lambda: from_rearrange("a b -> b a", "ab", a=0, b=True, head=2),
            """\
            4 problems in the pattern:
              operand 1: 'ab' is no shape, as (2, 3) is
              `a` is 0; a length is a whole number, 1 or more
              `b` is True; a length is a whole number, 1 or more
              `head` is no leg of the pattern""",
        ),
        (
            lambda: from_repeat("a ... -> 2", (2, 3)),
            """\
            2 problems in the pattern:
              line 1: `a` vanishes; from_reduce removes legs
                a ... -> 2
                ^
              line 1: `...` vanishes; from_reduce removes legs
                a ... -> 2
                  ^^^""",
        ),
        (
            lambda: from_reduce("a -> b ...", "prod"),
            """\
            3 problems in the pattern:
              no reduction 'prod' (reductions: sum, mean, max, min)
              line 1: `b` is new; from_repeat adds legs
                a -> b ...
                     ^
              line 1: `...` is new
                a -> b ...
                       ^^^""",
        ),
        (
            lambda: from_named_einsum("a (b c), c -> a 1, d"),
            """\
            4 problems in the equation:
              line 1: an einsum has no brackets and no numbers; from_rearrange splits legs
                a (b c), c -> a 1, d
                  ^^^^^
              line 1: an einsum has no brackets and no numbers; from_rearrange splits legs
                a (b c), c -> a 1, d
                                ^
              line 1: the result is one value and has no comma
                a (b c), c -> a 1, d
                                 ^
              line 1, output: `d` stands in no operand
                a (b c), c -> a 1, d
                                   ^""",
        ),
        (
            lambda: from_named_einsum("row col, col -> row", (2, 3), (4,)),
            """\
            1 problem in the equation:
              line 1: `col` has length 3 in operand 1, but 4 in operand 2
                row col, col -> row
                    ^^^  ^^^""",
        ),
    ],
)  # fmt: skip
def test_refused(make: Callable[[], Program], message: str):
    with pytest.raises(DiagramError) as caught:
        make()
    assert str(caught.value) == dedent(message)
