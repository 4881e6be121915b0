"""Texts with defs and convolved edges: they print as they are read, notes and all."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagram import DiagramError, Program, parse
from diagram.language.core import Call
from diagram.language.inline import inline
from tests.language.author import SIGNS
from tests.runtime.random_networks import network

EXAMPLES = settings().max_examples

LAYER = """\
# what one layer does
def layer(X[b n f])  # with a skip
  # its sizes
  dims   k=8
  # what is learned
  weight W[f k] V[k f]  # two matrices
  def act(Z[b n k])  # inside
    Y[b n k] = gelu(Z)
    # out of act
    return Y
  A[b n k] = X[b n f] W[f k]
  B[b n k] = act(A)  # a call
  # and back
  Y[b n f] = X + B[b n k] V[k f]
  # out of the layer
  return Y
# what comes in
input X[b n f]
Z[b n f] = layer^2(X)  # two of them
return Z
# the end"""


def notes(program: Program) -> Iterator[tuple[str, str]]:
    """Every note and the statement at which it stands, also in defs."""
    yield from ((note.at, note.text) for note in program.notes)
    for definition in program.definitions:
        yield from notes(definition.program)


def test_notes_at_defs_and_in_defs():
    program = parse(LAYER)
    again = parse(str(program))
    assert again == program
    assert sorted(notes(again)) == sorted(notes(program))
    assert str(again) == str(program)
    said = [line.partition("#")[2].strip() for line in LAYER.split("\n") if "#" in line]
    assert sorted(text for _, text in notes(program)) == sorted(said)


@settings(max_examples=2 * EXAMPLES)
@given(st.integers(0, 2**32))
def test_notes_anywhere(seed: int):
    """A note above or beside any line of any network prints back, and changes nothing."""
    random = Random(seed)
    lines = list(network(random)[0].lines())
    noted: list[str] = []
    words: list[str] = []
    for number, line in enumerate(lines):
        indent = line[: len(line) - len(line.lstrip())]
        above = random.random() < 0.3
        beside = random.random() < 0.3
        for _ in range(above):
            words.append(f"{number} {random.choice(SIGNS)}")
            noted.append(f"{indent}# {words[-1]}")
        words += [f"{number} b"] * beside
        noted.append(f"{line}  # {number} b" if beside else line)
    plain, program = parse("\n".join(lines)), parse("\n".join(noted))
    assert program == plain
    assert sorted(text for _, text in notes(program)) == sorted(words)
    again = parse(str(program))
    assert (again, str(again)) == (program, str(program))
    printed = sorted(word for _, text in notes(again) for word in text.split())
    assert printed == sorted(word for text in words for word in text.split())


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("def f(X[n]):\n  return X\ninput A[m]\nB = f(A)\nreturn B",
         "def f(X[n])\n  return X\ninput A[m]\nB[m] = f(A)\nreturn B"),
        ("def f(X[n], T[n] of v)\n Y[v] = X[n] one_hot[v](T)[n v]\n return Y\n"
         "input A[m]\nindex I[m] of v\nB = f(A, I)\nreturn B",
         "def f(X[n], T[n] of v)\n  Y[v] = X[n] one_hot[v](T)[n v]\n  return Y\n"
         "input A[m]\nindex I[m] of v\nB[v] = f(A, I)\nreturn B"),
        ("def f(X[n])\n  dims k = 2*n\n  weight W[k n]\n  Y[k] = X[n] W[k n]\n  return Y\n"
         "input A[m]\nB = f(relu(A), k=4 * m)\nreturn B",
         "def f(X[n])\n  dims   k = 2*n\n  weight W[k n]\n  Y[k] = X[n] W[k n]\n  return Y\n"
         "input A[m]\nB[k] = f(relu(A)[m], k=4*m)\nreturn B"),
        ("def f(X[n])\n  return X\ninput A[m]\nB=f^2(A,tied=1)\nC = f^3(B, tied=0)\nreturn C",
         "def f(X[n])\n  return X\ninput A[m]\nB[m] = f^2(A, tied=1)\nC[m] = f^3(B)\nreturn C"),
        ("input U[x] K[x:3]\nY[x] = U[x] K[x] corr x (pad=(1,1), stride=1, dilation = 2)\nreturn Y",
         "input U[x] K[x:3]\nY[x] = U[x] K[x] corr x (dilation=2, pad=1)\nreturn Y"),
        ("input U[x y] K[x:3 y:3]\nY[x y] = U[x y] K[x y] * 2 corr x (stride=2) corr y (stride=2)"
         "\nreturn Y",
         "input U[x y] K[x:3 y:3]\nY[x y] = U[x y] K[x y] * 2 corr x y (stride=2)\nreturn Y"),
        ("input U[x] K[x:3]\nY[x] = U[x] K[x] conv x (pad=circular, shift=-1) + U\nreturn Y",
         "input U[x] K[x:3]\nY[x] = U[x] K[x] conv x (shift=-1, pad=circular) + U\nreturn Y"),
        ("dims g=2\ninput U[(g)] V[c]\nreturn U", None),
        ("dims g=2\ninput V[c]\nY[( g,s ) ()] = V[(g s)]\nreturn Y",
         "dims  g=2\ninput V[c]\nY[(g s) ()] = V[(g s)]\nreturn Y"),
        ("input V[c]\nY[(c)] = V[(c)]\nreturn Y", "input V[c]\nY[c] = V[c]\nreturn Y"),
    ],
)  # fmt: skip
def test_canonical_text(text: str, canonical: str | None):
    if canonical is None:
        with pytest.raises(DiagramError):
            parse(text)
        return
    program = parse(text)
    assert str(program) == canonical
    assert parse(canonical) == program


