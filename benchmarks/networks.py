"""Networks to search orders for: random ones, attention, convolutions, einsum_benchmark's kinds.

All are the same in every run. The instances of einsum_benchmark itself are downloads, which we do
not make; here are networks of its families, from its own generators where these need no more.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

Edges = frozenset[str]
Pad = Literal["valid", "same", "full", "circular"]
PADS: tuple[Pad, ...] = ("valid", "same", "full", "circular")


@dataclass(frozen=True)
class Star:
    """A convolved edge: its signal is at the first node; kernels are shorter."""

    signal: int
    kernels: Mapping[int, int]
    """The length at each other node that has it."""
    pad: Pad


@dataclass(frozen=True)
class Instance:
    """Nodes as sets of edges, the edges of the result, and their lengths; some are convolved."""

    name: str
    inputs: tuple[Edges, ...]
    output: Edges
    sizes: Mapping[str, int]
    stars: Mapping[str, Star] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The program with this one product."""
        declared = "\n".join(
            f"input A{place}[{self._legs(place)}]" for place in range(len(self.inputs))
        )
        nodes = " ".join(
            f"A{place}[{' '.join(sorted(edges))}]" for place, edges in enumerate(self.inputs)
        )
        clauses = " ".join(
            f"{'conv' if star.pad in ('full', 'circular') else 'corr'} {edge} (pad={star.pad})"
            for edge, star in self.stars.items()
        )
        output = " ".join(sorted(self.output))
        return f"{declared}\nY[{output}] = {nodes} {clauses}\nreturn Y\n"

    def _legs(self, place: int) -> str:
        """The legs of a node, each with its length."""
        legs = []
        for edge in sorted(self.inputs[place]):
            star = self.stars.get(edge)
            length = self.sizes[edge] if star is None else star.kernels.get(place, star.signal)
            legs.append(f"{edge}:{length}")
        return " ".join(legs)


def of_equation(name: str, equation: str, sizes: Mapping[str, int]) -> Instance:
    """One einsum: letters are edges.

    >>> sorted(of_equation("chain", "ij,jk->ik", {"i": 2, "j": 3, "k": 4}).output)
    ['i', 'k']
    """
    inputs, _, output = equation.partition("->")
    return Instance(name, tuple(map(frozenset, inputs.split(","))), frozenset(output), sizes)


def of_shapes(name: str, equation: str, shapes: Sequence[Sequence[int]]) -> Instance:
    """One einsum with the shapes of its tensors."""
    inputs = equation.partition("->")[0].split(",")
    pairs = zip(inputs, shapes, strict=True)
    sizes = {edge: int(length) for t, shape in pairs for edge, length in zip(t, shape, strict=True)}
    return of_equation(name, equation, sizes)


def of_nodes(
    name: str, nodes: Sequence[Sequence[str]], sizes: Mapping[str, int] | int, output: str = ""
) -> Instance:
    """Nodes with named edges; one number is the length of all."""
    inputs = tuple(map(frozenset, nodes))
    if isinstance(sizes, int):
        sizes = dict.fromkeys(frozenset[str]().union(*inputs), sizes)
    return Instance(name, inputs, frozenset(output.split()), sizes)


def scattered(count: int, seed: int) -> Instance:
    """A connected random network: some edges join more than two nodes, some stay."""
    chance = random.Random(f"{count} {seed}")
    nodes: list[list[str]] = [[] for _ in range(count)]
    sizes: dict[str, int] = {}

    def edge(ends: Sequence[int]) -> str:
        name = f"e{len(sizes)}"
        sizes[name] = chance.choice((2, 3, 4, 6, 8, 12, 32, 100))
        for end in ends:
            nodes[end].append(name)
        return name

    for node in range(1, count):
        edge([node, chance.randrange(node)])
    for _ in range(chance.randrange(count)):
        edge(chance.sample(range(count), 2))
    for _ in range(chance.randrange(3)):
        edge(chance.sample(range(count), min(count, 3)))
    stay = [edge([chance.randrange(count)]) for _ in range(chance.randrange(4))]
    return of_nodes(f"scattered {count}.{seed}", nodes, sizes, " ".join(stay))


