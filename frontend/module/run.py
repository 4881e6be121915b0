"""A document compiled: its source, its weights, a run on random data, and files of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING

from diagram import parameters, types
from diagram.language.core import Kind, Source
from diagram.language.count import bound
from diagram.language.inline import inline
from diagram.planner.table import memory, short
from frontend import results
from frontend.document import Document
from frontend.programs import read
from frontend.results import Failure, stage

if TYPE_CHECKING:
    from diagram.runtime.rehearse import Rehearsal

MOST_BYTES = 2**30
MOST_FLOPS = 5 * 10**11
"""A run on this page: some seconds on a small machine."""

BYTES = 4
"""Of a float32."""


def held(document: Document) -> dict[str, int]:
    """The numbers that a module keeps: those of dims of what is no input."""
    program = inline(document.program)
    dims = {
        dim
        for source in program.sources
        if source.kind not in (Kind.INPUT, Kind.INDEX)
        for leg in source.legs
        for dim in leg.size.dims
    }
    return {dim: number for dim, number in document.numbers.items() if dim in dims}


def class_name(document: Document) -> str:
    """What the class in the Python file is called.

    >>> class_name(Document("", "", name="multi-head")), class_name(Document("", ""))
    ('MultiHead', 'Module')
    """
    words = "".join(sign if sign.isalnum() else " " for sign in document.name).split()
    name = "".join(word.capitalize() for word in words)
    return name if name.isidentifier() and name.isascii() else "Module"


def source(document: Document) -> str:
    """A Python file that defines the module."""
    return results.python_file(document.good, held(document), class_name(document))


def weights(document: Document) -> list[tuple[str, str, str, str]]:
    """Each weight: its name, its legs with their lengths, its count, where its numbers start."""
    program = inline(document.program)
    counts = dict(parameters(document.program, **document.numbers).of)
    numbers = bound(program, document.numbers)
    found = []
    for each in program.sources:
        if each.kind is Kind.WEIGHT:
            lengths = " × ".join(f"{leg.size.value(numbers):,}" for leg in each.legs)
            legs = " ".join(leg.name for leg in each.legs)
            shape = f"{legs} = {lengths}" if lengths else "a number"
            count = counts[each.name].number
            found.append((each.name, shape, f"{count:,}", _start(each)))
    return found


def _start(each: Source) -> str:
    if each.init is None:
        return "from fan-in and fan-out"
    numbers = ", ".join(f"{float(number):g}" for number in each.init.numbers[:4])
    return f"{each.init.name}({numbers})" if numbers else each.init.name


def run(document: Document) -> Rehearsal:
    """A run on random data; Failure if it would take too much of this machine."""
    program = inline(document.program)
    numbers = bound(program, document.numbers)
    plan = results.planned(document.good, document.numbers)
    held_elements = sum(
        math.prod(leg.size.value(numbers) for leg in legs) for legs in types(program).values()
    )
    if plan.flops is not None and plan.flops > MOST_FLOPS:
        raise Failure(
            f"This run takes {short(plan.flops)} FLOPs; here at most {short(MOST_FLOPS)} are run. "
            "Take smaller numbers, or download the module."
        )
    if held_elements * BYTES > MOST_BYTES:
        raise Failure(
            f"The values of this run take up to {memory(held_elements * BYTES)}; here at most "
            f"{memory(MOST_BYTES)} are used. Take smaller numbers, or download the module."
        )
    return _run(document.good, document.numbers)


@stage
def _run(text: str, sizes: Mapping[str, int]) -> Rehearsal:
    from diagram.runtime.rehearse import rehearse

    return rehearse(read(text), sizes)


# -- ONNX -------------------------------------------------------------------------------------


def has_onnx() -> bool:
    """Whether the packages that ONNX needs are installed."""
    return all(find_spec(name) is not None for name in ("onnx", "onnxscript"))


def onnx_file(document: Document) -> bytes:
    """The module as an ONNX model; Failure if it is too large or ONNX cannot hold it."""
    count = parameters(document.program, **document.numbers).number or 0
    if count * BYTES > MOST_BYTES:
        raise Failure(f"The weights take {memory(count * BYTES)}: too much for a file from here.")
    return _onnx(document.good, held(document))


@stage
def _onnx(text: str, sizes: Mapping[str, int]) -> bytes:
    from diagram import compile
    from diagram.runtime.onnx import onnx_program

    program = onnx_program(compile(read(text), sizes).eval())
    found: bytes = program.model_proto.SerializeToString()
    return found
