"""How equations read, and what is refused."""

from __future__ import annotations

import re

import numpy as np
import pytest

from diagram import DiagramError, SizeError, notations, parse, show
from diagram.language.core import Diagram
from diagram.language.inline import inline
from diagram.notation.loops import value_names
from diagram.runtime.feed import python_name
from tests.notation.running import (
    NETWORKS,
    interpreted,
    run_numpy,
)

ATTENTION = """
dims h=8 d=64
input X[b n f]
weight WQ[f h d] WK[f h d]
S[b h n m] = X[b n f] WQ[f h d] X[b m g] WK[g h d] / sqrt(d)
A = softmax[m](S)
return A
"""


def test_index_notation():
    assert show(ATTENTION) == (
        "S[b,h,n,m] = (1/√d) Σ_f Σ_d Σ_g X[b,n,f] WQ[f,h,d] X[b,m,g] WK[g,h,d]\n"
        "A[b,h,n,m] = exp(S[b,h,n,m]) / Σ_m′ exp(S[b,h,n,m′])"
    )
    assert show(ATTENTION, let="S", d=64).startswith("S[b,h,n,m] = (1/√64) Σ_f")


def test_latex():
    assert show(ATTENTION, "latex", let="A", n=5) == (
        r"A_{b,h,n,m} = \frac{\exp\left(S_{b,h,n,m}\right)}"
        r"{\sum_{m'=0}^{4} \exp\left(S_{b,h,n,m'}\right)}"
    )


def test_einsum():
    assert show(ATTENTION, "einsum", let="S") == (
        "S = np.einsum('bnf,fhd,bmg,ghd->bhnm', X, WQ, X, WK, optimize=True) / np.sqrt(WQ.shape[2])"
    )


@pytest.mark.parametrize(
    ("clause", "inside"),
    [
        ("corr x", "X[x + i] K[i]"),
        ("corr x (stride=2, pad=1)", "X[2·x + i − 1] K[i]"),
        ("conv x (pad=full)", "X[x − i] K[i]"),
        ("corr x (dilation=2, pad=same)", "X[x + 2·i − 2] K[i]"),
        ("conv x (up=2, pad=1)", "X[(x − i + 1)/2] K[i]"),
        ("corr x (pad=circular)", "X[(x + i) mod 9] K[i]"),
        ("conv x (pad=circular, shift=1)", "X[(x − i + 1) mod 9] K[i]"),
    ],
)
def test_convolution_sums(clause: str, inside: str):
    program = f"input X[x] K[i:3]\nY[x] = X[x] K[x] {clause}\nreturn Y"
    assert show(program, x=9) == f"Y[x] = Σ_i {inside}"


def test_bundles():
    text = "input A[i j] B[k l]\nK[(i k) (j l)] = A[i j] B[k l]\nreturn K"
    assert show(text) == "K[|k|·i + k, |l|·j + l] = A[i,j] B[k,l]"
    assert show(text, i=2, j=3, k=4, l=5) == "K[4·i + k, 5·j + l] = A[i,j] B[k,l]"


def test_every_notation():
    found = notations("ij,jk->ik")
    assert found["index"] == "Y[i,k] = Σ_j A[i,j] B[j,k]"
    assert found["latex"] == r"Y_{i,k} = \sum_{j} A_{i,j} B_{j,k}"
    assert "Y = np.einsum('ij,jk->ik', A, B)" in found["einsum"]
    assert "            Y[i, k] += A[i, j] * B[j, k]" in found["loops"]
    assert "def Y(A, B):\n    Y = torch.mm(A, B)\n" in found["torch"]
    assert found["picture"].startswith("<svg")


@pytest.mark.parametrize("name", NETWORKS)
def test_latex_is_balanced(name: str):
    program = inline(parse(NETWORKS[name]["text"]))
    text = show(program, "latex")
    assert text.count("{") == text.count("}")
    assert text.count(r"\left") == text.count(r"\right")
    assert len(re.findall(r"(?<!\\)\n\n", text)) + 1 == len(program.lets)


def test_names_that_python_does_not_take():
    text = "input in[i] lambda[i] Y'[i]\nnp[i] = in[i] lambda[i] Y'[i]\nreturn np"
    values = {name: np.arange(3.0) for name in ("in", "lambda", "Y'")}
    program = parse(text)
    for notation in ("einsum", "loops"):
        found = run_numpy(program, show(program, notation), values)
        assert np.array_equal(found["np"], np.arange(3.0) ** 3)


def test_an_edge_may_have_the_name_of_a_value():
    program = parse("input i[i j]\nj[j] = i[i j]\nk[j] = j[j] j[j]\nreturn k")
    values = {"i": np.arange(6.0).reshape(2, 3)}
    expected = interpreted(program, values, {})
    for notation in ("einsum", "loops"):
        found = run_numpy(program, show(program, notation), values)
        assert np.array_equal(found["k"], expected["k"])


def test_more_loops_than_python_nests():
    edges = " ".join(f"e{place}" for place in range(20))
    program = parse(f"input A[{edges}]\ns[] = A[{edges}]\nreturn s")
    values = {"A": np.ones([1] * 19 + [3])}
    assert run_numpy(program, show(program, "loops"), values)["s"] == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            (ATTENTION, "einsums"),
            "no notation `einsums`; did you mean `einsum`? (index, latex, einsum, loops, torch, "
            "picture)",
        ),
        ((ATTENTION, "index", "Q"), "`Q` is no let of this program"),
    ],
)
def test_faults(arguments: tuple[str, ...], message: str):
    with pytest.raises(DiagramError) as error:
        show(*arguments)
    assert str(error.value) == message


def test_a_length_that_nothing_tells():
    text = "dims g\ninput U[c]\nV[g s] = U[(g s)]\nreturn V"
    with pytest.raises(SizeError) as error:
        show(text, "loops")
    assert str(error.value) == ("`g` has no number, and no shape here tells it; give one: g=8")


def test_maker_of_notations_is_a_diagram_or_an_op():
    program = inline(
        parse("def f(X[n])\n  Y[n] = X[n] X[n]\n  return Y\ninput X[n]\nZ = f(X)\nreturn Z")
    )
    assert all(isinstance(let.maker, Diagram) for let in program.lets)
    assert python_name("Z.Y") == value_names(program)["Z.Y"] == "Z_Y"
    assert show(program) == "Z.Y[n] = X[n] X[n]\nZ[n] = Z.Y[n]"
