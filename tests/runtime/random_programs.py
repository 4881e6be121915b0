"""Random programs with small whole numbers for their sources, and what numpy makes of them.

Every edge has a letter, every letter a dim. Nodes take any letters of the right dims, so there are
batch legs, hyperedges, legs summed at one node, diagonals, traces and outer products without being
asked for. In float64 whole numbers below 2^53 are exact, so that every order of merging must give
the same result to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

DIMS = "ijk"
LETTERS = {"a": "i", "b": "i", "c": "i", "x": "j", "y": "j", "z": "k"}
"""Six edges and their dims."""

KINDS = ("input", "input", "input", "weight", "buffer", "const")
SCALES: Mapping[str, Callable[[Mapping[str, int]], float]] = {
    "": lambda n: 1.0,
    " * 3": lambda n: 3.0,
    " / 2": lambda n: 0.5,
    " * i": lambda n: n["i"],
    " * sqrt(4) * j": lambda n: 2.0 * n["j"],
    " * (i + j) / 4": lambda n: (n["i"] + n["j"]) / 4,
}
EXACT = 2.0**50


@dataclass(frozen=True)
class Node:
    """A use of a value under letters."""

    value: str
    letters: str

    def __str__(self) -> str:
        return f"{self.value}[{' '.join(self.letters)}]"


@dataclass
class Written:
    """A text, and for each of its values the legs' dims and how numpy makes it."""

    dims: dict[str, str] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    makers: dict[str, Callable[[Mapping[str, Numbers], Mapping[str, int]], Numbers]] = field(
        default_factory=dict
    )
    outputs: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        sources = [
            f"{kind} {name}[{' '.join(f'l{place}:{dim}' for place, dim in enumerate(dims))}]"
            + (" = given" if kind == "const" else "")
            for name, kind in self.kinds.items()
            for dims in [self.dims[name]]
        ]
        lines = [f"dims {' '.join(DIMS)}", *sources, *self.lines]
        return "\n".join([*lines, f"return {', '.join(self.outputs)}"])

    def __repr__(self) -> str:
        return self.text

    @property
    def inputs(self) -> list[str]:
        """The values that a module is called with, in order."""
        fed = [name for name, kind in self.kinds.items() if kind == "input"]
        return fed + [name for name, kind in self.kinds.items() if kind == "const"]

    @property
    def held(self) -> list[str]:
        return [name for name, kind in self.kinds.items() if kind in ("weight", "buffer")]

    @property
    def fixed(self) -> set[str]:
        """Dims whose length a module must know when it is made."""
        return {dim for name in self.held for dim in self.dims[name]}

    @property
    def told(self) -> set[str]:
        """Dims that the shapes tell."""
        return {dim for name in self.kinds for dim in self.dims[name]}

    def numbers(self, lengths: Mapping[str, int], seed: int) -> dict[str, Numbers]:
        """Whole numbers from -3 to 3 for every source."""
        random = np.random.default_rng(seed)
        return {
            name: random.integers(-3, 4, [lengths[d] for d in self.dims[name]]).astype(np.float64)
            for name in self.kinds
        }

    def results(
        self, sources: Mapping[str, Numbers], lengths: Mapping[str, int]
    ) -> dict[str, Numbers]:
        """Every value, made by numpy."""
        values = dict(sources)
        for name, make in self.makers.items():
            values[name] = make(values, lengths)
        return values

    def is_exact(self, lengths: Mapping[str, int], scale: float = 4.0) -> bool:
        """Whether no sum on the way, in any order, can leave the exact whole numbers."""
        most = {name: np.full([lengths[d] for d in self.dims[name]], 3.0) for name in self.kinds}
        values = self.results(most, lengths)
        return all(np.abs(value).max(initial=0.0) * scale < EXACT for value in values.values())


def product(
    nodes: list[Node], output: str, scale: str
) -> Callable[[Mapping[str, Numbers], Mapping[str, int]], Numbers]:
    """One numpy.einsum over all nodes."""

    def make(values: Mapping[str, Numbers], lengths: Mapping[str, int]) -> Numbers:
        equation = f"{','.join(node.letters for node in nodes)}->{output}"
        result = np.einsum(equation, *(values[node.value] for node in nodes))
        return np.asarray(result * SCALES[scale](lengths), dtype=np.float64)

    return make


@st.composite
def lengths(draw: st.DrawFn, least: int = 1) -> dict[str, int]:
    return {dim: draw(st.integers(least, 3)) for dim in DIMS}


@st.composite
def sources(draw: st.DrawFn, written: Written, least: int = 1) -> None:
    """One to four sources of up to three legs; the first is an input."""
    for place in range(draw(st.integers(least, 4))):
        name = f"A{place}"
        written.kinds[name] = "input" if place == 0 else draw(st.sampled_from(KINDS))
        written.dims[name] = draw(st.text("iiijjk", max_size=3))