ATTENTION = (
    "bnf,fhd,bmg,ghd->bhnm",
    "bhnm,bmg,ghd,hdf->bnf",
    "bnf,fkcd,bmg,gkd->bkcnm",
    "bnf,fhd,bmg,ghd,bme,ehc,hcf->bnf",
    "bnf,fr,rhd,bmg,gs,shd->bhnm",
    "bhnm,bme,ehd,hdu,uf->bnf",
    "bnf,fr,bmg,gr,rd,bme,ed->bnd",
    "bnf,fhd,hde,bmg,ghe,bmc,chu,huf->bnf",
    "bnf,fr,rhd,bmg,gs,shd,bme,et,thc,hcf->bnf",
)


def attending(seed: int) -> Instance:
    """One of several products around attention, at random sizes."""
    chance = random.Random(seed)
    equation = ATTENTION[seed % len(ATTENTION)]
    few, many, width = (1, 2, 4, 8, 16), (16, 77, 128, 512, 1024), (8, 16, 32, 64, 256)
    choices = {"b": few, "h": few, "k": few, "c": few, "n": many, "m": many}
    letters = sorted(set(equation) - set(",->"))
    sizes = {letter: chance.choice(choices.get(letter, width)) for letter in letters}
    return of_equation(f"attention {seed}", equation, sizes)


def convolving(count: int, stars: int, seed: int) -> Instance:
    """A random network whose first node is convolved with others along some edges."""
    chance = random.Random(f"{count} {stars} {seed}")
    plain = scattered(count, seed)
    nodes = [set(edges) for edges in plain.inputs]
    found: dict[str, Star] = {}
    for edge in ("x", "y", "z")[:stars]:
        pad = chance.choice(PADS)
        many = 1 if pad in ("valid", "same") else chance.randrange(1, 4)
        kernels = {
            place: chance.choice((1, 2, 3, 5, 7))
            for place in chance.sample(range(1, count), min(many, count - 1))
        }
        found[edge] = Star(chance.choice((9, 28, 56, 224)), kernels, pad)
        for place in (0, *kernels):
            nodes[place].add(edge)
    stay = plain.output | {edge for edge in found if chance.random() < 0.8}
    name = f"convolved {count}.{seed}, {stars} stars"
    return Instance(name, tuple(map(frozenset, nodes)), frozenset(stay), plain.sizes, found)


def cp_layer(channels: int, kernel: int, image: int, batch: int, rank: int) -> Instance:
    """The product of a CP convolution layer (Lebedev et al., 2015): X, and T, S, H, W factors."""
    sizes = {"b": batch, "s": channels, "t": channels, "r": rank}
    stars = {"x": Star(image, {3: kernel}, "same"), "y": Star(image, {4: kernel}, "same")}
    inputs = tuple(map(frozenset, ("bsxy", "rt", "rs", "rx", "ry")))
    name = f"CP layer {channels} -> {channels}, {kernel}x{kernel} on {image}x{image}, rank {rank}"
    return Instance(name, inputs, frozenset("btxy"), sizes, stars)


def circuit(qubits: int, depth: int, seed: int) -> Instance:
    """One amplitude of a random circuit: gates on pairs of neighbours of a ring, some left out."""
    chance = random.Random(seed)
    wire = [f"q{qubit}.0" for qubit in range(qubits)]
    nodes = [[name] for name in wire]
    for layer in range(1, depth + 1):
        for qubit in range(layer % 2, qubits, 2):
            if chance.random() < 0.8:
                pair = (qubit, (qubit + 1) % qubits)
                after = [f"q{one}.{layer}" for one in pair]
                nodes.append([*(wire[one] for one in pair), *after])
                for one, name in zip(pair, after, strict=True):
                    wire[one] = name
    nodes += [[name] for name in wire]
    return of_nodes(f"circuit {qubits}x{depth}", nodes, 2)


def alternating(qubits: int, rounds: int, seed: int) -> Instance:
    """One amplitude of the circuit of QAOA for MaxCut on a random graph of degree three.

    Gates that are diagonal make edges of many nodes.
    """
    chance = random.Random(seed)
    pairs = {(one, (one + 1) % qubits) for one in range(qubits)}
    free = chance.sample(range(qubits), qubits)
    pairs |= {(free[i], free[i + 1]) for i in range(0, qubits - 1, 2)}
    nodes = [[f"q{qubit}.0"] for qubit in range(qubits)]
    for turn in range(rounds):
        nodes += [[f"q{one}.{turn}", f"q{other}.{turn}"] for one, other in sorted(pairs)]
        nodes += [[f"q{one}.{turn}", f"q{one}.{turn + 1}"] for one in range(qubits)]
    nodes += [[f"q{qubit}.{rounds}"] for qubit in range(qubits)]
    return of_nodes(f"QAOA {qubits}x{rounds}", nodes, 2)


