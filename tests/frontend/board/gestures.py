"""Random gestures: ops as the browser writes them, of a program that is on the canvas."""

from __future__ import annotations

import random
from typing import Any

from diagram.language.core import Program, nodes

LETTERS = "bnmfhd"


def gesture(program: Program, chance: random.Random) -> dict[str, Any]:
    """Something that a hand could do: mostly legs, and nodes while there are few."""
    things, legs = _things(program), _legs(program)
    at = [chance.randint(-300, 900), chance.randint(-200, 600)]
    shape = " ".join(chance.sample(LETTERS, chance.randint(1, 3)))
    adding: dict[str, Any] = {
        "kind": "add",
        "source": chance.choice(["input", "weight"]),
        "text": f"[{shape}]",
    }
    adding["at"] = at
    if len(things) < 4:
        return adding
    thing, leg, other = chance.choice(things), chance.choice(legs), chance.choice(legs)
    full = len(things) > 14
    return chance.choice(
        [
            {"kind": "delete", "paths": [thing]} if full else adding,
            *[{"kind": "join", "one": leg, "other": other, "kept": chance.random() < 0.3}] * 5,
            {"kind": "cut", "path": leg},
            {"kind": "keep", "path": leg, "kept": chance.random() < 0.5},
            *[{"kind": "move", "points": {thing: at}}] * 3,
            {"kind": "again", "path": thing, "at": at},
            {"kind": "wrap", "paths": [leg], "op": chance.choice(["softmax", "relu", "mean"])},
            {"kind": "scale", "path": thing, "text": chance.choice(["/ 2", "* 3"])},
            {"kind": "rename", "path": thing, "text": f"{chance.choice('PQRTUV')}{at[0] % 7}"},
            {"kind": "leg", "path": thing, "text": chance.choice(LETTERS)},
            {"kind": "give", "path": thing},
            {"kind": "delete", "paths": [leg]},
        ]
    )


def _things(program: Program) -> list[str]:
    used = [f"{let.name}/{at}" for let in program.lets for at, _ in enumerate(nodes(let.maker))]
    return used + [source.name for source in program.sources if source.name not in program.readers]


def _legs(program: Program) -> list[str]:
    found = [
        f"{let.name}/{place}/{axis}"
        for let in program.lets
        for place, node in enumerate(nodes(let.maker))
        for axis in range(len(node.axes))
    ]
    loose = [source for source in program.sources if source.name not in program.readers]
    return found + [f"{s.name}/{axis}" for s in loose for axis in range(len(s.legs))] or ["X/0"]