def letters_of(draw: st.DrawFn, dims: str) -> str:
    """A letter for each leg; the same twice is a diagonal."""
    choices = {dim: [letter for letter in LETTERS if LETTERS[letter] == dim] for dim in DIMS}
    return "".join(draw(st.sampled_from(choices[dim])) for dim in dims)


def diagram(draw: st.DrawFn, written: Written, name: str, most: int) -> None:
    """A let that is a product of up to `most` nodes, of any values so far."""
    values = sorted(written.dims)
    chosen = draw(st.lists(st.sampled_from(values), min_size=1, max_size=most))
    nodes = [Node(value, letters_of(draw, written.dims[value])) for value in chosen]
    edges = sorted({letter for node in nodes for letter in node.letters})
    kept = draw(st.permutations(edges))[: draw(st.integers(0, min(4, len(edges))))]
    scale = draw(st.sampled_from(sorted(SCALES)))
    if not set("ij") <= written.told:
        scale = " * 3" if scale else scale
    output = "".join(kept)
    written.lines.append(f"{name}[{' '.join(output)}] = {' '.join(map(str, nodes))}{scale}")
    written.makers[name] = product(nodes, output, scale)
    written.dims[name] = "".join(LETTERS[letter] for letter in output)


@st.composite
def single(draw: st.DrawFn) -> Written:
    """One diagram of up to six nodes."""
    written = Written()
    draw(sources(written))
    diagram(draw, written, "Y", 6)
    written.outputs.append("Y")
    return written


# -- ops that keep whole numbers whole ------------------------------------------------------------


def _relu(x: Numbers, axis: int) -> Numbers:
    return np.maximum(x, 0.0)


OPS: Mapping[str, Callable[[Numbers, int], Numbers]] = {
    "relu({})": _relu,
    "square({})": lambda x, axis: x * x,
    "cumsum[{leg}]({})": np.cumsum,
    "sort[{leg}]({})": np.sort,
    "sort[{leg}]({}, descending=1)": lambda x, axis: -np.sort(-x, axis),
    "max[{leg}]({})": lambda x, axis: x.max(axis),
    "min[{leg}]({})": lambda x, axis: x.min(axis),
}


def op(draw: st.DrawFn, written: Written, name: str) -> None:
    """A let that is an op of one earlier value."""
    value = draw(st.sampled_from(sorted(written.dims)))
    dims = written.dims[value]
    text = draw(st.sampled_from(sorted(OPS)))
    if "{leg}" in text and not dims:
        text = "relu({})"
    letters = distinct(draw, dims)
    axis = draw(st.integers(0, max(0, len(dims) - 1)))
    leg = letters[axis] if dims else ""
    vanishes = text.startswith(("max", "min"))
    kept = letters.replace(leg, "") if vanishes else letters
    output = "".join(draw(st.permutations(kept)))
    line = text.format(str(Node(value, letters)), leg=leg)
    written.lines.append(f"{name}[{' '.join(output)}] = {line}")
    order = [kept.index(letter) for letter in output]
    written.makers[name] = lambda values, lengths: OPS[text](values[value], axis).transpose(order)
    written.dims[name] = "".join(dims[letters.index(letter)] for letter in output)


def distinct(draw: st.DrawFn, dims: str) -> str:
    """A letter of its own for each leg; there are three of each dim."""
    choices = {"i": "abc", "j": "xyw", "k": "zuv"}
    chosen = {dim: draw(st.permutations(choices[dim])) for dim in sorted(set(dims))}
    return "".join(chosen[dim].pop() for dim in dims)


def summation(draw: st.DrawFn, written: Written, name: str) -> None:
    """A let that adds values; terms may lack legs, which are repeated along them."""
    first = draw(st.sampled_from(sorted(written.dims)))
    letters = distinct(draw, written.dims[first])
    dims = dict(zip(letters, written.dims[first], strict=True))
    terms = [(1, Node(first, letters))]
    for value in draw(st.lists(st.sampled_from(sorted(written.dims)), max_size=3)):
        fits: list[str] = list(draw(st.permutations(letters)))
        taken = ""
        for dim in written.dims[value]:
            match = next((e for e in fits if dims[e] == dim and e not in taken), "")
            taken += match
        if len(taken) == len(written.dims[value]):
            terms.append((draw(st.sampled_from((1, -1))), Node(value, taken)))
    output = "".join(draw(st.permutations(letters)))
    text = "".join(f" {'+' if sign > 0 else '-'} {node}" for sign, node in terms)
    written.lines.append(f"{name}[{' '.join(output)}] = {text.removeprefix(' + ')}")

    def make(values: Mapping[str, Numbers], lengths: Mapping[str, int]) -> Numbers:
        total = np.zeros([lengths[dims[letter]] for letter in output])
        for sign, node in terms:
            order = [node.letters.index(letter) for letter in output if letter in node.letters]
            shape = [lengths[dims[e]] if e in node.letters else 1 for e in output]
            total = total + sign * values[node.value].transpose(order).reshape(shape)
        return np.asarray(total)

    written.makers[name] = make
    written.dims[name] = "".join(dims[letter] for letter in output)


