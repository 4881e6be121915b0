"""What is written on regions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from diagram.draw.label import Label, Piece, line, mixed, of_call, of_name, roman
from diagram.draw.letters import Letters
from diagram.language.core import Apply, Let
from diagram.language.size import Size, number_text

WORDS: Mapping[str, str] = {
    "+": "sum",
    "relu": "ReLU",
    "gelu": "GELU",
    "silu": "SiLU",
    "elu": "ELU",
    "recip": "reciprocal",
    "square": "square",
    "log_softmax": "log-softmax over",
    "softmax": "softmax over",
    "cumsum": "cumulative sum along",
    "sort": "sort along",
    "layer_norm": "layer norm over",
    "rms_norm": "RMS norm over",
    "unit": "unit norm over",
    "max": "max over",
    "min": "min over",
    "mean": "mean over",
    "batch_norm": "batch norm over",
    "max_pool": "max pool over",
    "one_hot": "one-hot in",
    "concat": "concat along",
    "slice": "slice of",
}
"""How an op is called; an op that is not here goes by its name."""
SILENT, FLAGS = ("eps", "momentum"), ("descending",)
"""Options that are not shown, and those that are 0 or 1."""


def of_op(let: Let, apply: Apply, letters: Letters) -> Label:
    """`softmax over M`, `causal, M ≤ N`, `dropout p = 0.1`."""
    legs = [letters.label(let.name, leg) for leg in apply.legs]
    if apply.op == "causal" and len(legs) == 2:
        return (*roman("causal, "), *legs[1], *roman(" ≤ "), *legs[0], *_options(apply))
    word = WORDS.get(apply.op, apply.op.replace("_", " "))
    return (*roman(word + " " * bool(legs)), *_listed(legs), *_options(apply))


def _listed(legs: Sequence[Label]) -> Label:
    pieces: list[Piece] = []
    for place, leg in enumerate(legs):
        pieces += [*roman(", ")] * bool(place)
        pieces += leg
    return tuple(pieces)


def _options(apply: Apply) -> Label:
    pieces: list[Piece] = []
    for name, value in apply.options:
        off = name in FLAGS and value in (False, Size())
        if name not in SILENT and not off:
            pieces += roman(", " if pieces or apply.legs else " ")
            pieces += mixed(f"{name} = {_value(value)}") if name not in FLAGS else roman(name)
    return tuple(pieces)


def _value(value: Size | str | bool) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Size) and value.number is not None:
        return number_text(value.number)
    return str(value)


def of_unfolded(let: Let, definition: str) -> tuple[Label, str]:
    """What is written on a call that is written out, and what is said of it: `Y_0: layer`."""
    called = of_call(definition, 1)
    tip = f"{let.name}: the def {line(called)}, unfolded"
    return of_definition(of_name(let.name), called), tip


def of_definition(name: Label, title: Label) -> Label:
    """`Q: sum`, or only the name."""
    return (*name, *roman(": "), *title) if title else name
