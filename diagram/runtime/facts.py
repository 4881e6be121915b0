"""A trial run as plain data: every value, or every step, for other programs to read."""

from __future__ import annotations

import math
from collections.abc import Mapping

from torch import Tensor

from diagram.language.core import Program
from diagram.runtime.interpret import evaluate
from diagram.runtime.teach.step import TeachingStep
from diagram.runtime.trial import SHOWN, drawn, walked

Facts = dict[str, object]


def run_facts(
    program: Program, sizes: Mapping[str, int], paths: Mapping[str, str], seed: int
) -> Facts:
    """The value of every let of a trial run."""
    program, values, sizes = drawn(program, sizes, paths, seed)
    found = evaluate(program, values, sizes)
    lets = [let.name for let in program.lets if not let.is_part]
    return {
        "values": [{"name": name, **_value(found[name])} for name in lets],
        "returned": list(program.outputs),
    }


def steps_facts(
    program: Program, sizes: Mapping[str, int], paths: Mapping[str, str], seed: int
) -> Facts:
    """Every step of a trial run, in the order of its plan."""
    walk = walked(program, sizes, paths, seed)
    return {
        "steps": [_taught(step) for step in walk],
        "flops": walk.flops,
        "returned": list(walk.values),
    }


def _taught(step: TeachingStep) -> Facts:
    return {
        "result": step.result,
        "of": step.of,
        "makes": step.what,
        "letters": step.step.letters,
        "equations": list(step.lines),
        "contracted": list(step.contracted),
        "batched": list(step.batched),
        "convolved": list(step.convolved),
        "summed": list(step.summed),
        "shapes": {name: list(shape) for name, shape in step.shapes.items()},
        "flops": step.flops,
        **_value(step.value),
    }


def _value(value: Tensor) -> Facts:
    """A value: its shape, and its entries if they are few, else facts about them."""
    facts: Facts = {"shape": list(value.shape), "dtype": str(value.dtype).removeprefix("torch.")}
    if value.numel() <= SHOWN:
        return {**facts, "entries": _finite(value.tolist())}
    if value.is_floating_point():
        parts = {"mean": value.mean(), "std": value.std(), "min": value.min(), "max": value.max()}
        facts |= {name: _finite(float(part)) for name, part in parts.items()}
    return facts


def _finite(entries: object) -> object:
    """Entries as JSON has them; those that are no number as text."""
    if isinstance(entries, list):
        return [_finite(entry) for entry in entries]
    return str(entries) if isinstance(entries, float) and not math.isfinite(entries) else entries