@st.composite
def several(draw: st.DrawFn) -> Written:
    """Up to five lets: diagrams, ops and sums of each other's results; up to three are returned."""
    written = Written()
    draw(sources(written))
    lets = [f"V{place}" for place in range(draw(st.integers(1, 5)))]
    for name in lets:
        match draw(st.integers(0, 3)):
            case 0 | 1:
                diagram(draw, written, name, 3)
            case 2:
                op(draw, written, name)
            case _:
                summation(draw, written, name)
    written.outputs += draw(st.lists(st.sampled_from(lets), min_size=1, max_size=3, unique=True))
    return written


# -- attention ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Attention:
    """Softmax between two products of random nodes, perhaps masked."""

    text: str
    shapes: Mapping[str, tuple[str, ...]]
    kinds: Mapping[str, str]

    def __repr__(self) -> str:
        return self.text

    @property
    def inputs(self) -> list[str]:
        return [name for name, kind in self.kinds.items() if kind == "input"]

    def numbers(self, lengths: Mapping[str, int], seed: int) -> dict[str, Numbers]:
        random = np.random.default_rng(seed)
        found = {}
        for name, dims in self.shapes.items():
            value = random.standard_normal([lengths[dim] for dim in dims])
            found[name] = (value > -0.3).astype(np.float64) if name.startswith("M") else value
        return found


@st.composite
def attentions(draw: st.DrawFn) -> Attention:
    """Letters are dims: b, h batch; n rows; m keys; d, e summed; f, o open in the values."""
    shapes: dict[str, tuple[str, ...]] = {}
    kinds: dict[str, str] = {}

    def node(prefix: str, letters: str, least: int = 1, must: str = "") -> str:
        count = draw(st.integers(least, min(3, len(letters))))
        chosen = list(draw(st.permutations(letters)))[:count]
        chosen += [letter for letter in must if letter not in chosen]
        name = f"{prefix}{len(shapes)}"
        shapes[name] = tuple(chosen)
        kinds[name] = draw(st.sampled_from(("input", "weight")))
        return f"{name}[{' '.join(chosen)}]"

    scores = [node("Q", "bhnde", must="n"), node("K", "bhmde", must="m")]
    scores += [node("P", "bhnmde") for _ in range(draw(st.integers(0, 2)))]
    scores = list(draw(st.permutations(scores)))
    present = {letter for dims in shapes.values() for letter in dims}
    kept = [e for e in draw(st.permutations("bhnm")) if e in present]
    scale = draw(
        st.sampled_from(["", " / sqrt(n)", " * 2", " / sqrt(d)" if "d" in present else ""])
    )
    lines = [f"S[{' '.join(kept)}] = {' '.join(scores)}{scale}"]
    below = "S"
    for _ in range(draw(st.integers(0, 2))):
        if draw(st.booleans()):
            legs = draw(st.sampled_from(["n m", "b m", "h m", "m", "n"]))
            if set(legs.split()) <= set(kept):
                name = f"M{len(shapes)}"
                shapes[name], kinds[name] = tuple(legs.split()), "input"
                below = f"mask({below}, {name}[{' '.join(shapes[name])}])"
        else:
            window = draw(st.sampled_from(["", ", window=2", ", shift=1", ", window=3, shift=1"]))
            below = f"causal[n m]({below}{window})"
    lines.append(f"A = softmax[m]({below})")
    values = [node("V", "bhmef", must="m")]
    values += [node("O", "bhnefo") for _ in range(draw(st.integers(0, 2)))]
    readers = list(draw(st.permutations([f"A[{' '.join(kept)}]", *values])))
    edges = {*kept, *(e for name, dims in shapes.items() if name[0] in "VO" for e in dims)} - {"m"}
    output = [e for e in draw(st.permutations("bhnefo")) if e in edges]
    output = output[: draw(st.integers(1, len(output)))]
    # The reader may call the edges otherwise: a summed letter of the scores may be a kept one here.
    other = str.maketrans("bhnmdefo", "".join(draw(st.permutations("bhnmdefo"))))
    lines.append(f"Y[{' '.join(output)}] = {' '.join(readers)}".translate(other))
    declared = [f"{kinds[name]} {name}[{' '.join(dims)}]" for name, dims in shapes.items()]
    assume("input" in kinds.values())
    return Attention("\n".join([*declared, *lines, "return Y"]), shapes, kinds)
