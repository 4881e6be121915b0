"""Programs are the same whatever their names and orders, and differ by every single change."""

from __future__ import annotations

import json
from itertools import combinations, permutations
from pathlib import Path
from random import Random
from typing import Any

import networkx as nx
import pytest
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st
from networkx.algorithms.isomorphism import MultiDiGraphMatcher

from diagram import DiagramError, Program, canonical, equivalent, parse
from diagram.equality.form import form
from diagram.equality.graph import encode
from diagram.language.core import Diagram
from diagram.language.inline import inline
from models import ZOO
from tests.equality.disguise import changed, disguised
from tests.language.author import Written, programs

DATA = Path(__file__).parent.parent / "data"
NETWORKS: dict[str, Any] = json.loads((DATA / "networks.json").read_text(encoding="utf-8"))
RANDOM = st.randoms(use_true_random=True)


def lawful(program: Program) -> None:
    """The canonical program is one of the language, and the canonical one of itself."""
    found = canonical(program)
    assert parse(str(found)) == found
    assert canonical(found) == found
    assert equivalent(program, found)


@pytest.mark.parametrize("name", NETWORKS)
def test_canonical_programs_of_stored_networks(name: str):
    lawful(parse(NETWORKS[name]["text"]))


def divided(program: Program) -> Program:
    """A random program, unless it divides by an edge of length 0."""
    try:
        canonical(program)
    except DiagramError as error:
        assume("divided by zero" not in str(error))
    return program


@given(programs())
def test_canonical_programs_of_random_ones(written: Written):
    lawful(divided(parse(written.text)))


@given(programs(), RANDOM)
def test_names_and_orders_mean_nothing(written: Written, random: Random):
    program = divided(parse(written.text))
    other = disguised(program, random)
    assert canonical(other) == canonical(program)


@pytest.mark.parametrize("name", NETWORKS)
def test_names_and_orders_mean_nothing_in_stored_networks(name: str):
    program = inline(parse(NETWORKS[name]["text"]))
    assert equivalent(program, disguised(program, Random(0)))


@pytest.mark.parametrize("name", ZOO)
def test_names_and_orders_mean_nothing_in_the_zoo(name: str):
    program = ZOO[name].program()
    for seed in range(5):
        assert equivalent(program, disguised(program, Random(seed)))


@pytest.mark.parametrize(("one", "two"), [*combinations(ZOO, 2)])
def test_models_of_the_zoo_differ(one: str, two: str):
    assert not equivalent(ZOO[one].program(), ZOO[two].program())


# -- networkx tells the same ----------------------------------------------------------------------


def pictured(program: Program) -> nx.MultiDiGraph[int]:
    """The graph without names, for networkx."""
    graph = encode(form(program))
    found: nx.MultiDiGraph[int] = nx.MultiDiGraph()
    for vertex, label in enumerate(graph.labels):
        found.add_node(vertex, label=label)
    for vertex, arcs in enumerate(graph.arcs):
        found.add_edges_from((vertex, to, {"label": label}) for label, to in arcs)
    return found


def isomorphic(one: Program, two: Program) -> bool:
    return MultiDiGraphMatcher(
        pictured(one),
        pictured(two),
        node_match=lambda a, b: a["label"] == b["label"],
        edge_match=lambda a, b: (
            sorted(e["label"] for e in a.values()) == sorted(e["label"] for e in b.values())
        ),
    ).is_isomorphic()


