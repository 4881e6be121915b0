"""`plan`: a program to its steps: attention fused, diagrams ordered, no contraction made twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from diagram.language.check import check, derive
from diagram.language.convolve import opened, replaced
from diagram.language.core import Apply, Axis, Call, Diagram, Node, Program, Scalar, axes, legs_of
from diagram.language.count import bound, checked
from diagram.language.inline import inline
from diagram.language.size import Size, product
from diagram.planner import cost, search
from diagram.planner.fuse import Task, fuse, in_dims
from diagram.planner.stars import Lengths, Starred, starred
from diagram.planner.steps import (
    Action,
    Alone,
    Attend,
    Convolve,
    Indicate,
    Join,
    Merge,
    Number,
    Plan,
    Result,
    Split,
    Step,
    operands,
)


def plan(program: Program, /, **sizes: int) -> Plan:
    """The steps in which a program is run, and what each costs.

    Dims without a number are nominal while orders are compared; `.flops` needs them all.

    >>> from diagram import parse
    >>> text = "input A[i j] B[j k] C[k l]\\nD[i l] = A[i j] B[j k] C[k l]\\nreturn D"
    >>> found = plan(parse(text), i=2, j=100, k=100, l=100)
    >>> [step.letters for step in found.steps], found.flops
    (['i j, j k -> i k', 'k l, i k -> i l'], 80000)
    """
    program = inline(check(program))
    found = _plan(program, tuple(sorted(checked(program, sizes).items())))
    return replace(found, program=program)  # equal programs may have other notes


@lru_cache(maxsize=128)
def _plan(program: Program, given: tuple[tuple[str, int], ...]) -> Plan:
    return built(program, dict(given), Builder, fuse)


def built(
    program: Program,
    sizes: Mapping[str, int],
    kind: type[Builder],
    tasks: Callable[[Program, Mapping[str, int]], Sequence[Task]],
) -> Plan:
    """The plan that a builder of this kind makes of a program's tasks; it has no defs."""
    numbers = bound(program, sizes)
    legs = derive(program).legs
    dims = {name for value in legs.values() for leg in value for name in leg.size.dims}
    assumed = tuple(name for name in program.dim_order if name in dims - numbers.keys())
    nominal = {**numbers, **dict.fromkeys(dims - numbers.keys(), search.NOMINAL)}
    builder = kind(program, nominal)
    for task in tasks(program, nominal):
        builder.task(task)
    outputs = tuple(builder.result(name) for name in program.outputs)
    steps = _with_liveness(builder.steps, outputs, nominal)
    return Plan(program, tuple(steps), outputs, numbers, assumed)


def _with_liveness(
    steps: Sequence[Step], outputs: Sequence[Result], numbers: Mapping[str, int]
) -> list[Step]:
    volumes = {step.result: int(step.elements.ratio(numbers)) for step in steps}
    kept = [result.node.value for result in outputs]
    live = cost.live([s.result for s in steps], [step.operands for step in steps], kept)
    return [
        replace(step, alive=sum(volumes[name] for name in names))
        for step, names in zip(steps, live, strict=True)
    ]


