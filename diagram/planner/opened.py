"""A plan without fused attention: scores, masks, softmax and product as steps of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from diagram.language.core import Apply, Diagram, Node, Option, Program, Scalar, axes, legs_of
from diagram.language.ops import OPS
from diagram.language.size import Size
from diagram.planner.cost import BYTES, elements
from diagram.planner.steps import Action, Attend, Lookup, Merge, Plan, Step, operands


def opened_steps(plan: Plan) -> tuple[Step, ...]:
    """The plan's steps, fused attention and look-ups in their parts; FLOPs add up to their own.

    >>> from diagram import parse
    >>> from diagram.planner.plan import plan
    >>> text = "input Q[n d] K[m d] V[m e]\\nA[n m] = softmax[m](Q[n d] K[m d])\\n"
    >>> found = plan(parse(text + "Y[n e] = A[n m] V[m e]\\nreturn Y"), n=4, m=4, d=2, e=2)
    >>> [step.result for step in opened_steps(found)], len(found.steps)
    (['A~1', 'A', 'Y:a'], 1)
    """
    return tuple(part for step in plan.steps for part in _parts(plan, step))


def _parts(plan: Plan, step: Step) -> Iterator[Step]:
    if isinstance(step.action, Lookup):
        yield from _looked_up(step, step.action)
        return
    if not isinstance(step.action, Attend):
        yield step
        return
    attend = step.action
    maps = (*attend.batch, *attend.queries, attend.m)
    scores, *masked, softmax = _names(plan.program, step.result, attend)
    volume = elements(maps, step.sizes)
    flops = volume * elements(attend.depth, step.sizes) * 2
    flops = flops + volume if attend.scale else flops
    yield _part(step, scores, Merge(attend.query, attend.key), maps, flops, attend.scale)
    value = Node(scores, axes(maps))
    for name, apply in zip(masked, _masks(attend, maps), strict=True):
        yield _part(step, name, replace(apply, args=(value, *apply.args)), maps, volume)
        value = Node(name, axes(maps))
    soft = Apply("softmax", (attend.m,), (value,), axes(maps))
    yield _part(step, softmax, soft, maps, volume * OPS["softmax"].flops)
    read = Merge(Node(softmax, axes(maps)), attend.value)
    last = volume * elements(attend.width, step.sizes) * 2
    yield _part(step, step.result, read, step.output, last)


def _looked_up(step: Step, lookup: Lookup) -> Iterator[Step]:
    """A look-up as the product with one_hot that it means; it costs no FLOPs."""
    name, edges = f"{step.result}:o", (*lookup.index.edges, lookup.edge)
    chosen = Apply("one_hot", (lookup.edge,), (lookup.index,), axes(edges))
    yield _part(step, name, chosen, edges, Size())
    yield _part(
        step, step.result, Merge(Node(name, axes(edges)), lookup.table), step.output, Size()
    )


def _part(
    step: Step,
    name: str,
    action: Action,
    output: Sequence[str],
    flops: Size,
    scale: tuple[Scalar, ...] = (),
) -> Step:
    read = [elements(node.edges, step.sizes) for node in operands(action)]
    made = elements(output, step.sizes)
    moved = made
    for size in read:
        moved = moved + size
    return replace(
        step,
        result=name,
        action=action,
        output=tuple(output),
        scale=scale,
        flops=flops,
        elements=made,
        bytes=moved * BYTES,
    )


def _masks(attend: Attend, maps: Sequence[str]) -> Iterator[Apply]:
    """The masks, and what hides later keys, as ops whose first value is still to be put."""
    for mask in attend.masks:
        yield Apply("mask", (), (mask,), axes(maps))
    if attend.causal is not None:
        found = attend.causal
        options: dict[str, Option] = {}
        if found.window is not None:
            options["window"] = Size.of(found.window)
        if found.shift:
            options["shift"] = Size.of(found.shift)
        legs = (found.query, attend.m)
        yield Apply("causal", legs, (), axes(maps), tuple(options.items()))


def _names(program: Program, result: str, attend: Attend) -> list[str]:
    """Names for scores, masked scores and weights: those of the program where letters agree."""
    count = len(attend.masks) + (attend.causal is not None) + 2
    base = result.partition(":")[0]
    maps = (*attend.batch, *attend.queries, attend.m)
    found = _written(program, base)
    if len(found) == count and all(sorted(legs) == sorted(maps) for _, legs in found):
        return [name for name, _ in found]
    masked = [f"{base}:s{place}" for place in range(1, count - 1)]
    return [f"{base}:s", *masked, f"{base}:w"]


def _written(program: Program, reader: str) -> list[tuple[str, tuple[str, ...]]]:
    """Scores, masks and softmax below a product, each with its legs; scores first."""
    let = program.let.get(reader)
    if let is None or not isinstance(let.maker, Diagram):
        return []
    for node in let.maker.nodes:
        chain: list[tuple[str, tuple[str, ...]]] = []
        below = program.let.get(node.value)
        if below is None or legs_of(below.maker.output) != node.edges:
            continue
        while below is not None and isinstance(below.maker, Apply):
            chain.append((below.name, legs_of(below.maker.output)))
            below = program.let.get(below.maker.args[0].value)
        ops: Mapping[str, str] = {name: _op(program, name) for name, _ in chain}
        if chain and ops[chain[0][0]] == "softmax" and below is not None:
            chain.append((below.name, legs_of(below.maker.output)))
            return chain[::-1]
    return []


def _op(program: Program, name: str) -> str:
    maker = program.let[name].maker
    return maker.op if isinstance(maker, Apply) else ""