@settings(max_examples=max(1, settings().max_examples // 2))
@given(programs(), RANDOM)
def test_networkx_agrees(written: Written, random: Random):
    program = parse(written.text)
    assume(any(isinstance(let.maker, Diagram) for let in program.lets))
    other = changed(program, random)
    try:
        found = equivalent(program, other)
    except DiagramError:
        reject()
    assert found == isomorphic(program, other)


# -- pictures -------------------------------------------------------------------------------------


def picture(text: str) -> Program:
    """`INPUTS | LINE | LINE`, the last one returned."""
    inputs, *lines = text.split(" | ")
    name = lines[-1].partition("=")[0].partition("[")[0]
    return parse("\n".join([f"input {inputs}", *lines, f"return {name}"]))


SAME = [
    # The trace of a product is cyclic, the transpose of a product is the product of transposes.
    ("A[i j] B[j k] C[k i] | t[] = A[i j] B[j k] C[k i]",
     "A[i j] B[j k] C[k i] | t[] = B[j k] C[k i] A[i j]"),
    ("A[n n'] B[n n'] C[n n'] | t[] = A[i j] B[j k] C[k i]",
     "A[n n'] B[n n'] C[n n'] | t[] = A[i j] C[j k] B[k i]"),
    ("A[i j] B[j k] | P[i k] = A[i j] B[j k] | Y[k i] = P[i k]",
     "A[i j] B[j k] | P[j i] = A[i j] | Q[k j] = B[j k] | Y[k i] = Q[k j] P[j i]"),
    ("A[i j] B[j k] | Y[i k] = A[i j] B[j k]", "A[i j] B[k i] | Y[k j] = A[i j] B[k i]"),
    ("A[n n'] | t[] = A[i i]", "B[x y:x] | s[] = B[i i]"),
    ("A[n n'] B[n n'] | t[] = A[i j] B[i j]", "A[n n'] B[n n'] | t[] = A[i j] B[j i]"),
    # Brackets are lines.
    ("A[n m] B[n m] | Y[n] = relu(A[n m] B[n m])",
     "A[n m] B[n m] | H[p] = B[p q] A[p q] | Y[n] = relu(H[n])"),
    ("A[n] B[n] C[n] | Y = A + B + C", "A[n] B[n] C[n] | Y[m] = C[m] + A[m] + B[m]"),
    # Scalars are multiplied out.
    ("A[n m] | Y[n m] = 2 A[n m] / n",
     "A[n m] | Y[n m] = A[n m] / sqrt(n) / sqrt(n) * 6 / 3"),
    ("A[n m] | Y[n m] = A[n m] / sqrt(4)", "A[n m] | Y[n m] = 0.5 A[n m]"),
    ("A[n m:n] | Y[n m] = A[n m] * n", "A[n m:n] | Y[n m] = A[n m] * m"),
    # Ops.
    ("A[n m] | Y = mean[n m](A)", "A[n m] | Y = mean[m n](A)"),
    ("A[n m] | Y = softmax[n](A)", "A[n m] | Y = softmax[m](A)"),
    ("A[n] | Y = sort[n](A, descending=1)", "A[n] | Y = sort[n](A, descending=true)"),
    # Bundles, convolved edges, written numbers.
    ("A[b h:(i*j)] B[j k] | Y[b i k] = A[b (i j)] B[j k]",
     "B[c d] A[b h:(e*c)] | Y[b x y] = A[b (x z)] B[z y]"),
    ("A[i n] B[k:3 j] | Y[i n j] = A[i n] B[n j] corr n (pad=1)",
     "A[i n] B[k:3 j] | Y[j i m] = A[i m] B[m j] corr m (pad=(1, 1))"),
    ("A[n] B[k:2] C[k:3] | Y[n] = A[n] B[n] C[n] conv n (pad=full)",
     "A[n] B[k:2] C[k:3] | Y[n] = A[n] C[n] B[n] conv n (pad=full)"),
    ("A[n] | const k[i:2 j:2]=(1 2 3 4) | Y[n i j] = A[n] k[i j]",
     "A[n] | const k[i:2 j:2]=(1 3 2 4) | Y[n i j] = A[n] k[i j]"),
    ("A[i:2 j:3] | const k[i:2 j:2]=(1 2 2 4) | Y[j a] = A[i j] k[i a]",
     "A[i:2 j:3] | const k[i:2 j:2]=(1 2 2 4) | Y[j a] = A[i j] k[a i]"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "two"), SAME)
def test_the_same_pictures(one: str, two: str):
    assert equivalent(picture(one), picture(two))
    assert str(canonical(picture(one))) == str(canonical(picture(two)))


DIFFERENT = [
    ("A[n n'] | t[] = A[i j] A[j k] A[k i]", "A[n n'] | t[] = A[i j] A[j k] A[i k]"),
    ("A[n n'] | Y[i k] = A[i j] A[j k]", "A[n n'] | Y[i k] = A[i j] A[k j]"),
    ("A[n n'] | Y[i k] = A[i j] A[k j]", "A[n n'] | Y[i k] = A[j i] A[j k] * 2 / 3"),
    ("A[i j] B[j k] | Y[i k] = A[i j] B[j k]", "A[i j] B[j k] | Y[i j k] = A[i j] B[j k]"),
    ("A[i j] B[j k] | Y[i k] = A[i j] B[j k]", "A[i j] B[j k] | Y[i k] = A[i j] B[j k] * 2"),
    ("A[i j] B[j k:7] | Y[i k] = A[i j] B[j k] / i",
     "A[i j] B[j k:7] | Y[i k] = A[i j] B[j k] / k"),
    ("A[n] B[n] | Y = A + B", "A[n] B[n] | Y = A - B"),
    ("A[n m:4] | Y = softmax[n](A)", "A[n m:4] | Y = softmax[m](A)"),
    ("A[n m:4] | Y = causal[n m](A)", "A[n m:4] | Y = causal[m n](A)"),
    ("A[n] | Y = relu(A)", "A[n] | Y = gelu(A)"),
    ("A[n m] | Y = causal[n m](A)", "A[n m] | Y = causal[n m](A, window=2)"),
    ("A[n] | Y = relu(A)", "A[n:4] | Y = relu(A)"),
    ("A[n m] | Y = relu(A)", "A[n n'] | Y = relu(A)"),
    ("A[n m] | dims n=3 | Y = relu(A)", "A[n m] | dims n=4 | Y = relu(A)"),
    ("A[i:2 j:4] | Y[(i j)] = A[i j]", "A[i:2 j:4] | Y[(j i)] = A[i j]"),
    ("A[i n:9] B[k:3 j] | Y[i n j] = A[i n] B[n j] corr n",
     "A[i n:9] B[k:3 j] | Y[i n j] = A[i n] B[n j] conv n"),
    ("A[i n:9] B[k:3 j] | Y[i n j] = A[i n] B[n j] corr n",
     "A[i n:9] B[k:3 j] | Y[i n j] = B[n j] A[i n] corr n (pad=full)"),
    ("A[i n:3] B[i n:3] | Y[i n] = A[i n] B[i n] corr n",
     "A[i n:3] B[i n:3] C[i:3] | Y[i n] = B[i n] A[i n] corr n"),
    ("A[n] B[k:3] | Y[n] = A[n] B[n] corr n (stride=2)",
     "A[n] B[k:3] | Y[n] = A[n] B[n] corr n (up=2)"),
    ("A[n:2] B[m:3] | Y = concat[n](A, B[n])", "A[n:2] B[m:3] | Y = concat[n](B[n], A)"),
    ("A[n] | const k[i:2 j:2]=(1 2 3 4) | Y[n i] = A[n] k[i i]",
     "A[n] | const k[i:2 j:2]=(1 2 3 5) | Y[n i] = A[n] k[i i]"),
    # What is merged first counts.
    ("A[i j] B[j k] C[k l] | Y[i l] = A[i j] B[j k] C[k l]",
     "A[i j] B[j k] C[k l] | P[i k] = A[i j] B[j k] | Y[i l] = P[i k] C[k l]"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "two"), DIFFERENT)
def test_different_pictures(one: str, two: str):
    assert equivalent(picture(one), picture(one))
    assert not equivalent(picture(one), picture(two))


def test_returned_values_are_compared_in_order():
    lines = "input A[n]\nY = relu(A)\nZ = tanh(A)\n"
    assert not equivalent(parse(f"{lines}return Y, Z"), parse(f"{lines}return Z, Y"))


def test_a_def_is_its_lines():
    one = parse(
        "def layer(X[b n f])\n  weight W[f f']\n  Y[b n g] = relu(X[b n f] W[f g])\n  return Y\n"
        "input X[b n f]\nY = layer^2(X)\nreturn Y"
    )
    two = parse(
        "input X[b n f]\nweight V[f f'] W[f f']\nH[b n g] = relu(X[b n f] V[f g])\n"
        "Y[b n g] = relu(H[b n f] W[f g])\nreturn Y"
    )
    tied = parse(str(one).replace("layer^2(X)", "layer^2(X, tied=1)"))
    assert equivalent(one, two)
    assert not equivalent(one, tied)


def test_bad_programs_are_refused():
    with pytest.raises(DiagramError, match="check wants a Program"):
        canonical("input X[n]")  # type: ignore[arg-type]
    with pytest.raises(DiagramError, match="nothing is returned"):
        equivalent(Program((), (), (), ()), Program((), (), (), ()))


# -- many parts that are alike --------------------------------------------------------------------


def heads(count: int) -> Program:
    """A sum of heads that are all alike."""
    names = [f"W{i}" for i in range(count)]
    terms = " + ".join(f"relu(X[b f] {name}[f d])[b d]" for name in names)
    weights = " ".join(f"{name}[f d]" for name in names)
    return parse(f"input X[b f]\nweight {weights}\nY[b d] = {terms}\nreturn Y")


def ring(count: int, turned: int = 0) -> Program:
    """The trace of a power, the first matrices turned."""
    uses = [f"A[e{i} e{(i + 1) % count}]" for i in range(turned, count)]
    uses += [f"A[e{(i + 1) % count} e{i}]" for i in range(turned)]
    return parse(f"input A[n n']\nt[] = {' '.join(uses)}\nreturn t")


def clique(count: int) -> Program:
    """A symmetric network: a use of one matrix for every two edges, both ways."""
    uses = [f"A[e{i} e{j}]" for i, j in permutations(range(count), 2)]
    return parse(f"input A[n n']\nt[] = {' '.join(uses)}\nreturn t")


@pytest.mark.parametrize("program", [heads(60), ring(40), ring(12, 5), clique(7)])
def test_symmetric_programs(program: Program):
    assert equivalent(program, disguised(program, Random(0)))
    lawful(program)


def test_symmetric_programs_that_differ():
    assert not equivalent(heads(5), heads(6))
    assert not equivalent(ring(6, 1), ring(6, 2))
    assert equivalent(ring(6, 2), ring(6, 4))
    two = [f"A[e{i} e{j}]" for i, j in ((0, 1), (1, 2), (2, 0), (3, 4), (4, 5), (5, 3))]
    assert not equivalent(ring(6), parse(f"input A[n n']\nt[] = {' '.join(two)}\nreturn t"))


def test_too_much_symmetry_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("diagram.equality.order.MOST_WORK", 1000)
    with pytest.raises(DiagramError, match="too many parts that are alike"):
        canonical(clique(6))


def test_long_programs():
    lines = [f"H{i}[b f] = relu(H{i - 1}[b g] W{i}[g f])" for i in range(1, 150)]
    weights = " ".join(f"W{i}[f f']" for i in range(1, 150))
    program = parse("\n".join(["input H0[b f]", f"weight {weights}", *lines, "return H149"]))
    assert equivalent(program, disguised(program, Random(1)))