def test_a_def_in_a_def_sees_the_dims_around_it():
    """Also where the program has a dim of the same name, and where the call renames another."""
    program = inline(
        parse(
            "def outer(X[i])\n  def inner(Z[k])\n    weight W[i]\n    Y[k i] = Z[k] W[i]\n"
            "    return Y\n  A[a b] = inner(X)\n  return A\n"
            "dims i=7\ninput P[k] Q[i]\nY = outer(P)\nreturn Y"
        )
    )
    (weight,) = [s for s in program.sources if s.kind == "weight"]
    assert (weight.name, [str(leg.size) for leg in weight.legs]) == ("Y.A.W", ["k"])


def test_a_bundle_in_a_def_has_the_dims_of_the_def():
    """Named dims, those of arguments and numbers stand in bundles as they do in declarations."""
    text = (
        "def f(U[c], H[k])\n  dims p=4\n  Y[(k p) s] = U[(k p s)] H[k]\n  return Y\n"
        "dims k=3 g p\ninput U[c] H[g]\nY = f(U, H)\nZ = f(U, H, p=2*p)\nreturn Y, Z"
    )
    flat = inline(parse(text))
    assert parse(str(flat)) == flat
    assert {d.name: str(d.size) for d in flat.dims if "." in d.name} == {"Y.p": "4", "Z.p": "2*p"}


def test_a_def_that_is_never_called_is_read_with_dims_of_its_own():
    text = "def f(X[n])\n  dims m=2\n  Y[n] = X[n] * m\n  return Y\ninput X[n]\nreturn X"
    program = parse(text)
    assert parse(str(program)) == program
    assert not any(isinstance(let.maker, Call) for let in program.lets)


def test_legs_of_a_call():
    """Those on the left in order; without them those of the arguments, under their names."""
    text = "def f(X[n m], Y[m k])\n  Z[n k] = X[n m] Y[m k]\n  return Z\ninput A[a b] B[b c]\n"
    for left, legs in (("C", "a c"), ("C[x y]", "x y")):
        program = parse(f"{text}{left} = f(A, B)\nreturn C")
        assert " ".join(edge for axis in program.let["C"].maker.output for edge in axis) == legs
