"""What the commands find, as plain data: what `--format json` prints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import diagram
from diagram.draw import Drawing
from diagram.errors import DiagramError, Fault, Span
from diagram.language.core import Program
from diagram.language.count import Count, count
from diagram.language.size import Size

if TYPE_CHECKING:
    from diagram.planner.steps import Plan, Step

Facts = dict[str, object]


def error_facts(error: DiagramError) -> Facts:
    """Every fault with its place: lines from 1; columns from 0, the second is not in it."""
    return {"error": error.of, "faults": [_fault(fault) for fault in error.faults]}


def _fault(fault: Fault) -> Facts:
    facts: Facts = {"message": fault.message}
    if fault.where:
        facts["where"] = fault.where
    if fault.spans:
        facts |= _span(fault.spans[0])
        facts["also"] = [_span(span) for span in fault.spans[1:]]
    return facts


def _span(span: Span) -> Facts:
    return {"line": span.line, "columns": [span.start, span.end]}


def check_facts(program: Program, warnings: Sequence[Fault]) -> Facts:
    """That a program is right, what is likely wrong, and how large it is."""
    return {
        "ok": True,
        "sources": len(program.sources),
        "lets": sum(not let.is_part for let in program.lets),
        "parameters": _count(diagram.parameters(program)),
        "warnings": [_fault(warning) for warning in warnings],
    }


def _count(found: Count) -> Facts:
    return {"formula": found.formula, "number": found.number}


def params_facts(found: Count) -> Facts:
    """The parameters of each weight and of all."""
    return {"of": {name: _count(part) for name, part in found.of}, "total": _count(found)}


def draw_facts(drawing: Drawing, path: str | None) -> Facts:
    """What is in a picture, and the picture itself, or the file it was written to."""
    scene = drawing.scene
    picture = {"file": path} if path else {"svg": drawing.svg}
    return {
        "items": [{"id": i.id, "look": str(i.look), "tip": i.tip} for i in scene.items],
        "wires": [
            {"id": w.id, "ends": list(w.ends), "dim": w.dim, "tip": w.tip} for w in scene.wires
        ],
        "regions": [{"id": r.id, "frame": str(r.frame), "tip": r.tip} for r in scene.regions],
        **picture,
    }


# -- plans ----------------------------------------------------------------------------------------


def plan_facts(plan: Plan) -> Facts:
    """The steps of a plan; numbers are null while a dim has none."""
    known = not plan.assumed
    return {
        "dims": dict(plan.numbers),
        "without_number": list(plan.assumed),
        "steps": [_step(plan, step) for step in plan.steps],
        "flops": _size(plan, plan.flops_size),
        "peak": plan.peak if known else None,
    }


def _size(plan: Plan, size: Size) -> Facts:
    return _count(count(size, plan.order, plan.numbers))


def _step(plan: Plan, step: Step) -> Facts:
    from diagram.planner.table import what

    return {
        "result": step.result,
        "of": step.of,
        "makes": what(step),
        "letters": step.letters,
        "flops": _size(plan, step.flops),
        "elements": _size(plan, step.elements),
        "bytes": _size(plan, step.bytes),
        "alive": None if plan.assumed else step.alive,
    }
