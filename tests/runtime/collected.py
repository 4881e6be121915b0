"""Modules of many programs, for laws that hold for all: all of models/, and stored networks."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch

from diagram import Program, compile, parse
from diagram.language.count import dim_names
from diagram.language.inline import inline
from diagram.runtime import DiagramModule
from models import BLOCKS, WILD, ZOO
from tests.models.cases import Case

NETWORKS: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parent.parent / "data" / "networks.json").read_text(encoding="utf-8")
)
SMALL = {"f": 12, "h": 3, "k": 10, "v": 11, "p": 16}
SMALL_WILD = {**SMALL, "d": 4, "e": 10, "g": 2, "k": 8, "p": 4, "q": 6, "u": 4, "v": 14}
FIXED = {"bloom": "h"}
"""Dims that a program has numbers for: a slope for each of BLOOM's heads."""


def network(name: str) -> tuple[Program, dict[str, int]]:
    """A stored network, and numbers for its dims."""
    program = parse(NETWORKS[name]["text"])
    sizes = NETWORKS[name]["sizes"]
    return program, {dim: sizes[dim] for dim in dim_names(inline(program)) if dim in sizes}


def _model(name: str) -> tuple[Program, dict[str, int]]:
    program = Case(name, 1).program if name in ZOO else BLOCKS[name].program(layers=2, **SMALL)
    return program, {}


def _wild(name: str) -> tuple[Program, dict[str, int]]:
    program = WILD[name].program()
    own = {dim.name for dim in program.dims} - {FIXED.get(name)}
    return program, {dim: n for dim, n in SMALL_WILD.items() if dim in own}


PROGRAMS: Mapping[str, Callable[[], tuple[Program, dict[str, int]]]] = {
    **{name: partial(_model, name) for name in (*ZOO, *BLOCKS)},
    **{name: partial(_wild, name) for name in WILD},
    **{name: partial(network, name) for name in NETWORKS},
}
"""Each program, and numbers for dims that have no default."""


def module_of(name: str, **options: Any) -> DiagramModule:
    """A program compiled, in evaluation mode."""
    program, sizes = PROGRAMS[name]()
    torch.manual_seed(0)
    return compile(program, sizes, **options).eval()
