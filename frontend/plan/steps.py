"""The steps of a plan as the page shows them: in words, in numbers, and in the picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from diagram import DiagramError
from frontend.limits import refuse_long, refuse_thicket
from frontend.programs import opened, read
from frontend.results import stage
from models.placements import PLACEMENTS

if TYPE_CHECKING:
    from diagram.draw import Drawing
    from diagram.planner import Plan, Step
    from diagram.planner.together import Together

Pairs = tuple[tuple[int, int], ...]
Order = str | tuple[tuple[str, Pairs], ...] | None
"""The planner's own, "written", or for some lets the pairs to begin with."""
OBJECTIVES = {"flops": "FLOPs", "time": "Time", "memory": "Memory"}


@dataclass(frozen=True)
class Options:
    """What a plan is asked to be good at; plain values, so that they can be a key."""

    objective: str = "flops"
    memory: str = ""
    order: Order = None


@dataclass(frozen=True)
class Shown:
    """One step: FLOPs and elements as formulas and numbers, ids of the nodes that merge."""

    result: str
    reads: tuple[str, ...]
    what: str
    letters: str
    equation: str
    flops: int
    flops_formula: str
    elements: int
    elements_formula: str
    alive: int
    operands: tuple[frozenset[str], ...]
    made: frozenset[str]
    fused: str = ""
    """The one call that runs it with others, if it is a part of one."""


@dataclass(frozen=True)
class Stepped:
    """A plan: its steps, and what it takes in all."""

    steps: tuple[Shown, ...]
    flops: int
    formula: str
    peak: int
    memory: int
    seconds: float
    table: str


@stage
def stepped(text: str, sizes: Mapping[str, int], options: Options) -> Stepped:
    """The plan of a text under these options, step by step."""
    from diagram.planner.together import together

    plan = _plan(text, tuple(sizes.items()), options)
    return Stepped(
        tuple(_shown(plan, each) for each in together(plan)),
        plan.flops,
        plan.flops_size.formula(plan.order),
        plan.peak,
        plan.memory,
        plan.seconds,
        str(plan),
    )


@lru_cache(maxsize=32)
def _plan(text: str, sizes: tuple[tuple[str, int], ...], options: Options) -> Plan:
    from diagram.planner import plan

    order = options.order
    program = read(text)
    refuse_long(program)
    return plan(
        program,
        dict(sizes),
        objective=options.objective,  # type: ignore[arg-type]
        memory=options.memory.strip() or None,
        order=order if order is None or isinstance(order, str) else dict(order),  # type: ignore[arg-type]
    )


def _shown(plan: Plan, found: Together) -> Shown:
    from diagram.planner.table import what

    step = found.step
    outer = next((s for s in plan.steps if s.result == step.result), None)
    return Shown(
        step.result,
        tuple(node.value for node in step.operands),
        what(step),
        step.letters,
        _equation(plan, step),
        step.flops.value(plan.numbers),
        step.flops.formula(plan.order),
        step.elements.value(plan.numbers),
        step.elements.formula(plan.order),
        step.alive,
        tuple(_ids(operand) for operand in found.operands),
        _ids(found.made),
        "" if outer is step else _fused(plan, step),
    )


def _ids(uses: frozenset[tuple[str, int]]) -> frozenset[str]:
    """The nodes' ids in the picture."""
    return frozenset(f"{name}/{place}" for name, place in uses)


def _fused(plan: Plan, step: Step) -> str:
    """The step of the plan that this one is a part of."""
    from diagram.planner.table import what

    whole = next((s for s in plan.steps if s.of == step.of and _is_one(plan, s)), None)
    return what(whole) if whole is not None else ""


def _is_one(plan: Plan, step: Step) -> bool:
    from diagram.planner.steps import Attend, Lookup

    return isinstance(step.action, Attend | Lookup)


def _equation(plan: Plan, step: Step) -> str:
    """In LaTeX; empty where a step has none that is worth it."""
    from diagram.notation.equations import of_step
    from diagram.notation.latex import latex

    sizes = dict(step.sizes)
    for place, node in enumerate(step.operands):
        sizes |= {f"{edge}:{place}": sizes[edge] for edge in node.edges if edge in sizes}
    try:
        return latex(of_step(step, {}, sizes, plan.numbers))
    except (DiagramError, LookupError):
        return ""


# -- the picture ------------------------------------------------------------------------------


@stage
def merging(
    text: str, sizes: Mapping[str, int], name: str, groups: tuple[tuple[frozenset[str], str], ...]
) -> str:
    """The figure of a text with grounds behind groups of nodes, each with its role."""
    from diagram.draw.groups import Group, Role, grouped

    return grouped(_drawing(text, name), [Group(items, Role(role)) for items, role in groups])


@lru_cache(maxsize=16)
def _drawing(text: str, name: str) -> Drawing:
    from diagram.draw import draw

    program = opened(read(text))
    refuse_thicket(program)
    return draw(program, PLACEMENTS.get(name))


def groups_at(plan: Stepped, place: int) -> tuple[tuple[frozenset[str], str], ...]:
    """What is merged before step `place`, counted from 1, and the two that merge in it.

    0 is the picture as it is; one more than there are steps is the whole.
    """
    standing: list[frozenset[str]] = []
    for step in plan.steps[: max(0, place - 1)]:
        standing = [group for group in standing if not group <= step.made] + [step.made]
    if not 0 < place <= len(plan.steps):
        return tuple((group, "made") for group in standing)
    now = plan.steps[place - 1].operands
    roles = ("left", "right", *("made" for _ in now[2:]))
    others = [group for group in standing if not any(group <= each for each in now)]
    found = [*((group, "made") for group in others), *zip(now, roles, strict=False)]
    return tuple((group, role) for group, role in found if group)
