"""A document compiled: its source, its weights, a run, and files of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from importlib.util import find_spec
from threading import Lock

from diagram import parameters, types
from diagram.language.core import Kind, Source
from diagram.language.count import bound
from diagram.language.inline import inline
from diagram.planner.table import memory, short
from frontend import results
from frontend.document import Document
from frontend.limits import refuse_long
from frontend.programs import read
from frontend.results import Failure
from frontend.work import Work

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


def running(document: Document, given: Mapping[str, object]) -> Work:
    """A run on the given inputs and random ones; Failure if it would take too much."""
    yield 0.0, "Planning"
    refuse_large(document)
    from diagram.runtime.rehearse import rehearsing

    return (yield from rehearsing(read(document.good), document.numbers, given))


def refuse_large(document: Document) -> None:
    """Failure for a run that would take too much of this machine."""
    from diagram.planner import plan

    program = inline(document.program)
    numbers = bound(program, document.numbers)
    refuse_long(program)
    flops = plan(program, document.numbers).flops
    held_elements = sum(
        math.prod(leg.size.value(numbers) for leg in legs) for legs in types(program).values()
    )
    if flops > MOST_FLOPS:
        raise Failure(
            f"This run takes {short(flops)} FLOPs; here at most {short(MOST_FLOPS)} are run. "
            "Take smaller numbers, or download the module."
        )
    if held_elements * BYTES > MOST_BYTES:
        raise Failure(
            f"The values of this run take up to {memory(held_elements * BYTES)}; here at most "
            f"{memory(MOST_BYTES)} are used. Take smaller numbers, or download the module."
        )


# -- ONNX -------------------------------------------------------------------------------------

_ALONE = Lock()
"""Held while torch traces: it changes classes for all threads, and reads their sources as trees."""


def lacks() -> tuple[str, ...]:
    """The packages that ONNX needs and that are not installed."""
    return tuple(name for name in ("onnx", "onnxscript") if find_spec(name) is None)


def writing_onnx(document: Document) -> Work:
    """The module as an ONNX model; Failure if it is too large or ONNX cannot hold it."""
    yield 0.0, "Compiling"
    count = parameters(document.program, **document.numbers).number or 0
    if count * BYTES > MOST_BYTES:
        raise Failure(f"The weights take {memory(count * BYTES)}: too much for a file from here.")
    from diagram import compile
    from diagram.runtime.onnx import onnx_program

    module = compile(read(document.good), held(document)).eval()
    yield 0.2, "Writing it as ONNX"
    with _ALONE:
        made = onnx_program(module)
    yield 0.9, "Packing"
    return made.model_proto.SerializeToString()
