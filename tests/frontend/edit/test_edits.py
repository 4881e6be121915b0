"""Edits as pure functions: multi-head attention from nothing, refusals, and random walks."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from diagram import equivalent, parse
from diagram.draw.build import scene
from diagram.language.core import Kind, Program, nodes
from frontend.edit.edits import (
    EMPTY,
    AddLeg,
    AddSource,
    AddUse,
    Cut,
    Delete,
    Edit,
    Edited,
    Give,
    Join,
    Keep,
    Move,
    Refusal,
    Rename,
    Scale,
    Sketch,
    Wrap,
    apply,
)
from models import BLOCKS, WILD, ZOO

AT = (10.0, 20.0)


def edited(sketch: Sketch, *edits: Edit) -> Sketch:
    for edit in edits:
        found = apply(sketch, edit)
        assert isinstance(found, Edited), (edit, found)
        sketch = found.sketch
    return sketch


def of(text: str) -> Sketch:
    return Sketch(parse(text))


def text(sketch: Sketch) -> str:
    return str(sketch.program)


def refused(sketch: Sketch, edit: Edit) -> str:
    found = apply(sketch, edit)
    assert isinstance(found, Refusal), found
    return found.reason


def leg(sketch: Sketch, value: str, letter: str, use: int = 0) -> str:
    """The path of a declared leg of a use of a source, as a picture has it."""
    program = sketch.program
    axis = [own.name for own in program.source[value].legs].index(letter)
    found = [
        f"{let.name}/{place}/{axis}"
        for let in program.lets
        for place, node in enumerate(nodes(let.maker))
        if node.value == value
    ]
    return found[use] if found else f"{value}/{axis}"


MULTI_HEAD = """
input X[b n f]
weight WQ[f h d] WK[f h d] WV[f h d] WO[h d f]
S[b h n m] = X[b n f] WQ[f h d] X[b m g] WK[g h d] / sqrt(d)
A = softmax[m](S)
Y[b n f] = A[b h n m] X[b m g] WV[g h d] WO[h d f]
return Y
"""


def test_multi_head_attention_from_nothing():
    made = edited(
        Sketch(EMPTY),
        AddSource(Kind.INPUT, "X[b n f]", AT),
        *(AddSource(Kind.WEIGHT, f"{name}[f h d]", AT) for name in ("WQ", "WK", "WV")),
        AddSource(Kind.WEIGHT, "WO[h d f]", AT),
    )
    made = edited(made, AddUse("X", AT), AddUse("X2/0", AT))

    def join(one: tuple[str, str, int], other: tuple[str, str, int], kept: bool = False) -> None:
        nonlocal made
        made = edited(made, Join(leg(made, *one), leg(made, *other), kept))

    join(("X", "f", 0), ("WQ", "f", 0))
    join(("WK", "f", 0), ("X", "f", _use(made, "X3")))
    join(("WQ", "d", 0), ("WK", "d", 0))
    join(("WQ", "h", 0), ("WK", "h", 0), kept=True)
    k = _partner(made, "WK")
    join(("X", "b", _partner(made, "WQ")), ("X", "b", k), kept=True)
    made = edited(made, Scale(leg(made, "WQ", "d"), "/ sqrt(d)"))
    made = edited(made, Wrap((leg(made, "X", "n", _partner(made, "WK")),), "softmax"))
    free = next(at for at in range(3) if at not in (_partner(made, "WK"), _partner(made, "WQ")))
    join(("X", "f", free), ("WV", "f", 0))
    free = _partner(made, "WV")
    join(("X", "n", _partner(made, "WK")), ("X", "n", free))
    free = _partner(made, "WV")
    join(("X", "b", _partner(made, "WQ")), ("X", "b", free), kept=True)
    join(("WQ", "h", 0), ("WV", "h", 0))
    join(("WV", "d", 0), ("WO", "d", 0))
    join(("WV", "h", 0), ("WO", "h", 0))
    assert equivalent(made.program, parse(MULTI_HEAD)), text(made)


def _uses(sketch: Sketch, value: str) -> list[tuple[str, int]]:
    return [
        (let.name, place)
        for let in sketch.program.lets
        for place, node in enumerate(nodes(let.maker))
        if node.value == value
    ]


def _use(sketch: Sketch, let: str) -> int:
    return [name for name, _ in _uses(sketch, "X")].index(let)


def _partner(sketch: Sketch, weight: str) -> int:
    """Which use of X shares its last leg with this weight."""
    (name, place), *_ = _uses(sketch, weight)
    letter = nodes(sketch.program.let[name].maker)[place].axes[0]
    found = _uses(sketch, "X")
    return next(
        at
        for at, (let, spot) in enumerate(found)
        if let == name and nodes(sketch.program.let[let].maker)[spot].axes[2] == letter
    )


# -- random walks -----------------------------------------------------------------------------


def legs(program: Program) -> list[str]:
    found = [
        f"{let.name}/{place}/{axis}"
        for let in program.lets
        for place, node in enumerate(nodes(let.maker))
        for axis in range(len(node.axes))
    ]
    loose = [s for s in program.sources if s.name not in program.readers]
    return found + [f"{s.name}/{axis}" for s in loose for axis in range(len(s.legs))]


def some_edit(program: Program, chance: random.Random) -> Edit:
    drawn = scene(program) if program.outputs else None
    paths = list(drawn.ids) if drawn else ["X"]
    own = legs(program) or ["X/0"]
    path, at = chance.choice(paths), (chance.uniform(-900, 900), chance.uniform(-900, 900))
    name = chance.choice("XYZWVPQ") + chance.choice(["", "1", "2", "3'"])
    shape = " ".join(chance.sample("bnmfhd", chance.randint(0, 4)))
    op = chance.choice(["softmax", "relu", "layer_norm", "max", "mean", "gelu"])
    made: list[Callable[[], Edit]] = [
        lambda: AddSource(chance.choice([Kind.INPUT, Kind.WEIGHT]), f"{name}[{shape}]", at),
        lambda: AddUse(path, at),
        lambda: AddLeg(path, chance.choice("bnmfhd")),
        *[lambda: Join(chance.choice(own), chance.choice(own), chance.random() < 0.3)] * 5,
        *[lambda: Cut(chance.choice(own))] * 2,
        lambda: Keep(chance.choice(own), chance.random() < 0.5),
        lambda: Delete(tuple(chance.sample(paths, 1))),
        lambda: Rename(path, name),
        lambda: Rename(chance.choice(own), chance.choice("bnmfhdxyz")),
        lambda: Wrap((chance.choice([*own, path]),), op),
        lambda: Scale(path, chance.choice(["/ sqrt(d)", "* 2", "/ 3"])),
        lambda: Give(path),
        lambda: Move(((path, at),)),
    ]
    return chance.choice(made)()


@pytest.mark.parametrize("seed", range(12))
def test_random_edits_give_programs_or_reasons(seed):
    chance = random.Random(seed)
    models = [*ZOO.values(), *BLOCKS.values(), *WILD.values()]
    starts = [EMPTY, *(model.program() for model in chance.sample(models, 3))]
    for start in starts:
        sketch = Sketch(start)
        taken = 0
        for _ in range(60):
            edit = some_edit(sketch.program, chance)
            found = apply(sketch, edit)
            if isinstance(found, Refusal):
                assert found.reason
                assert "Traceback" not in found.reason
                continue
            taken += 1
            sketch = found.sketch
            if sketch.program.outputs:
                assert parse(text(sketch)) == sketch.program
        assert taken
