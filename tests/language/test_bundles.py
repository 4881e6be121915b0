"""Bundles: the lengths of their edges, and what is said where they cannot be told."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagram import DiagramError, interpret, parse, types
from diagram.language.check import derive


def sizes(text: str) -> dict[str, str]:
    """The lengths of the edges of Y."""
    program = parse(text)
    assert parse(str(program)) == program
    return {edge: str(size) for edge, size in derive(program).edges["Y"].items()}


@pytest.mark.parametrize(
    ("text", "lengths"),
    [
        ("dims g\ninput U[c]\nY[g s] = U[(g s)]", {"g": "g", "s": "c/g"}),
        ("dims g s\ninput U[c:(g*s)]\nY[g s] = U[(g s)]", {"g": "g", "s": "s"}),
        ("dims g s, c = g*s\ninput U[c]\nY[g s] = U[(g s)]", {"g": "g", "s": "s"}),
        ("input U[c] V[h]\nY[a s] = U[(a s)] V[a]", {"a": "h", "s": "c/h"}),
        ("input U[c:(2*h)] V[h]\nY[a s] = U[(a s)] V[a]", {"a": "h", "s": "2"}),
        ("dims i\ninput U[c:(i*i)]\nY[i] = U[(i i)]", {"i": "i"}),
        ("input U[one:1 n]\nY[n] = U[() n]", {"n": "n"}),
        ("dims h\ninput U[x] V[y]\nY[d h s] = U[(h d)] V[(h s)]",
         {"h": "h", "d": "x/h", "s": "y/h"}),
        ("dims p g\ninput U[x] V[g]\nY[a b] = U[(a b p)] V[b]",
         {"p": "p", "b": "g", "a": "x/(g*p)"}),
    ],
)  # fmt: skip
def test_lengths_of_edges(text: str, lengths: dict[str, str]):
    """Plain legs first, then dims of the same name, then the one that is left."""
    assert sizes(f"{text}\nreturn Y") == lengths


@pytest.mark.parametrize(
    "text",
    [
        "dims g s\ninput U[c]\nY[g s] = U[(g s)]\nreturn Y",
        "dims i\ninput U[c] V[i]\nY[i] = U[(i i)] V[i]\nreturn Y",
    ],
)
def test_the_line_that_is_offered_is_the_one_that_lacks(text: str):
    with pytest.raises(DiagramError) as caught:
        parse(text)
    (fault,) = caught.value.faults
    found = re.search(r"if they are equal say so: (dims .*)$", fault.message)
    assert found
    assert parse(f"{found.group(1)}\n{text}").outputs == ("Y",)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("input U[n]\nY[] = U[()]", "() is a leg of length 1"),
        ("input U[n]\nY[(a a)] = U[a]", "leg `a` stands twice on the left"),
        ("input U[n] V[m]\nY[(a b) a] = U[a] V[b]", "leg `a` stands twice on the left"),
        ("input U[n]\nY[(a b)] = U[a]", "leg `b` on the left stands at no node"),
        ("input U[(a b)]\nY[a] = U[a]", "bundles stand in uses"),
        ("input U[n]\nY[n] = max[(a b)](U[(a b)])", "name legs one by one"),
        ("input U[n] K[k:3]\nY[a x] = U[(a x)] K[x] corr x", "stands in a bundle"),
        ("input U[x] K[k:3] V[a]\nY[(a x)] = U[x] K[x] V[a] corr x", "is bundled on the left"),
    ],
)
def test_what_cannot_be(text: str, part: str):
    with pytest.raises(DiagramError) as caught:
        parse(f"{text}\nreturn Y")
    assert part in str(caught.value)


@given(st.permutations("abcd"), st.integers(0, 3), st.integers(0, 4))
def test_merged_and_split_row_major(order: list[str], first: int, second: int):
    """A bundle is a reshape, the first edge slowest; its inverse gives the value back."""
    start, stop = sorted((first, second))
    lengths = dict(zip("abcd", (2, 3, 1, 4), strict=True))
    one, two, three = order[:start], order[start:stop], order[stop:]
    bundles = " ".join(f"({' '.join(group)})" for group in (one, two, three) if group)
    text = (
        f"dims a b c d\ninput X[a b c d]\nM[{bundles}] = X[a b c d]\n"
        f"Y[a b c d] = M[{bundles}]\nreturn M, Y"
    )
    x = np.arange(24.0).reshape(2, 3, 1, 4)
    found = interpret(parse(text), x)
    shape = [int(np.prod([lengths[e] for e in group])) for group in (one, two, three) if group]
    merged = x.transpose(["abcd".index(edge) for edge in order]).reshape(shape)
    assert np.array_equal(found["M"].numpy(), merged)
    assert np.array_equal(found["Y"].numpy(), x)


def test_a_bundle_on_the_left_is_one_leg():
    program = parse("input A[i j] B[k l]\nK[(i k) (j l) ()] = A[i j] B[k l]\nreturn K")
    assert [(leg.name, str(leg.size)) for leg in types(program)["K"]] == [
        ("i_k", "i*k"),
        ("j_l", "j*l"),
        ("one", "1"),
    ]
    a, b = np.arange(6.0).reshape(2, 3), np.arange(20.0).reshape(4, 5)
    assert np.array_equal(interpret(program, a, b)["K"].numpy()[..., 0], np.kron(a, b))