class Builder:
    """Collects steps; a contraction that stands already is not made again."""

    def __init__(self, program: Program, numbers: Mapping[str, int]) -> None:
        self.program = program
        self.numbers = numbers
        self.steps: list[Step] = []
        self.sizes = {
            name: tuple(leg.size for leg in legs) for name, legs in derive(program).legs.items()
        }
        self.order: dict[str, tuple[str, ...]] = {}
        self.alias: dict[str, tuple[str, tuple[int, ...]]] = {}
        self.made: dict[object, tuple[str, tuple[int, ...]]] = {}
        self.count: dict[str, int] = {}

    # -- tasks --------------------------------------------------------------------------------

    def task(self, task: Task) -> None:
        output, made = self._task(task)
        self.alias[task.name] = (made.value, tuple(made.edges.index(e) for e in output))
        self.sizes.setdefault(task.name, self._sizes_of(made, output))

    def _task(self, task: Task) -> tuple[Sequence[str], Node]:
        """The edges of the task's value in its own order, and the step's value under them."""
        match task.maker:
            case Diagram():
                made = self._diagram(task, task.maker)
                if all(len(axis) == 1 for axis in task.maker.output):
                    return task.maker.kept, made
                return legs_of(task.maker.output), self._joined(task, task.maker.output, made)
            case Attend() as attend:
                output = (*attend.batch, *attend.queries, *attend.width)
                action = replace(
                    attend,
                    query=self.resolved(attend.query),
                    key=self.resolved(attend.key),
                    value=self.resolved(attend.value),
                    masks=tuple(self.resolved(node) for node in attend.masks),
                )
                return output, self._step(task.name, task.of, action, output, ())
            case Apply() as apply:
                output = legs_of(apply.output)
                args = tuple(self.resolved(node) for node in apply.args)
                step = self._step(task.name, task.of, replace(apply, args=args), output, ())
                return output, step
            case Call():
                raise AssertionError("defs are written out before a plan is made")

    def _sizes_of(self, node: Node, output: Sequence[str]) -> tuple[Size, ...]:
        sizes = dict(zip(node.edges, self.sizes[node.value], strict=True))
        return tuple(sizes[edge] for edge in output)

    def resolved(self, node: Node) -> Node:
        """The use as one of the step that makes its value."""
        if node.value not in self.alias:
            return node
        value, places = self.alias[node.value]
        found = dict(zip(places, node.axes, strict=True))
        return Node(value, tuple(found[i] for i in range(len(places))))

    def result(self, name: str) -> Result:
        """A returned value, its legs in the order of its declaration."""
        order = tuple(leg.name for leg in derive(self.program).legs[name])
        return Result(self.resolved(Node(name, axes(order))), order)

    def _diagram(self, task: Task, diagram: Diagram) -> Node:
        bundled = any(len(axis) != 1 for axis in diagram.output)
        nodes, stars = self._opened(task, diagram)
        scale = in_dims(diagram.scale, self._edge_sizes(nodes))
        if not nodes:
            name = self._inner_name(task) if bundled else task.name
            return self._step(name, task.of, Number(), (), scale)
        nodes = [self._summed(task, nodes, i, diagram.kept) for i in range(len(nodes))]
        terms = [frozenset(node.edges) for node in nodes]
        lengths = Lengths(self._lengths(nodes), stars, self.numbers)
        groups = [1 << place for place in range(len(nodes))]
        output = frozenset(diagram.kept)
        path = self.path(task, terms, output, lengths)
        scaled = self._scaled_step(path, terms, output, lengths.plain) if diagram.scale else -1
        for place, pair in enumerate(path):
            right, left = (nodes.pop(i) for i in sorted(pair, reverse=True))
            sides = [groups.pop(i) for i in sorted(pair, reverse=True)][::-1]
            groups.append(sides[0] | sides[1])
            others = [frozenset(node.edges) for node in nodes]
            stay = search.merged(frozenset(left.edges), frozenset(right.edges), others, output)
            edges = dict.fromkeys((*left.edges, *right.edges))
            kept = diagram.kept if not nodes else tuple(e for e in edges if e in stay)
            name = self._inner_name(task) if nodes or bundled else task.name
            here = scale if place == scaled else ()
            action, known = _pair(left, right, sides, stars)
            nodes.append(self._step(name, task.of, action, kept, here, known))
        (last,) = nodes
        if not path and scale:
            name = self._inner_name(task) if bundled else task.name
            return self._step(name, task.of, Alone(last), diagram.kept, scale)
        return last

    def path(
        self,
        task: Task,
        terms: Sequence[search.Edges],
        output: search.Edges,
        lengths: Mapping[str, int] | Lengths,
    ) -> search.Path:
        """The order in which a product's terms are merged."""
        return search.best(terms, output, lengths)

    def _opened(self, task: Task, diagram: Diagram) -> tuple[list[Node], list[Starred]]:
        """The nodes with plain legs: bundles split; and the convolved edges.

        Those that torch cannot convolve are joined by their indicators.
        """
        if diagram.is_plain:
            return [self.resolved(node) for node in diagram.nodes], []
        found = derive(self.program)
        lengths = [
            {
                axis[0]: leg.size
                for axis, leg in zip(node.axes, found.legs[node.value], strict=True)
                if len(axis) == 1
            }
            for node in diagram.nodes
        ]
        convs = [replaced(conv, found.equations) for conv in diagram.convs]
        stars = starred(diagram, convs, lengths)
        but = {star.edge for star in stars}
        nodes, indicators = opened(diagram, lengths, found.equations, but)
        sizes = found.edges.get(task.name, {})
        result = [self._split(task, self.resolved(node), sizes) for node in nodes]
        for indicator in indicators:
            known = dict(zip(indicator.edges, indicator.lengths, strict=True))
            name = self._inner_name(task)
            action = Indicate(indicator)
            result.append(self._step(name, task.of, action, indicator.edges, (), known))
        return result, stars

    def _split(self, task: Task, node: Node, sizes: Mapping[str, Size]) -> Node:
        """The use with its bundles opened; an edge that it meets twice has two names first."""
        if node.is_plain:
            return node
        names = [
            edge if edge not in node.edges[:place] else f"{edge}:{place}"
            for place, edge in enumerate(node.edges)
        ]
        own = self._edge_sizes([node])
        known = {
            name: own[edge] if edge in own else sizes[edge]
            for name, edge in zip(names, node.edges, strict=True)
        }
        made = self._step(self._inner_name(task), task.of, Split(node), names, (), known)
        return Node(made.value, axes([node.edges[names.index(edge)] for edge in made.edges]))

    def _joined(self, task: Task, output: Sequence[Axis], made: Node) -> Node:
        """The value with its edges bundled as the left side says."""
        sizes = self._edge_sizes([made])
        names = legs_of(output)
        known = dict(sizes)
        known |= {
            name: product(sizes[edge] for edge in axis)
            for name, axis in zip(names, output, strict=True)
        }
        return self._step(task.name, task.of, Join(made, tuple(output)), names, (), known)

    def _summed(self, task: Task, nodes: Sequence[Node], place: int, kept: Sequence[str]) -> Node:
        """A node whose own edges are summed out first, and whose diagonals are taken."""
        node = nodes[place]
        elsewhere = {e for i, n in enumerate(nodes) if i != place for e in n.edges}
        stay = tuple(e for e in dict.fromkeys(node.edges) if e in elsewhere or e in kept)
        if stay == node.edges:
            return node
        return self._step(self._inner_name(task), task.of, Alone(node), stay, ())

    def _lengths(self, nodes: Sequence[Node]) -> dict[str, int]:
        sizes = self._edge_sizes(nodes)
        return {edge: max(1, int(size.ratio(self.numbers))) for edge, size in sizes.items()}

    def _edge_sizes(self, nodes: Sequence[Node]) -> dict[str, Size]:
        found: dict[str, Size] = {}
        for node in nodes:
            for axis, size in zip(node.axes, self.sizes[node.value], strict=True):
                if len(axis) == 1:
                    found.setdefault(axis[0], size)
        return found

    def _scaled_step(
        self,
        path: search.Path,
        terms: Sequence[search.Edges],
        output: search.Edges,
        lengths: Mapping[str, int],
    ) -> int:
        """The merge with the smallest result: there the scale costs least."""
        left = list(terms)
        volumes = []
        for pair in path:
            b, a = (left.pop(i) for i in sorted(pair, reverse=True))
            left.append(search.merged(a, b, left, output))
            volumes.append(search.volume(left[-1], lengths))
        return volumes.index(min(volumes)) if volumes else -1

    def _inner_name(self, task: Task) -> str:
        base = task.name.partition(":")[0]
        self.count[base] = self.count.get(base, 0) + 1
        return f"{base}:{self.count[base]}"

    # -- steps --------------------------------------------------------------------------------

    def _step(
        self,
        name: str,
        of: str,
        action: Action,
        output: Sequence[str],
        scale: tuple[Scalar, ...],
        known: Mapping[str, Size] | None = None,
    ) -> Node:
        """A new step, or the one that makes the same already."""
        numbering: dict[str, int] = {}
        for node in operands(action) if not isinstance(action, Split) else ():
            for edge in node.edges:
                numbering.setdefault(edge, len(numbering))
        for edge in output:
            numbering.setdefault(edge, len(numbering))
        key = _key(action, output, scale, numbering, known or {})
        if key is not None and key in self.made:
            result, places = self.made[key]
            edges = {number: edge for edge, number in numbering.items()}
            return Node(result, axes([edges[i] for i in places]))
        sizes = {**self._step_sizes(action, name, output), **(known or {})}
        self.steps.append(
            Step(
                name,
                of.partition("~")[0],
                action,
                tuple(output),
                scale,
                sizes,
                cost.flops(action, output, bool(scale), sizes),
                cost.elements(output, sizes),
                cost.moved(action, output, sizes),
            )
        )
        self.sizes[name] = tuple(sizes[edge] for edge in output)
        if key is not None:
            self.made[key] = (name, tuple(numbering[edge] for edge in output))
        return Node(name, axes(list(output)))

    def _step_sizes(self, action: Action, name: str, output: Sequence[str]) -> dict[str, Size]:
        sizes = self._edge_sizes(operands(action))
        if isinstance(action, Apply) and name in self.sizes:
            sizes |= dict(zip(output, self.sizes[name], strict=True))
        return sizes


