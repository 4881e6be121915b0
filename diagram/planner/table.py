"""A plan as a table that people read: letters, FLOPs, elements, bytes, and what is alive."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from diagram.language.core import Apply
from diagram.planner.cost import BYTES
from diagram.planner.search import NOMINAL
from diagram.planner.steps import (
    Alone,
    Attend,
    Convolve,
    Indicate,
    Join,
    Lookup,
    Merge,
    Number,
    Plan,
    Split,
    Step,
    axes_text,
)

FORMULAS = ("step", "makes", "letters", "FLOPs", "elements")
NUMBERS = ("FLOPs", "elements", "bytes", "alive")


def table(plan: Plan) -> str:
    """The steps in rows, totals below: formulas in the dims, and numbers once every dim has one."""
    found = rows(plan)
    widths = [max(map(len, column)) for column in zip(*found, strict=True)]
    lines = [_line(row, widths) for row in found]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join([*above(plan), *lines, *below(plan)])


def rows(plan: Plan) -> list[tuple[str, ...]]:
    """The names of the columns, then each step."""
    head = (*FORMULAS, *(() if plan.assumed else NUMBERS))
    return [head, *(_row(plan, place, step) for place, step in enumerate(plan.steps, 1))]


def above(plan: Plan) -> list[str]:
    """What the numbers are."""
    given = " ".join(f"{name}={number}" for name, number in plan.numbers.items())
    lines = [f"dims: {given}"] if given else []
    if plan.assumed:
        names = ", ".join(plan.assumed)
        lines.append(f"no number for {names}: the order is chosen as if each were {NOMINAL}")
    return lines


def below(plan: Plan) -> list[str]:
    """What it takes in all."""
    what_for = "FLOPs with gradients" if plan.policy.train else "FLOPs"
    text = f"{what_for}: {plan.flops_size.formula(plan.order)}"
    if plan.assumed:
        return [text]
    lines = [
        f"{text} = {plan.flops:,}",
        f"peak: {plan.peak:,} elements alive, {memory(plan.peak * BYTES)}",
    ]
    if plan.policy.memory is not None:
        lines.append(f"memory: {memory(plan.memory)} of {memory(plan.policy.memory)}")
    return [*lines, *_blocks(plan)]


def _blocks(plan: Plan) -> list[str]:
    """Which steps run in slices, and which are made again."""
    lines = []
    for found in plan.slices:
        legs = ", ".join(f"`{leg}`" for leg in dict.fromkeys(found.legs))
        lines.append(f"{_steps(found.steps)}: in {found.count} slices of {legs}")
    return [*lines, *(f"{_steps(steps)}: made again for gradients" for steps in plan.recomputed)]


def _steps(steps: range) -> str:
    first, last = steps[0] + 1, steps[-1] + 1
    return f"step {first}" if first == last else f"steps {first} to {last}"


def _row(plan: Plan, place: int, step: Step) -> tuple[str, ...]:
    formulas = (step.flops.formula(plan.order), step.elements.formula(plan.order))
    row = (str(place), f"{step.result} = {what(step)}", step.letters, *formulas)
    if plan.assumed:
        return row
    counts = [size.value(plan.numbers) for size in (step.flops, step.elements)]
    moved = step.bytes.value(plan.numbers)
    return (*row, *(short(n) for n in counts), memory(moved), short(step.alive))


def short(number: int) -> str:
    """A count in three digits: `950`, `1.07 G`.

    >>> short(950), short(1_073_741_824)
    ('950', '1.07 G')
    """
    return _scaled(number, 1000, ("", " k", " M", " G", " T", " P", " E"))


def memory(number: int) -> str:
    """Bytes in three digits: `512 B`, `4.00 MiB`.

    >>> memory(512), memory(4 * 2**20)
    ('512 B', '4.00 MiB')
    """
    return _scaled(number, 1024, (" B", " KiB", " MiB", " GiB", " TiB", " PiB", " EiB"))


def _scaled(number: int, base: int, units: Sequence[str]) -> str:
    if number < base:
        return f"{number}{units[0]}"
    if number >= base ** (len(units) + 1):
        return f"{Decimal(number) / base ** (len(units) - 1):.2e}{units[-1]}"
    value, place = number / base, 1
    while round(value) >= base and place < len(units) - 1:
        value, place = value / base, place + 1
    digits = 2 if round(value, 2) < 10 else 1 if round(value, 1) < 100 else 0
    return f"{value:.{digits}f}{units[place]}"


def what(step: Step) -> str:
    """What a step does, in words and names: `X WQ`, `softmax[m](S)`."""
    text = ""
    match step.action:
        case Merge(left, right):
            text = f"{left.value} {right.value}"
        case Convolve(left, right, stars):
            edges = " ".join(star.edges[0] for star in stars)
            text = f"{left.value} {right.value} over {edges}"
        case Alone(node):
            text = node.value
        case Number():
            text = "number"
        case Split(node):
            text = f"split {node.value}"
        case Join(node, groups):
            text = f"join {node.value} to {axes_text(groups)}"
        case Lookup(index, table):
            text = f"{table.value} at {index.value}"
        case Indicate(indicator):
            text = f"indicator of {indicator.edges[0]}"
        case Attend(query, key, value, m=m):
            text = f"softmax[{m}]({query.value} {key.value}) {value.value}"
        case Apply("+", _, args):
            text = " + ".join(node.value for node in args)
        case Apply(op, legs, args):
            named = f"[{' '.join(legs)}]" if legs else ""
            text = f"{op}{named}({', '.join(node.value for node in args)})"
    text = f"{text}, scaled" if step.scale else text
    return f"{text}, once" if step.once else text


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
