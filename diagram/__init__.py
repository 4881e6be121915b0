"""Tensor diagrams of neural networks: one text to draw, interpret, plan, compile and count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diagram.draw import draw
from diagram.errors import DiagramError, FileError, SizeError
from diagram.language.builder import ops
from diagram.language.builder.build import Builder
from diagram.language.builder.values import Value
from diagram.language.check import check, types
from diagram.language.core import Program
from diagram.language.count import parameters
from diagram.language.document.document import from_json, json_schema, to_json
from diagram.language.einsums.conv_einsum import from_conv_einsum
from diagram.language.einsums.einsum import from_einsum
from diagram.language.einsums.equation import to_einsum
from diagram.language.einsums.rearrange import (
    from_named_einsum,
    from_rearrange,
    from_reduce,
    from_repeat,
)
from diagram.language.text import load, parse
from diagram.language.warn import warnings

if TYPE_CHECKING:
    from diagram.equality import canonical, diff, equivalent
    from diagram.planner import plan
    from diagram.runtime import calibrate, compile, interpret
    from diagram.showing import notations, show

__all__ = [
    "Builder",
    "DiagramError",
    "FileError",
    "Program",
    "SizeError",
    "Value",
    "calibrate",
    "canonical",
    "check",
    "compile",
    "diff",
    "draw",
    "equivalent",
    "from_conv_einsum",
    "from_einsum",
    "from_json",
    "from_named_einsum",
    "from_rearrange",
    "from_reduce",
    "from_repeat",
    "interpret",
    "json_schema",
    "load",
    "notations",
    "ops",
    "parameters",
    "parse",
    "plan",
    "show",
    "to_einsum",
    "to_json",
    "types",
    "warnings",
]

_LATER = {
    "calibrate": "diagram.runtime",
    "canonical": "diagram.equality",
    "compile": "diagram.runtime",
    "diff": "diagram.equality",
    "equivalent": "diagram.equality",
    "interpret": "diagram.runtime",
    "notations": "diagram.showing",
    "plan": "diagram.planner",
    "show": "diagram.showing",
}
"""Names whose rooms need torch or opt_einsum, or few ask for: loaded when first asked for."""


def __getattr__(name: str) -> object:
    if name in _LATER:
        from importlib import import_module

        return getattr(import_module(_LATER[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
