"""Tasks to steps: each product in the order of least cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from diagram.language.check import derive
from diagram.language.core import Apply, Call, Diagram, Node, axes, legs_of
from diagram.language.size import Size
from diagram.planner import search
from diagram.planner.folding import folded
from diagram.planner.fuse import Task, in_dims
from diagram.planner.opening import Opening
from diagram.planner.stars import Lengths, Starred, is_kernel_first
from diagram.planner.steps import (
    Action,
    Alone,
    Attend,
    Convolve,
    Lookup,
    Merge,
    Number,
    Result,
)


class Builder(Opening):
    """Builds the steps of a program, task after task."""

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
            case Lookup(index, table, edge) as lookup:
                output = (*index.edges, *lookup.rest)
                found = Lookup(self.resolved(index), self.resolved(table), edge)
                return output, self._step(task.name, task.of, found, output, ())
            case Apply() as apply:
                output = legs_of(apply.output)
                args = tuple(self.resolved(node) for node in apply.args)
                step = self._step(task.name, task.of, replace(apply, args=args), output, ())
                return output, step
            case Call():
                raise AssertionError("defs are written out before a plan is made")

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
        held = [place for place, node in enumerate(nodes) if node.value in self.held]
        path = self.path(task, terms, output, lengths, held)
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
            action, known = _pair(left, right, sides, stars, self.numbers)
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
        held: Sequence[int],
    ) -> search.Path:
        """The order in which a product's terms are merged; `held` are those of weights alone."""
        price, optimizer = self.policy.price, self.policy.optimizer
        if self.policy.fold and len(held) > 1:
            return folded(terms, output, lengths, held, price, optimizer)
        return search.best(terms, output, lengths, price, optimizer)

    def _summed(self, task: Task, nodes: Sequence[Node], place: int, kept: Sequence[str]) -> Node:
        """A node whose own edges are summed out first, and whose diagonals are taken."""
        node = nodes[place]
        elsewhere = {e for i, n in enumerate(nodes) if i != place for e in n.edges}
        stay = tuple(e for e in dict.fromkeys(node.edges) if e in elsewhere or e in kept)
        if stay == node.edges:
            return node
        return self._step(self._inner_name(task), task.of, Alone(node), stay, ())

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


def _pair(
    left: Node,
    right: Node,
    groups: Sequence[int],
    stars: Sequence[Starred],
    numbers: Mapping[str, int],
) -> tuple[Action, dict[str, Size]]:
    """The merge of two nodes, and the sizes of edges that it convolves."""
    shared = [star for star in stars if star.edge in left.edges and star.edge in right.edges]
    known = {
        s.edge: s.size(groups[0] if s.edge in left.edges else groups[1])
        for s in stars
        if s.edge in (*left.edges, *right.edges)
    }
    if not shared:
        return Merge(left, right), known
    if is_kernel_first(shared, groups, numbers):
        left, right, groups = right, left, groups[::-1]
    joints = tuple(star.joined(groups[0], groups[1]) for star in shared)
    known |= {joint.edges[0]: joint.lengths[0] for joint in joints}
    return Convolve(left, right, joints), known