def counting(variables: int, clauses: int, seed: int) -> Instance:
    """Weighted model counting of a random formula of three literals a clause."""
    chance = random.Random(seed)
    nodes = [[f"v{place}" for place in chance.sample(range(variables), 3)] for _ in range(clauses)]
    used = sorted({edge for node in nodes for edge in node})
    return of_nodes(f"counting {variables}/{clauses}", [*nodes, *([edge] for edge in used)], 2)


def grid(rows: int, columns: int, length: int) -> Instance:
    """A graphical model on a grid: a factor for each pair of neighbours and for each variable."""
    places = [(row, column) for row in range(rows) for column in range(columns)]
    nodes = [[f"v{row}.{column}"] for row, column in places]
    nodes += [[f"v{r}.{c}", f"v{r + 1}.{c}"] for r, c in places if r + 1 < rows]
    nodes += [[f"v{r}.{c}", f"v{r}.{c + 1}"] for r, c in places if c + 1 < columns]
    return of_nodes(f"grid {rows}x{columns}", nodes, length)


def of_forty() -> Iterator[Instance]:
    """Random networks of 40 nodes."""
    yield from (scattered(40, seed) for seed in (1, 2, 3))
    yield from (each for each in families() if "work 40" in each.name or "regular 40" in each.name)


def families() -> Iterator[Instance]:
    """Networks of einsum_benchmark's families, of 30 to 200 nodes; without it those of our own."""
    yield circuit(20, 10, seed=1)
    yield circuit(30, 12, seed=2)
    yield alternating(16, 2, seed=1)
    yield alternating(20, 3, seed=2)
    yield counting(30, 60, seed=1)
    yield counting(40, 100, seed=2)
    yield grid(6, 8, length=3)
    try:
        from einsum_benchmark import generators
    except ImportError:
        return
    scattered, structured = generators.random, generators.structured
    network, hyper = scattered.connected_network, scattered.connected_hypernetwork
    lattice, tree = structured.lattice, structured.tree
    mps, language = generators.quantum_computing.matrix_product_state, generators.language_model
    made: Mapping[str, Callable[[], tuple[str, Sequence[Sequence[int]]]]] = {
        "network 40/3 a": partial(network, 40, 3.0, seed=1),
        "network 40/3 b": partial(network, 40, 3.0, number_of_output_indices=3, seed=2),
        "network 60/3 a": partial(network, 60, 3.0, seed=3),
        "network 60/3 b": partial(network, 60, 3.0, number_of_output_indices=3, seed=4),
        "network 100/2.5": partial(network, 100, 2.5, number_of_output_indices=2, seed=5),
        "hypernetwork 40": partial(hyper, 40, 3.0, max_edge_order=4, max_axis_size=4, seed=1),
        "hypernetwork 80": partial(hyper, 80, 2.5, max_edge_order=5, max_axis_size=4, seed=2),
        "regular 40/3": partial(scattered.regular, 40, 3, seed=1),
        "regular 80/3": partial(scattered.regular, 80, 3, seed=2),
        "lattice 7x7": partial(lattice, (7, 7), seed=1),
        "lattice 10x10": partial(lattice, (10, 10), seed=1),
        "lattice 4x4x4": partial(lattice, (4, 4, 4), seed=1),
        "torus 6x6": partial(lattice, (6, 6), cyclic=True, seed=1),
        "tree 60": partial(tree, 60, seed=1),
        "tree 150": partial(tree, 150, seed=2),
        "chain 60": partial(structured.matrix_chain, 60, seed=1),
        "MPS 40": partial(mps, 40, seed=1),
        "MERA 4": partial(language.p_first_and_last, 4, 4, 4),
        "likelihood 3": partial(language.sliding_likelihood, 3, 4, 4, 3),
    }
    for name, make in made.items():
        equation, shapes = make()
        yield of_shapes(name, equation, shapes)
