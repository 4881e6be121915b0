"""Every stored network gives its numbers in every notation that runs."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

import pytest

from diagram import SizeError, show
from diagram.language.core import Let, Program
from diagram.language.count import bound
from diagram.notation.equations import let_lengths
from diagram.notation.loops import value_names
from diagram.showing import shown
from tests.notation.running import (
    EVALUATED,
    MOST_TURNS,
    close,
    network,
    run,
    run_numpy,
    run_torch,
)


@pytest.mark.parametrize("name", EVALUATED)
def test_einsum_of_networks(name: str):
    program, sizes, values = network(name)
    found = run_numpy(program, shown(program, "einsum", sizes=sizes), values)
    for let, value in found.items():
        close(value, values[let], let)


@pytest.mark.parametrize("name", EVALUATED)
def test_torch_of_networks(name: str):
    program, sizes, values = network(name)
    found = run_torch(program, shown(program, "torch", sizes=sizes), values)
    for let, value in zip(program.outputs, found, strict=True):
        close(value.numpy(), values[let], let)


def turns(program: Program, let: Let, sizes: Mapping[str, int]) -> int:
    found = let_lengths(program, let, bound(program, dict(sizes)))
    return prod(size.value({}) for edge, size in found.items() if ":0" not in edge)


@pytest.mark.parametrize("name", EVALUATED)
def test_loops_of_networks(name: str):
    program, sizes, values = network(name)
    names = value_names(program)
    scope = {names[value]: values[value] for value in (*program.source, *program.let)}
    for let in program.lets:
        if turns(program, let, sizes) <= MOST_TURNS:
            text = f"import math\nimport numpy as np\n{shown(program, 'loops', let.name, sizes)}"
            close(run(text, scope)[names[let.name]], values[let.name], let.name)


@pytest.mark.parametrize("name", EVALUATED)
@pytest.mark.parametrize("notation", ["einsum", "torch"])
def test_lengths_are_read_off_shapes(name: str, notation: str):
    """Without numbers the same code runs, but for dims that no shape tells."""
    program, _, values = network(name)
    if name in UNTOLD[notation]:
        with pytest.raises(SizeError):
            show(program, notation)
        return
    text = show(program, notation)
    if notation == "torch":
        close(run_torch(program, text, values)[0].numpy(), values[program.outputs[0]], name)
    else:
        for let, value in run_numpy(program, text, values).items():
            close(value, values[let], let)


UNTOLD = {
    "einsum": {"group norm"},
    "torch": {
        "T5 relative bias",
        "GPT: 2 blocks, embedding, tied unembedding",
        "batch norm (evaluation)",
        "group norm",
        "ResNet block with down-sampling",
    },
}
"""Networks with a dim that only a bundle has; torch must also know what indices stay below, and
the lengths of buffers."""