def _pair(
    left: Node, right: Node, groups: Sequence[int], stars: Sequence[Starred]
) -> tuple[Action, dict[str, Size]]:
    """The merge of two nodes, and the sizes of edges that it convolves."""
    shared = [star for star in stars if star.edge in left.edges and star.edge in right.edges]
    if not shared:
        known = {
            s.edge: s.size(groups[0] if s.edge in left.edges else groups[1])
            for s in stars
            if s.edge in (*left.edges, *right.edges)
        }
        return Merge(left, right), known
    if any(star.has_signal(groups[1]) for star in shared):
        left, right, groups = right, left, groups[::-1]
    joints = tuple(star.joined(groups[0], groups[1]) for star in shared)
    known = {
        s.edge: s.size(groups[0] if s.edge in left.edges else groups[1])
        for s in stars
        if s.edge in (*left.edges, *right.edges)
    }
    known |= {joint.edges[0]: joint.lengths[0] for joint in joints}
    return Convolve(left, right, joints), known


def _key(
    action: Action,
    output: Sequence[str],
    scale: tuple[Scalar, ...],
    numbering: Mapping[str, int],
    known: Mapping[str, Size],
) -> object:
    """What makes two contractions the same in any letters; None for what is never shared."""

    def of(node: Node) -> tuple[object, ...]:
        return (node.value, *(numbering[edge] for edge in node.edges))

    kept = frozenset(numbering[edge] for edge in output)
    match action:
        case Merge(left, right):
            return ("merge", of(left), of(right), kept, scale)
        case Convolve(left, right, stars):
            joints = tuple((numbering[s.edges[0]], replace(s, edges=("", "", ""))) for s in stars)
            return ("convolve", of(left), of(right), kept, scale, joints)
        case Alone(node):
            return ("alone", of(node), kept, scale)
        case Split(node):
            shape = tuple(len(axis) for axis in node.axes)
            return ("split", node.value, shape, tuple(known.get(edge) for edge in output))
        case Indicate(found):
            return ("indicate", replace(found, edges=("", "", "")))
        case _:
            return None
